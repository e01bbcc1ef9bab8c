use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::PolicySummary;

/// Lists the policies.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policies",
    tag = "policies",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "A page of policies", body = Listing<PolicySummary>),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Paging(page): Paging,
) -> Result<Json<Listing<PolicySummary>>> {
    let listed = core.store.policies(tenant.scope()).list(&page).await?;
    Ok(Json(listed.map(|policy| PolicySummary::from(&policy)).into()))
}
