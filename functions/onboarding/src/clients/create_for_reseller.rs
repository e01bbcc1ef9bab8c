use axum::extract::State;
use trennwand_domain::{Error, Owner, ResellerId};
use trennwand_runtime::{Core, Write, Written};
use trennwand_web::{ForOperator, Id, Json, Problems, Result};

use super::{ClientWithSecret, NewClient, create_client};

/// Creates a client that acts for a reseller.
#[utoipa::path(
    post,
    path = "/v1/resellers/{reseller}/clients",
    tag = "clients",
    params(("reseller" = String, Path, description = "The reseller")),
    request_body = NewClient,
    responses(
        (status = 201, description = "The client with its secret", body = ClientWithSecret),
        Problems
    ),
    security(("oauth2" = ["resellers"]))
)]
pub(crate) async fn reseller_client_create(
    State(core): State<Core>,
    _operator: ForOperator,
    write: Write,
    Id(id): Id<ResellerId>,
    Json(new): Json<NewClient>,
) -> Result<Written> {
    let reseller = core.store.resellers().get(id).await?;
    let reseller = reseller.ok_or_else(|| Error::not_found("reseller"))?;
    create_client(&core, Owner::Reseller(reseller.id), write, &new).await
}
