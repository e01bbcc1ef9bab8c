pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;

use serde::Serialize;
use trennwand_domain::{Reseller, ResellerId, Timestamp};
use utoipa::ToSchema;

/// A company that resells the service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResellerView {
    /// Identity.
    #[schema(value_type = String, example = "res_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: ResellerId,
    /// Its name.
    name: String,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Reseller> for ResellerView {
    fn from(reseller: Reseller) -> Self {
        Self { id: reseller.id, name: reseller.name, created_at: reseller.created_at }
    }
}
