//! SCEP (RFC 8894): both ends of `PKIOperation`. The server's end is [`parse_pki_message`] with
//! [`success_reply`] and [`failure_reply`]; the client's end, for simulated phones, is
//! [`build_request`] with [`parse_reply`]. GetCACert answers with [`crate::degenerate`].

mod client;
mod message;
mod server;
#[cfg(test)]
mod tests;

pub use client::{ClientRequest, ReplyError, build_request, parse_reply, self_signed_identity};
pub use message::{FailInfo, MAX_MESSAGE_BYTES, MessageType};
pub use server::{
    PkiMessage, RegistrationAuthority, ScepError, failure_reply, parse_pki_message, success_reply,
};
