use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::{AssignmentView, default_of};
use crate::plan;

/// Lists the assignments, of which a tenant has few, in one page: oldest first, the default last.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/assignments",
    tag = "assignments",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "The assignments", body = Listing<AssignmentView>),
        (status = 409, description = "tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn assignment_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Paging(page): Paging,
) -> Result<Json<Listing<AssignmentView>>> {
    let plan = plan::load(&core, tenant.scope(), None).await?;
    let own = plan.assignments.iter().map(|assignment| AssignmentView::new(assignment, false));
    let default = default_of(&plan).map(|default| AssignmentView::new(&default, true));
    let behind = |view: &AssignmentView| {
        page.cursor.as_ref().is_none_or(|cursor| view.default || view.id.to_string() > *cursor)
    };
    let mut items: Vec<_> = own.filter(behind).collect();
    items.extend(default);
    let limit = page.limit.clamp(1, 100) as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(Listing { items, next_cursor }))
}
