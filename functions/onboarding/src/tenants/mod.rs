pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod update;

use serde::Serialize;
use trennwand_domain::{Tenant, TenantId, TenantStatus, Timestamp};
use utoipa::ToSchema;

/// A company whose phones are managed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantView {
    /// Identity.
    #[schema(value_type = String, example = "ten_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: TenantId,
    /// Its name, shown to its phones' users.
    name: String,
    /// `provisioning` until its keys are made, then `active` by itself; `suspended`.
    #[schema(value_type = String, example = "active")]
    status: TenantStatus,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id,
            name: tenant.name,
            status: tenant.status,
            created_at: tenant.created_at,
        }
    }
}
