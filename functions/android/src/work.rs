//! What is done at Google: the reader of this function's own queue. A message may come twice and out
//! of date, so each is decided by what is stored now.

mod align;
mod command;
mod place;
mod reconcile;
mod token;
mod verify;

use trennwand_android::EnterpriseName;
use trennwand_domain::{
    AndroidBinding, Authenticator, BindingState, Error, Result, TenantId, TenantScope,
};
use trennwand_runtime::AndroidWork;

use crate::AndroidState;

/// Does what a message asks for; nothing for a tenant that is not bound.
///
/// # Errors
/// If Google or the database does not answer: then the message is to be delivered again.
pub async fn work(state: &AndroidState, tenant: TenantId, work: &AndroidWork) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the authenticator of this queue's messages")]
    let scope = TenantScope::vouched(Authenticator::QueueMessage, tenant);
    let binding = state.core.store.android(&scope).binding().await?;
    let Some(bound) = binding.map(|binding| Bound::of(scope, binding)).transpose()?.flatten()
    else {
        return Ok(());
    };
    match work {
        AndroidWork::Align => align::align(state, &bound).await,
        AndroidWork::Verify(device) => verify::verify(state, &bound, *device).await,
        AndroidWork::Token(enrollment) => token::token(state, &bound, *enrollment).await,
        AndroidWork::Place(device) => place::place(state, &bound, *device).await,
        AndroidWork::Command(device, command) => {
            command::command(state, &bound, *device, *command).await
        }
        AndroidWork::Reconcile(page) => reconcile::reconcile(state, &bound, page.as_deref()).await,
    }
}

/// A tenant that is bound.
struct Bound {
    scope: TenantScope,
    binding: AndroidBinding,
    enterprise: EnterpriseName,
}

impl Bound {
    fn of(scope: TenantScope, binding: AndroidBinding) -> Result<Option<Self>> {
        if binding.state != BindingState::Bound {
            return Ok(None);
        }
        let Some(name) = &binding.enterprise else { return Ok(None) };
        let enterprise = name.parse().map_err(Error::internal)?;
        Ok(Some(Self { scope, binding, enterprise }))
    }
}
