use axum::extract::State;
use trennwand_auth::ClientSecret;
use trennwand_domain::{ClientId, Error, Owner};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenantOfReseller, Id, Problems, Result, need};

use super::ClientWithSecret;

/// Gives a client a new secret; the old one is refused at once.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/clients/{client}/rotate",
    tag = "clients",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("client" = String, Path, description = "The client")
    ),
    responses(
        (status = 200, description = "The client with its new secret", body = ClientWithSecret),
        Problems
    ),
    security(("oauth2" = ["clients"]))
)]
pub(crate) async fn client_rotate(
    State(core): State<Core>,
    tenant: ForTenantOfReseller<need::Clients>,
    write: Write,
    Id(id): Id<ClientId>,
) -> Result<Written> {
    let owner = Owner::Tenant(tenant.scope().tenant());
    let client = core.store.clients().get(owner, id).await?.filter(|client| !client.revoked);
    let client = client.ok_or_else(|| Error::not_found("client"))?;
    let secret = ClientSecret::mint(&*core.entropy);
    let mut tx = core.store.transaction();
    core.store.clients().rotate(&mut tx, owner, id, secret.hash());
    let shown = ClientWithSecret::new(client, &secret);
    write.commit(&core, tx, id, Answer::ok(&shown).no_store()).await
}
