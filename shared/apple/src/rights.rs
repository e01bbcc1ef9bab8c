use trennwand_domain::{CommandKind, Ownership};

/// The `AccessRights` bits of `com.apple.mdm`: what an enrolment may ever do. The phone refuses
/// anything beyond, and an update that adds a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessRights(u32);

impl AccessRights {
    /// A personal phone: profiles (1, 2), restriction (512) and security queries (1024), managed apps
    /// (4096). No lock, no erase, no serial number, no phone number, no list of apps.
    pub const PERSONAL: Self = Self(5635);
    /// A company's phone: everything.
    pub const COMPANY: Self = Self(8191);

    /// The rights of an enrolment of such a phone.
    #[must_use]
    pub const fn of(ownership: Ownership) -> Self {
        match ownership {
            Ownership::Personal => Self::PERSONAL,
            Ownership::Company => Self::COMPANY,
        }
    }

    /// Whether the phone would answer such a command.
    #[must_use]
    pub const fn permits(self, kind: CommandKind) -> bool {
        self.0 & needed(kind) != 0
    }

    /// The number in the profile.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

/// `accessrights` of Apple's command schema.
const fn needed(kind: CommandKind) -> u32 {
    match kind {
        CommandKind::ProfileList | CommandKind::CertificateList => 1,
        CommandKind::DeviceLock => 4,
        CommandKind::DeviceInformation => 16,
        CommandKind::Restrictions => 512,
        CommandKind::SecurityInfo => 1024,
        CommandKind::ManagedApplicationList => 4096,
        // Not asked of iPhones: no right permits it.
        CommandKind::Release | CommandKind::WipeBusiness | CommandKind::WipeDevice => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits are those of `AccessRights` in com.apple.mdm.yaml.
    #[test]
    fn rights_are_the_documented_sums_and_obey_apples_rules() {
        assert_eq!(AccessRights::PERSONAL.bits(), 1 + 2 + 512 + 1024 + 4096);
        assert_eq!(AccessRights::COMPANY.bits(), (1 << 13) - 1);
        for AccessRights(bits) in [AccessRights::PERSONAL, AccessRights::COMPANY] {
            assert!(bits & 2 == 0 || bits & 1 != 0, "2 needs 1");
            assert!(bits & 128 == 0 || bits & 64 != 0, "128 needs 64");
        }
    }

    #[test]
    fn a_personal_phone_grants_five_questions() {
        let granted = CommandKind::ALL.into_iter().filter(|k| AccessRights::PERSONAL.permits(*k));
        let granted: Vec<_> = granted.map(CommandKind::as_str).collect();
        assert_eq!(
            granted,
            [
                "security_info",
                "profile_list",
                "restrictions",
                "managed_application_list",
                "certificate_list",
            ]
        );
        assert!(CommandKind::ALL.into_iter().all(|k| AccessRights::COMPANY.permits(k)));
    }
}
