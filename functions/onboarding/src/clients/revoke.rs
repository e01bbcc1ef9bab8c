use axum::{extract::State, http::StatusCode};
use trennwand_domain::{ClientId, Owner};
use trennwand_runtime::Core;
use trennwand_web::{ForTenantOfReseller, Id, Problems, Result, need};

/// Revokes a client for good; its tokens are refused after at most 30 seconds.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/clients/{client}",
    tag = "clients",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("client" = String, Path, description = "The client")
    ),
    responses((status = 204, description = "Revoked"), Problems),
    security(("oauth2" = ["clients"]))
)]
pub(crate) async fn client_revoke(
    State(core): State<Core>,
    tenant: ForTenantOfReseller<need::Clients>,
    Id(client): Id<ClientId>,
) -> Result<StatusCode> {
    let owner = Owner::Tenant(tenant.scope().tenant());
    let mut tx = core.store.transaction();
    core.store.clients().revoke(&mut tx, owner, client);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
