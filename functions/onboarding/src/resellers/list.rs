use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForOperator, Json, Listing, Paging, PagingParams, Problems, Result};

use super::ResellerView;

/// Lists the resellers.
#[utoipa::path(
    get,
    path = "/v1/resellers",
    tag = "resellers",
    params(PagingParams),
    responses(
        (status = 200, description = "A page of resellers", body = Listing<ResellerView>),
        Problems
    ),
    security(("oauth2" = ["resellers"]))
)]
pub(crate) async fn reseller_list(
    State(core): State<Core>,
    _operator: ForOperator,
    Paging(page): Paging,
) -> Result<Json<Listing<ResellerView>>> {
    let resellers = core.store.resellers().list(&page).await?;
    Ok(Json(resellers.map(ResellerView::from).into()))
}
