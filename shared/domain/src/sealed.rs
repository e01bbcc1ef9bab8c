use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Digest, EnrollmentId, TenantId, UserId};

/// A ciphertext made by the vault (`pki`): version, nonce, AES-256-GCM ciphertext and tag.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "bytes")] Vec<u8>);

impl Sealed {
    /// Wraps stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// What a sealed value is. It is bound into the seal, so that no ciphertext opens in another's place;
/// whoever seals and whoever opens it take the words from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedField {
    /// Private key of the device CA.
    CaKey,
    /// Private key of the registration authority.
    RaKey,
    /// Private key of the push certificate, also while it waits for its certificate.
    PushKey,
    /// SCEP challenge of an invitation.
    Challenge(EnrollmentId),
    /// Certificate that used an invitation up.
    IssuedCertificate(EnrollmentId),
    /// Escrowed unlock token of a phone.
    UnlockToken(DeviceId),
    /// An answer of the API that is kept under this key, to be given again.
    Answer(Digest),
    /// An enrolment token at Google, for this invitation.
    AndroidToken(EnrollmentId),
    /// What a new Android phone scans, for this invitation.
    AndroidQr(EnrollmentId),
    /// What identifies a person; sealed with the person's own key.
    Person(UserId),
}

impl SealedField {
    /// The context to seal and open it in.
    #[must_use]
    pub fn context(self, tenant: TenantId) -> String {
        match self {
            Self::CaKey => format!("tenant/{tenant}/ca_key"),
            Self::RaKey => format!("tenant/{tenant}/ra_key"),
            Self::PushKey => format!("tenant/{tenant}/push_key"),
            Self::Challenge(id) => format!("tenant/{tenant}/enrollment/{id}/challenge"),
            Self::IssuedCertificate(id) => format!("tenant/{tenant}/enrollment/{id}/certificate"),
            Self::UnlockToken(id) => format!("tenant/{tenant}/device/{id}/unlock_token"),
            Self::Answer(key) => format!("tenant/{tenant}/answer/{key}"),
            Self::AndroidToken(id) => format!("tenant/{tenant}/enrollment/{id}/android_token"),
            Self::AndroidQr(id) => format!("tenant/{tenant}/enrollment/{id}/android_qr"),
            Self::Person(id) => format!("tenant/{tenant}/user/{id}/person"),
        }
    }
}

mod bytes {
    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> de::Visitor<'de> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, v: &[u8]) -> Result<Self::Value, E> {
                Ok(v.to_vec())
            }
            fn visit_byte_buf<E: de::Error>(self, v: Vec<u8>) -> Result<Self::Value, E> {
                Ok(v)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut a: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(byte) = a.next_element()? {
                    out.push(byte);
                }
                Ok(out)
            }
        }
        d.deserialize_byte_buf(Bytes)
    }
}
