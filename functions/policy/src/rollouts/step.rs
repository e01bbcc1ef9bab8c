use trennwand_domain::{
    Error, Plan, PolicyId, ReasonCode, Result as DomainResult, Rollout, RolloutId, RolloutState,
    Timestamp,
};
use trennwand_policy::stepped;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Result, need};

use super::RolloutView;
use crate::plan;

/// What an order does to a roll-out; `None` if it has happened already.
pub(super) type Step = fn(&Plan, &Rollout, Timestamp) -> DomainResult<Option<Rollout>>;

/// Carries out an order about a roll-out. A repetition finds it carried out and changes nothing.
pub(super) async fn order(
    core: &Core,
    tenant: &ForTenant<need::Policies>,
    write: Write,
    (policy, id): (PolicyId, RolloutId),
    step: Step,
) -> Result<Written> {
    let scope = tenant.scope();
    let policies = core.store.policies(scope);
    let plan = plan::load(core, scope, Some(policy)).await?;
    let before = policies.rollout(policy, id).await?;
    let before = before.ok_or_else(|| Error::not_found("rollout"))?;
    let now = core.clock.now();
    let mut tx = core.store.transaction();
    let after = match step(&plan, &before, now)? {
        None => before,
        Some(after) => {
            policies.update_rollout(&mut tx, &after);
            // A pause and its end reach no phone.
            if !after.is_open() || after.stage != before.stage {
                let (plan, changed) = stepped(plan, after.clone(), now);
                if let Some(changed) = changed {
                    policies.update(&mut tx, &changed);
                }
                plan::put_head(core, scope, &mut tx, &plan, None).await?;
            }
            after
        }
    };
    write.commit(core, tx, id, Answer::ok(&RolloutView::from(&after))).await
}

fn ended() -> Error {
    Error::conflict(ReasonCode::RolloutEnded)
}

pub(super) fn pause(_: &Plan, rollout: &Rollout, now: Timestamp) -> DomainResult<Option<Rollout>> {
    match rollout.state {
        RolloutState::Running => Ok(Some(rollout.clone().paused(now))),
        RolloutState::Paused | RolloutState::Halted => Ok(None),
        RolloutState::Completed | RolloutState::RolledBack => Err(ended()),
    }
}

pub(super) fn resume(_: &Plan, rollout: &Rollout, now: Timestamp) -> DomainResult<Option<Rollout>> {
    match rollout.state {
        RolloutState::Running => Ok(None),
        RolloutState::Paused | RolloutState::Halted => Ok(Some(rollout.clone().resumed(now))),
        // A repetition of the order that made a halted one reach its end.
        RolloutState::Completed => Ok(None),
        RolloutState::RolledBack => Err(ended()),
    }
}

pub(super) fn roll_back(
    plan: &Plan,
    rollout: &Rollout,
    _: Timestamp,
) -> DomainResult<Option<Rollout>> {
    if rollout.state == RolloutState::RolledBack {
        return Ok(None);
    }
    if rollout.state == RolloutState::Completed {
        if plan.rollout_of(rollout.policy).is_some() {
            return Err(Error::conflict(ReasonCode::RolloutRunning));
        }
        let in_force = plan.policy(rollout.policy).and_then(|policy| policy.in_force);
        if in_force != Some(rollout.version) {
            return Err(ended());
        }
        if rollout.previous.is_none() {
            return Err(Error::conflict(ReasonCode::NothingToRollBackTo));
        }
    }
    Ok(Some(rollout.clone().rolled_back()))
}
