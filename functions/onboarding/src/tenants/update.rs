use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{AssignmentHead, Error, Tenant};
use trennwand_runtime::Core;
use trennwand_web::{ForTenantOfReseller, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::TenantView;
use crate::names;

/// What is to change about a tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    /// Its new name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
}

/// Changes a tenant. Its phones show the new name once they have connected.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{tenant}",
    tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = TenantChange,
    responses((status = 200, description = "The tenant as it is now", body = TenantView), Problems),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn tenant_update(
    State(core): State<Core>,
    tenant: ForTenantOfReseller<need::Tenants>,
    Json(change): Json<TenantChange>,
) -> Result<Json<TenantView>> {
    let store = core.store.tenant(tenant.scope());
    let before = store.get().await?.ok_or_else(|| Error::not_found("tenant"))?;
    let name = change.name.as_deref().map(names::name).transpose()?;
    let Some(name) = name.filter(|name| *name != before.name) else {
        return Ok(Json(before.into()));
    };
    let after = Tenant { name, ..before };
    let mut tx = core.store.transaction();
    store.update(&mut tx, &after);
    if let Some(head) = store.head().await? {
        let renamed = AssignmentHead {
            version: head.version + 1,
            changed_at: core.clock.now(),
            organization: after.name.clone(),
            ..head
        };
        store.put_head(&mut tx, &renamed, Some(head.version));
    }
    tx.commit().await?;
    Ok(Json(after.into()))
}
