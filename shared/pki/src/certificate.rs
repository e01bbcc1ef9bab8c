use std::{fmt, ops::Range};

use trennwand_domain::{CertificateHash, Error, Result, Timestamp};

use crate::{
    asn1::{Der, Element, Fault, oid, read_time, tag},
    key::{Hash, verifies},
    pem,
    subject::{check_name, name_value},
};

/// The largest certificate that is looked at.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;
/// The longest chain that is looked at.
const MAX_CHAIN: usize = 8;

/// An X.509 certificate, kept as the bytes it came as. That it is one says nothing about who made
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    at: Places,
    not_before: Timestamp,
    not_after: Timestamp,
    signature_hash: Option<Hash>,
}

/// Where the parts are in the DER.
#[derive(Clone, PartialEq, Eq)]
struct Places {
    signed: Range<usize>,
    signature: Range<usize>,
    serial: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    public_key: Range<usize>,
    key_identifier: Option<Range<usize>>,
}

impl Certificate {
    /// Reads one DER certificate of at most 16 KiB.
    ///
    /// # Errors
    /// `Invalid` with field `certificate`.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        Self::parse(der).map_err(|_| not_a_certificate())
    }

    /// Reads all certificates of a PEM text, in order; at least one, at most eight.
    ///
    /// # Errors
    /// `Invalid` with field `certificate`.
    pub fn chain_from_pem(pem: &str) -> Result<Vec<Self>> {
        let blocks = pem::decode(pem).ok_or_else(not_a_certificate)?;
        let chain: Vec<_> = blocks
            .iter()
            .filter(|(label, _)| *label == "CERTIFICATE")
            .map(|(_, der)| Self::from_der(der))
            .collect::<Result<_>>()?;
        if (1..=MAX_CHAIN).contains(&chain.len()) { Ok(chain) } else { Err(not_a_certificate()) }
    }

    pub(crate) fn parse(der: &[u8]) -> Result<Self, Fault> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(Fault::OverLimit);
        }
        let place = |part: &[u8]| {
            let start = part.as_ptr() as usize - der.as_ptr() as usize;
            start..start + part.len()
        };
        let mut outer = Der::single(der, tag::SEQUENCE)?.inside();
        let signed = outer.expect(tag::SEQUENCE)?;
        let (algorithm, _) = outer.algorithm()?;
        let signature = outer.bits()?;
        outer.finish()?;

        let mut inside = signed.inside();
        inside.optional(tag::constructed(0))?; // version
        let serial = inside.expect(tag::INTEGER)?.content;
        inside.algorithm()?;
        let issuer = inside.expect(tag::SEQUENCE)?.whole;
        let mut validity = inside.expect(tag::SEQUENCE)?.inside();
        let (not_before, not_after) =
            (read_time(&validity.next()?)?, read_time(&validity.next()?)?);
        validity.finish()?;
        let subject = inside.expect(tag::SEQUENCE)?.whole;
        let public_key = inside.expect(tag::SEQUENCE)?.whole;
        check_name(issuer)?;
        check_name(subject)?;
        inside.optional(tag::context(1))?; // issuerUniqueID
        inside.optional(tag::context(2))?; // subjectUniqueID
        let extensions = inside.optional(tag::constructed(3))?;
        inside.finish()?;
        let key_identifier = extensions.map(key_identifier).transpose()?.flatten();
        Ok(Self {
            at: Places {
                signed: place(signed.whole),
                signature: place(signature),
                serial: place(serial),
                issuer: place(issuer),
                subject: place(subject),
                public_key: place(public_key),
                key_identifier: key_identifier.map(place),
            },
            signature_hash: signature_hash(algorithm),
            der: der.to_vec(),
            not_before,
            not_after,
        })
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// The certificate, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over the DER, by which an identity is known.
    #[must_use]
    pub fn hash(&self) -> CertificateHash {
        CertificateHash::of(&self.der)
    }

    /// The public key, SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.der[self.at.public_key.clone()]
    }

    /// Start of the validity.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Last second of the validity.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether it is within its validity.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before.unix_s()..=self.not_after.unix_s()).contains(&now.unix_s())
    }

    /// The serial number as in the certificate: big-endian, two's complement.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.der[self.at.serial.clone()]
    }

    /// The subject's UID (0.9.2342.19200300.100.1.1), in which Apple puts the push topic.
    #[must_use]
    pub fn subject_uid(&self) -> Option<String> {
        name_value(self.subject(), &oid::USER_ID)
    }

    /// The subject's CN.
    #[must_use]
    pub fn subject_cn(&self) -> Option<String> {
        name_value(self.subject(), &oid::COMMON_NAME)
    }

    /// The subject's O.
    #[must_use]
    pub fn subject_organization(&self) -> Option<String> {
        name_value(self.subject(), &oid::ORGANIZATION)
    }

    /// Whether `issuer` signed it: names fit and the signature verifies.
    #[must_use]
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        let signed = &self.der[self.at.signed.clone()];
        let signature = &self.der[self.at.signature.clone()];
        self.issuer() == issuer.subject()
            && self.signature_hash == Some(Hash::Sha256)
            && verifies(issuer.spki_der(), Hash::Sha256, signed, signature)
    }

    /// The subject's name, DER.
    pub(crate) fn subject(&self) -> &[u8] {
        &self.der[self.at.subject.clone()]
    }

    /// The issuer's name, DER.
    pub(crate) fn issuer(&self) -> &[u8] {
        &self.der[self.at.issuer.clone()]
    }

    /// The subjectKeyIdentifier extension's value.
    pub(crate) fn key_identifier(&self) -> Option<&[u8]> {
        self.at.key_identifier.clone().map(|place| &self.der[place])
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.hash())
    }
}

