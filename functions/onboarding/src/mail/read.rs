use axum::extract::State;
use trennwand_domain::Error;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Problems, Result, need};

use super::Mail;

/// Shows where the tenant's mail lives; 404 until it was said.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/mail",
    tag = "mail",
    params(("tenant" = String, Path, description = "The tenant")),
    responses((status = 200, description = "The mail settings", body = Mail), Problems),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn mail_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Setup>,
) -> Result<Json<Mail>> {
    let head = core.store.tenant(tenant.scope()).head().await?;
    let mail = head.and_then(|head| head.mail).ok_or_else(|| Error::not_found("mail setting"))?;
    Ok(Json(mail.into()))
}
