use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use trennwand_domain::{Error, Result, TenantScope, Timestamp};
use trennwand_push::{PushFailure, PushIdentity};
use trennwand_store::WakeTarget;

use crate::{PushState, Woken};

/// Pushes under way at once: the fewer, the slower (`a2` leaves Nagle's algorithm on); the more, the
/// more are refused by a cold connection.
const AT_ONCE: usize = 300;

/// Pushes to all targets.
pub(crate) async fn deliver(
    state: &PushState,
    scope: &TenantScope,
    targets: &[WakeTarget],
) -> Result<Woken> {
    let mut woken = Woken::default();
    if targets.is_empty() {
        return Ok(woken);
    }
    let tenant = scope.tenant();
    let Some(identity) = state.identities.of(&state.core, scope).await? else {
        tracing::warn!(%tenant, "no push certificate: phones are not woken");
        return Ok(Woken { passed_over: targets.len(), ..woken });
    };
    let refused = || Error::unavailable("the tenant's push certificate is refused");
    if !state.breaker.permits(tenant, identity.fingerprint(), state.core.clock.now()) {
        state.identities.forget(tenant);
        return Err(refused());
    }
    let stop = AtomicBool::new(false);
    let (name, stopped) = (&*identity, &stop);
    // Collected, because the compiler cannot prove a stream that still maps to be `Send`.
    let pushes: Vec<_> = targets
        .iter()
        .map(|target| async move { (target, push(state, name, target, stopped).await) })
        .collect();
    let outcomes: Vec<_> = stream::iter(pushes).buffer_unordered(AT_ONCE).collect().await;

    let mut later = 0;
    for (target, outcome) in outcomes {
        match outcome {
            Ok(()) => woken.taken += 1,
            Err(PushFailure::TokenDead { since }) => {
                woken.dead += 1;
                token_died(state, scope, target, since).await?;
            }
            Err(PushFailure::TooMany { .. } | PushFailure::Malformed) => woken.passed_over += 1,
            Err(PushFailure::Unavailable | PushFailure::IdentityRefused) => later += 1,
        }
    }
    tracing::info!(
        %tenant,
        taken = woken.taken,
        dead = woken.dead,
        passed_over = woken.passed_over,
        later,
        "phones woken"
    );
    if stop.into_inner() {
        tracing::error!(%tenant, "the push certificate is refused: phones cannot be woken");
        state.breaker.refused(tenant, identity.fingerprint(), state.core.clock.now());
        state.identities.forget(tenant);
        return Err(refused());
    }
    match later {
        0 => Ok(woken),
        n => Err(Error::unavailable(format!("{n} phones could not be pushed to"))),
    }
}

/// One push; the service's bad moments are given a second chance.
async fn push(
    state: &PushState,
    identity: &PushIdentity,
    target: &WakeTarget,
    stop: &AtomicBool,
) -> Result<(), PushFailure> {
    if target.push.topic != identity.topic() {
        // Apple would take the push and drop it without a word.
        tracing::warn!(device = %target.device, "phone listens to another topic");
        return Err(PushFailure::Malformed);
    }
    for last in [false, true] {
        if stop.load(Ordering::Relaxed) {
            return Err(PushFailure::IdentityRefused);
        }
        match state.pusher.push(identity, &target.push).await {
            Err(PushFailure::Unavailable) if !last => {}
            Err(PushFailure::IdentityRefused) => {
                stop.store(true, Ordering::Relaxed);
                return Err(PushFailure::IdentityRefused);
            }
            Err(PushFailure::Malformed) => {
                tracing::error!(device = %target.device, "push was malformed");
                return Err(PushFailure::Malformed);
            }
            outcome => return outcome,
        }
    }
    Err(PushFailure::Unavailable)
}

/// Notes a dead token, unless the phone enrolled after it died: then it is an older enrolment's death.
async fn token_died(
    state: &PushState,
    scope: &TenantScope,
    target: &WakeTarget,
    since: Option<Timestamp>,
) -> Result<()> {
    let devices = state.core.store.devices(scope);
    if let Some(since) = since {
        let header = devices.get(target.device).await?;
        let registered = header.and_then(|device| device.enrolled_at);
        if registered.is_some_and(|registered| registered > since) {
            return Ok(());
        }
    }
    devices.mark_push_lost(target).await
}
