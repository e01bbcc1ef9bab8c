use axum::extract::State;
use trennwand_domain::{CommandKind, DeviceId};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::{RemovalView, order, removable};

/// Ends management: the work profile goes with everything in it, what is private stays. A company phone
/// is left to its user then. A phone that is off gets it when it is back, up to a year later. Not
/// offered for iPhones yet.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/devices/{device}/release",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    responses(
        (status = 202, description = "Ordered", body = RemovalView),
        (status = 409, description = "device_not_enrolled not_on_this_platform removal_pending"),
        Problems
    ),
    security(("oauth2" = ["devices:command"]))
)]
pub(crate) async fn device_release(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesCommand>,
    write: Write,
    Id(id): Id<DeviceId>,
) -> Result<Written> {
    let scope = tenant.scope();
    let device = removable(&core, scope, id).await?;
    let mut tx = core.store.transaction();
    let (uuid, shown) = order(&core, scope, &mut tx, &device, CommandKind::Release).await?;
    write.commit(&core, tx, uuid.to_id(), Answer::accepted(&shown)).await
}
