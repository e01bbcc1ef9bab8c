use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Problems, Result, need};

use super::Apns;

/// Shows where the tenant's Apple push certificate stands.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/apns",
    tag = "apns",
    params(("tenant" = String, Path, description = "The tenant")),
    responses((status = 200, description = "The push certificate", body = Apns), Problems),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn apns_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Setup>,
) -> Result<Json<Apns>> {
    let stored = core.store.tenant(tenant.scope()).push_certificate().await?;
    Ok(Json(Apns::new(stored.as_ref(), core.clock.now())))
}
