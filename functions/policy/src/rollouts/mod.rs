pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod pause;
pub(crate) mod read;
pub(crate) mod resume;
pub(crate) mod roll_back;
mod stages;
mod step;

use serde::Serialize;
use trennwand_domain::{
    GroupId, PolicyId, Progress, Rollout, RolloutId, RolloutState, Stage, StageReach, Timestamp,
};
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
    /// The version that was in force when it was ordered.
    previous_version: Option<u32>,
    /// `running`, `paused`, `halted` (too many phones refused the version), `completed` or
    /// `rolled_back`.
    #[schema(value_type = String, example = "running")]
    state: RolloutState,
    /// To how many of the phones it goes by now, in percent; groups are left aside.
    #[schema(example = 10)]
    percent: u8,
    /// Its stages; what earlier ones reached stays reached.
    stages: Vec<StageView>,
    /// The stage that was reached last, from 1.
    #[schema(example = 1)]
    stage: u8,
    /// When the next stage is due, while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_stage_at: Option<Timestamp>,
    /// It halts instead of going on when this share of the phones reached has refused the version.
    #[schema(example = 10)]
    halt_on_error_percent: u8,
    /// How far it has come; shown for one roll-out while its version is what the phones shall have.
    progress: Option<ProgressView>,
    /// When it was ordered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// One stage of a roll-out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageView {
    /// The share of phones that it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10)]
    percent: Option<u8>,
    /// The group that it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    group: Option<GroupId>,
    /// How long it lasts, in seconds.
    #[schema(example = 86400)]
    wait_s: u32,
}

/// How far a version has come among the phones under management that shall have it by now. Counted by
/// the wall: a version that leaves it as it is counts as applied.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgressView {
    /// The phones that shall have it.
    targeted: u32,
    /// Those that acknowledged its wall.
    applied: u32,
    /// Those that refused its wall.
    failed: u32,
    /// Those that have not answered yet.
    pending: u32,
}

impl From<&Stage> for StageView {
    fn from(stage: &Stage) -> Self {
        let (percent, group) = match stage.reaches {
            StageReach::Percent(percent) => (Some(percent), None),
            StageReach::Group(group) => (None, Some(group)),
        };
        Self { percent, group, wait_s: stage.wait_s }
    }
}

impl From<Progress> for ProgressView {
    fn from(progress: Progress) -> Self {
        let Progress { targeted, applied, failed } = progress;
        Self { targeted, applied, failed, pending: progress.pending() }
    }
}

impl RolloutView {
    fn with_progress(self, progress: Progress) -> Self {
        Self { progress: Some(progress.into()), ..self }
    }
}

impl From<&Rollout> for RolloutView {
    fn from(rollout: &Rollout) -> Self {
        Self {
            id: rollout.id,
            policy: rollout.policy,
            version: rollout.version,
            previous_version: rollout.previous,
            state: rollout.state,
            percent: rollout.percent(),
            stages: rollout.stages.iter().map(StageView::from).collect(),
            stage: rollout.stage.saturating_add(1),
            next_stage_at: rollout.due_at,
            halt_on_error_percent: rollout.halt_on_error_percent,
            progress: None,
            created_at: rollout.created_at,
        }
    }
}
