//! An enterprise that its customer ended in Google's console. Google publishes nothing about that: it
//! does not let us to the enterprise any more.

use trennwand_android::{Class, EnterpriseName, class};
use trennwand_domain::{AndroidBinding, BindingState, Error, Result, TenantScope};

use super::pending::MOST_PAGES;
use crate::AndroidState;

/// Whether an enterprise is out of our reach for good. Google's refusal alone does not say so: it is the
/// same if our own identity may do nothing any more, so that is tried as well.
///
/// # Errors
/// If Google does not answer, or lets our identity do nothing.
pub(crate) async fn is_gone(state: &AndroidState, name: &EnterpriseName) -> Result<bool> {
    match state.google.enterprise(name).await {
        Ok(_) => Ok(false),
        Err(error) if matches!(class(&error), Class::Forbidden | Class::NotFound) => {
            is_unlisted(state, name).await
        }
        Err(error) => Err(error),
    }
}

async fn is_unlisted(state: &AndroidState, name: &EnterpriseName) -> Result<bool> {
    let mut page = None;
    for _ in 0..MOST_PAGES {
        let listed = state.google.enterprises(page.as_ref()).await?;
        if listed.items.iter().any(|listed| listed.name.as_ref() == Some(name)) {
            return Ok(false);
        }
        page = listed.next;
        if page.is_none() {
            return Ok(true);
        }
    }
    Err(Error::unavailable("Google's list of enterprises does not end"))
}

/// Finds out whether Google refused something because the enterprise is gone, and notes that; otherwise
/// the refusal stands.
///
/// # Errors
/// The refusal; if Google or the database does not answer.
pub(crate) async fn find_out(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
    enterprise: &EnterpriseName,
    refusal: Error,
) -> Result<()> {
    if !is_gone(state, enterprise).await? {
        return Err(refusal);
    }
    tracing::error!(tenant = %scope.tenant(), %enterprise, "an enterprise was ended at Google");
    put(state, scope, binding, BindingState::EndedAtGoogle).await
}

/// Looks once more, once a day: should Google let us to the enterprise again, it is bound as before.
pub(crate) async fn look(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
) -> Result<()> {
    let Some(name) = &binding.enterprise else { return Ok(()) };
    match state.google.enterprise(&name.parse().map_err(Error::internal)?).await {
        Ok(_) => put(state, scope, binding, BindingState::Bound).await,
        Err(error) if matches!(class(&error), Class::Forbidden | Class::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn put(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
    becomes: BindingState,
) -> Result<()> {
    let store = &state.core.store;
    let changed_at = state.core.clock.now();
    let after = AndroidBinding { state: becomes, changed_at, ..binding.clone() };
    let mut tx = store.transaction();
    store.android(scope).put_binding(&mut tx, &after);
    tx.commit().await
}
