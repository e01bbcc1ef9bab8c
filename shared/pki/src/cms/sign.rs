use trennwand_domain::Result;

use crate::{Certificate, RsaKey};

/// The forms in which clients sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceShape {
    /// Genuine phones: BER with indefinite lengths, SHA-1, no signed attributes.
    Genuine,
    /// Libraries: DER, signed attributes, SHA-256.
    Library,
}

/// Signs content and encloses it, as configuration profiles are signed; `chain` is leaf first. No
/// time is signed: the same arguments give the same bytes.
///
/// # Errors
/// `Internal` if signing fails or the chain is empty.
pub fn sign_attached(_content: &[u8], _key: &RsaKey, _chain: &[Certificate]) -> Result<Vec<u8>> {
    todo!()
}

/// Signs a body as a phone does for `Mdm-Signature`; for simulated phones.
///
/// # Errors
/// `Internal` if signing fails.
pub fn sign_detached_like_device(
    _content: &[u8],
    _key: &RsaKey,
    _certificate: &Certificate,
    _shape: DeviceShape,
) -> Result<Vec<u8>> {
    todo!()
}

/// A SignedData of certificates only, in this order, as SCEP's GetCACert answers.
#[must_use]
pub fn degenerate(_certificates: &[Certificate]) -> Vec<u8> {
    todo!()
}

/// The certificates embedded in a SignedData, in order; nothing is verified.
///
/// # Errors
/// `Invalid` if it is not one.
pub fn certificates_in(_signed_data: &[u8]) -> Result<Vec<Certificate>> {
    todo!()
}
