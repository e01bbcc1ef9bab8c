use axum::extract::State;
use trennwand_domain::{PolicyId, RolloutId};
use trennwand_runtime::{Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::{RolloutView, step};

/// Takes a roll-out back: the version before is in force again for all phones that it reached, and they
/// are woken. Their wall is replaced, never removed first. A completed roll-out can be taken back as
/// long as its version is in force.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}/rollback",
    tag = "rollouts",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        ("rollout" = String, Path, description = "The roll-out")
    ),
    responses(
        (status = 200, description = "The roll-out as it is now", body = RolloutView),
        (status = 409, description = "rollout_ended rollout_running nothing_to_roll_back_to tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn rollout_roll_back(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(policy): Id<PolicyId>,
    Id(rollout): Id<RolloutId>,
) -> Result<Written> {
    step::order(&core, &tenant, write, (policy, rollout), step::roll_back).await
}
