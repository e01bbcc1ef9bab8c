use axum::extract::State;
use trennwand_domain::{PolicyId, RolloutId};
use trennwand_runtime::{Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::{RolloutView, step};

/// Stops a roll-out for a while: no further stage begins, and what it has reached stays reached. One
/// that has stopped already stays so.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}/pause",
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
pub(crate) async fn rollout_pause(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(policy): Id<PolicyId>,
    Id(rollout): Id<RolloutId>,
) -> Result<Written> {
    step::order(&core, &tenant, write, (policy, rollout), step::pause).await
}
