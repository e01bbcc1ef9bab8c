use std::fmt;

use plist::{Dictionary, Value};
use trennwand_domain::{CommandKind, CommandUuid, Ownership, ReasonCode};

use crate::{AccessRights, xml};

/// A command for a phone.
///
/// Changes are made with [`Self::install_profile`] and [`Self::remove_profile`]; questions only with
/// [`command_for`], so that a forbidden one cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(Body);

#[derive(Clone, PartialEq, Eq)]
enum Body {
    InstallProfile(Vec<u8>),
    RemoveProfile(String),
    Query { kind: CommandKind, managed_only: bool },
}

/// What a company's phone is asked by `DeviceInformation`: what an inventory of the company's own
/// hardware needs. No phone number, SIM, network address, location, account, backup or name, although
/// the enrolment's rights would allow it: such a phone is used privately too.
pub(crate) const DEVICE_INFORMATION_QUERIES: [(&str, &str); 11] = [
    ("OSVersion", "os_version"),
    ("BuildVersion", "build_version"),
    ("SupplementalOSVersionExtra", "supplemental_os_version_extra"),
    ("ProductName", "product_name"),
    ("ModelName", "model_name"),
    ("SerialNumber", "serial_number"),
    ("DeviceCapacity", "device_capacity"),
    ("AvailableDeviceCapacity", "available_device_capacity"),
    ("BatteryLevel", "battery_level"),
    ("IsSupervised", "is_supervised"),
    ("EASDeviceIdentifier", "eas_device_identifier"),
];

impl Command {
    /// `InstallProfile` with the bytes of a profile.
    #[must_use]
    pub const fn install_profile(payload: Vec<u8>) -> Self {
        Self(Body::InstallProfile(payload))
    }

    /// `RemoveProfile` by the profile's `PayloadIdentifier`.
    #[must_use]
    pub fn remove_profile(identifier: impl Into<String>) -> Self {
        Self(Body::RemoveProfile(identifier.into()))
    }

    /// Apple's `RequestType`.
    #[must_use]
    pub const fn request_type(&self) -> &'static str {
        match &self.0 {
            Body::InstallProfile(_) => "InstallProfile",
            Body::RemoveProfile(_) => "RemoveProfile",
            Body::Query { kind, .. } => request_type(*kind),
        }
    }

    /// The body of the answer to a connect request: always the same bytes for the same command.
    #[must_use]
    pub fn to_plist(&self, uuid: CommandUuid) -> Vec<u8> {
        let mut command = Dictionary::new();
        command.insert("RequestType".to_owned(), self.request_type().into());
        match &self.0 {
            Body::InstallProfile(payload) => {
                command.insert("Payload".to_owned(), Value::Data(payload.clone()));
            }
            Body::RemoveProfile(identifier) => {
                command.insert("Identifier".to_owned(), identifier.clone().into());
            }
            Body::Query { kind, managed_only } => {
                if *managed_only {
                    command.insert("ManagedOnly".to_owned(), true.into());
                }
                if *kind == CommandKind::DeviceInformation {
                    let queries = DEVICE_INFORMATION_QUERIES.iter().map(|(name, _)| (*name).into());
                    command.insert("Queries".to_owned(), Value::Array(queries.collect()));
                }
            }
        }
        let mut message = Dictionary::new();
        message.insert("CommandUUID".to_owned(), uuid.to_string().into());
        message.insert("Command".to_owned(), command.into());
        xml::write(message)
    }
}

/// A profile's bytes carry names and addresses.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InstallProfile(payload) => write!(f, "InstallProfile({} bytes)", payload.len()),
            Self::RemoveProfile(identifier) => write!(f, "RemoveProfile({identifier})"),
            Self::Query { kind, managed_only: true } => write!(f, "{kind:?}(managed only)"),
            Self::Query { kind, managed_only: false } => write!(f, "{kind:?}"),
        }
    }
}

