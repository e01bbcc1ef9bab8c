use axum::extract::State;
use trennwand_domain::{DeviceId, Error};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Language, Problems, Result, need};

use super::{DeviceView, Viewer};

/// Shows a phone.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/devices/{device}",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    responses((status = 200, description = "The phone", body = DeviceView), Problems),
    security(("oauth2" = ["devices:read"]))
)]
pub(crate) async fn device_get(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesRead>,
    Language(locale): Language,
    Id(id): Id<DeviceId>,
) -> Result<Json<DeviceView>> {
    let scope = tenant.scope();
    let device = core.store.devices(scope).get(id).await?;
    let device = device.ok_or_else(|| Error::not_found("device"))?;
    let head = core.store.tenant(scope).head().await?;
    let viewer = Viewer { scope, head: head.as_ref(), locale, now: core.clock.now() };
    Ok(Json(viewer.view(&viewer.as_of_now(device))))
}
