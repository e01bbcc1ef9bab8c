use axum::extract::State;
use trennwand_domain::{PolicyId, RolloutId};
use trennwand_runtime::{Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::{RolloutView, step};

/// Lets a roll-out go on: a paused one with what was left of its stage, a halted one with its next
/// stage, since whoever orders this has seen the errors.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}/resume",
    tag = "rollouts",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        ("rollout" = String, Path, description = "The roll-out")
    ),
    responses(
        (status = 200, description = "The roll-out as it is now", body = RolloutView),
        (status = 409, description = "rollout_ended tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn rollout_resume(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(policy): Id<PolicyId>,
    Id(rollout): Id<RolloutId>,
) -> Result<Written> {
    step::order(&core, &tenant, write, (policy, rollout), step::resume).await
}
