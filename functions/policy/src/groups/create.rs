use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::Group;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{GroupView, name};

/// A group to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// Its name.
    #[schema(example = "Drivers", min_length = 1, max_length = 120)]
    name: String,
}

/// Makes a group. Policies can be assigned to it, and a roll-out can begin with it.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/groups",
    tag = "groups",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewGroup,
    responses((status = 201, description = "The group", body = GroupView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Json(new): Json<NewGroup>,
) -> Result<Written> {
    let group = Group {
        id: core.ids.mint(),
        name: name(&new.name)?,
        created_at: core.clock.now(),
        revision: 0,
    };
    let mut tx = core.store.transaction();
    core.store.groups(tenant.scope()).insert(&mut tx, &group);
    write.commit(&core, tx, group.id, Answer::created(&GroupView::from(&group))).await
}
