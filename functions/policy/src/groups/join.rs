use axum::extract::State;
use trennwand_domain::{Device, DeviceId, Error, Group, GroupId, ReasonCode, TenantScope};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

/// Puts a phone into a group, also one that is invited only. If another policy follows from this, the
/// phone is woken and gets its wall. A phone that is in the group already stays in it.
#[utoipa::path(
    put,
    path = "/v1/tenants/{tenant}/groups/{group}/members/{device}",
    tag = "groups",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("group" = String, Path, description = "The group"),
        ("device" = String, Path, description = "The phone")
    ),
    responses(
        (status = 204, description = "The phone is in the group"),
        (status = 409, description = "too_many_groups"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn group_member_add(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(group): Id<GroupId>,
    Id(id): Id<DeviceId>,
) -> Result<Written> {
    check_group(&core, tenant.scope(), group).await?;
    let device = device(&core, tenant.scope(), id).await?;
    let mut tx = core.store.transaction();
    if !device.groups.contains(&group) {
        if device.groups.len() >= Group::MOST_OF_A_DEVICE {
            return Err(Error::conflict(ReasonCode::TooManyGroups).into());
        }
        core.store.devices(tenant.scope()).join(&mut tx, id, group);
    }
    write.commit(&core, tx, format!("{group}/{id}"), Answer::no_content()).await
}

/// That there is such a group.
pub(super) async fn check_group(core: &Core, scope: &TenantScope, group: GroupId) -> Result<()> {
    let found = core.store.groups(scope).get(group).await?;
    Ok(found.map(drop).ok_or_else(|| Error::not_found("group"))?)
}

/// A phone.
pub(super) async fn device(core: &Core, scope: &TenantScope, id: DeviceId) -> Result<Device> {
    let device = core.store.devices(scope).get(id).await?;
    Ok(device.ok_or_else(|| Error::not_found("device"))?)
}
