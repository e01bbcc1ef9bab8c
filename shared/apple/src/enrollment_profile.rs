use trennwand_domain::{DeviceId, Locale, Secret, TenantId};

use crate::AccessRights;

/// What makes a phone enrol: a SCEP payload for its identity and the `com.apple.mdm` payload.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrollmentProfile {
    /// The tenant.
    pub tenant: TenantId,
    /// The enrolment.
    pub device: DeviceId,
    /// Who manages, as shown to the phone's user.
    pub organization: String,
    /// Language of the texts that the phone shows.
    pub locale: Locale,
    /// `ServerURL`, for check-ins too; can never change later. `https` except on a laptop.
    pub server_url: String,
    /// `URL` of the SCEP payload; no query string, some clients mangle it.
    pub scep_url: String,
    /// `Challenge`, for one certificate.
    pub challenge: Secret<String>,
    /// `Topic`; can never change later.
    pub topic: String,
    /// `AccessRights`; can never be widened later.
    pub access_rights: AccessRights,
    /// `Subject`: attribute (`C`, `L`, `ST`, `O`, `OU` or `CN` only) and value.
    pub subject: Vec<(&'static str, String)>,
    /// `CAFingerprint` of the device authority's certificate.
    pub ca_fingerprint: Option<Vec<u8>>,
}

impl EnrollmentProfile {
    /// `PayloadIdentifier` of the enrolment profiles of a tenant.
    #[must_use]
    pub fn identifier(_tenant: TenantId) -> String {
        todo!()
    }

    /// The unsigned profile as XML: always the same bytes for the same enrolment.
    #[must_use]
    pub fn to_plist(&self) -> Vec<u8> {
        todo!()
    }
}
