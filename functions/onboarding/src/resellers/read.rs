use axum::extract::State;
use trennwand_domain::{Error, ResellerId};
use trennwand_runtime::Core;
use trennwand_web::{ForOperator, Id, Json, Problems, Result};

use super::ResellerView;

/// Shows a reseller.
#[utoipa::path(
    get,
    path = "/v1/resellers/{reseller}",
    tag = "resellers",
    params(("reseller" = String, Path, description = "The reseller")),
    responses((status = 200, description = "The reseller", body = ResellerView), Problems),
    security(("oauth2" = ["resellers"]))
)]
pub(crate) async fn reseller_get(
    State(core): State<Core>,
    _operator: ForOperator,
    Id(id): Id<ResellerId>,
) -> Result<Json<ResellerView>> {
    let reseller = core.store.resellers().get(id).await?;
    Ok(Json(reseller.ok_or_else(|| Error::not_found("reseller"))?.into()))
}