fn not_a_certificate() -> Error {
    Error::invalid("certificate", "must be an X.509 certificate")
}

fn signature_hash(algorithm: &[u8]) -> Option<Hash> {
    match algorithm {
        a if a == oid::SHA256_WITH_RSA.as_bytes() => Some(Hash::Sha256),
        a if a == oid::SHA1_WITH_RSA.as_bytes() => Some(Hash::Sha1),
        _ => None,
    }
}

fn key_identifier(extensions: Element<'_>) -> Result<Option<&[u8]>, Fault> {
    let list = Der::single(extensions.content, tag::SEQUENCE)?.inside();
    for extension in list.all() {
        let mut inside = extension?.inside();
        let kind = inside.expect(tag::OID)?.content;
        inside.optional(tag::BOOLEAN)?; // critical
        let value = inside.expect(tag::OCTET_STRING)?.content;
        if kind == oid::SUBJECT_KEY_IDENTIFIER.as_bytes() {
            return Ok(Some(Der::single(value, tag::OCTET_STRING)?.content));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{NOW, authority, openssl, phone_certificate};

    #[test]
    fn a_certificate_keeps_its_bytes_and_survives_pem() {
        let certificate = phone_certificate(1);
        let again = Certificate::from_der(certificate.der()).unwrap();
        assert_eq!(again, certificate);
        let text = format!("{}\n{}", certificate.to_pem(), authority().certificate().to_pem());
        let chain = Certificate::chain_from_pem(&text).unwrap();
        assert_eq!(chain, [certificate, authority().certificate().clone()]);
    }

    #[test]
    fn validity_includes_both_ends() {
        let certificate = phone_certificate(1);
        let (first, last) = (certificate.not_before(), certificate.not_after());
        assert_eq!(first, NOW);
        assert!(certificate.is_valid_at(first) && certificate.is_valid_at(last));
        let second = std::time::Duration::from_secs(1);
        assert!(!certificate.is_valid_at(first.minus(second)));
        assert!(!certificate.is_valid_at(last.plus(second)));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let der = phone_certificate(1).der().to_vec();
        for len in 0..der.len() {
            assert!(Certificate::from_der(&der[..len]).is_err(), "cut at {len}");
        }
        assert!(Certificate::from_der(&[der, vec![0]].concat()).is_err(), "something follows");
        assert!(Certificate::from_der(&[0x30; 20_000]).is_err());
        assert!(Certificate::chain_from_pem("").is_err());
        assert!(Certificate::chain_from_pem(&phone_certificate(1).to_pem().repeat(9)).is_err());
    }

    #[test]
    fn a_certificate_made_by_openssl_is_read() {
        let name = "/UID=com.apple.mgmt.External.1/CN=APSP:1/C=US";
        let args = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-subj", name,
            "-days", "12000", "-outform", "DER", "-out", "out",
        ];
        let Some(made) = openssl(&[], &args) else {
            return;
        };
        let certificate = Certificate::from_der(&made.out).unwrap();
        assert_eq!(certificate.subject_uid().as_deref(), Some("com.apple.mgmt.External.1"));
        assert_eq!(certificate.subject_cn().as_deref(), Some("APSP:1"));
        let lifetime = certificate.not_after().since(certificate.not_before());
        assert_eq!(lifetime.as_secs(), 12_000 * 86_400, "beyond 2049 the other form of time");
        assert!(certificate.key_identifier().is_some_and(|id| id.len() == 20));
        assert!(certificate.is_issued_by(&certificate));
    }

    #[test]
    fn a_name_is_not_shown() {
        assert!(!format!("{:?}", phone_certificate(1)).contains("phone"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, at in 0..900usize, to: u8) {
            let _ = Certificate::from_der(&bytes);
            let mut changed = phone_certificate(1).der().to_vec();
            let at = at % changed.len();
            changed[at] = to;
            if let Ok(certificate) = Certificate::from_der(&changed) {
                let _ = (certificate.subject_uid(), certificate.is_issued_by(&certificate));
            }
        }
    }
}
