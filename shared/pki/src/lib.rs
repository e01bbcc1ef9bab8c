//! The cryptography of device management: the vault that seals what is stored, RSA keys, the device
//! CA, CMS signatures, SCEP messages and push certificates. No HTTP and no storage.
//!
//! Architecture invariants: what a stranger sent is first brought from BER to DER within fixed
//! limits of size, depth and number of elements, and only then looked at; parsing it never panics
//! and takes time linear in its length. Certificates keep the bytes they came as. Time and
//! randomness are passed in; the one exception is key generation, which draws inside aws-lc.
//!
//! ```
//! use trennwand_domain::Timestamp;
//! use trennwand_pki::{
//!     DeviceAuthority, DeviceShape, RsaKey, Subject, Usage, sign_detached_like_device,
//!     verify_detached,
//! };
//!
//! # fn main() -> trennwand_domain::Result<()> {
//! let now = Timestamp::from_unix_s(1_795_000_000);
//! let ca = DeviceAuthority::self_signed_ca(
//!     RsaKey::generate()?,
//!     &Subject::new().organization("Example").common_name("Device CA"),
//!     now,
//!     [1; 16],
//! )?;
//! let phone = RsaKey::generate()?;
//! let identity = ca.issue(
//!     &Subject::new().common_name("phone"),
//!     phone.spki_der(),
//!     now,
//!     now.plus(trennwand_pki::DEVICE_LIFETIME),
//!     [2; 16],
//!     Usage::Device,
//! )?;
//! let signature = sign_detached_like_device(b"body", &phone, &identity, DeviceShape::Genuine)?;
//! assert_eq!(verify_detached(&signature, b"body").unwrap(), identity);
//! # Ok(())
//! # }
//! ```

mod apns;
mod asn1;
mod authority;
mod certificate;
mod cms;
mod csr;
mod key;
mod pem;
mod raw_rsa;
mod subject;
#[cfg(test)]
mod tests;
mod vault;

pub mod scep;

pub use apns::{
    PushCertificateFacts, TOPIC_PREFIX, apns_signing_request, test_push_certificate,
    verify_push_certificate,
};
pub use authority::{CA_LIFETIME, DEVICE_LIFETIME, DeviceAuthority, Usage};
pub use certificate::Certificate;
pub use cms::{
    DetachedSignature, DeviceShape, MAX_SIGNATURE_BYTES, SignatureError, certificates_in,
    degenerate, sign_attached, sign_detached_like_device, verify_detached,
};
pub use csr::{CertificateRequest, build_csr};
pub use key::RsaKey;
pub use subject::{Subject, SubjectField};
pub use vault::{BoxFuture, DataKey, FileMasterKey, MasterKey, query_tag};
