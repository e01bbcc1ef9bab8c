use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use trennwand_domain::Reseller;
use trennwand_runtime::Core;
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
    Json(new): Json<NewReseller>,
) -> Result<(StatusCode, Json<ResellerView>)> {
    let reseller = Reseller {
        id: core.ids.mint(),
        name: names::name(&new.name)?,
        created_at: core.clock.now(),
    };
    let mut tx = core.store.transaction();
    core.store.resellers().insert(&mut tx, &reseller);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(reseller.into())))
}
