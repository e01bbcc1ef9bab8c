pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;

use serde::Serialize;
use trennwand_domain::{PolicyId, Rollout, RolloutId, Timestamp};
use utoipa::ToSchema;

/// A version on its way to the phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolloutView {
    /// Identity.
    #[schema(value_type = String, example = "rol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: RolloutId,
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// The version.
    version: u32,
    /// To how many of the phones it goes, in percent.
    #[schema(example = 100)]
    percent: u8,
    /// When it was ordered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Rollout> for RolloutView {
    fn from(rollout: Rollout) -> Self {
        Self {
            id: rollout.id,
            policy: rollout.policy,
            version: rollout.version,
            percent: 100,
            created_at: rollout.created_at,
        }
    }
}
