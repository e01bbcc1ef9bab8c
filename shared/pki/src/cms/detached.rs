use trennwand_domain::Timestamp;

use crate::Certificate;

/// The largest signature that is looked at.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Larger, deeper or of more parts than any genuine one.
    #[error("the signature exceeds the limits")]
    OverLimit,
    /// Not a detached CMS SignedData.
    #[error("the signature is not a detached CMS SignedData")]
    Malformed,
    /// Not exactly one signer.
    #[error("the signature does not have exactly one signer")]
    NotOneSigner,
    /// The signer's certificate is not embedded.
    #[error("the signer's certificate is not embedded")]
    NoCertificate,
    /// Not RSA PKCS#1 v1.5 with SHA-1 or SHA-256.
    #[error("the algorithm is not accepted")]
    Algorithm,
    /// The signature is not over this content by this key, or the key is weak.
    #[error("the signature does not verify")]
    Mismatch,
}

/// A detached signature whose form was checked; [`Self::verify`] does the arithmetic, so that the
/// signer can be looked up first.
#[derive(Debug, Clone)]
pub struct DetachedSignature {
    signer: Certificate,
}

impl DetachedSignature {
    /// Reads a signature, BER or DER, of at most [`MAX_SIGNATURE_BYTES`].
    ///
    /// # Errors
    /// Everything but `Mismatch`.
    pub fn parse(_bytes: &[u8]) -> Result<Self, SignatureError> {
        todo!()
    }

    /// The one signer's certificate; nothing about it is verified.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// The time the signer claims, if it claims one.
    #[must_use]
    pub const fn signing_time(&self) -> Option<Timestamp> {
        None
    }

    /// Whether the signer signed exactly this content.
    ///
    /// # Errors
    /// `Mismatch`.
    pub fn verify(&self, _content: &[u8]) -> Result<(), SignatureError> {
        todo!()
    }
}

/// Verifies a detached signature in one go and says who signed.
///
/// # Errors
/// See [`SignatureError`].
pub fn verify_detached(signature: &[u8], content: &[u8]) -> Result<Certificate, SignatureError> {
    let parsed = DetachedSignature::parse(signature)?;
    parsed.verify(content)?;
    Ok(parsed.signer)
}
