use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{
        KeyPair, KeySize, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey,
        PrivateDecryptingKey, PublicEncryptingKey,
    },
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_SHA256, RsaParameters, UnparsedPublicKey,
    },
};
use trennwand_domain::{Digest, Error, Result, Secret};
use zeroize::Zeroizing;

use crate::{
    asn1::{Der, oid, tag},
    pem, raw_rsa,
};

/// An RSA private key of at least 2048 bits. Cloning shares it.
#[derive(Clone)]
pub struct RsaKey(Arc<Inner>);

struct Inner {
    pkcs8: Secret<Vec<u8>>,
    pair: KeyPair,
    spki: Vec<u8>,
    /// Made when first needed: few keys decrypt.
    decrypting: OnceLock<Option<Pkcs1PrivateDecryptingKey>>,
}

impl RsaKey {
    /// Makes a key of 2048 bits. Takes 60–100 ms of processor time: never inside a request.
    ///
    /// # Errors
    /// `Internal` if the generator fails.
    pub fn generate() -> Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048)
            .map_err(|_| Error::internal("RSA key generation failed"))?;
        Self::from_pair(pair)
    }

    /// Reads an unencrypted PKCS#8 key, DER.
    ///
    /// # Errors
    /// `Invalid` if it is not an RSA key of 2048 to 8192 bits.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self> {
        Self::from_pair(KeyPair::from_pkcs8(der).map_err(|_| not_a_key())?)
    }

    /// Reads an unencrypted PEM key, PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// `Invalid` as for [`Self::from_pkcs8_der`].
    pub fn from_pem(pem: &str) -> Result<Self> {
        for (label, der) in pem::decode(pem).ok_or_else(not_a_key)? {
            let der = Zeroizing::new(der);
            match label {
                "PRIVATE KEY" => return Self::from_pkcs8_der(&der),
                "RSA PRIVATE KEY" => {
                    return Self::from_pair(KeyPair::from_der(&der).map_err(|_| not_a_key())?);
                }
                _ => {}
            }
        }
        Err(not_a_key())
    }

    fn from_pair(pair: KeyPair) -> Result<Self> {
        let encoding = |_| Error::internal("RSA key encoding failed");
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(encoding)?;
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).map_err(encoding)?;
        let (pkcs8, spki) = (Secret::new(pkcs8.as_ref().to_vec()), spki.as_ref().to_vec());
        Ok(Self(Arc::new(Inner { pkcs8, pair, spki, decrypting: OnceLock::new() })))
    }

    /// The key as PKCS#8, DER.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Secret<Vec<u8>> {
        self.0.pkcs8.clone()
    }

    /// The key as PKCS#8, PEM.
    #[must_use]
    pub fn to_pem(&self) -> Secret<String> {
        Secret::new(pem::encode("PRIVATE KEY", self.0.pkcs8.expose()))
    }

    /// The public key, SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// Signs with PKCS#1 v1.5 and SHA-256; the same message gives the same signature.
    ///
    /// # Errors
    /// `Internal` if the library fails.
    pub fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.0.pair.public_modulus_len()];
        self.0
            .pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::internal("RSA signing failed"))?;
        Ok(signature)
    }

    /// Signs with PKCS#1 v1.5 and SHA-1, as phones do. For simulated phones only: the arithmetic
    /// is not constant in time, because aws-lc no longer signs with SHA-1.
    ///
    /// # Errors
    /// `Internal` if the key is unusable.
    pub fn sign_sha1(&self, message: &[u8]) -> Result<Vec<u8>> {
        raw_rsa::sign_sha1(self.0.pkcs8.expose(), message)
            .ok_or_else(|| Error::internal("the key has no CRT parameters"))
    }

    /// Decrypts PKCS#1 v1.5 in constant time.
    ///
    /// # Errors
    /// One and the same `Invalid` whatever is wrong.
    pub fn decrypt_pkcs1(&self, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>> {
        let undecipherable = || Error::invalid("message", "cannot be decrypted");
        let key = self
            .0
            .decrypting
            .get_or_init(|| {
                let key = PrivateDecryptingKey::from_pkcs8(self.0.pkcs8.expose()).ok()?;
                Pkcs1PrivateDecryptingKey::new(key).ok()
            })
            .as_ref()
            .ok_or_else(undecipherable)?;
        let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
        let plaintext = key.decrypt(ciphertext, &mut buffer).map_err(|_| undecipherable())?;
        Ok(Secret::new(plaintext.to_vec()))
    }

    /// Decrypts a content key of known length. If that fails, the result is a key that depends on
    /// the ciphertext and that nobody else can foresee, so that the failure shows only later and
    /// looks like any other.
    pub(crate) fn decrypt_content_key(&self, ciphertext: &[u8], len: usize) -> Secret<Vec<u8>> {
        let decrypted = self.decrypt_pkcs1(ciphertext).ok();
        let parts = [b"implicit rejection", self.0.pkcs8.expose().as_slice(), ciphertext];
        let mut instead = Digest::of_parts(&parts).as_bytes().to_vec();
        instead.truncate(len);
        decrypted.filter(|key| key.expose().len() == len).unwrap_or_else(|| Secret::new(instead))
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaKey")
    }
}

