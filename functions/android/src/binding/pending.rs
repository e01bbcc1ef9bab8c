//! A sign-up between its beginning and the enterprise that comes of it.

use trennwand_android::{Class, Enterprise, EnterpriseName, PageToken, class};
use trennwand_domain::{AndroidBinding, BindingState, Duration, Error, Result, TenantScope};

use super::give_up;
use crate::{AndroidState, brand};

/// How long phones are kept for a sign-up that nobody finishes; it ends the next time that it is looked
/// at, once a day.
const LIFE: Duration = Duration::from_secs(86_400);

/// More pages of 100 enterprises than Google lets one project have.
pub(crate) const MOST_PAGES: usize = 100;

/// Looks at a sign-up that is not finished: was its enterprise made after all, or is its time over?
pub(crate) async fn look(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
) -> Result<()> {
    if let Some(name) = find(state, scope, binding).await? {
        tracing::warn!(tenant = %scope.tenant(), "an enterprise is bound late");
        return record(state, scope, binding, &name).await;
    }
    let now = state.core.clock.now();
    if now < binding.changed_at.plus(LIFE) {
        return Ok(());
    }
    let store = &state.core.store;
    let mut tx = store.transaction();
    give_up(state, scope, &mut tx, binding.clone());
    tx.commit().await
}

/// Whether an enterprise was made for a sign-up that is about to be replaced; then it is bound.
pub(crate) async fn adopt(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
) -> bool {
    let found = match find(state, scope, binding).await {
        Ok(Some(name)) => record(state, scope, binding, &name).await.map(|()| true),
        outcome => outcome.map(|_| false),
    };
    found.unwrap_or_else(|error| {
        // Whoever wants to sign up is not kept from it.
        tracing::warn!(?error, "the enterprise of a former sign-up cannot be looked for");
        false
    })
}

/// What Google is told of the tenant.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn told(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
) -> Result<Enterprise> {
    let head = state.core.store.tenant(scope).head().await?;
    let head = head.ok_or_else(|| Error::internal("a sign-up of a tenant without a head"))?;
    Ok(brand::enterprise(state, scope, &head, binding))
}

/// The enterprise that was made for the sign-up, if there is one: whoever made it may not have heard of
/// it, and Google makes none a second time. It bears the sign-up's tag.
///
/// # Errors
/// If Google or the database does not answer.
pub(crate) async fn find(
    state: &AndroidState,
    scope: &TenantScope,
    binding: &AndroidBinding,
) -> Result<Option<EnterpriseName>> {
    let Some(tag) = brand::tag(binding) else { return Ok(None) };
    let told = told(state, scope, binding).await?;
    let mut page: Option<PageToken> = None;
    for _ in 0..MOST_PAGES {
        let listed = state.google.enterprises(page.as_ref()).await?;
        for listed in listed.items {
            // Only these may be it, and only this is in the list.
            if listed.enterprise_display_name != told.enterprise_display_name {
                continue;
            }
            let Some(name) = listed.name else { continue };
            let known = match state.google.enterprise(&name).await {
                // A namesake that is gone, or is not ours any more.
                Err(error) if matches!(class(&error), Class::NotFound | Class::Forbidden) => {
                    continue;
                }
                known => known?,
            };
            let mut tags = known.signin_details.iter().flatten().map(|detail| &detail.token_tag);
            if tags.any(|known| known.as_ref() == Some(&tag)) {
                return Ok(Some(name));
            }
        }
        page = listed.next;
        if page.is_none() {
            break;
        }
    }
    Ok(None)
}

/// Binds the tenant to the enterprise that was made for its sign-up. If the sign-up was begun anew
/// meanwhile, the enterprise counts all the same, and the newer sign-up is over.
///
/// # Errors
/// If the enterprise is somebody else's; a concurrent change; if the database does not answer.
pub(crate) async fn record(
    state: &AndroidState,
    scope: &TenantScope,
    signup: &AndroidBinding,
    name: &EnterpriseName,
) -> Result<()> {
    match put(state, scope, signup, signup, name).await {
        Err(error) if error.is_concurrent_change() => {
            let now = state.core.store.android(scope).binding().await?;
            let enterprise = Some(name.to_string());
            match now {
                Some(now) if now.state == BindingState::Bound && now.enterprise == enterprise => {
                    Ok(())
                }
                Some(now) if now.state == BindingState::SigningUp => {
                    put(state, scope, signup, &now, name).await
                }
                _ => {
                    disown(state, scope, name).await;
                    Err(error)
                }
            }
        }
        outcome => outcome,
    }
}

async fn put(
    state: &AndroidState,
    scope: &TenantScope,
    signup: &AndroidBinding,
    before: &AndroidBinding,
    name: &EnterpriseName,
) -> Result<()> {
    let store = &state.core.store;
    let told = told(state, scope, signup).await?;
    let android = store.android(scope);
    let mut tx = store.transaction();
    android.put_enterprise_owner(&mut tx, name.id());
    if let Some(newer) = before.callback.filter(|newer| signup.callback != Some(*newer)) {
        android.remove_signup(&mut tx, newer);
    }
    let bound = AndroidBinding {
        state: BindingState::Bound,
        signup: signup.signup.clone(),
        callback: signup.callback,
        enterprise: Some(name.to_string()),
        changed_at: state.core.clock.now(),
        brand: Some(brand::digest(&told)),
        ..before.clone()
    };
    android.put_binding(&mut tx, &bound);
    tx.commit().await
}

/// An enterprise that no tenant wants any more. Google deletes none that came by sign-up, so that
/// somebody has to see the line in the log.
async fn disown(state: &AndroidState, scope: &TenantScope, name: &EnterpriseName) {
    let deleted = state.google.delete_enterprise(name).await.is_ok();
    tracing::error!(
        tenant = %scope.tenant(), enterprise = %name, deleted,
        "an enterprise was made for a sign-up that was given up; its customer has to end it"
    );
}
