use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::GroupView;

/// Lists the groups.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/groups",
    tag = "groups",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses((status = 200, description = "A page of groups", body = Listing<GroupView>), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Paging(page): Paging,
) -> Result<Json<Listing<GroupView>>> {
    let listed = core.store.groups(tenant.scope()).list(&page).await?;
    Ok(Json(listed.map(|group| GroupView::from(&group)).into()))
}