fn not_a_key() -> Error {
    Error::invalid("private_key", "must be an unencrypted RSA private key of at least 2048 bits")
}

/// The hash of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    pub(crate) fn digest(self, content: &[u8]) -> Vec<u8> {
        use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
        let algorithm = match self {
            Self::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &SHA256,
        };
        digest(algorithm, content).as_ref().to_vec()
    }
}

/// Whether `signature` (PKCS#1 v1.5) is over `message` by the key, RSA of 2048 to 8192 bits.
pub(crate) fn verifies(spki_der: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let parameters: &'static RsaParameters = match hash {
        Hash::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
    };
    rsa_public_key(spki_der).is_some_and(|key| {
        UnparsedPublicKey::new(parameters, key).verify(message, signature).is_ok()
    })
}

/// The RSAPublicKey inside a SubjectPublicKeyInfo, if it is plain RSA.
fn rsa_public_key(spki_der: &[u8]) -> Option<&[u8]> {
    let mut inside = Der::single(spki_der, tag::SEQUENCE).ok()?.inside();
    let is_rsa = inside.plain_algorithm().ok()? == oid::RSA_ENCRYPTION.as_bytes();
    let key = inside.bits().ok()?;
    inside.finish().ok()?;
    is_rsa.then_some(key)
}

/// Whether it is a plain RSA key of 2048 to 8192 bits.
pub(crate) fn is_strong(spki_der: &[u8]) -> bool {
    rsa_public_key(spki_der).is_some() && PublicEncryptingKey::from_der(spki_der).is_ok()
}

