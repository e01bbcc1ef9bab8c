use std::fmt;

use trennwand_domain::{Result, Secret};

use crate::RsaKey;

/// A PKCS#10 certificate signing request.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    der: Vec<u8>,
}

impl CertificateRequest {
    /// Reads one DER request of at most 16 KiB; BER is brought to DER.
    ///
    /// # Errors
    /// `Invalid` with field `csr`.
    pub fn from_der(_der: &[u8]) -> Result<Self> {
        todo!()
    }

    /// Whether it is signed with its own key, RSA of at least 2048 bits.
    ///
    /// # Errors
    /// `Invalid` with field `csr` if not.
    pub fn verify_self_signature(&self) -> Result<()> {
        todo!()
    }

    /// The request, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The public key, SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        todo!()
    }

    /// The subject's CN.
    #[must_use]
    pub fn subject_cn(&self) -> Option<String> {
        todo!()
    }

    /// The challenge password, if it has one.
    #[must_use]
    pub fn challenge_password(&self) -> Option<Secret<String>> {
        todo!()
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateRequest({} bytes)", self.der.len())
    }
}

/// Makes a signing request, DER, as a phone does for SCEP.
///
/// # Errors
/// `Internal` if signing fails.
pub fn build_csr(_key: &RsaKey, _common_name: &str, _challenge: Option<&str>) -> Result<Vec<u8>> {
    todo!()
}
