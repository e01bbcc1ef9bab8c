use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use trennwand_auth::{Issuer, TokenResponse, authenticate};
use trennwand_domain::{Client, ClientId, Result};
use trennwand_runtime::Core;
use trennwand_web::{Json, NoStore, OauthFailure, TokenRequest};
use utoipa::ToSchema;

/// Gives an access token to a client (OAuth 2.0 client credentials; Basic or form).
#[utoipa::path(
    post,
    path = "/oauth/token",
    tag = "oauth",
    request_body(
        content = TokenRequestForm,
        content_type = "application/x-www-form-urlencoded",
        description = "RFC 6749 §4.4.2"
    ),
    responses(
        (status = 200, description = "An access token of at most 15 minutes", body = TokenAnswer),
        (status = 400, description = "The request is not well formed", body = TokenRefusal),
        (status = 401, description = "Unknown client or wrong secret", body = TokenRefusal),
    )
)]
pub(crate) async fn token_create(
    State(core): State<Core>,
    State(issuer): State<Arc<Issuer>>,
    TokenRequest(credentials): TokenRequest,
) -> Result<NoStore<Json<TokenResponse>>, OauthFailure> {
    let client = match credentials.client {
        Some(id) => find(&core, id).await?,
        None => None,
    };
    let scopes = authenticate(client.as_ref(), &credentials)?;
    let Some(client) = client else {
        return Err(trennwand_auth::OauthError::invalid_client().into());
    };
    Ok(NoStore(Json(issuer.issue(&client, scopes)?.into())))
}

async fn find(core: &Core, id: ClientId) -> Result<Option<Client>> {
    match core.store.directory().owner_of_client(id).await? {
        Some(owner) => core.store.clients().get(owner, id).await,
        None => Ok(None),
    }
}

/// A token request.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenRequestForm {
    /// Always `client_credentials`.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// The client, if not sent as Basic.
    client_id: Option<String>,
    /// Its secret, if not sent as Basic.
    client_secret: Option<String>,
    /// Words separated by spaces; all that the client has, if absent.
    #[schema(example = "devices:read policies")]
    scope: Option<String>,
}

/// An access token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// To be sent as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: String,
    /// Seconds until it ends.
    #[schema(example = 900)]
    expires_in: u32,
    /// What it allows.
    scope: String,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenRefusal {
    /// For programs.
    #[schema(example = "invalid_client")]
    error: String,
    /// For people.
    error_description: String,
}
