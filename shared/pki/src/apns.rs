use trennwand_domain::{Result, TenantId, Timestamp};

use crate::{Certificate, RsaKey};

/// What the topic of device management starts with.
pub const TOPIC_PREFIX: &str = "com.apple.mgmt.";

/// What a verified push certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushCertificateFacts {
    /// The topic: the subject's UID.
    pub topic: String,
    /// Start of the validity.
    pub not_before: Timestamp,
    /// Last second of the validity.
    pub expires_at: Timestamp,
}

/// The signing request for a tenant's push certificate, DER.
///
/// # Errors
/// `Internal` if signing fails.
pub fn apns_signing_request(_key: &RsaKey, _tenant: TenantId) -> Result<Vec<u8>> {
    todo!()
}

/// Checks a push certificate (the leaf) and its key: topic, key, validity.
///
/// # Errors
/// `Conflict(ApnsKeyMismatch)` if the key is another one's; `Invalid` with field `certificate` if
/// the topic is none of device management or `now` is outside the validity.
pub fn verify_push_certificate(
    _certificate: &Certificate,
    _key: &RsaKey,
    _now: Timestamp,
) -> Result<PushCertificateFacts> {
    todo!()
}

/// A push certificate for the local test portal: self-signed, valid for a year; Apple refuses it.
///
/// # Errors
/// `Internal` if signing fails.
pub fn test_push_certificate(_key: &RsaKey, _topic: &str, _now: Timestamp) -> Result<Certificate> {
    todo!()
}
