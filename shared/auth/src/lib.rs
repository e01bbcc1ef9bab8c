//! OAuth 2.0 client credentials and RFC 9068 access tokens: who calls, and what the caller may do.
//!
//! Invariants: one signature algorithm (ES256), pinned; times are compared with the clock that is
//! passed in; a token never carries more than the client's present scopes, because every use asks
//! [`Principals`] (through a cache of at most [`CACHE_LIFE`]). No HTTP and no storage here.
//!
//! ```
//! use trennwand_auth::{Scope, Scopes};
//! use trennwand_domain::Level;
//!
//! let all = Scopes::of(Level::Tenant);
//! assert!(all.contains(Scope::DevicesRead) && !all.contains(Scope::Resellers));
//! assert_eq!(Scopes::parse(Level::Tenant, "setup users").unwrap().to_string(), "setup users");
//! assert!(Scopes::parse(Level::Tenant, "resellers").is_err());
//! ```

mod key;
mod oauth;
mod principal;
mod scope;
mod secret;
mod token;

use std::{future::Future, pin::Pin};

pub use key::{Jwks, SigningKey, VerifyingKey};
pub use oauth::{
    ClientCredentials, OauthCode, OauthError, ServerMetadata, TokenForm, TokenResponse,
    authenticate,
};
pub use principal::{CACHE_LIFE, CachedPrincipals, Principal, Principals};
pub use scope::{Need, Scope, Scopes, UnknownScope, need};
pub use secret::ClientSecret;
pub use token::{AccessToken, Claims, Issuer, TOKEN_LIFE, TokenError, Verifier};

/// What the methods of the seams return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
