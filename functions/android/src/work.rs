//! What is done at Google: the reader of this function's own queue. A message may come twice and out
//! of date, so each is decided by what is stored now.
//!
//! | Module | Message | What it does |
//! |---|---|---|
//! | `align` | `Align` | brand and policies as they should be, then places and tokens |
//! | `policies` | | writes, remembers and deletes a tenant's policies; for `align`, `place`, `token` and `reconcile` |
//! | `place` | `Place` | moves a phone to its policy |
//! | `token` | `Token` | makes an invitation's token, or takes it back |
//! | `command` | `Command` | hands a command over, or finds out what became of it |
//! | `verify` | `Verify` | looks at a policy that somebody else wrote, and writes it over |
//! | `reconcile` | `Reconcile` | the daily look at Google's list of phones |
//! | `follow_up` | `FollowUp`, `Seek` | the daily look at our own list: what was lost on the way |
//! | `settle` | `Settle` | ends the enrolments of a binding that has ended |

mod align;
mod command;
mod follow_up;
mod place;
mod policies;
mod reconcile;
mod settle;
mod token;
mod verify;

use trennwand_android::{Class, EnterpriseName, class};
use trennwand_domain::{
    AndroidBinding, Authenticator, BindingState, Error, Result, TenantId, TenantScope,
};
use trennwand_runtime::AndroidWork;

use crate::{
    AndroidState,
    binding::{ended, pending},
};

/// How often a message is worked off from fresh state if another one wrote in between: to be delivered
/// again would take minutes.
const ATTEMPTS: usize = 4;

/// Does what a message asks for; hardly anything for a tenant that is not bound.
///
/// # Errors
/// If Google or the database does not answer, or others keep writing: then the message is to be
/// delivered again.
pub async fn work(state: &AndroidState, tenant: TenantId, work: &AndroidWork) -> Result<()> {
    for _ in 1..ATTEMPTS {
        match attempt(state, tenant, work).await {
            Err(error) if error.is_concurrent_change() => {}
            outcome => return outcome,
        }
    }
    attempt(state, tenant, work).await
}

async fn attempt(state: &AndroidState, tenant: TenantId, work: &AndroidWork) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the authenticator of this queue's messages")]
    let scope = TenantScope::vouched(Authenticator::QueueMessage, tenant);
    let Some(binding) = state.core.store.android(&scope).binding().await? else { return Ok(()) };
    if let AndroidWork::Settle(page) = work {
        return settle::settle(state, scope, binding, page.as_deref()).await;
    }
    let Some(bound) = Bound::of(scope, binding.clone())? else {
        return unbound(state, scope, &binding, work).await;
    };
    match carry_out(state, &bound, work).await {
        Err(error) if matches!(class(&error), Class::Forbidden | Class::NotFound) => {
            ended::find_out(state, &scope, &bound.binding, &bound.enterprise, error).await
        }
        outcome => outcome,
    }
}

async fn carry_out(state: &AndroidState, bound: &Bound, work: &AndroidWork) -> Result<()> {
    match work {
        AndroidWork::Align => align::align(state, bound).await,
        AndroidWork::Verify(device) => verify::verify(state, bound, *device).await,
        AndroidWork::Token(enrollment) => token::token(state, bound, *enrollment).await,
        AndroidWork::Place(device) => place::place(state, bound, *device).await,
        AndroidWork::Command(device, command) => {
            command::command(state, bound, *device, *command).await
        }
        AndroidWork::Reconcile(page) => reconcile::reconcile(state, bound, page.as_deref()).await,
        AndroidWork::FollowUp(page) => follow_up::follow_up(state, bound, page.as_deref()).await,
        AndroidWork::Seek(device) => follow_up::seek(state, bound, *device).await,
        AndroidWork::Settle(_) => Ok(()),
    }
}

/// What there is to do for a tenant without an enterprise.
async fn unbound(
    state: &AndroidState,
    scope: TenantScope,
    binding: &AndroidBinding,
    work: &AndroidWork,
) -> Result<()> {
    match (work, binding.state) {
        (AndroidWork::Token(enrollment), _) => token::withdraw(state, &scope, *enrollment).await,
        // One that was ended at Google, or that another sign-up follows, may yet turn out not to be gone;
        // what waits is answered with the phones, once something else is bound or nothing.
        (AndroidWork::Command(device, command), BindingState::Unbound) => {
            command::unreachable(state, &scope, *device, *command).await
        }
        (AndroidWork::Reconcile(None), BindingState::SigningUp) => {
            pending::look(state, &scope, binding).await
        }
        (AndroidWork::Reconcile(None), BindingState::EndedAtGoogle) => {
            ended::look(state, &scope, binding).await
        }
        _ => Ok(()),
    }
}

/// What is wrong with one thing of many, and stays wrong whoever asks again, is said in the log and
/// returned: the others do not wait for it.
fn pass_over(outcome: Result<()>) -> Result<Option<Error>> {
    match outcome {
        Err(error) if error.is_concurrent_change() => Err(error),
        Err(error) if matches!(class(&error), Class::Refused | Class::Precondition) => {
            tracing::error!(?error, "one of many was passed over");
            Ok(Some(error))
        }
        outcome => outcome.map(|()| None),
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
