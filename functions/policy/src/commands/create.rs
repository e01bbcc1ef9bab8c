use axum::extract::State;
use serde::Deserialize;
use trennwand_apple::command_for;
use trennwand_domain::{
    CommandKind, Device, DeviceId, Error, Platform, Priority, QueuedCommand, ReasonCode,
    Result as DomainResult,
};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::CommandView;

/// A command to be queued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommand {
    /// `device_information`, `security_info`, `profile_list`, `restrictions`,
    /// `managed_application_list`, `certificate_list` or `device_lock`. An Android phone takes
    /// `device_lock` only, whoever owns it.
    #[schema(example = "security_info")]
    r#type: String,
}

/// Queues a command for a phone, which is woken. What the enrolment does not grant, or data
/// protection forbids, is refused with the reason.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/devices/{device}/commands",
    tag = "commands",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    request_body = NewCommand,
    responses(
        (status = 202, description = "The command waits", body = CommandView),
        (status = 403, description = "command_not_permitted"),
        (status = 409, description = "device_not_enrolled"),
        Problems
    ),
    security(("oauth2" = ["devices:command"]))
)]
pub(crate) async fn command_create(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesCommand>,
    write: Write,
    Id(id): Id<DeviceId>,
    Json(new): Json<NewCommand>,
) -> Result<Written> {
    let kind = kind(&new.r#type)?;
    let devices = core.store.devices(tenant.scope());
    let device = devices.get(id).await?.ok_or_else(|| Error::not_found("device"))?;
    permitted(kind, &device)
        .map_err(|reason| Error::forbidden(ReasonCode::CommandNotPermitted).because(reason))?;
    if !device.state.is_managed() {
        return Err(Error::conflict(ReasonCode::DeviceNotEnrolled).into());
    }
    let command = QueuedCommand { uuid: core.ids.command(priority(kind)), kind, issued: false };
    let mut tx = core.store.transaction();
    devices.enqueue(&mut tx, id, device.platform, &command);
    let shown = CommandView::from(&command);
    write.commit(&core, tx, command.uuid.to_id(), Answer::accepted(&shown)).await
}

/// What an iPhone's enrolment grants; of an Android phone nothing is asked, it reports by itself.
fn permitted(kind: CommandKind, device: &Device) -> DomainResult<(), ReasonCode> {
    match (device.platform, kind) {
        (Platform::Ios, _) => command_for(kind, device.ownership).map(drop),
        (Platform::Android, CommandKind::DeviceLock) => Ok(()),
        (Platform::Android, _) => Err(ReasonCode::NotOnThisPlatform),
    }
}

fn kind(word: &str) -> DomainResult<CommandKind> {
    CommandKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let words = CommandKind::ALL.map(CommandKind::as_str).join(", ");
        Error::invalid("type", format!("expected one of {words}"))
    })
}

/// A lock does not wait behind questions.
const fn priority(kind: CommandKind) -> Priority {
    match kind {
        CommandKind::DeviceLock
        | CommandKind::Release
        | CommandKind::WipeBusiness
        | CommandKind::WipeDevice => Priority::Urgent,
        CommandKind::DeviceInformation
        | CommandKind::SecurityInfo
        | CommandKind::ProfileList
        | CommandKind::Restrictions
        | CommandKind::ManagedApplicationList
        | CommandKind::CertificateList => Priority::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_one_of_the_words_of_the_contract() {
        assert_eq!(kind("device_lock").unwrap(), CommandKind::DeviceLock);
        for wrong in ["erase_device", "DeviceLock", "", "device_lock "] {
            let refusal = kind(wrong).unwrap_err().to_string();
            assert!(refusal.contains("managed_application_list"), "{refusal}");
        }
    }
}
