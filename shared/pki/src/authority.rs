use trennwand_domain::{Duration, Result, Timestamp};

use crate::{Certificate, RsaKey, Subject};

/// How long a device CA and its registration authority are valid: ten years.
pub const CA_LIFETIME: Duration = Duration::from_secs(3652 * 86_400);

/// How long a phone's certificate is valid: one year.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(365 * 86_400);

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// A phone's identity: digitalSignature and keyEncipherment (SCEP key usage 5), clientAuth.
    Device,
    /// The SCEP registration authority: digitalSignature and keyEncipherment.
    RegistrationAuthority,
}

/// A tenant's CA: certificate and key.
#[derive(Debug, Clone)]
pub struct DeviceAuthority {
    certificate: Certificate,
    key: RsaKey,
}

impl DeviceAuthority {
    /// A CA from storage.
    ///
    /// # Errors
    /// `Internal` if the key is not the certificate's.
    pub fn new(_certificate: Certificate, _key: RsaKey) -> Result<Self> {
        todo!()
    }

    /// Makes a self-signed CA, valid from `now` for [`CA_LIFETIME`].
    ///
    /// # Errors
    /// `Internal` if signing fails.
    pub fn self_signed_ca(
        _key: RsaKey,
        _subject: &Subject,
        _now: Timestamp,
        _serial: [u8; 16],
    ) -> Result<Self> {
        todo!()
    }

    /// The CA's certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The CA's key.
    #[must_use]
    pub const fn key(&self) -> &RsaKey {
        &self.key
    }

    /// Issues a certificate; the same arguments give the same bytes.
    ///
    /// # Errors
    /// `Invalid` if the public key is not RSA of at least 2048 bits, `Internal` if signing fails.
    pub fn issue(
        &self,
        _subject: &Subject,
        _spki_der: &[u8],
        _not_before: Timestamp,
        _not_after: Timestamp,
        _serial: [u8; 16],
        _usage: Usage,
    ) -> Result<Certificate> {
        todo!()
    }
}
