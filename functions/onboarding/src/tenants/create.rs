use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{Tenant, TenantStatus};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForReseller, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::TenantView;
use crate::names;

/// A tenant to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTenant {
    /// Its name, shown to its phones' users.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

/// Creates a tenant. It is `provisioning` until its keys are made, then `active` by itself.
#[utoipa::path(
    post,
    path = "/v1/tenants",
    tag = "tenants",
    request_body = NewTenant,
    responses((status = 201, description = "The new tenant", body = TenantView), Problems),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn tenant_create(
    State(core): State<Core>,
    reseller: ForReseller<need::Tenants>,
    write: Write,
    Json(new): Json<NewTenant>,
) -> Result<Written> {
    let tenant = Tenant {
        id: core.ids.mint(),
        reseller: reseller.reseller(),
        name: names::name(&new.name)?,
        status: TenantStatus::Provisioning,
        created_at: core.clock.now(),
        revision: 0,
    };
    let (_, wrapped) = core.vault.create_tenant_key(tenant.id).await?;
    let mut tx = core.store.transaction();
    core.store.tenants().insert(&mut tx, &tenant, &wrapped);
    let id = tenant.id;
    write.commit(&core, tx, id, Answer::created(&TenantView::from(tenant))).await
}
