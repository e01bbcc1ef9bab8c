use axum::extract::State;
use trennwand_domain::{Error, UserId};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};

use super::{UserView, view};

/// Shows a user.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/users/{user}",
    tag = "users",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("user" = String, Path, description = "The user")
    ),
    responses((status = 200, description = "The user", body = UserView), Problems),
    security(("oauth2" = ["users"]))
)]
pub(crate) async fn user_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Users>,
    Id(id): Id<UserId>,
) -> Result<Json<UserView>> {
    let bundle = core.store.users(tenant.scope()).person_bundle(id).await?;
    let (user, wrapped_key) = bundle.ok_or_else(|| Error::not_found("user"))?;
    Ok(Json(view(&core, &tenant, &user, &wrapped_key).await?))
}
