use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForReseller, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::TenantView;

/// Lists the reseller's tenants.
#[utoipa::path(
    get,
    path = "/v1/tenants",
    tag = "tenants",
    params(PagingParams),
    responses(
        (status = 200, description = "A page of tenants", body = Listing<TenantView>),
        Problems
    ),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn tenant_list(
    State(core): State<Core>,
    reseller: ForReseller<need::Tenants>,
    Paging(page): Paging,
) -> Result<Json<Listing<TenantView>>> {
    let tenants = core.store.tenants().list(reseller.reseller(), &page).await?;
    Ok(Json(tenants.map(TenantView::from).into()))
}
