use axum::extract::State;
use trennwand_domain::{Error, GroupId};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};

use super::GroupView;

/// Shows a group.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/groups/{group}",
    tag = "groups",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("group" = String, Path, description = "The group")
    ),
    responses((status = 200, description = "The group", body = GroupView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(id): Id<GroupId>,
) -> Result<Json<GroupView>> {
    let group = core.store.groups(tenant.scope()).get(id).await?;
    let group = group.ok_or_else(|| Error::not_found("group"))?;
    Ok(Json(GroupView::from(&group)))
}
