use axum::extract::State;
use trennwand_domain::{EnrollmentId, Error};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};

use super::EnrollmentView;

/// Shows an invitation; its link is not shown again.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/enrollments/{enrollment}",
    tag = "enrollments",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("enrollment" = String, Path, description = "The invitation")
    ),
    responses((status = 200, description = "The invitation", body = EnrollmentView), Problems),
    security(("oauth2" = ["enrollments"]))
)]
pub(crate) async fn enrollment_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Enrollments>,
    Id(id): Id<EnrollmentId>,
) -> Result<Json<EnrollmentView>> {
    let enrollment = core.store.enrollments(tenant.scope()).get(id).await?;
    let enrollment = enrollment.ok_or_else(|| Error::not_found("enrollment"))?;
    Ok(Json(EnrollmentView::new(&enrollment, core.clock.now())))
}
