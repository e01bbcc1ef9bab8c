//! Ending what the company has on a phone: `release` and `wipe`.

pub(crate) mod release;
pub(crate) mod wipe;

use serde::Serialize;
use trennwand_domain::{
    CommandFailure, CommandKind, CommandResult, CommandUuid, Device, DeviceId, DeviceState, Error,
    Platform, Priority, QueuedCommand, ReasonCode, Result, TenantScope,
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
    /// `pending`: it waits to be handed over. What becomes of it, `…/commands/{command}` says.
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

/// Orders a removal: the phone is `releasing` until it has answered. One that is more than what is being
/// removed already takes its place: who finds that a phone is in wrong hands wipes it, whatever was
/// ordered before.
///
/// # Errors
/// The conflict `removal_pending` if as much is being removed already; if the database does not answer.
async fn order(
    core: &Core,
    scope: &TenantScope,
    tx: &mut Transaction,
    device: &Device,
    kind: CommandKind,
) -> Result<(CommandUuid, RemovalView)> {
    let (devices, android) = (core.store.devices(scope), core.store.android(scope));
    let mut instead_of = None;
    if device.state == DeviceState::Releasing {
        // Never more than one, since each takes the place of the one before.
        let waiting = devices.whole_queue(device.id).await?;
        for former in waiting.into_iter().filter(|command| command.kind.removal().is_some()) {
            if kind.removal() <= former.kind.removal() {
                return Err(Error::conflict(ReasonCode::RemovalPending));
            }
            let known = android.waiting(device.id, former.uuid).await?;
            let operation = known.and_then(|known| known.operation).map(|(name, _)| name);
            devices.take_back(tx, device.id, &taken_back(core, &former), operation.as_deref());
            instead_of = instead_of.or(operation);
        }
    }
    let uuid = core.ids.command(Priority::Urgent);
    let command = QueuedCommand { uuid, kind, issued: false };
    let operation = instead_of.as_deref();
    devices.enqueue_instead(tx, device.id, device.platform, &command, operation);
    android.begin_removal(tx, device);
    Ok((uuid, RemovalView { id: uuid.to_id(), status: "pending" }))
}

fn taken_back(core: &Core, command: &QueuedCommand) -> CommandResult {
    let why = Err(CommandFailure::Replaced);
    CommandResult::of_google(command.uuid, command.kind, why, core.clock.now())
}
