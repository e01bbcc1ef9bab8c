use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForReseller, Json, Problems, Result, Tagged, need};

use super::BrandView;
use crate::rebrand::brand_of;

/// Shows the reseller's brand, and the `ETag` to change it with. A reseller that has set none has one
/// made of its name.
#[utoipa::path(
    get,
    path = "/v1/brand",
    tag = "brand",
    responses(
        (
            status = 200,
            description = "The brand",
            body = BrandView,
            headers(("etag" = String, description = "For `If-Match`"))
        ),
        Problems
    ),
    security(("oauth2" = ["brand"]))
)]
pub(crate) async fn brand_get(
    State(core): State<Core>,
    reseller: ForReseller<need::Brand>,
) -> Result<Tagged<Json<BrandView>>> {
    let brand = brand_of(&core, reseller.reseller()).await?;
    Ok(Tagged(brand.revision, Json(BrandView::new(&brand, &core.base_url))))
}
