use axum::extract::State;
use trennwand_domain::{AssignmentId, Error, ReasonCode};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::default_of;
use crate::plan;

/// Takes an assignment back. Its phones are under the next policy that is assigned to them, at last
/// the default: they get that one's wall in place of this one's and are never without.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/assignments/{assignment}",
    tag = "assignments",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("assignment" = String, Path, description = "The assignment")
    ),
    responses(
        (status = 204, description = "The assignment is gone"),
        (status = 409, description = "default_assignment tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn assignment_delete(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(id): Id<AssignmentId>,
) -> Result<Written> {
    let scope = tenant.scope();
    let mut plan = plan::load(&core, scope, None).await?;
    if default_of(&plan).is_some_and(|default| default.id == id) {
        return Err(Error::conflict(ReasonCode::DefaultAssignment).into());
    }
    let known = plan.assignments.len();
    plan.assignments.retain(|assignment| assignment.id != id);
    if plan.assignments.len() == known {
        return Err(Error::not_found("assignment").into());
    }
    let mut tx = core.store.transaction();
    core.store.assignments(scope).delete(&mut tx, id);
    plan::put_head(&core, scope, &mut tx, &plan, None).await?;
    write.commit(&core, tx, id, Answer::no_content()).await
}
