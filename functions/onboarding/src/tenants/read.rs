use axum::extract::State;
use trennwand_domain::Error;
use trennwand_runtime::Core;
use trennwand_web::{ForTenantOfReseller, Json, Problems, Result, need};

use super::TenantView;

/// Shows a tenant.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}",
    tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant")),
    responses((status = 200, description = "The tenant", body = TenantView), Problems),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn tenant_get(
    State(core): State<Core>,
    tenant: ForTenantOfReseller<need::Tenants>,
) -> Result<Json<TenantView>> {
    let tenant = core.store.tenant(tenant.scope()).get().await?;
    Ok(Json(tenant.ok_or_else(|| Error::not_found("tenant"))?.into()))
}
