use axum::extract::State;
use serde::Serialize;
use trennwand_domain::{ClientId, Error, Level, Owner, ResellerId, TenantId};
use trennwand_runtime::Core;
use trennwand_web::{Anyone, Json, Problems, Result};
use utoipa::ToSchema;

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The client.
    #[schema(value_type = String)]
    client_id: ClientId,
    /// Its name.
    name: String,
    /// `operator`, `reseller` or `tenant`.
    #[schema(value_type = String, example = "tenant")]
    level: Level,
    /// The reseller, if it acts for one.
    #[schema(value_type = Option<String>)]
    reseller: Option<ResellerId>,
    /// The tenant, if it acts for one.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// What the token allows at present.
    scopes: Vec<String>,
}

/// Says who calls and what the token allows.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "me",
    responses((status = 200, description = "The caller", body = Me), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn me_get(State(core): State<Core>, who: Anyone) -> Result<Json<Me>> {
    let caller = who.caller();
    let client = core.store.clients().get(caller.owner, caller.client).await?;
    let client = client.ok_or_else(|| Error::not_found("client"))?;
    let (reseller, tenant) = match caller.owner {
        Owner::Operator => (None, None),
        Owner::Reseller(reseller) => (Some(reseller), None),
        Owner::Tenant(tenant) => (None, Some(tenant)),
    };
    Ok(Json(Me {
        client_id: caller.client,
        name: client.name,
        level: caller.owner.level(),
        reseller,
        tenant,
        scopes: caller.scopes.to_words(),
    }))
}
