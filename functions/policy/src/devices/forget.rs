use axum::extract::State;
use trennwand_domain::DeviceId;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

/// Forgets a phone and everything it said, and takes its invitation back if that can still be used; 409
/// while it is under management, unless another enrolment claims to be the same phone (`claimed_by`).
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/devices/{device}",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    responses(
        (status = 204, description = "Forgotten"),
        (status = 409, description = "device_enrolled"),
        Problems
    ),
    security(("oauth2" = ["devices:command"]))
)]
pub(crate) async fn device_forget(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesCommand>,
    write: Write,
    Id(id): Id<DeviceId>,
) -> Result<Written> {
    let scope = tenant.scope();
    let mut tx = core.store.transaction();
    let forgotten = core.store.devices(scope).forget(&mut tx, id).await?;
    let enrollments = core.store.enrollments(scope);
    let invitation = enrollments.get(forgotten.enrollment).await?;
    if let Some(open) = invitation.filter(|e| !e.revoked && !e.is_used()) {
        enrollments.revoke(&mut tx, &open);
    }
    write.commit(&core, tx, id, Answer::no_content()).await
}
