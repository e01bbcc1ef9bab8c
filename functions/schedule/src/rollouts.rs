use trennwand_domain::{
    Error, ErrorKind, ReasonCode, Result, Rollout, RolloutState, TenantScope, Timestamp,
};
use trennwand_policy::{next_head, stepped};
use trennwand_runtime::rollout_progress;
use trennwand_store::DueRollout;

use crate::ScheduleState;

/// Takes every roll-out whose next stage is due one step on. One that cannot be now is due again at
/// the next tick and holds up no other. Says how many went on or halted.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn advance_due(state: &ScheduleState, now: Timestamp) -> Result<usize> {
    let (mut cursor, mut moved, mut failed) = (None, 0, None);
    loop {
        let page = state.core.store.due().rollouts(now, cursor.take()).await?;
        for due in &page.rollouts {
            match advance(state, due, now).await {
                Ok(step) => moved += usize::from(step),
                Err(error) if lost_a_race(&error) => {}
                Err(error) => {
                    let (tenant, rollout) = (due.scope.tenant(), due.rollout);
                    tracing::warn!(?error, %tenant, %rollout, "a roll-out waits for the next tick");
                    failed = Some(error);
                }
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return failed.map_or(Ok(moved), Err);
        }
    }
}

fn lost_a_race(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict { code: ReasonCode::ConcurrentChange })
}

/// One step, in one transaction: the next stage, or a halt if too many phones refused the version.
/// What the index says may be out of date; what is stored decides.
async fn advance(state: &ScheduleState, due: &DueRollout, now: Timestamp) -> Result<bool> {
    let store = &state.core.store;
    let (scope, policies) = (&due.scope, store.policies(&due.scope));
    let Some(plan) = store.assignments(scope).plan(Some(due.policy)).await? else {
        return Ok(false);
    };
    let found = policies.rollout(due.policy, due.rollout).await?;
    let Some(before) = found.filter(|rollout| rollout.is_due(now)) else {
        return Ok(false);
    };
    let progress = rollout_progress(&state.core, scope, &plan.head, &before).await?;
    let after = match before.is_failing(&progress) {
        true => before.halted(),
        false => before.advanced(now),
    };
    tell(scope, &after);
    let mut tx = store.transaction();
    policies.update_rollout(&mut tx, &after);
    if after.state != RolloutState::Halted {
        let expected = plan.head.version;
        let (plan, changed) = stepped(plan, after, now);
        if let Some(changed) = changed {
            policies.update(&mut tx, &changed);
        }
        // Both versions were compiled when the roll-out began; the head names them.
        store.tenant(scope).put_head(&mut tx, &next_head(&plan, &[], now)?, Some(expected));
    }
    tx.commit().await?;
    Ok(true)
}

fn tell(scope: &TenantScope, rollout: &Rollout) {
    tracing::info!(
        tenant = %scope.tenant(),
        rollout = %rollout.id,
        state = %rollout.state,
        percent = rollout.percent(),
        "a roll-out goes on"
    );
}
