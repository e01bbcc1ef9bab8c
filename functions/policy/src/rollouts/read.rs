use axum::extract::State;
use trennwand_domain::{AssignmentHead, Error, PolicyId, RolloutId, RolloutState};
use trennwand_runtime::{Core, rollout_progress};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};

use super::RolloutView;

/// Shows a roll-out with its progress, counted over the index of the tenant's phones.
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
    let scope = tenant.scope();
    let found = core.store.policies(scope).rollout(policy, rollout).await?;
    let found = found.ok_or_else(|| Error::not_found("rollout"))?;
    let head = core.store.tenant(scope).head().await?;
    let shown = RolloutView::from(&found);
    let rules = |head: &AssignmentHead| head.artefacts(policy, found.version).is_some();
    match head.filter(rules) {
        Some(head) if found.state != RolloutState::RolledBack => {
            let progress = rollout_progress(&core, scope, &head, &found).await?;
            Ok(Json(shown.with_progress(progress)))
        }
        _ => Ok(Json(shown)),
    }
}
