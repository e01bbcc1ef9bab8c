use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_store::Trail;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::AuditEventView;

/// Lists what was written through the API, oldest first: every successful `POST`, `PUT`, `PATCH` and
/// `DELETE` of the tenant's clients, and of its reseller's on the tenant. To follow the trail, ask
/// again with the `id` of the last event as `cursor`.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/audit-events",
    tag = "audit",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "A page of events", body = Listing<AuditEventView>),
        Problems
    ),
    security(("oauth2" = ["audit"]))
)]
pub(crate) async fn audit_event_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Audit>,
    Paging(page): Paging,
) -> Result<Json<Listing<AuditEventView>>> {
    let trail = Trail::Tenant(*tenant.scope());
    Ok(Json(core.store.audit().list(trail, &page).await?.map(AuditEventView::from).into()))
}
