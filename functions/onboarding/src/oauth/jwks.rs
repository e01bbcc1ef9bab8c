use std::sync::Arc;

use axum::extract::State;
use trennwand_auth::{Issuer, Jwks};
use trennwand_web::Json;

/// The public keys that access tokens are verified with (RFC 7517).
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "oauth",
    responses((status = 200, description = "The keys in force", body = Object))
)]
pub(crate) async fn jwks_get(State(issuer): State<Arc<Issuer>>) -> Json<Jwks> {
    Json(Jwks::new([issuer.key().verifying()]))
}
