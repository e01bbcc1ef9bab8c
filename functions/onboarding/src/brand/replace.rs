use axum::extract::State;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForReseller, IfMatch, Json, Problems, Result, need};

use super::{BrandView, NewBrand};
use crate::rebrand::brand_of;

/// Sets the reseller's brand. The pages and enrolment profiles of its tenants show it within
/// seconds; the logo stays as it is.
#[utoipa::path(
    put,
    path = "/v1/brand",
    tag = "brand",
    request_body = NewBrand,
    responses(
        (
            status = 200,
            description = "The brand as it is now",
            body = BrandView,
            headers(("etag" = String, description = "For `If-Match`"))
        ),
        Problems
    ),
    security(("oauth2" = ["brand"]))
)]
pub(crate) async fn brand_replace(
    State(core): State<Core>,
    reseller: ForReseller<need::Brand>,
    write: Write,
    known: IfMatch,
    Json(new): Json<NewBrand>,
) -> Result<Written> {
    let before = brand_of(&core, reseller.reseller()).await?;
    known.check(before.revision)?;
    let mut tx = core.store.transaction();
    let after = core.store.brands().put(&mut tx, new.apply(before)?);
    let shown = BrandView::new(&after, &core.base_url);
    write.commit(&core, tx, after.reseller, Answer::ok(&shown).tagged(after.revision)).await
}
