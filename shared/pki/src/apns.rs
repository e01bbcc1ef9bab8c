use trennwand_domain::{Digest, Duration, Error, ReasonCode, Result, TenantId, Timestamp};

use crate::{
    Certificate, RsaKey, Subject,
    asn1::{oid, tag, write},
    authority::{Blueprint, basic_constraints_of_leaf, client_auth},
    csr::build_csr_for,
    subject::name_part,
};

/// What the topic of device management starts with.
pub const TOPIC_PREFIX: &str = "com.apple.mgmt.";

/// How long Apple's push certificates are valid.
const PUSH_LIFETIME: Duration = Duration::from_secs(365 * 86_400);

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
pub fn apns_signing_request(key: &RsaKey, tenant: TenantId) -> Result<Vec<u8>> {
    let subject = Subject::new().organization("Trennwand").common_name(tenant.to_string());
    build_csr_for(key, &subject, None)
}

/// Checks a push certificate (the leaf) and its key: topic, key, validity.
///
/// # Errors
/// `Conflict(ApnsKeyMismatch)` if the key is another one's; `Invalid` with field `certificate` if
/// the topic is none of device management or `now` is outside the validity.
pub fn verify_push_certificate(
    certificate: &Certificate,
    key: &RsaKey,
    now: Timestamp,
) -> Result<PushCertificateFacts> {
    let topic = certificate.subject_uid().filter(|uid| is_topic(uid)).ok_or_else(|| {
        Error::invalid(
            "certificate",
            "must be a push certificate for device management: its subject needs a UID that \
             starts with com.apple.mgmt.",
        )
    })?;
    if !certificate.is_valid_at(now) {
        let (from, to) = (certificate.not_before(), certificate.not_after());
        let message = format!("is valid from {from} to {to} only; please use a current one");
        return Err(Error::invalid("certificate", message));
    }
    if certificate.spki_der() != key.spki_der() {
        return Err(Error::conflict(ReasonCode::ApnsKeyMismatch));
    }
    let (not_before, expires_at) = (certificate.not_before(), certificate.not_after());
    Ok(PushCertificateFacts { topic, not_before, expires_at })
}

/// A topic becomes a header of every push and part of every profile.
fn is_topic(uid: &str) -> bool {
    uid.strip_prefix(TOPIC_PREFIX).is_some_and(|rest| {
        (1..=128).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    })
}

/// A push certificate for the local test portal: self-signed, valid for a year from `now`; Apple
/// refuses it.
///
/// # Errors
/// `Internal` if signing fails.
pub fn test_push_certificate(key: &RsaKey, topic: &str, now: Timestamp) -> Result<Certificate> {
    // Apple's form: UID = topic, CN = APSP:<UUID>, C = US.
    let uuid = topic.rsplit('.').next().unwrap_or(topic);
    let country = Subject::new().with(crate::SubjectField::Country, "US");
    let parts = [
        name_part(&oid::USER_ID, &write::utf8(topic)),
        name_part(&oid::COMMON_NAME, &write::utf8(&format!("APSP:{uuid}"))),
        country.parts_der(),
    ];
    let name = write::element(tag::SEQUENCE, &parts.concat());
    let seed = Digest::of_parts(&[key.spki_der(), topic.as_bytes(), &now.unix_s().to_be_bytes()]);
    let mut serial = [0; 16];
    serial.copy_from_slice(&seed.as_bytes()[..16]);
    Blueprint {
        issuer: &name,
        subject: &name,
        spki: key.spki_der(),
        not_before: now,
        not_after: now.plus(PUSH_LIFETIME),
        serial,
        extensions: &[basic_constraints_of_leaf(), client_auth()],
    }
    .sign(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CertificateRequest,
        tests::{NOW, phone_certificate, pool_key},
    };

    const TOPIC: &str = "com.apple.mgmt.External.5d7e0d2c-2c3a-4f0e-9a55-6d5b6a9c7b11";

    #[test]
    fn a_test_push_certificate_passes_the_check() {
        let certificate = test_push_certificate(&pool_key(1), TOPIC, NOW).unwrap();
        let facts = verify_push_certificate(&certificate, &pool_key(1), NOW).unwrap();
        assert_eq!(facts.topic, TOPIC);
        assert_eq!(facts.expires_at.to_string(), "2027-11-18T11:06:40Z");
        let cn = certificate.subject_cn();
        assert_eq!(cn.as_deref(), Some("APSP:5d7e0d2c-2c3a-4f0e-9a55-6d5b6a9c7b11"));
    }

    #[test]
    fn another_ones_key_is_refused() {
        let certificate = test_push_certificate(&pool_key(1), TOPIC, NOW).unwrap();
        let error = verify_push_certificate(&certificate, &pool_key(2), NOW).unwrap_err();
        assert_eq!(error.code(), "apns_key_mismatch");
    }

    #[test]
    fn outside_its_validity_a_push_certificate_is_refused() {
        let certificate = test_push_certificate(&pool_key(1), TOPIC, NOW).unwrap();
        let second = Duration::from_secs(1);
        for now in [NOW.minus(second), certificate.not_after().plus(second)] {
            let error = verify_push_certificate(&certificate, &pool_key(1), now).unwrap_err();
            assert!(error.to_string().contains("2027-11-18T11:06:40Z"), "{error}");
        }
    }

    #[test]
    fn a_topic_that_is_none_of_device_management_is_refused() {
        for topic in ["com.example.app", "com.apple.mgmt.", "com.apple.mgmt.x\r\ny: z", ""] {
            let certificate = test_push_certificate(&pool_key(1), topic, NOW).unwrap();
            assert!(verify_push_certificate(&certificate, &pool_key(1), NOW).is_err(), "{topic}");
        }
        assert!(verify_push_certificate(&phone_certificate(1), &pool_key(1), NOW).is_err());
    }

    #[test]
    fn the_signing_request_is_signed_with_the_tenants_key() {
        let tenant = TenantId::from_bits(7);
        let der = apns_signing_request(&pool_key(1), tenant).unwrap();
        let request = CertificateRequest::from_der(&der).unwrap();
        request.verify_self_signature().unwrap();
        assert_eq!(request.spki_der(), pool_key(1).spki_der());
        assert_eq!(request.subject_cn(), Some(tenant.to_string()));
    }
}
