use std::sync::Arc;

use axum::extract::State;
use trennwand_auth::{Issuer, ServerMetadata};
use trennwand_web::Json;

/// Where the endpoints of the authorisation server are (RFC 8414).
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "oauth",
    responses((status = 200, description = "The metadata", body = Object))
)]
pub(crate) async fn authorization_server_get(
    State(issuer): State<Arc<Issuer>>,
) -> Json<ServerMetadata> {
    Json(ServerMetadata::new(issuer.name()))
}
