pub(crate) mod artifacts;
pub(crate) mod create;
mod effects;
pub(crate) mod list;
pub(crate) mod preview;
mod proof;
pub(crate) mod read;
pub(crate) mod replace;
pub(crate) mod version;

use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{Error, Policy, PolicyId, PolicyVersion, Result, Timestamp};
use trennwand_policy::PolicyDocument;
use trennwand_runtime::DocumentSchema;
use utoipa::ToSchema;

/// A policy as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicySummary {
    /// Identity.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: PolicyId,
    /// Its name.
    #[schema(example = "contact isolation for privately used WhatsApp")]
    name: String,
    /// The newest version, a draft if it is not the one in force.
    version: u32,
    /// The version in force.
    version_in_force: Option<u32>,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Policy> for PolicySummary {
    fn from(policy: &Policy) -> Self {
        Self {
            id: policy.id,
            name: policy.name.clone(),
            version: policy.latest,
            version_in_force: policy.in_force,
            updated_at: policy.updated_at,
        }
    }
}

/// A policy with the document of its newest version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// The policy.
    #[serde(flatten)]
    summary: PolicySummary,
    /// What shall hold on the phones.
    #[schema(value_type = DocumentSchema)]
    document: Value,
}

impl PolicyView {
    fn new(policy: &Policy, version: &PolicyVersion) -> Result<Self> {
        Ok(Self { summary: policy.into(), document: document(version)? })
    }
}

fn document(version: &PolicyVersion) -> Result<Value> {
    serde_json::from_str(&version.document)
        .map_err(|e| Error::internal(format!("a stored policy document: {e}")))
}

/// The document of a stored version.
fn stored(version: &PolicyVersion) -> Result<PolicyDocument> {
    PolicyDocument::parse(&version.document)
        .map_err(|e| Error::internal(format!("a stored policy document: {e}")))
}

/// The name of a policy.
fn name(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (1..=120).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        return Err(Error::invalid("name", "expected 1 to 120 characters, no control characters"));
    }
    Ok(text.to_owned())
}
