use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{AssignmentHead, Error, Result as DomainResult, Tenant};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_store::{TenantStore, Transaction};
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
    write: Write,
    Json(change): Json<TenantChange>,
) -> Result<Written> {
    let store = core.store.tenant(tenant.scope());
    let before = store.get().await?.ok_or_else(|| Error::not_found("tenant"))?;
    let name = change.name.as_deref().map(names::name).transpose()?;
    let after = Tenant { name: name.unwrap_or_else(|| before.name.clone()), ..before.clone() };
    let mut tx = core.store.transaction();
    if after.name != before.name {
        store.update(&mut tx, &after);
        rename_head(&core, &store, &mut tx, &after.name).await?;
    }
    let id = after.id;
    write.commit(&core, tx, id, Answer::ok(&TenantView::from(after))).await
}

/// Phones show the name, so the head has it too.
async fn rename_head(
    core: &Core,
    store: &TenantStore<'_>,
    tx: &mut Transaction,
    name: &str,
) -> DomainResult<()> {
    let Some(head) = store.head().await? else { return Ok(()) };
    let renamed = AssignmentHead {
        version: head.version + 1,
        changed_at: core.clock.now(),
        organization: name.to_owned(),
        ..head
    };
    store.put_head(tx, &renamed, Some(head.version));
    Ok(())
}
