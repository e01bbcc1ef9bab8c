use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use der::{
    Decode as _, Reader as _, SliceReader,
    asn1::{AnyRef, BitStringRef, UintRef},
};
use serde_json::{Value, json};
use trennwand_pki::RsaKey;

/// A key that signs tokens, with the name that it is published under.
#[derive(Clone)]
pub(super) struct TokenKey {
    pub(super) id: String,
    key: RsaKey,
}

impl TokenKey {
    pub(super) fn new(id: impl Into<String>, key: RsaKey) -> Self {
        Self { id: id.into(), key }
    }

    /// Signs claims with RS256.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "kid": self.id, "typ": "JWT"});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.key.sign_sha256(signed.as_bytes()).unwrap_or_default();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public half as a JSON Web Key.
    pub(super) fn jwk(&self) -> Value {
        let (n, e) = components(self.key.spki_der()).unwrap_or_default();
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id,
            "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)
        })
    }

    /// The claims of a token that this key signed with RS256.
    pub(super) fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let header = json(header)?;
        if header["alg"] != "RS256" || header["kid"] != self.id.as_str() {
            return None;
        }
        let (n, e) = components(self.key.spki_der())?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let public = RsaPublicKeyComponents { n, e };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
        json(claims)
    }

    pub(super) fn pem(&self) -> String {
        self.key.to_pem().expose().clone()
    }
}

/// Modulus and exponent of a SubjectPublicKeyInfo.
fn components(spki: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let bits = SliceReader::new(spki).ok()?.sequence(|info| {
        AnyRef::decode(info)?;
        BitStringRef::decode(info).map(|bits| bits.raw_bytes().to_vec())
    });
    let key = bits.ok()?;
    let both = SliceReader::new(&key).ok()?.sequence(|key| {
        let n = UintRef::decode(key)?.as_bytes().to_vec();
        Ok((n, UintRef::decode(key)?.as_bytes().to_vec()))
    });
    both.ok()
}
