use serde_json::Value;
use trennwand_policy::schema;
use trennwand_web::{Anyone, Json, Problems};

/// Gives the JSON Schema (2020-12) of policy documents. What it cannot say: apps of the catalogue are
/// refused, and so is an app named twice.
#[utoipa::path(
    get,
    path = "/v1/catalogue/policy-schema",
    tag = "catalogue",
    responses((status = 200, description = "The schema", body = Object), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn policy_schema_get(_anyone: Anyone) -> Json<Value> {
    Json(schema())
}
