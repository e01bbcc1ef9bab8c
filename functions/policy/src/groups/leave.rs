use axum::extract::State;
use trennwand_domain::{DeviceId, GroupId};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::join::{check_group, device};

/// Takes a phone out of a group. If another policy follows from this, the phone is woken and gets its
/// wall; at least the tenant's default stays.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/groups/{group}/members/{device}",
    tag = "groups",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("group" = String, Path, description = "The group"),
        ("device" = String, Path, description = "The phone")
    ),
    responses((status = 204, description = "The phone is not in the group"), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_member_remove(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(group): Id<GroupId>,
    Id(id): Id<DeviceId>,
) -> Result<Written> {
    let device = device(&core, tenant.scope(), id).await?;
    let mut tx = core.store.transaction();
    if device.groups.contains(&group) {
        // Out of a group that is gone as well.
        core.store.devices(tenant.scope()).leave(&mut tx, id, group);
    } else {
        check_group(&core, tenant.scope(), group).await?;
    }
    write.commit(&core, tx, format!("{group}/{id}"), Answer::no_content()).await
}
