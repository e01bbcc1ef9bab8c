use crate::{
    asn1::{
        Fault,
        ber::{Limits, to_der},
        oid, tag, write,
    },
    cms::{SignatureError, SignedData, Signer},
};

/// The largest message that is looked at.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// The longest `transactionID`; the usual ones are hashes in hexadecimal.
const MAX_TRANSACTION_ID: usize = 255;
/// The longest nonce; RFC 8894 wants 16.
const MAX_NONCE: usize = 64;

/// What a message asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// PKCSReq: a first certificate, signed with a self-signed one.
    PkcsReq,
    /// RenewalReq: signed with the certificate that is to be replaced.
    RenewalReq,
    /// Anything else that a client may ask, such as CertPoll or GetCert: not supported.
    Unsupported,
}

impl MessageType {
    pub(super) fn from_number(number: &str) -> Option<Self> {
        match number {
            "19" => Some(Self::PkcsReq),
            "17" => Some(Self::RenewalReq),
            "20" | "21" | "22" => Some(Self::Unsupported),
            _ => None,
        }
    }

    pub(super) const fn number(self) -> &'static str {
        match self {
            Self::PkcsReq => "19",
            Self::RenewalReq => "17",
            Self::Unsupported => "20",
        }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailInfo {
    /// badAlg: unknown or unsupported algorithm.
    BadAlg,
    /// badMessageCheck: integrity check failed.
    BadMessageCheck,
    /// badRequest: transaction not permitted or supported.
    BadRequest,
    /// badTime: the time is not near enough.
    BadTime,
    /// badCertId: no such certificate.
    BadCertId,
}

impl FailInfo {
    const ALL: [Self; 5] =
        [Self::BadAlg, Self::BadMessageCheck, Self::BadRequest, Self::BadTime, Self::BadCertId];

    pub(super) fn number(self) -> String {
        (self as u8).to_string()
    }

    pub(super) fn from_number(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|info| info.number() == number)
    }
}

/// A `pkiMessage` of either direction whose signature was verified with the embedded certificate.
pub(super) struct SignedMessage {
    pub(super) signer: Signer,
    pub(super) transaction_id: String,
    pub(super) content: Vec<u8>,
}

impl SignedMessage {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        let der = to_der(bytes, Limits::of_bytes(MAX_MESSAGE_BYTES))?;
        let signed_data = SignedData::parse(&der)?;
        let signer = signed_data.signer()?;
        // A refusal encloses nothing, or an empty content.
        let content = signed_data.content.unwrap_or_default();
        let attributes = signer.attributes.as_ref().ok_or(SignatureError::Malformed)?;
        let transaction_id = attributes
            .text(&oid::SCEP_TRANSACTION_ID)?
            .filter(|id| (1..=MAX_TRANSACTION_ID).contains(&id.len()))
            .filter(|id| id.bytes().all(|b| b.is_ascii_graphic() || b == b' '))
            .ok_or(SignatureError::Malformed)?;
        signer.verify(content)?;
        Ok(Self { transaction_id, content: content.to_vec(), signer })
    }

    pub(super) fn text(&self, kind: &const_oid::ObjectIdentifier) -> Result<String, Fault> {
        let attributes = self.signer.attributes.as_ref().ok_or(Fault::Malformed)?;
        attributes.text(kind)?.ok_or(Fault::Malformed)
    }

    pub(super) fn nonce(&self, kind: &const_oid::ObjectIdentifier) -> Result<Vec<u8>, Fault> {
        let attributes = self.signer.attributes.as_ref().ok_or(Fault::Malformed)?;
        attributes
            .value(kind, tag::OCTET_STRING)?
            .filter(|nonce| (1..=MAX_NONCE).contains(&nonce.len()))
            .map(<[u8]>::to_vec)
            .ok_or(Fault::Malformed)
    }
}

/// An attribute with a PrintableString, as most of SCEP's are.
pub(super) fn text_attribute(kind: &const_oid::ObjectIdentifier, text: &str) -> Vec<u8> {
    write::attribute(kind, &write::printable(text))
}

pub(super) fn nonce_attribute(kind: &const_oid::ObjectIdentifier, nonce: &[u8]) -> Vec<u8> {
    write::attribute(kind, &write::octet_string(nonce))
}
