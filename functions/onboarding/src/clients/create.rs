use axum::extract::State;
use trennwand_domain::Owner;
use trennwand_runtime::{Core, Write, Written};
use trennwand_web::{ForTenantOfReseller, Json, Problems, Result, need};

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
    write: Write,
    Json(new): Json<NewClient>,
) -> Result<Written> {
    create_client(&core, Owner::Tenant(tenant.scope().tenant()), write, &new).await
}
