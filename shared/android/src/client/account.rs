use base64::{Engine as _, engine::general_purpose::STANDARD};
use der::{
    Decode as _, Reader as _, SliceReader,
    asn1::{AnyRef, OctetStringRef},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use trennwand_domain::{Error, Result, Secret, Timestamp};
use zeroize::Zeroizing;

/// The only scope that is asked for.
const SCOPE: &str = "https://www.googleapis.com/auth/androidmanagement";

/// How long an assertion is valid; Google allows an hour at most.
const VALID_S: i64 = 3_600;

/// Our identity at Google: what a service account's key file holds.
#[derive(Clone)]
pub struct ServiceAccount {
    email: String,
    key_id: String,
    token_url: String,
    /// PKCS#1, which is what the signer takes.
    key: Secret<Vec<u8>>,
}

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key_id: String,
    private_key: String,
    token_uri: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl ServiceAccount {
    /// Reads a key file as Google's console makes it (`"type": "service_account"`).
    ///
    /// # Errors
    /// If it is none. Nothing of it is repeated.
    pub fn from_key_file(json: &str) -> Result<Self> {
        let unusable = |why: &str| Error::internal(format!("service account key file: {why}"));
        let file: KeyFile = serde_json::from_str(json).map_err(|_| unusable("members missing"))?;
        let pem = Zeroizing::new(file.private_key);
        let key = pkcs1_of(&pem).ok_or_else(|| unusable("private_key is no PKCS#8 RSA key"))?;
        let account = Self {
            email: file.client_email,
            key_id: file.private_key_id,
            token_url: file.token_uri,
            key,
        };
        account.assertion(Timestamp::from_unix_s(0)).map_err(|e| e.context("private_key"))?;
        Ok(account)
    }

    /// Where access tokens come from.
    #[must_use]
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// What Google exchanges for an access token: RFC 7523, signed with RS256.
    pub(super) fn assertion(&self, now: Timestamp) -> Result<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        let iat = now.unix_s();
        let claims = Claims {
            iss: &self.email,
            scope: SCOPE,
            aud: &self.token_url,
            iat,
            exp: iat + VALID_S,
        };
        let key = EncodingKey::from_rsa_der(self.key.expose());
        jsonwebtoken::encode(&header, &claims, &key)
            .map_err(|_| Error::internal("the service account's key cannot sign"))
    }
}

impl std::fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServiceAccount({})", self.email)
    }
}

/// The RSA key within a PKCS#8 PEM.
fn pkcs1_of(pem: &str) -> Option<Secret<Vec<u8>>> {
    let inner = pem
        .trim()
        .strip_prefix("-----BEGIN PRIVATE KEY-----")?
        .strip_suffix("-----END PRIVATE KEY-----")?;
    let text: Zeroizing<String> = Zeroizing::new(inner.split_ascii_whitespace().collect());
    let der = Zeroizing::new(STANDARD.decode(text.as_bytes()).ok()?);
    let mut reader = SliceReader::new(&der).ok()?;
    let key = reader.sequence(|info| {
        u8::decode(info)?;
        AnyRef::decode(info)?;
        OctetStringRef::decode(info).map(|key| key.as_bytes().to_vec())
    });
    key.ok().map(Secret::new)
}
