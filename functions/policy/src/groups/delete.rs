use axum::extract::State;
use trennwand_domain::{AssignedTo, Error, GroupId, Plan, ReasonCode, StageReach};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use crate::plan;

/// Deletes a group that nothing depends on. The phones in it stay as they are, and are in it no more
/// soon after.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/groups/{group}",
    tag = "groups",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("group" = String, Path, description = "The group")
    ),
    responses(
        (status = 204, description = "The group is gone"),
        (status = 409, description = "group_in_use tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_delete(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(id): Id<GroupId>,
) -> Result<Written> {
    let scope = tenant.scope();
    let groups = core.store.groups(scope);
    let plan = plan::load(&core, scope, None).await?;
    let group = groups.get(id).await?.ok_or_else(|| Error::not_found("group"))?;
    if is_used(&plan, id) {
        return Err(Error::conflict(ReasonCode::GroupInUse).into());
    }
    let mut tx = core.store.transaction();
    groups.delete(&mut tx, &group);
    // So that nobody begins to depend on it at the same time.
    plan::put_head(&core, scope, &mut tx, &plan, None).await?;
    write.commit(&core, tx, id, Answer::no_content()).await
}

fn is_used(plan: &Plan, group: GroupId) -> bool {
    let stage = StageReach::Group(group);
    let of_rollout = |rollout: &trennwand_domain::Rollout| {
        rollout.is_open() && rollout.stages.iter().any(|known| known.reaches == stage)
    };
    plan.assignments.iter().any(|assignment| assignment.to == AssignedTo::Group(group))
        || plan.rollouts.iter().any(of_rollout)
}
