use trennwand_domain::{Entropy, Result};

use super::{FailInfo, MessageType};
use crate::{Certificate, CertificateRequest, RsaKey};

/// The largest message that is looked at.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Why a message cannot even be answered in SCEP: to HTTP it is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScepError {
    /// Larger, deeper or of more parts than any genuine one.
    #[error("the message exceeds the limits")]
    OverLimit,
    /// Not a signed SCEP request.
    #[error("the message is not a signed SCEP request")]
    Malformed,
    /// The signer's key did not sign it.
    #[error("the message's signature does not verify")]
    Signature,
}

/// The registration authority that answers: its certificate and key.
#[derive(Debug, Clone)]
pub struct RegistrationAuthority {
    /// The certificate, issued by the device CA.
    pub certificate: Certificate,
    /// The decrypting and signing key.
    pub key: RsaKey,
}

/// A request whose signature was verified.
#[derive(Debug, Clone)]
pub struct PkiMessage {
    /// `transactionID`, at most 255 characters.
    pub transaction_id: String,
    /// `senderNonce`.
    pub sender_nonce: Vec<u8>,
    /// What it asks.
    pub message_type: MessageType,
    /// The certificate that it is signed with, to which the reply is encrypted.
    pub signer: Certificate,
    /// The request, signed with its own key; or the reason to refuse with, the same one whether
    /// padding, envelope or request is at fault.
    pub request: Result<CertificateRequest, FailInfo>,
}

/// Reads a `pkiMessage`, BER or DER, verifies its signature and opens its envelope.
///
/// # Errors
/// See [`ScepError`]; what can be answered in SCEP is in [`PkiMessage::request`].
pub fn parse_pki_message(
    _bytes: &[u8],
    _authority: &RegistrationAuthority,
) -> Result<PkiMessage, ScepError> {
    todo!()
}

/// The `CertRep` that hands out certificates, the issued one first; encrypted in kind.
///
/// # Errors
/// `Internal` if encrypting or signing fails.
pub fn success_reply(
    _message: &PkiMessage,
    _issued: &[Certificate],
    _authority: &RegistrationAuthority,
    _entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    todo!()
}

/// The `CertRep` that refuses.
///
/// # Errors
/// `Internal` if signing fails.
pub fn failure_reply(
    _message: &PkiMessage,
    _info: FailInfo,
    _authority: &RegistrationAuthority,
    _entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    todo!()
}
