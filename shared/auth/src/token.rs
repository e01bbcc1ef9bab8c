use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use trennwand_domain::{
    Client, ClientId, Clock, Duration, Entropy, Error, Owner, Result, Secret, Timestamp,
};

use crate::{Scopes, SigningKey, VerifyingKey};

/// How long an access token lives.
pub const TOKEN_LIFE: Duration = Duration::from_secs(900);

/// How far another machine's clock may be ahead of ours.
const LEEWAY: Duration = Duration::from_secs(60);

/// Ours are about 600 bytes long.
const MAX_TOKEN_BYTES: usize = 4096;

/// `typ` of RFC 9068 §2.1.
const TYPE: &str = "at+jwt";

/// The claims of RFC 9068 §2.2, and whom the client acts for.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: ClientId,
    client_id: ClientId,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
    jti: String,
    scope: Scopes,
    owner: Owner,
}

/// A fresh access token.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token, an `at+jwt`.
    pub token: Secret<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What it allows.
    pub scopes: Scopes,
}

/// Signs access tokens.
#[derive(Debug, Clone)]
pub struct Issuer {
    key: SigningKey,
    name: Arc<str>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Issuer {
    /// Signs as `name`, the service's base URL, which is the tokens' audience too.
    #[must_use]
    pub fn new(
        key: SigningKey,
        name: impl Into<Arc<str>>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { key, name: name.into(), clock, entropy }
    }

    /// The `iss` of its tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key it signs with.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// A token for an authenticated client, good for [`TOKEN_LIFE`]. What `scopes` has beyond the
    /// client's own is left out.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn issue(&self, client: &Client, scopes: Scopes) -> Result<AccessToken> {
        let now = self.clock.now();
        let expires_at = Timestamp::from_unix_s(now.plus(TOKEN_LIFE).unix_s());
        let own = Scopes::from_stored(client.owner.level(), &client.scopes);
        let scopes = scopes.intersection(own);
        let claims = WireClaims {
            iss: self.name.as_ref().to_owned(),
            aud: self.name.as_ref().to_owned(),
            sub: client.id,
            client_id: client.id,
            iat: now.unix_s(),
            nbf: None,
            exp: expires_at.unix_s(),
            jti: URL_SAFE_NO_PAD.encode(self.entropy.bytes::<16>()),
            scope: scopes,
            owner: client.owner,
        };
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.key.verifying().kid().to_owned());
        let token = jsonwebtoken::encode(&header, &claims, &self.key.encoding)
            .map_err(|e| Error::internal(format!("signing a token: {e}")))?;
        Ok(AccessToken { token: Secret::new(token), expires_at, scopes })
    }
}

/// What a verified token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The client it was issued to.
    pub client: ClientId,
    /// Whom the client acted for then.
    pub owner: Owner,
    /// What was allowed then.
    pub scopes: Scopes,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a token is refused; for the log, callers are not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT, too long, or a claim is missing or of the wrong kind.
    #[error("malformed token")]
    Malformed,
    /// `typ` is not `at+jwt`: another kind of JWT.
    #[error("not an access token")]
    Type,
    /// `alg` is not ES256.
    #[error("algorithm not allowed")]
    Algorithm,
    /// `kid` names no key in force.
    #[error("unknown key")]
    Key,
    /// The signature does not fit.
    #[error("wrong signature")]
    Signature,
    /// Issued by another.
    #[error("wrong issuer")]
    Issuer,
    /// Meant for another.
    #[error("wrong audience")]
    Audience,
    /// `sub` and `client_id` differ.
    #[error("subject is not the client")]
    Subject,
    /// Its time is over.
    #[error("expired token")]
    Expired,
    /// Its time has not come.
    #[error("token from the future")]
    NotYet,
}

/// Verifies access tokens with the public keys in force.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Arc<[VerifyingKey]>,
    name: Arc<str>,
}

impl Verifier {
    /// Accepts what `name` signed with one of `keys` for itself.
    #[must_use]
    pub fn new(keys: impl Into<Arc<[VerifyingKey]>>, name: impl Into<Arc<str>>) -> Self {
        Self { keys: keys.into(), name: name.into() }
    }

    /// Accepts what this issuer signs.
    #[must_use]
    pub fn of(issuer: &Issuer) -> Self {
        Self::new([issuer.key.verifying().clone()], issuer.name.clone())
    }

    /// What the token says, if it is one of ours and good at `now`.
    ///
    /// # Errors
    /// If anything about it is wrong.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let claims = self.authentic(token)?;
        let (now, exp) = (now.unix_s(), claims.exp);
        let latest_start = now.saturating_add(LEEWAY.as_secs() as i64);
        if claims.iss != *self.name {
            return Err(TokenError::Issuer);
        }
        if claims.aud != *self.name {
            return Err(TokenError::Audience);
        }
        if claims.sub != claims.client_id {
            return Err(TokenError::Subject);
        }
        if now >= exp {
            return Err(TokenError::Expired);
        }
        if claims.iat > latest_start || claims.nbf.is_some_and(|nbf| nbf > latest_start) {
            return Err(TokenError::NotYet);
        }
        Ok(Claims {
            client: claims.client_id,
            owner: claims.owner,
            scopes: claims.scope,
            expires_at: Timestamp::from_unix_s(exp),
        })
    }

    /// The claims behind a good signature; nothing else of them is checked.
    fn authentic(&self, token: &str) -> Result<WireClaims, TokenError> {
        use jsonwebtoken::errors::ErrorKind;

        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::ES256 {
            return Err(TokenError::Algorithm);
        }
        // RFC 9068 §4: `at+jwt`, also with the omitted `application/`, in any case.
        let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != TYPE {
            return Err(TokenError::Type);
        }
        let kid = header.kid.unwrap_or_default();
        let key = self.keys.iter().find(|k| k.kid() == kid).ok_or(TokenError::Key)?;
        // jsonwebtoken would compare times with the system's clock and checks `aud` and `iss` only
        // if told to: it verifies the signature, the rest is ours.
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode(token, &key.decoding, &validation).map(|data| data.claims).map_err(
            |e| match e.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
                _ => TokenError::Malformed,
            },
        )
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
pub(crate) mod tests;
