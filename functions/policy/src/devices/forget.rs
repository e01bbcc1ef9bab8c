use axum::{extract::State, http::StatusCode};
use trennwand_domain::DeviceId;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Problems, Result, need};

/// Forgets a phone and everything it said; 409 while it is under management.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/devices/{device}",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    responses((status = 204, description = "Forgotten"), Problems),
    security(("oauth2" = ["devices:command"]))
)]
pub(crate) async fn device_forget(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesCommand>,
    Id(id): Id<DeviceId>,
) -> Result<StatusCode> {
    core.store.devices(tenant.scope()).forget(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
