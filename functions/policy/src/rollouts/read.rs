use axum::extract::State;
use trennwand_domain::{Error, PolicyId, RolloutId};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};

use super::RolloutView;

/// Shows a roll-out.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}",
    tag = "rollouts",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        ("rollout" = String, Path, description = "The roll-out")
    ),
    responses((status = 200, description = "The roll-out", body = RolloutView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn rollout_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(policy): Id<PolicyId>,
    Id(rollout): Id<RolloutId>,
) -> Result<Json<RolloutView>> {
    let found = core.store.policies(tenant.scope()).rollout(policy, rollout).await?;
    Ok(Json(found.ok_or_else(|| Error::not_found("rollout"))?.into()))
}
