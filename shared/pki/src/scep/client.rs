use trennwand_domain::{Digest, Duration, Entropy, Result, Timestamp};

use super::{
    FailInfo, MessageType,
    message::{SignedMessage, nonce_attribute, text_attribute},
};
use crate::{
    Certificate, RsaKey, Subject,
    asn1::oid,
    authority::{Blueprint, key_usage_of_leaf},
    cms::{ContentCipher, certificates_in, open_envelope, seal_envelope, sign_with_attributes},
};

/// What a client asks.
#[derive(Debug, Clone, Copy)]
pub struct ClientRequest<'a> {
    /// PKCSReq or RenewalReq.
    pub message_type: MessageType,
    /// The signing request, DER.
    pub csr_der: &'a [u8],
    /// The registration authority's certificate, to which the request is encrypted.
    pub recipient: &'a Certificate,
    /// The key of `signer`.
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

/// The self-signed certificate that signs a first request; valid from a day before `now` to a day
/// after it.
///
/// # Errors
/// `Internal` if signing fails.
pub fn self_signed_identity(
    key: &RsaKey,
    common_name: &str,
    now: Timestamp,
) -> Result<Certificate> {
    const DAY: Duration = Duration::from_secs(86_400);
    let name = Subject::new().common_name(common_name).to_der();
    let mut serial = [0; 16];
    serial.copy_from_slice(&Digest::of(key.spki_der()).as_bytes()[..16]);
    Blueprint {
        issuer: &name,
        subject: &name,
        spki: key.spki_der(),
        not_before: now.minus(DAY),
        not_after: now.plus(DAY),
        serial,
        extensions: &[key_usage_of_leaf()],
    }
    .sign(key)
}

/// Makes the `pkiMessage` of a request: AES-128-CBC and SHA-256.
///
/// # Errors
/// `Internal` if signing fails or `signer` is not the key's, `Invalid` if the recipient's key is
/// unusable.
pub fn build_request(request: &ClientRequest<'_>, entropy: &dyn Entropy) -> Result<Vec<u8>> {
    build_request_with(request, ContentCipher::Aes128, entropy)
}

pub(super) fn build_request_with(
    request: &ClientRequest<'_>,
    cipher: ContentCipher,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    let envelope = seal_envelope(request.csr_der, request.recipient, cipher, entropy)?;
    let attributes = [
        text_attribute(&oid::SCEP_MESSAGE_TYPE, request.message_type.number()),
        text_attribute(&oid::SCEP_TRANSACTION_ID, request.transaction_id),
        nonce_attribute(&oid::SCEP_SENDER_NONCE, &request.nonce),
    ];
    let chain = std::slice::from_ref(request.signer);
    sign_with_attributes(Some(&envelope), &attributes, request.key, chain)
}

/// Reads the reply to a request: the certificates in it, the issued one first.
///
/// # Errors
/// See [`ReplyError`].
pub fn parse_reply(
    bytes: &[u8],
    request: &ClientRequest<'_>,
) -> Result<Vec<Certificate>, ReplyError> {
    let unacceptable = |_| ReplyError::Unacceptable;
    let reply = SignedMessage::parse(bytes).map_err(|_| ReplyError::Unacceptable)?;
    let is_ours = reply.signer.certificate == *request.recipient
        && reply.transaction_id == request.transaction_id
        && reply.nonce(&oid::SCEP_RECIPIENT_NONCE).map_err(unacceptable)? == request.nonce
        && reply.text(&oid::SCEP_MESSAGE_TYPE).map_err(unacceptable)? == "3";
    if !is_ours {
        return Err(ReplyError::Unacceptable);
    }
    match reply.text(&oid::SCEP_PKI_STATUS).map_err(unacceptable)?.as_str() {
        "0" => {
            let (content, _) = open_envelope(&reply.content, request.signer, request.key)
                .ok_or(ReplyError::Unacceptable)?;
            certificates_in(&content)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .ok_or(ReplyError::Unacceptable)
        }
        "2" => {
            let info = reply.text(&oid::SCEP_FAIL_INFO).map_err(unacceptable)?;
            let info = FailInfo::from_number(&info).ok_or(ReplyError::Unacceptable)?;
            Err(ReplyError::Refused(info))
        }
        "3" => Err(ReplyError::Pending),
        _ => Err(ReplyError::Unacceptable),
    }
}
