use std::collections::BTreeMap;

use trennwand_domain::{CommandKind, Digest, Ownership};

use crate::{PlistError, Report};

/// What a phone answered, reduced to what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `ProfileList`.
    ProfileList(Vec<ProfileEntry>),
    /// `Restrictions`: what is in force, all profiles taken together.
    Restrictions(GlobalRestrictions),
    /// `SecurityInfo`.
    SecurityInfo(SecurityFacts),
    /// `ManagedApplicationList`: bundle identifier and `Status`.
    ManagedApplicationList(BTreeMap<String, String>),
    /// `DeviceInformation`: the answered queries, booleans and numbers as text.
    DeviceInformation(BTreeMap<String, String>),
    /// `CertificateList`.
    CertificateList(Vec<CertificateEntry>),
    /// `DeviceLock`.
    DeviceLock,
}

/// One installed profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileEntry {
    /// `PayloadIdentifier`.
    pub identifier: String,
    /// `PayloadUUID`, upper-case.
    pub uuid: String,
    /// `IsManaged`; supervised phones do not say.
    pub managed: Option<bool>,
    /// Whether one of its payloads is `com.apple.applicationaccess`.
    pub restricts: bool,
}

/// `GlobalRestrictions`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GlobalRestrictions {
    /// `restrictedBool`; on personal phones only keys that a company's policy may set there.
    pub bools: BTreeMap<String, bool>,
    /// `restrictedValue`; company phones only.
    pub values: BTreeMap<String, i64>,
}

/// `SecurityInfo`, the members that exist on iOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecurityFacts {
    /// `HardwareEncryptionCaps`: 1 block level, 2 file level, 3 both.
    pub hardware_encryption_caps: Option<i64>,
    /// `PasscodePresent`.
    pub passcode_present: Option<bool>,
    /// `PasscodeCompliant`.
    pub passcode_compliant: Option<bool>,
    /// `PasscodeCompliantWithProfiles`.
    pub passcode_compliant_with_profiles: Option<bool>,
    /// `ManagementStatus.IsUserEnrollment`.
    pub user_enrollment: Option<bool>,
}

/// One installed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEntry {
    /// `CommonName`.
    pub common_name: String,
    /// `IsIdentity`.
    pub identity: bool,
    /// SHA-256 of `Data`.
    pub sha256: Digest,
}

impl Answer {
    /// Reads the answer to a command of this kind from an acknowledged report, reduced to what may be
    /// known about such a phone.
    ///
    /// # Errors
    /// If a member that Apple's schema requires is absent or of another type, or if such a phone must
    /// not be asked.
    pub fn decode(
        _kind: CommandKind,
        _ownership: Ownership,
        _report: &Report,
    ) -> Result<Self, PlistError> {
        todo!()
    }

    /// What the API shows, always an object.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }

    /// The members of [`Self::to_json`], each as JSON text, as a command's result is stored.
    #[must_use]
    pub fn to_members(&self) -> BTreeMap<String, String> {
        todo!()
    }
}
