//! Cryptographic Message Syntax (RFC 5652), as far as phones and SCEP use it.

mod cipher;
mod detached;
mod envelope;
mod sign;
mod signed_data;
#[cfg(test)]
mod tests;

pub use detached::{DetachedSignature, MAX_SIGNATURE_BYTES, verify_detached};
pub use sign::{
    DeviceShape, certificates_in, degenerate, sign_attached, sign_detached_like_device,
};
pub use signed_data::SignatureError;

pub(crate) use cipher::ContentCipher;
pub(crate) use envelope::{open_envelope, seal_envelope};
pub(crate) use sign::sign_with_attributes;
pub(crate) use signed_data::{SignedData, Signer};
