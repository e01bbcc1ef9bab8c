use trennwand_domain::Timestamp;

use super::{SignatureError, SignedData, Signer};
use crate::{
    Certificate,
    asn1::ber::{Limits, to_der},
};

/// The largest signature that is looked at.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

/// A detached signature whose form was checked; [`Self::verify`] does the arithmetic, so that the
/// signer can be looked up first.
#[derive(Debug, Clone)]
pub struct DetachedSignature(Signer);

impl DetachedSignature {
    /// Reads a signature, BER or DER, of at most [`MAX_SIGNATURE_BYTES`].
    ///
    /// # Errors
    /// Everything but `Mismatch`.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        let der = to_der(bytes, Limits::of_bytes(MAX_SIGNATURE_BYTES))?;
        let signed_data = SignedData::parse(&der)?;
        if signed_data.content.is_some() {
            return Err(SignatureError::Malformed);
        }
        signed_data.signer().map(Self)
    }

    /// The one signer's certificate; nothing about it is verified.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.0.certificate
    }

    /// The time the signer claims, if it claims one.
    #[must_use]
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.0.signing_time()
    }

    /// Whether the signer signed exactly this content.
    ///
    /// # Errors
    /// `Mismatch` if not, `Malformed` if the signed attributes are ill-formed.
    pub fn verify(&self, content: &[u8]) -> Result<(), SignatureError> {
        self.0.verify(content)
    }
}

/// Verifies a detached signature in one go and says who signed.
///
/// # Errors
/// See [`SignatureError`].
pub fn verify_detached(signature: &[u8], content: &[u8]) -> Result<Certificate, SignatureError> {
    let parsed = DetachedSignature::parse(signature)?;
    parsed.verify(content)?;
    Ok(parsed.0.certificate)
}
