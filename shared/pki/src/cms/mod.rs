//! Cryptographic Message Syntax (RFC 5652), as far as phones and SCEP use it.

mod detached;
mod sign;

pub use detached::{DetachedSignature, MAX_SIGNATURE_BYTES, SignatureError, verify_detached};
pub use sign::{
    DeviceShape, certificates_in, degenerate, sign_attached, sign_detached_like_device,
};
