use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{PolicyName, wire};

/// `Policy`. What it says is the compiler's business (`trennwand-policy`), so its settings are carried
/// as they are; their names and words are checked by `schema`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PolicyName>,
    /// Counted up by Google with every change; a phone's `appliedPolicyVersion` is compared with it.
    #[serde(default, with = "wire::int64", skip_serializing)]
    pub version: Option<i64>,
    /// All other members.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl Policy {
    /// A policy of these settings. A `name` or `version` among them is dropped: they are not settings.
    #[must_use]
    pub fn new(mut settings: Map<String, Value>) -> Self {
        settings.remove("name");
        settings.remove("version");
        Self { name: None, version: None, settings }
    }
}
