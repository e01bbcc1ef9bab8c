//! Ending what the company has on a phone: `release` and `wipe`.

pub(crate) mod release;
pub(crate) mod wipe;

use serde::Serialize;
use trennwand_domain::{
    CommandKind, CommandUuid, Device, DeviceId, DeviceState, Error, Platform, Priority,
    QueuedCommand, ReasonCode, Result, TenantScope,
};
use trennwand_runtime::Core;
use trennwand_store::Transaction;
use utoipa::ToSchema;

/// What was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovalView {
    /// Identity; `…/commands/{command}` says more.
    #[schema(example = "cmd_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: String,
    /// `pending`, `delivered` (Google has it and waits for the phone), `confirmed` (the phone did it) or
    /// `unconfirmed` (nobody knows whether it did).
    #[schema(example = "pending")]
    status: &'static str,
}

/// The phone, if something can be removed from it.
///
/// # Errors
/// Not found; the conflicts `not_on_this_platform`, `device_not_enrolled`.
async fn removable(core: &Core, scope: &TenantScope, id: DeviceId) -> Result<Device> {
    let device = core.store.devices(scope).get(id).await?;
    let device = device.ok_or_else(|| Error::not_found("device"))?;
    if device.platform != Platform::Android {
        return Err(Error::conflict(ReasonCode::NotOnThisPlatform));
    }
    if !device.state.is_managed() {
        return Err(Error::conflict(ReasonCode::DeviceNotEnrolled));
    }
    Ok(device)
}

/// Orders a removal: the phone is `releasing` until it has answered.
fn order(
    core: &Core,
    scope: &TenantScope,
    tx: &mut Transaction,
    device: &Device,
    kind: CommandKind,
) -> (CommandUuid, RemovalView) {
    let uuid = core.ids.command(Priority::Urgent);
    let command = QueuedCommand { uuid, kind, issued: false };
    core.store.devices(scope).enqueue(tx, device.id, device.platform, &command);
    core.store.android(scope).set_state(tx, device, DeviceState::Releasing);
    (uuid, RemovalView { id: uuid.to_id(), status: "pending" })
}
