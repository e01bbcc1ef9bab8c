//! Policies that a reseller offers to its tenants.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;

use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{Error, PolicyTemplate, Result, TemplateId, Timestamp};
use trennwand_runtime::DocumentSchema;
use utoipa::ToSchema;

/// A policy that a reseller offers to its tenants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyTemplateView {
    /// Identity.
    #[schema(value_type = String, example = "tpl_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: TemplateId,
    /// Its name, which policies made of it get.
    #[schema(example = "Trades, strict")]
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Whether new tenants are born with it, in place of the service's own preset.
    for_new_tenants: bool,
    /// What shall hold on the phones.
    #[schema(value_type = DocumentSchema)]
    document: Value,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl PolicyTemplateView {
    fn new(template: PolicyTemplate, of_new_tenants: Option<TemplateId>) -> Result<Self> {
        let document = serde_json::from_str(&template.document)
            .map_err(|e| Error::internal(format!("a stored policy template: {e}")))?;
        Ok(Self {
            id: template.id,
            name: template.name,
            description: template.description,
            for_new_tenants: of_new_tenants == Some(template.id),
            document,
            created_at: template.created_at,
        })
    }
}
