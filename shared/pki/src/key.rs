use std::{fmt, sync::Arc};

use trennwand_domain::{Result, Secret};

/// An RSA private key of at least 2048 bits. Cloning shares it.
#[derive(Clone)]
pub struct RsaKey(Arc<()>);

impl RsaKey {
    /// Makes a key of 2048 bits. Takes 60–100 ms of processor time: never inside a request.
    ///
    /// # Errors
    /// `Internal` if the generator fails.
    pub fn generate() -> Result<Self> {
        todo!()
    }

    /// Reads an unencrypted PKCS#8 key, DER.
    ///
    /// # Errors
    /// `Invalid` if it is not an RSA key of 2048 to 8192 bits.
    pub fn from_pkcs8_der(_der: &[u8]) -> Result<Self> {
        todo!()
    }

    /// Reads an unencrypted PEM key, PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// `Invalid` as for [`Self::from_pkcs8_der`].
    pub fn from_pem(_pem: &str) -> Result<Self> {
        todo!()
    }

    /// The key as PKCS#8, DER.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Secret<Vec<u8>> {
        todo!()
    }

    /// The key as PKCS#8, PEM.
    #[must_use]
    pub fn to_pem(&self) -> Secret<String> {
        todo!()
    }

    /// The public key, SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        todo!()
    }

    /// Signs with PKCS#1 v1.5 and SHA-256.
    ///
    /// # Errors
    /// `Internal` if the library fails.
    pub fn sign_sha256(&self, _message: &[u8]) -> Result<Vec<u8>> {
        todo!()
    }

    /// Signs with PKCS#1 v1.5 and SHA-1, as phones do. For simulated phones only: it is not
    /// constant in time.
    ///
    /// # Errors
    /// `Internal` if the key is unusable.
    pub fn sign_sha1(&self, _message: &[u8]) -> Result<Vec<u8>> {
        todo!()
    }

    /// Decrypts PKCS#1 v1.5 in constant time.
    ///
    /// # Errors
    /// One and the same `Invalid` whatever is wrong.
    pub fn decrypt_pkcs1(&self, _ciphertext: &[u8]) -> Result<Secret<Vec<u8>>> {
        todo!()
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaKey")
    }
}
