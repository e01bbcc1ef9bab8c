use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{Error, Group, GroupId};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{GroupView, name};

/// What is to change about a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupChange {
    /// Its new name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
}

/// Renames a group.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{tenant}/groups/{group}",
    tag = "groups",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("group" = String, Path, description = "The group")
    ),
    request_body = GroupChange,
    responses((status = 200, description = "The group as it is now", body = GroupView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_update(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(id): Id<GroupId>,
    Json(change): Json<GroupChange>,
) -> Result<Written> {
    let groups = core.store.groups(tenant.scope());
    let before = groups.get(id).await?.ok_or_else(|| Error::not_found("group"))?;
    let name = change.name.as_deref().map(name).transpose()?;
    let after = Group { name: name.unwrap_or_else(|| before.name.clone()), ..before.clone() };
    let mut tx = core.store.transaction();
    if after != before {
        groups.update(&mut tx, &after);
    }
    write.commit(&core, tx, id, Answer::ok(&GroupView::from(&after))).await
}
