use std::fmt;

use trennwand_domain::{CertificateHash, Result, Timestamp};

/// An X.509 certificate, kept as the bytes it came as.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
}

impl Certificate {
    /// Reads one DER certificate of at most 16 KiB.
    ///
    /// # Errors
    /// `Invalid` with field `certificate`.
    pub fn from_der(_der: &[u8]) -> Result<Self> {
        todo!()
    }

    /// Reads all certificates of a PEM text, in order; at least one, at most eight.
    ///
    /// # Errors
    /// `Invalid` with field `certificate`.
    pub fn chain_from_pem(_pem: &str) -> Result<Vec<Self>> {
        todo!()
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        todo!()
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
        todo!()
    }

    /// Start of the validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        todo!()
    }

    /// Last second of the validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        todo!()
    }

    /// Whether it is within its validity.
    #[must_use]
    pub fn is_valid_at(&self, _now: Timestamp) -> bool {
        todo!()
    }

    /// The serial number as in the certificate: big-endian, two's complement.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        todo!()
    }

    /// The subject's UID (0.9.2342.19200300.100.1.1), in which Apple puts the push topic.
    #[must_use]
    pub fn subject_uid(&self) -> Option<String> {
        todo!()
    }

    /// The subject's CN.
    #[must_use]
    pub fn subject_cn(&self) -> Option<String> {
        todo!()
    }

    /// The subject's O.
    #[must_use]
    pub fn subject_organization(&self) -> Option<String> {
        todo!()
    }

    /// Whether `issuer` signed it: names fit and the signature (RSA with SHA-256) verifies.
    #[must_use]
    pub fn is_issued_by(&self, _issuer: &Self) -> bool {
        todo!()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.hash())
    }
}
