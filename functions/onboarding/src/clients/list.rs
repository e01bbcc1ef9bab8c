use axum::extract::State;
use trennwand_domain::Owner;
use trennwand_runtime::Core;
use trennwand_web::{
    ForTenantOfReseller, Json, Listing, Paging, PagingParams, Problems, Result, need,
};

use super::ClientView;

/// Lists the clients that act for a tenant, revoked ones included.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/clients",
    tag = "clients",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "A page of clients", body = Listing<ClientView>),
        Problems
    ),
    security(("oauth2" = ["clients"]))
)]
pub(crate) async fn client_list(
    State(core): State<Core>,
    tenant: ForTenantOfReseller<need::Clients>,
    Paging(page): Paging,
) -> Result<Json<Listing<ClientView>>> {
    let owner = Owner::Tenant(tenant.scope().tenant());
    let clients = core.store.clients().list(owner, &page).await?;
    Ok(Json(clients.map(ClientView::from).into()))
}
