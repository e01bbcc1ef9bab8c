use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::Reseller;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForOperator, Json, Problems, Result};
use utoipa::ToSchema;

use super::ResellerView;
use crate::names;

/// A reseller to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReseller {
    /// Its name.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

/// Creates a reseller.
#[utoipa::path(
    post,
    path = "/v1/resellers",
    tag = "resellers",
    request_body = NewReseller,
    responses((status = 201, description = "The new reseller", body = ResellerView), Problems),
    security(("oauth2" = ["resellers"]))
)]
pub(crate) async fn reseller_create(
    State(core): State<Core>,
    _operator: ForOperator,
    write: Write,
    Json(new): Json<NewReseller>,
) -> Result<Written> {
    let reseller = Reseller {
        id: core.ids.mint(),
        name: names::name(&new.name)?,
        created_at: core.clock.now(),
    };
    let mut tx = core.store.transaction();
    core.store.resellers().insert(&mut tx, &reseller);
    let id = reseller.id;
    write.commit(&core, tx, id, Answer::created(&ResellerView::from(reseller))).await
}
