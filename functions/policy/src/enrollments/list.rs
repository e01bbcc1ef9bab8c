use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::EnrollmentView;

/// Lists the invitations.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/enrollments",
    tag = "enrollments",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "A page of invitations", body = Listing<EnrollmentView>),
        Problems
    ),
    security(("oauth2" = ["enrollments"]))
)]
pub(crate) async fn enrollment_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Enrollments>,
    Paging(page): Paging,
) -> Result<Json<Listing<EnrollmentView>>> {
    let now = core.clock.now();
    let listed = core.store.enrollments(tenant.scope()).list(&page).await?;
    Ok(Json(listed.map(|enrollment| EnrollmentView::new(&enrollment, now)).into()))
}
