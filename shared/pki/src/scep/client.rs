use trennwand_domain::{Entropy, Result, Timestamp};

use super::{FailInfo, MessageType};
use crate::{Certificate, RsaKey};

/// What a client asks.
#[derive(Debug, Clone, Copy)]
pub struct ClientRequest<'a> {
    /// PKCSReq or RenewalReq.
    pub message_type: MessageType,
    /// The signing request, DER.
    pub csr_der: &'a [u8],
    /// The registration authority's certificate, to which the request is encrypted.
    pub recipient: &'a Certificate,
    /// The client's key.
    pub key: &'a RsaKey,
    /// The certificate to sign with: [`self_signed_identity`], or at a renewal the present one.
    pub signer: &'a Certificate,
    /// `transactionID`.
    pub transaction_id: &'a str,
    /// `senderNonce`.
    pub nonce: [u8; 16],
}

/// Why a reply brought no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The server refused.
    #[error("the server refused: {0:?}")]
    Refused(FailInfo),
    /// The server asks to come again later.
    #[error("the request is pending")]
    Pending,
    /// Not a reply to this request by this authority, or not readable.
    #[error("not a reply to this request")]
    Unacceptable,
}

/// The self-signed certificate that signs a first request; valid for a day around `now`.
///
/// # Errors
/// `Internal` if signing fails.
pub fn self_signed_identity(
    _key: &RsaKey,
    _common_name: &str,
    _now: Timestamp,
) -> Result<Certificate> {
    todo!()
}

/// Makes the `pkiMessage` of a request: AES-128-CBC and SHA-256.
///
/// # Errors
/// `Internal` if encrypting or signing fails, `Invalid` if the recipient's key is unusable.
pub fn build_request(_request: &ClientRequest<'_>, _entropy: &dyn Entropy) -> Result<Vec<u8>> {
    todo!()
}

/// Reads the reply to a request: the certificates in it, the issued one first.
///
/// # Errors
/// See [`ReplyError`].
pub fn parse_reply(
    _bytes: &[u8],
    _request: &ClientRequest<'_>,
) -> Result<Vec<Certificate>, ReplyError> {
    todo!()
}
