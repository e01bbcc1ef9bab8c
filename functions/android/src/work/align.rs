use trennwand_domain::{AndroidBinding, AndroidPolicy, AssignmentHead, Duration, Error, Result};
use trennwand_runtime::{AndroidWork, Message};

use super::{
    Bound, pass_over,
    policies::{self, WRITERS},
};
use crate::{AndroidState, brand};

/// For how long phones are still looked for that follow a policy which no rule asks for any more; later
/// the daily look finds them.
const FRESH: Duration = Duration::from_secs(3_600);

/// Brings policies and brand at Google in line with the assignment head.
pub(super) async fn align(state: &AndroidState, bound: &Bound) -> Result<()> {
    let store = &state.core.store;
    let Some(head) = store.tenant(&bound.scope).head().await? else { return Ok(()) };
    let written = policies::write(state, bound, &head).await?;
    let now = state.core.clock.now();
    let fresh = |policy: &AndroidPolicy| policy.unplanned_at.is_some_and(|at| now < at.plus(FRESH));
    let moves = head.rules.len() > 1 || written.policies.iter().any(fresh);
    // What Google refuses is tried again by the daily look; the phones of other policies do not wait.
    pass_over(written.all())?;
    // Which of several rules a phone is under, the phone's own place at Google has to follow. Where one
    // rule is left, there are phones at a policy that none asks for any more.
    if moves {
        let work = AndroidWork::Reconcile(None);
        let message = Message::Android { tenant: bound.scope.tenant(), work };
        state.publisher.publish(&message, Duration::ZERO).await?;
    }
    pass_over(look(state, bound, &head).await).map(drop)
}

/// Brings name, logo, colour and contacts at Google in line.
async fn look(state: &AndroidState, bound: &Bound, head: &AssignmentHead) -> Result<()> {
    let told = brand::enterprise(state, &bound.scope, head, &bound.binding);
    let digest = brand::digest(&told);
    if bound.binding.brand == Some(digest) {
        return Ok(());
    }
    state.google.patch_enterprise(&bound.enterprise, &told).await?;
    let android = state.core.store.android(&bound.scope);
    let put = async |binding: &AndroidBinding| {
        let mut tx = state.core.store.transaction();
        android.put_binding(&mut tx, binding);
        tx.commit().await
    };
    let mut outcome = put(&AndroidBinding { brand: Some(digest), ..bound.binding.clone() }).await;
    for _ in 0..WRITERS {
        if !outcome.as_ref().is_err_and(Error::is_concurrent_change) {
            break;
        }
        // Another message may have told of another brand: which of the two came last, nobody knows.
        let Some(now) = android.binding().await?.filter(|now| now.brand.is_some()) else { break };
        let doubted = put(&AndroidBinding { brand: None, ..now }).await;
        match doubted {
            Ok(()) => break,
            Err(_) => outcome = doubted,
        }
    }
    outcome
}
