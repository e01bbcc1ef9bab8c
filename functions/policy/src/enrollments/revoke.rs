use axum::extract::State;
use trennwand_domain::{EnrollmentId, Error, ReasonCode};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Problems, Result, need};

use super::take_back;

/// Takes an invitation back: its link leads nowhere from then on; 409 if a phone was enrolled with
/// it.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/enrollments/{enrollment}",
    tag = "enrollments",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("enrollment" = String, Path, description = "The invitation")
    ),
    responses(
        (status = 204, description = "Taken back"),
        (status = 409, description = "enrollment_used"),
        Problems
    ),
    security(("oauth2" = ["enrollments"]))
)]
pub(crate) async fn enrollment_revoke(
    State(core): State<Core>,
    tenant: ForTenant<need::Enrollments>,
    write: Write,
    Id(id): Id<EnrollmentId>,
) -> Result<Written> {
    let enrollments = core.store.enrollments(tenant.scope());
    let enrollment = enrollments.get(id).await?.ok_or_else(|| Error::not_found("enrollment"))?;
    if enrollment.is_used() {
        return Err(Error::conflict(ReasonCode::EnrollmentUsed).into());
    }
    let mut tx = core.store.transaction();
    if !enrollment.revoked {
        take_back(&core, tenant.scope(), &mut tx, &enrollment);
    }
    write.commit(&core, tx, id, Answer::no_content()).await
}
