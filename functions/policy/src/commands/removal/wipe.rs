use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    CommandKind, DeviceId, Error, Ownership, ReasonCode, Result as DomainResult,
};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{RemovalView, order, removable};

/// What is to be removed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wipe {
    /// `business`: the work profile. `whole_device`: everything; never for a personal phone.
    #[schema(example = "business")]
    scope: String,
    /// The phone's identifier once more, so that nobody wipes another one by mistake.
    #[schema(example = "dev_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    confirm: String,
    /// Why; 1 to 200 characters. Kept in the audit trail, not sent to the phone.
    #[schema(example = "lost on the train")]
    reason: String,
}

/// Removes the company's data, or resets a company phone as a whole. A phone that is off gets it when
/// it is back, up to a year later. `whole_device` takes the place of a release or of a wipe of `business`
/// that is not over. Not offered for iPhones yet.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/devices/{device}/wipe",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    request_body = Wipe,
    responses(
        (status = 202, description = "Ordered", body = RemovalView),
        (status = 403, description = "command_not_permitted"),
        (status = 409, description = "device_not_enrolled not_on_this_platform removal_pending"),
        Problems
    ),
    security(("oauth2" = ["devices:command"]))
)]
pub(crate) async fn device_wipe(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesCommand>,
    write: Write,
    Id(id): Id<DeviceId>,
    Json(wipe): Json<Wipe>,
) -> Result<Written> {
    let scope = tenant.scope();
    let kind = kind(&wipe)?;
    let device = removable(&core, scope, id).await?;
    if wipe.confirm != id.to_string() {
        return Err(Error::invalid("confirm", "must be the identifier of this phone").into());
    }
    check_owner(kind, device.ownership)?;
    let mut tx = core.store.transaction();
    let (uuid, shown) = order(&core, scope, &mut tx, &device, kind).await?;
    let write = write.because(wipe.reason.trim());
    write.commit(&core, tx, uuid.to_id(), Answer::accepted(&shown)).await
}

fn kind(wipe: &Wipe) -> DomainResult<CommandKind> {
    let kind = match wipe.scope.as_str() {
        "business" => CommandKind::WipeBusiness,
        "whole_device" => CommandKind::WipeDevice,
        _ => return Err(Error::invalid("scope", "expected one of business, whole_device")),
    };
    let length = wipe.reason.trim().chars().count();
    if !(1..=200).contains(&length) {
        return Err(Error::invalid("reason", "must have 1 to 200 characters"));
    }
    Ok(kind)
}

/// The first of three places that keep a personal phone from being reset; the others look at what
/// Google says right before.
fn check_owner(kind: CommandKind, ownership: Ownership) -> DomainResult<()> {
    if kind == CommandKind::WipeDevice && ownership == Ownership::Personal {
        let refused = Error::forbidden(ReasonCode::CommandNotPermitted);
        return Err(refused.because(ReasonCode::PersonalPhoneNeverWiped));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_company_phone_is_reset() {
        let wipe = |scope: &str, reason: &str| {
            let confirm = String::new();
            kind(&Wipe { scope: scope.into(), confirm, reason: reason.into() })
        };
        assert_eq!(wipe("business", "lost").unwrap(), CommandKind::WipeBusiness);
        let whole = wipe("whole_device", "lost").unwrap();
        assert!(check_owner(whole, Ownership::Company).is_ok());
        let refused = check_owner(whole, Ownership::Personal).unwrap_err();
        assert_eq!(refused.code(), "command_not_permitted");
        for wrong in [wipe("everything", "lost"), wipe("business", "  ")] {
            assert_eq!(wrong.unwrap_err().code(), "invalid");
        }
    }
}
