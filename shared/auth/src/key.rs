use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Serialize;
use trennwand_domain::{Digest, Error, Result, Secret};

/// Private key that signs access tokens: ECDSA on P-256 (ES256).
#[derive(Clone)]
pub struct SigningKey {
    pub(crate) encoding: EncodingKey,
    verifying: VerifyingKey,
    pkcs8: Secret<Vec<u8>>,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())
            .map_err(|_| Error::internal("no new token key"))?;
        Self::from_pkcs8(&Secret::new(pkcs8.as_ref().to_vec()))
    }

    /// Reads a stored key (PKCS#8, DER).
    ///
    /// # Errors
    /// If it is not a private key on P-256.
    pub fn from_pkcs8(der: &Secret<Vec<u8>>) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.expose())
            .map_err(|_| Error::internal("the token key is not a P-256 key"))?;
        Ok(Self {
            encoding: EncodingKey::from_ec_der(der.expose()),
            verifying: VerifyingKey::from_point(pair.public_key().as_ref())?,
            pkcs8: der.clone(),
        })
    }

    /// The key to store (PKCS#8, DER).
    #[must_use]
    pub const fn to_pkcs8(&self) -> &Secret<Vec<u8>> {
        &self.pkcs8
    }

    /// The public half.
    #[must_use]
    pub const fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.verifying.jwk.kid).finish()
    }
}

/// Public key of a [`SigningKey`].
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    pub(crate) decoding: DecodingKey,
    jwk: Jwk,
}

impl VerifyingKey {
    /// Reads a stored key: an uncompressed point (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// If it is not one of P-256.
    pub fn from_point(point: &[u8]) -> Result<Self> {
        let wrong = || Error::internal("the token key's point is not uncompressed P-256");
        let [4, coordinates @ ..] = point else {
            return Err(wrong());
        };
        let (x, y) =
            coordinates.split_at_checked(32).filter(|(_, y)| y.len() == 32).ok_or_else(wrong)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // RFC 7638: the members in this order, without white space.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Digest::of(canonical.as_bytes()).as_bytes());
        let decoding = DecodingKey::from_ec_components(&x, &y).map_err(|_| wrong())?;
        Ok(Self {
            decoding,
            jwk: Jwk { kty: "EC", crv: "P-256", alg: "ES256", r#use: "sig", kid, x, y },
        })
    }

    /// The key to store: an uncompressed point.
    #[must_use]
    pub fn to_point(&self) -> Vec<u8> {
        let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        [&[4][..], &coordinate(&self.jwk.x), &coordinate(&self.jwk.y)].concat()
    }

    /// The key's name: its RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.jwk.kid
    }
}

/// The public keys in force, as `/.well-known/jwks.json` shows them (RFC 7517).
#[derive(Debug, Clone, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

impl Jwks {
    /// Shows these keys.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().map(|k| k.jwk.clone()).collect() }
    }
}

#[derive(Debug, Clone, Serialize)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    r#use: &'static str,
    kid: String,
    x: String,
    y: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_key_is_the_same_key_and_shows_nothing_private() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_pkcs8(key.to_pkcs8()).unwrap();
        assert_eq!(key.verifying().kid(), again.verifying().kid());
        assert_eq!(key.verifying().kid().len(), 43);
        let public = VerifyingKey::from_point(&key.verifying().to_point()).unwrap();
        assert_eq!(public.kid(), key.verifying().kid());
        let shown = serde_json::to_value(Jwks::new([key.verifying()])).unwrap();
        let members: Vec<_> = shown["keys"][0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert!(SigningKey::from_pkcs8(&Secret::new(vec![0x30; 40])).is_err());
    }
}
