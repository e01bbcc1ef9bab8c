use axum::extract::State;
use trennwand_domain::Brand;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForReseller, IfMatch, Problems, Result, need};

use crate::rebrand::brand_of;

/// Removes the logo. With `If-Match` only if the brand is still the known one.
#[utoipa::path(
    delete,
    path = "/v1/brand/logo",
    tag = "brand",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the brand")),
    responses(
        (status = 204, description = "There is no logo"),
        (status = 412, description = "stale"),
        Problems
    ),
    security(("oauth2" = ["brand"]))
)]
pub(crate) async fn brand_logo_remove(
    State(core): State<Core>,
    reseller: ForReseller<need::Brand>,
    write: Write,
    known: Option<IfMatch>,
) -> Result<Written> {
    let reseller = reseller.reseller();
    let before = brand_of(&core, reseller).await?;
    known.map(|known| known.check(before.revision)).transpose()?;
    let mut tx = core.store.transaction();
    if before.logo.is_some() {
        core.store.brands().put(&mut tx, Brand { logo: None, ..before });
        core.store.brands().remove_logo(&mut tx, reseller);
    }
    write.commit(&core, tx, reseller, Answer::no_content()).await
}
