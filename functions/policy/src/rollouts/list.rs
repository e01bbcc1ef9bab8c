use axum::extract::State;
use trennwand_domain::{Error, PolicyId};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::RolloutView;

/// Lists the roll-outs of a policy.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policies/{policy}/rollouts",
    tag = "rollouts",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        PagingParams
    ),
    responses(
        (status = 200, description = "A page of roll-outs", body = Listing<RolloutView>),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn rollout_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(id): Id<PolicyId>,
    Paging(page): Paging,
) -> Result<Json<Listing<RolloutView>>> {
    let policies = core.store.policies(tenant.scope());
    if policies.get(id).await?.is_none() {
        return Err(Error::not_found("policy").into());
    }
    let listed = policies.rollouts(id, &page).await?;
    Ok(Json(listed.map(|rollout| RolloutView::from(&rollout)).into()))
}
