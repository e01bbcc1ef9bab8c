mod decode;
mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use trennwand_domain::Digest;

/// What a phone answered, reduced to what is needed; members that are not named here are dropped
/// when it is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `ProfileList`; on personal phones without profiles that are said not to be managed.
    ProfileList(Vec<ProfileEntry>),
    /// `Restrictions`: what is in force, all profiles taken together.
    Restrictions(GlobalRestrictions),
    /// `SecurityInfo`.
    SecurityInfo(SecurityFacts),
    /// `ManagedApplicationList`: bundle identifier and `Status`.
    ManagedApplicationList(BTreeMap<String, String>),
    /// `DeviceInformation`: the answered queries by Apple's names, booleans and numbers as text.
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
