use axum::extract::State;
use trennwand_domain::{Brand, Logo};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForReseller, IfMatch, Problems, Raw, Result, need};

use super::BrandView;
use crate::rebrand::brand_of;

/// Sets the logo: a PNG or JPEG picture of at most 64 KB and 2048 by 2048 pixels, told by its bytes.
/// With `If-Match` only if the brand is still the known one.
#[utoipa::path(
    put,
    path = "/v1/brand/logo",
    tag = "brand",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the brand")),
    request_body(
        content(("image/png"), ("image/jpeg")),
        description = "The picture"
    ),
    responses(
        (status = 200, description = "The brand as it is now", body = BrandView),
        (status = 412, description = "stale"),
        Problems
    ),
    security(("oauth2" = ["brand"]))
)]
pub(crate) async fn brand_logo_replace(
    State(core): State<Core>,
    reseller: ForReseller<need::Brand>,
    write: Write,
    known: Option<IfMatch>,
    Raw(picture): Raw,
) -> Result<Written> {
    let reseller = reseller.reseller();
    let logo = Logo::read(&picture)?;
    let before = brand_of(&core, reseller).await?;
    known.map(|known| known.check(before.revision)).transpose()?;
    let mut tx = core.store.transaction();
    let after = core.store.brands().put(&mut tx, Brand { logo: Some(logo), ..before });
    core.store.brands().put_logo(&mut tx, reseller, &logo, &picture);
    let shown = BrandView::new(&after, &core.base_url);
    write.commit(&core, tx, reseller, Answer::ok(&shown).tagged(after.revision)).await
}
