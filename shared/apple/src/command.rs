use trennwand_domain::{CommandKind, CommandUuid, Ownership, ReasonCode};

/// A command for a phone.
///
/// Changes are made with [`Self::install_profile`] and [`Self::remove_profile`]; questions only with
/// [`command_for`], so that a forbidden one cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(Body);

#[derive(Clone, PartialEq, Eq)]
enum Body {}

impl Command {
    /// `InstallProfile` with the bytes of a profile.
    #[must_use]
    pub fn install_profile(_payload: Vec<u8>) -> Self {
        todo!()
    }

    /// `RemoveProfile` by the profile's `PayloadIdentifier`.
    #[must_use]
    pub fn remove_profile(_identifier: impl Into<String>) -> Self {
        todo!()
    }

    /// Apple's `RequestType`.
    #[must_use]
    pub fn request_type(&self) -> &'static str {
        todo!()
    }

    /// The body of the answer to a connect request: always the same bytes for the same command.
    #[must_use]
    pub fn to_plist(&self, _uuid: CommandUuid) -> Vec<u8> {
        todo!()
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
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
    }
}

/// The command of a kind, as far as it may be sent to such a phone.
///
/// # Errors
/// The reason, if the enrolment does not grant the right.
pub fn command_for(_kind: CommandKind, _ownership: Ownership) -> Result<Command, ReasonCode> {
    todo!()
}
