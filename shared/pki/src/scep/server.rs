use trennwand_domain::{Entropy, Result};

use super::{
    FailInfo, MessageType,
    message::{SignedMessage, nonce_attribute, text_attribute},
};
use crate::{
    Certificate, CertificateRequest, RsaKey,
    asn1::{Fault, oid},
    cms::{
        ContentCipher, SignatureError, degenerate, open_envelope, seal_envelope,
        sign_with_attributes,
    },
};

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

impl From<SignatureError> for ScepError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::OverLimit => Self::OverLimit,
            SignatureError::Mismatch => Self::Signature,
            SignatureError::Malformed
            | SignatureError::NotOneSigner
            | SignatureError::NoCertificate
            | SignatureError::Algorithm => Self::Malformed,
        }
    }
}

impl From<Fault> for ScepError {
    fn from(fault: Fault) -> Self {
        SignatureError::from(fault).into()
    }
}

/// The registration authority that answers: its certificate and key.
#[derive(Debug, Clone)]
pub struct RegistrationAuthority {
    /// The certificate, issued by the device CA.
    pub certificate: Certificate,
    /// The decrypting and signing key.
    pub key: RsaKey,
}

/// A request whose signature was verified with the certificate it brings.
#[derive(Debug, Clone)]
pub struct PkiMessage {
    /// `transactionID`, 1 to 255 printable ASCII characters.
    pub transaction_id: String,
    /// `senderNonce`.
    pub sender_nonce: Vec<u8>,
    /// What it asks.
    pub message_type: MessageType,
    /// The certificate that it is signed with, to which the reply is encrypted. Nobody vouches for
    /// it: a PKCSReq signs with a self-made one, and for a RenewalReq the caller compares it.
    pub signer: Certificate,
    /// The request, which is signed with its own key of at least 2048 bits; or the reason to refuse
    /// with, the same one whether padding, envelope or request is at fault.
    pub request: Result<CertificateRequest, FailInfo>,
    cipher: ContentCipher,
}

/// Reads a `pkiMessage`, BER or DER, verifies its signature and opens its envelope.
///
/// # Errors
/// See [`ScepError`]; what can be answered in SCEP is in [`PkiMessage::request`].
pub fn parse_pki_message(
    bytes: &[u8],
    authority: &RegistrationAuthority,
) -> Result<PkiMessage, ScepError> {
    let message = SignedMessage::parse(bytes)?;
    let message_type = MessageType::from_number(&message.text(&oid::SCEP_MESSAGE_TYPE)?)
        .ok_or(ScepError::Malformed)?;
    let sender_nonce = message.nonce(&oid::SCEP_SENDER_NONCE)?;
    let (request, cipher) = if message_type == MessageType::Unsupported {
        (Err(FailInfo::BadRequest), ContentCipher::Aes128)
    } else {
        open_request(&message.content, authority)
            .map_or((Err(FailInfo::BadMessageCheck), ContentCipher::Aes128), |(request, cipher)| {
                (Ok(request), cipher)
            })
    };
    Ok(PkiMessage {
        transaction_id: message.transaction_id,
        sender_nonce,
        message_type,
        signer: message.signer.certificate,
        request,
        cipher,
    })
}

fn open_request(
    envelope: &[u8],
    authority: &RegistrationAuthority,
) -> Option<(CertificateRequest, ContentCipher)> {
    let (content, cipher) = open_envelope(envelope, &authority.certificate, &authority.key)?;
    let request = CertificateRequest::from_der(&content).ok()?;
    request.verify_self_signature().ok()?;
    Some((request, cipher))
}

/// The `CertRep` that hands out certificates, the issued one first. It is encrypted with the
/// client's own cipher and signed with SHA-256.
///
/// # Errors
/// `Internal` if encrypting or signing fails.
pub fn success_reply(
    message: &PkiMessage,
    issued: &[Certificate],
    authority: &RegistrationAuthority,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    const SUCCESS: &str = "0";
    let certificates = degenerate(issued);
    let content = seal_envelope(&certificates, &message.signer, message.cipher, entropy)?;
    let status = text_attribute(&oid::SCEP_PKI_STATUS, SUCCESS);
    reply(message, Some(&content), vec![status], authority, entropy)
}

/// The `CertRep` that refuses.
///
/// # Errors
/// `Internal` if signing fails.
pub fn failure_reply(
    message: &PkiMessage,
    info: FailInfo,
    authority: &RegistrationAuthority,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    const FAILURE: &str = "2";
    let attributes = vec![
        text_attribute(&oid::SCEP_PKI_STATUS, FAILURE),
        text_attribute(&oid::SCEP_FAIL_INFO, &info.number()),
    ];
    // RFC 8894, section 3: a refusal lacks any signed content.
    reply(message, None, attributes, authority, entropy)
}

fn reply(
    message: &PkiMessage,
    content: Option<&[u8]>,
    mut attributes: Vec<Vec<u8>>,
    authority: &RegistrationAuthority,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>> {
    const CERT_REP: &str = "3";
    attributes.extend([
        text_attribute(&oid::SCEP_MESSAGE_TYPE, CERT_REP),
        text_attribute(&oid::SCEP_TRANSACTION_ID, &message.transaction_id),
        nonce_attribute(&oid::SCEP_RECIPIENT_NONCE, &message.sender_nonce),
        nonce_attribute(&oid::SCEP_SENDER_NONCE, &entropy.bytes::<16>()),
    ]);
    let chain = std::slice::from_ref(&authority.certificate);
    sign_with_attributes(content, &attributes, &authority.key, chain)
}
