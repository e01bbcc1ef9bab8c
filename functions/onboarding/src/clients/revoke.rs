use axum::extract::State;
use trennwand_domain::{ClientId, Owner};
use trennwand_runtime::{Answer, Core, Write, Written};
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
    write: Write,
    Id(client): Id<ClientId>,
) -> Result<Written> {
    let owner = Owner::Tenant(tenant.scope().tenant());
    let mut tx = core.store.transaction();
    core.store.clients().revoke(&mut tx, owner, client);
    write.commit(&core, tx, client, Answer::no_content()).await
}