/// Encrypts with PKCS#1 v1.5.
pub(crate) fn encrypt_pkcs1(spki_der: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    rsa_public_key(spki_der)?;
    let key = Pkcs1PublicEncryptingKey::new(PublicEncryptingKey::from_der(spki_der).ok()?).ok()?;
    let mut ciphertext = vec![0; key.ciphertext_size()];
    let len = key.encrypt(plaintext, &mut ciphertext).ok()?.len();
    ciphertext.truncate(len);
    Some(ciphertext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{openssl, pool_key};

    #[test]
    fn a_key_survives_its_encodings() {
        let key = pool_key(0);
        let again = RsaKey::from_pem(key.to_pem().expose()).unwrap();
        assert_eq!(again.spki_der(), key.spki_der());
        let again = RsaKey::from_pkcs8_der(key.to_pkcs8_der().expose()).unwrap();
        assert_eq!(again.sign_sha256(b"x").unwrap(), key.sign_sha256(b"x").unwrap());
    }

    #[test]
    fn a_made_key_signs_and_its_public_key_verifies() {
        let key = RsaKey::generate().unwrap();
        let signature = key.sign_sha256(b"x").unwrap();
        assert!(verifies(key.spki_der(), Hash::Sha256, b"x", &signature));
        assert!(!verifies(key.spki_der(), Hash::Sha1, b"x", &signature));
        assert!(!verifies(key.spki_der(), Hash::Sha256, b"y", &signature));
        assert!(!verifies(pool_key(0).spki_der(), Hash::Sha256, b"x", &signature));
    }

    #[test]
    fn signatures_with_sha_1_verify() {
        for number in 0..5 {
            let key = pool_key(number);
            let signature = key.sign_sha1(b"x").unwrap();
            assert!(verifies(key.spki_der(), Hash::Sha1, b"x", &signature), "key {number}");
        }
    }

    #[test]
    fn what_was_encrypted_is_decrypted_and_all_failures_look_alike() {
        let key = pool_key(0);
        let ciphertext = encrypt_pkcs1(key.spki_der(), b"content key").unwrap();
        assert_eq!(key.decrypt_pkcs1(&ciphertext).unwrap().expose(), b"content key");
        let failures = [
            pool_key(1).decrypt_pkcs1(&ciphertext),
            key.decrypt_pkcs1(&ciphertext[1..]),
            key.decrypt_pkcs1(&[]),
            key.decrypt_pkcs1(&[0xff; 256]),
            key.decrypt_pkcs1(&[0; 4096]),
        ];
        for failure in failures {
            assert_eq!(
                format!("{:?}", failure.unwrap_err()),
                format!("{:?}", Error::invalid("message", "cannot be decrypted"))
            );
        }
    }

    #[test]
    fn keys_that_are_not_strong_rsa_are_refused() {
        assert!(RsaKey::from_pem("").is_err());
        assert!(RsaKey::from_pkcs8_der(&[]).is_err());
        for args in [
            &["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"][..],
            &["genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ] {
            let Some(weak) = openssl(&[], &[args, &["-out", "out"]].concat()) else {
                return;
            };
            let pem = String::from_utf8(weak.out).unwrap();
            assert!(pem.starts_with("-----BEGIN PRIVATE KEY"), "{}", weak.text);
            assert!(RsaKey::from_pem(&pem).is_err());
            let args = ["pkey", "-in", "key", "-pubout", "-outform", "DER", "-out", "out"];
            let public = openssl(&[("key", pem.as_bytes())], &args).unwrap();
            assert!(public.ok && !is_strong(&public.out), "{}", public.text);
        }
    }

    #[test]
    fn pkcs_1_keys_are_read_and_encrypted_ones_refused() {
        let pem = pool_key(0).to_pem();
        let files = [("key", pem.expose().as_bytes())];
        let args = ["rsa", "-in", "key", "-traditional", "-out", "out"];
        let Some(traditional) = openssl(&files, &args) else {
            return;
        };
        let text = String::from_utf8(traditional.out).unwrap();
        assert!(text.starts_with("-----BEGIN RSA"), "{}", traditional.text);
        assert_eq!(RsaKey::from_pem(&text).unwrap().spki_der(), pool_key(0).spki_der());
        let args = ["pkcs8", "-topk8", "-in", "key", "-passout", "pass:x", "-out", "out"];
        let encrypted = openssl(&files, &args).unwrap();
        assert!(
            encrypted.ok && RsaKey::from_pem(&String::from_utf8(encrypted.out).unwrap()).is_err()
        );
    }

    #[test]
    fn openssl_agrees_on_the_public_key() {
        let pem = pool_key(0).to_pem();
        let args = ["pkey", "-in", "key", "-pubout", "-outform", "DER", "-out", "out"];
        let Some(public) = openssl(&[("key", pem.expose().as_bytes())], &args) else {
            return;
        };
        assert_eq!(public.out, pool_key(0).spki_der(), "{}", public.text);
    }

    #[test]
    fn nothing_secret_is_shown() {
        assert_eq!(format!("{:?}", pool_key(0)), "RsaKey");
    }
}