/// Apple's `RequestType` of a kind of command.
#[must_use]
pub const fn request_type(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::DeviceInformation => "DeviceInformation",
        CommandKind::SecurityInfo => "SecurityInfo",
        CommandKind::ProfileList => "ProfileList",
        CommandKind::Restrictions => "Restrictions",
        CommandKind::ManagedApplicationList => "ManagedApplicationList",
        CommandKind::CertificateList => "CertificateList",
        CommandKind::DeviceLock => "DeviceLock",
        // Not asked of iPhones (see `command_for`).
        CommandKind::Release | CommandKind::WipeBusiness | CommandKind::WipeDevice => "",
    }
}

/// The command of a kind, as far as it may be sent to such a phone.
///
/// Personal phones are asked for managed profiles and certificates only; `Restrictions` is asked
/// without `ProfileRestrictions`, which would list the profiles of others.
///
/// # Errors
/// The reason, if the enrolment does not grant the right.
pub const fn command_for(kind: CommandKind, ownership: Ownership) -> Result<Command, ReasonCode> {
    if !AccessRights::of(ownership).permits(kind) {
        return Err(ReasonCode::NotGrantedByEnrollment);
    }
    let list = matches!(kind, CommandKind::ProfileList | CommandKind::CertificateList);
    let managed_only = list && matches!(ownership, Ownership::Personal);
    Ok(Command(Body::Query { kind, managed_only }))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const UUID: CommandUuid = CommandUuid::from_bits(0x8000_0000_04d3_0102_0304_0506_0708_090a);

    fn shown(command: &Command) -> String {
        String::from_utf8(command.to_plist(UUID)).unwrap()
    }

    #[test]
    fn installing_and_removing_a_profile() {
        let profile = b"<plist version=\"1.0\"><dict/></plist>, long enough for two lines".to_vec();
        assert_snapshot!(shown(&Command::install_profile(profile)));
        assert_snapshot!(shown(&Command::remove_profile("trennwand.ten_1.account")));
    }

    #[test]
    fn questions_to_a_personal_phone() {
        let asked: Vec<_> = CommandKind::ALL
            .into_iter()
            .filter_map(|kind| command_for(kind, Ownership::Personal).ok())
            .map(|command| shown(&command))
            .collect();
        assert_eq!(asked.len(), 5);
        assert_snapshot!(asked.join("\n\n"));
    }

    #[test]
    fn questions_to_a_company_phone() {
        let asked: Vec<_> = CommandKind::ALL
            .into_iter()
            .map(|kind| shown(&command_for(kind, Ownership::Company).unwrap()))
            .collect();
        assert_snapshot!(asked.join("\n\n"));
    }

    #[test]
    fn a_personal_phone_cannot_be_locked_or_asked_for_its_identifiers() {
        for kind in [CommandKind::DeviceInformation, CommandKind::DeviceLock] {
            let refused = command_for(kind, Ownership::Personal);
            assert_eq!(refused, Err(ReasonCode::NotGrantedByEnrollment), "{kind:?}");
        }
    }

    /// `Queries` that say who or where somebody is, from Apple's schema.
    #[test]
    fn nothing_about_the_person_is_asked_of_any_phone() {
        for forbidden in [
            "UDID",
            "DeviceName",
            "PhoneNumber",
            "IMEI",
            "MEID",
            "ICCID",
            "WiFiMAC",
            "BluetoothMAC",
            "SubscriberMCC",
            "CurrentMCC",
            "IsRoaming",
            "LastCloudBackupDate",
            "iTunesStoreAccountHash",
            "IsDoNotDisturbInEffect",
            "TimeZone",
        ] {
            for ownership in [Ownership::Personal, Ownership::Company] {
                for kind in CommandKind::ALL {
                    let Ok(command) = command_for(kind, ownership) else {
                        continue;
                    };
                    assert!(!shown(&command).contains(&format!(">{forbidden}<")), "{forbidden}");
                }
            }
        }
    }

    #[test]
    fn a_profile_is_not_shown_in_a_log() {
        let command = Command::install_profile(b"anna@example.com".to_vec());
        assert_eq!(format!("{command:?}"), "Command(InstallProfile(16 bytes))");
    }
}
