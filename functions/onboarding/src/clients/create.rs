use axum::{extract::State, http::StatusCode};
use trennwand_domain::Owner;
use trennwand_runtime::Core;
use trennwand_web::{ForTenantOfReseller, Json, NoStore, Problems, Result, need};

use super::{ClientWithSecret, NewClient, create_client};

/// Creates a client that acts for a tenant.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/clients",
    tag = "clients",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewClient,
    responses(
        (status = 201, description = "The client with its secret", body = ClientWithSecret),
        Problems
    ),
    security(("oauth2" = ["clients"]))
)]
pub(crate) async fn client_create(
    State(core): State<Core>,
    tenant: ForTenantOfReseller<need::Clients>,
    Json(new): Json<NewClient>,
) -> Result<(StatusCode, NoStore<Json<ClientWithSecret>>)> {
    let owner = Owner::Tenant(tenant.scope().tenant());
    let made = create_client(&core, owner, &new).await?;
    Ok((StatusCode::CREATED, NoStore(Json(made))))
}
