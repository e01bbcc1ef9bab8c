use axum::extract::State;
use trennwand_domain::{CommandUuid, DeviceId, Error};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};

use super::CommandView;

/// Shows a command and, once the phone has answered, the decoded result.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/devices/{device}/commands/{command}",
    tag = "commands",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone"),
        ("command" = String, Path, description = "The command, `cmd_…`")
    ),
    responses((status = 200, description = "The command", body = CommandView), Problems),
    security(("oauth2" = ["devices:read"]))
)]
pub(crate) async fn command_get(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesRead>,
    Id(device): Id<DeviceId>,
    Id(command): Id<CommandUuid>,
) -> Result<Json<CommandView>> {
    let devices = core.store.devices(tenant.scope());
    // The queue first: an answer moves a command from there to the results, never back.
    if let Some(queued) = devices.queued(device, command).await? {
        return Ok(Json(CommandView::from(&queued)));
    }
    let result = devices.result(device, command).await?;
    Ok(Json(result.ok_or_else(|| Error::not_found("command"))?.into()))
}
