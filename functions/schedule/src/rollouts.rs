use std::collections::BTreeMap;

use trennwand_domain::{Result, Rollout, RolloutState, TenantId, TenantScope, Timestamp};
use trennwand_policy::{next_head, stepped};
use trennwand_runtime::rollout_progress;
use trennwand_store::DueRollout;

use crate::ScheduleState;

/// Roll-outs of one tenant that are looked at in one tick: a tenant's step counts its whole fleet.
const OF_A_TENANT: usize = 10;

/// Roll-outs that are looked at in one tick.
const AT_MOST: usize = 300;

/// Pages of the index that are read in one tick.
const MOST_PAGES: usize = 10;

/// Takes roll-outs whose next stage is due one step on. One that cannot be now is due again at the next
/// tick, as are those beyond the most of a tick; it holds up no other and not the tick. Says how many
/// went on or halted.
///
/// # Errors
/// If the database does not say what is due.
pub(crate) async fn advance_due(state: &ScheduleState, now: Timestamp) -> Result<usize> {
    let mut moved = 0;
    for due in fair(all_due(state, now).await?, now) {
        match advance(state, &due, now).await {
            Ok(step) => moved += usize::from(step),
            Err(error) if error.is_concurrent_change() => {}
            Err(error) => {
                let (tenant, rollout) = (due.scope.tenant(), due.rollout);
                tracing::error!(?error, %tenant, %rollout, "a roll-out waits for the next tick");
            }
        }
    }
    Ok(moved)
}

async fn all_due(state: &ScheduleState, now: Timestamp) -> Result<Vec<DueRollout>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = state.core.store.due().rollouts(now, cursor.take()).await?;
        all.extend(page.rollouts);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(all)
}

/// So many of each tenant, beginning with others each minute: one that always fails takes nobody's turn
/// for ever. The first of every tenant come first.
fn fair(all: Vec<DueRollout>, now: Timestamp) -> Vec<DueRollout> {
    let mut tenants: BTreeMap<TenantId, Vec<DueRollout>> = BTreeMap::new();
    for due in all {
        tenants.entry(due.scope.tenant()).or_default().push(due);
    }
    let minute = usize::try_from(now.unix_s() / 60).unwrap_or_default();
    for due in tenants.values_mut() {
        let step = if due.len() > OF_A_TENANT { OF_A_TENANT } else { 1 };
        let first = (minute * step) % due.len().max(1);
        due.rotate_left(first);
        due.truncate(OF_A_TENANT);
    }
    let mut order: Vec<_> = tenants.into_values().collect();
    if order.len() > AT_MOST {
        let first = (minute * AT_MOST) % order.len();
        order.rotate_left(first);
    }
    let turns = (0..OF_A_TENANT).flat_map(|turn| order.iter().filter_map(move |due| due.get(turn)));
    turns.take(AT_MOST).copied().collect()
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

#[cfg(test)]
mod tests {
    use trennwand_domain::{Authenticator, Duration, PolicyId, RolloutId};

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    fn due(tenant: u128, rollout: u128) -> DueRollout {
        #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
        let scope = TenantScope::vouched(Authenticator::Timer, TenantId::from_bits(tenant));
        let policy = PolicyId::from_bits(rollout);
        DueRollout { scope, policy, rollout: RolloutId::from_bits(rollout) }
    }

    #[test]
    fn a_tenant_with_many_due_roll_outs_delays_nobody_else() {
        let mut all: Vec<_> = (0..1000).map(|n| due(1, n)).collect();
        all.push(due(2, 5000));
        let turn = fair(all, NOON);
        assert_eq!(turn.len(), OF_A_TENANT + 1);
        assert_eq!(turn[1], due(2, 5000), "second, not last");
    }

    #[test]
    fn every_due_roll_out_has_its_turn_however_many_fail() {
        let all: Vec<_> = (0..95).map(|n| due(1, n)).collect();
        let mut seen = std::collections::BTreeSet::new();
        for minute in 0..95 {
            let now = NOON.plus(Duration::from_secs(60 * minute));
            seen.extend(fair(all.clone(), now).iter().map(|due| due.rollout));
        }
        assert_eq!(seen.len(), 95);
        let many: Vec<_> = (0..1000).map(|tenant| due(tenant, tenant)).collect();
        let mut tenants = std::collections::BTreeSet::new();
        for minute in 0..4 {
            let now = NOON.plus(Duration::from_secs(60 * minute));
            let turn = fair(many.clone(), now);
            assert_eq!(turn.len(), AT_MOST);
            tenants.extend(turn.iter().map(|due| due.scope.tenant()));
        }
        assert_eq!(tenants.len(), 1000);
    }
}
