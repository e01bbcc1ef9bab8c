//! SCEP (RFC 8894): both ends of `PKIOperation`. The server's end is [`parse_pki_message`] with
//! [`success_reply`] and [`failure_reply`]; the client's end, for simulated phones, is
//! [`build_request`] with [`parse_reply`].

mod client;
mod server;

pub use client::{ClientRequest, ReplyError, build_request, parse_reply, self_signed_identity};
pub use server::{
    MAX_MESSAGE_BYTES, PkiMessage, RegistrationAuthority, ScepError, failure_reply,
    parse_pki_message, success_reply,
};

/// What a message asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// PKCSReq: a first certificate, signed with a self-signed one.
    PkcsReq,
    /// RenewalReq: signed with the certificate that is to be replaced.
    RenewalReq,
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
