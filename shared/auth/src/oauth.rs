use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use trennwand_domain::{Client, ClientId, Digest};

use crate::{AccessToken, ClientSecret, Scope, Scopes, TOKEN_LIFE};

/// The errors of RFC 6749 §5.2 that the token endpoint gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OauthCode {
    /// The request is not well formed.
    InvalidRequest,
    /// Unknown client, or wrong secret; the two are never told apart.
    InvalidClient,
    /// Not `client_credentials`.
    UnsupportedGrantType,
    /// A scope that the client does not have.
    InvalidScope,
}

/// The error body of RFC 6749 §5.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{error_description}")]
pub struct OauthError {
    /// What is wrong, for programs.
    pub error: OauthCode,
    /// What is wrong, for people.
    pub error_description: &'static str,
}

impl OauthError {
    /// The request is not well formed.
    #[must_use]
    pub const fn invalid_request(error_description: &'static str) -> Self {
        Self { error: OauthCode::InvalidRequest, error_description }
    }

    /// Unknown client or wrong secret.
    #[must_use]
    pub const fn invalid_client() -> Self {
        Self {
            error: OauthCode::InvalidClient,
            error_description: "unknown client or wrong secret",
        }
    }

    /// The HTTP status that RFC 6749 wants.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.error {
            OauthCode::InvalidClient => 401,
            OauthCode::InvalidRequest
            | OauthCode::UnsupportedGrantType
            | OauthCode::InvalidScope => 400,
        }
    }
}

/// The form of a token request (RFC 6749 §4.4.2), as it came.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TokenForm {
    /// Must be `client_credentials`.
    #[serde(default)]
    pub grant_type: Option<String>,
    /// The client, if not in the `Authorization` header.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret, if not in the `Authorization` header.
    #[serde(default, deserialize_with = "secret")]
    pub client_secret: Option<ClientSecret>,
    /// What is asked for; everything the client has, if absent.
    #[serde(default)]
    pub scope: Option<String>,
}

fn secret<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<ClientSecret>, D::Error> {
    Ok(Option::<String>::deserialize(d)?.map(ClientSecret::presented))
}

/// Who asks for a token, and with what.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The client; `None` if the text cannot be the name of one.
    pub client: Option<ClientId>,
    /// What it presented.
    pub secret: ClientSecret,
    /// What it asks for.
    pub scope: Option<String>,
}

impl ClientCredentials {
    /// Reads a token request from the `Authorization` header and the form.
    ///
    /// # Errors
    /// If the request is malformed, uses two ways to authenticate or none, or is for another grant.
    pub fn from_request(authorization: Option<&str>, form: TokenForm) -> Result<Self, OauthError> {
        match form.grant_type.as_deref() {
            Some("client_credentials") => {}
            Some(_) => {
                return Err(OauthError {
                    error: OauthCode::UnsupportedGrantType,
                    error_description: "grant_type must be client_credentials",
                });
            }
            None => return Err(OauthError::invalid_request("grant_type is missing")),
        }
        let (client, secret) = match (authorization, form.client_secret) {
            (Some(_), Some(_)) => {
                return Err(OauthError::invalid_request("use one way to authenticate, not two"));
            }
            (Some(header), None) => {
                let (client, secret) =
                    parse_basic(header).ok_or_else(OauthError::invalid_client)?;
                if form.client_id.is_some_and(|named| named != client) {
                    return Err(OauthError::invalid_request("client_id is another client"));
                }
                (client, secret)
            }
            (None, Some(secret)) => {
                let client = form.client_id.ok_or(OauthError::invalid_client())?;
                (client, secret)
            }
            (None, None) => return Err(OauthError::invalid_client()),
        };
        Ok(Self { client: client.parse().ok(), secret, scope: form.scope })
    }
}

/// RFC 7617. Our ids and secrets hold only characters that form encoding (RFC 6749 §2.3.1) leaves
/// as they are, so there is nothing to decode.
fn parse_basic(header: &str) -> Option<(String, ClientSecret)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 1024 {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client, secret) = decoded.split_once(':')?;
    Some((client.to_owned(), ClientSecret::presented(secret.to_owned())))
}

/// Compares the secret with the stored client's, in the same time whether there is one or not, and
/// gives the scopes that the token shall have.
///
/// # Errors
/// `invalid_client` if there is no such client, it is revoked or the secret is wrong;
/// `invalid_scope` if it asks for more than it has.
pub fn authenticate(
    client: Option<&Client>,
    credentials: &ClientCredentials,
) -> Result<Scopes, OauthError> {
    let nobody = Digest::from_bytes([0; 32]);
    let fits = credentials.secret.verify(client.map_or(&nobody, |c| &c.secret_hash));
    let client = client
        .filter(|c| fits && !c.revoked && Some(c.id) == credentials.client)
        .ok_or_else(OauthError::invalid_client)?;
    let level = client.owner.level();
    let own = Scopes::from_stored(level, &client.scopes);
    credentials
        .scope
        .as_deref()
        .map_or(Some(own), |text| Scopes::parse(level, text).ok())
        .filter(|asked| own.covers(*asked))
        .ok_or(OauthError {
            error: OauthCode::InvalidScope,
            error_description: "a scope that this client does not have",
        })
}

/// The answer of RFC 6749 §5.1; to be sent with `Cache-Control: no-store`.
#[derive(Debug, Clone, Serialize)]
pub struct TokenResponse {
    #[serde(serialize_with = "expose")]
    access_token: trennwand_domain::Secret<String>,
    token_type: &'static str,
    expires_in: u64,
    scope: Scopes,
}

fn expose<S: serde::Serializer>(
    token: &trennwand_domain::Secret<String>,
    s: S,
) -> Result<S::Ok, S::Error> {
    s.serialize_str(token.expose())
}

impl From<AccessToken> for TokenResponse {
    fn from(token: AccessToken) -> Self {
        Self {
            access_token: token.token,
            token_type: "Bearer",
            expires_in: TOKEN_LIFE.as_secs(),
            scope: token.scopes,
        }
    }
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
#[derive(Debug, Clone, Serialize)]
pub struct ServerMetadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    scopes_supported: Vec<&'static str>,
}

impl ServerMetadata {
    /// The document of the service at `base_url`, which has no `/` at its end.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        Self {
            issuer: base_url.to_owned(),
            token_endpoint: format!("{base_url}/oauth/token"),
            jwks_uri: format!("{base_url}/.well-known/jwks.json"),
            response_types_supported: [],
            grant_types_supported: ["client_credentials"],
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
            scopes_supported: Scope::ALL.iter().map(|s| s.as_str()).collect(),
        }
    }
}

#[cfg(test)]
#[path = "oauth_tests.rs"]
mod tests;
