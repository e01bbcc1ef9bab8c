//! The HTTP side that all functions share: who may call, how requests are read, how errors look,
//! and the one log line per request.
//!
//! Invariants: [`ForTenant`] and [`ForTenantOfReseller`] are the only places that make a
//! [`trennwand_domain::TenantScope`] of an access token. Every error is `application/problem+json`
//! (RFC 9457), made from [`trennwand_domain::Error`] here and nowhere else. No business rules.
//!
//! A function's router carries its routes only; [`finish`] adds the rest once, around all of them.
//!
//! ```
//! use trennwand_domain::UserId;
//! use trennwand_web::{ForTenant, Gate, Id, Json, Result, need};
//!
//! async fn user_get(
//!     tenant: ForTenant<need::Users>,
//!     Id(user): Id<UserId>,
//! ) -> Result<Json<serde_json::Value>> {
//!     let _may_touch = tenant.scope();
//!     Ok(Json(serde_json::json!({ "id": user })))
//! }
//!
//! let routes: axum::Router<Gate> =
//!     axum::Router::new().route("/v1/tenants/{tenant}/users/{user}", axum::routing::get(user_get));
//! ```

mod body;
mod conditional;
mod gate;
mod guard;
pub mod lambda;
mod oauth;
mod openapi;
mod page;
mod path;
mod problem;
mod refusal_page;
mod shell;
mod style;

pub use body::{Json, MAX_JSON_BYTES, Query, Raw};
pub use conditional::{IfMatch, Tagged};
pub use gate::{
    Anyone, Authorised, ForOperator, ForReseller, ForTenant, ForTenantOfReseller, Gate,
};
pub use guard::{Odd, check_path, clean_query};
pub use oauth::{NoStore, OauthFailure, TokenRequest};
pub use openapi::{Problems, document};
pub use page::{Listing, Paging, PagingParams};
pub use path::{Id, Language, PathId};
pub use problem::{ApiError, FieldError, Problem, ProblemReason, ProblemRefusal, Result};
pub use shell::{LogNote, REQUEST_LIFE, Shell, finish};
pub use style::{STYLE, STYLE_SOURCE, style_source};
pub use trennwand_auth::need;

#[cfg(test)]
mod tests;
