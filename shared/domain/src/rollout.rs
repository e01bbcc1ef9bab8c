use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Duration, GroupId, PolicyId, Reached, RolloutId, Timestamp, device::words};

words! {
    /// Where a roll-out stands.
    RolloutState {
        /// It goes on by itself.
        Running = "running",
        /// Somebody stopped it for a while.
        Paused = "paused",
        /// It stopped because too many phones refused the version.
        Halted = "halted",
        /// Its version is in force.
        Completed = "completed",
        /// The version before is in force again.
        RolledBack = "rolled_back",
    }
}

/// One step of a roll-out. What earlier steps reached stays reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it reaches.
    pub reaches: StageReach,
    /// How long it lasts, in seconds; without meaning in the last one.
    pub wait_s: u32,
}

/// What a stage reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageReach {
    /// A group.
    Group(GroupId),
    /// A share of the phones, of a hundred.
    Percent(u8),
}

impl Stage {
    /// All phones.
    pub const ALL: Self = Self { reaches: StageReach::Percent(100), wait_s: 0 };
}

/// A version on its way to the phones that its policy is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Identity.
    pub id: RolloutId,
    /// The policy.
    pub policy: PolicyId,
    /// The version.
    pub version: u32,
    /// The version that was in force when it was ordered.
    #[serde(default)]
    pub previous: Option<u32>,
    /// Its steps; the last reaches all phones.
    #[serde(default = "at_once")]
    pub stages: Vec<Stage>,
    /// The step that was reached last, from 0.
    #[serde(default)]
    pub stage: u8,
    /// It halts when this share of the phones reached, of a hundred, refuses the version.
    #[serde(default = "never")]
    pub halt_on_error_percent: u8,
    /// Where it stands.
    #[serde(default = "completed")]
    pub state: RolloutState,
    /// When the next step is due, while it runs.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// How much of the present step is left, in milliseconds, while it is paused.
    #[serde(default)]
    pub left_ms: u64,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// Counts the writes; a write's condition.
    #[serde(skip)]
    pub revision: u64,
}

// What roll-outs were when there was only one step.
fn at_once() -> Vec<Stage> {
    vec![Stage::ALL]
}

const fn never() -> u8 {
    100
}

const fn completed() -> RolloutState {
    RolloutState::Completed
}

/// How far a version has come among the phones that it is meant for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The phones under management that shall have it.
    pub targeted: u32,
    /// Those that acknowledged its wall.
    pub applied: u32,
    /// Those that refused its wall.
    pub failed: u32,
}

impl Progress {
    /// The phones that have not answered yet.
    #[must_use]
    pub const fn pending(&self) -> u32 {
        self.targeted.saturating_sub(self.applied).saturating_sub(self.failed)
    }
}

impl Rollout {
    /// Reaches the first step; the last one completes it.
    #[must_use]
    pub fn begun(self, now: Timestamp) -> Self {
        self.at_stage(0, now)
    }

    /// Whether it has an end still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, RolloutState::Running | RolloutState::Paused | RolloutState::Halted)
    }

    /// What it has reached so far, groups first; nothing when it has ended, since then a version is in
    /// force.
    #[must_use]
    pub fn reached(&self) -> Vec<Reached> {
        if self.is_open() { self.reached_by(usize::from(self.stage)) } else { Vec::new() }
    }

    /// The most that it reaches before its end.
    #[must_use]
    pub fn widest(&self) -> Vec<Reached> {
        match self.stages.len().checked_sub(2) {
            Some(last) if self.is_open() => self.reached_by(last),
            _ => Vec::new(),
        }
    }

    fn reached_by(&self, stage: usize) -> Vec<Reached> {
        let stages = self.stages.iter().take(stage + 1).map(|stage| stage.reaches);
        let groups = stages.clone().filter_map(|reach| match reach {
            StageReach::Group(group) => Some(Reached::Group(group)),
            StageReach::Percent(_) => None,
        });
        let percent = stages.filter_map(|reach| match reach {
            StageReach::Percent(percent) => Some(percent),
            StageReach::Group(_) => None,
        });
        let share = percent.max().map(|percent| Reached::Percent { rollout: self.id, percent });
        groups.chain(share).collect()
    }

    /// The share of phones that it has reached, groups left aside, of a hundred.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let share = |reached: &Reached| match reached {
            Reached::Percent { percent, .. } => Some(*percent),
            Reached::Group(_) => None,
        };
        match self.state {
            RolloutState::Completed => 100,
            RolloutState::RolledBack => 0,
            _ => self.reached().iter().find_map(share).unwrap_or(0),
        }
    }

    /// Whether too many phones refused the version.
    #[must_use]
    pub fn is_failing(&self, progress: &Progress) -> bool {
        let share = u64::from(progress.failed) * 100;
        let most = u64::from(progress.targeted) * u64::from(self.halt_on_error_percent);
        progress.failed > 0 && share >= most
    }

    /// Whether its next step is due.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == RolloutState::Running && self.due_at.is_some_and(|due| due <= now)
    }

    /// Reaches the next step.
    #[must_use]
    pub fn advanced(self, now: Timestamp) -> Self {
        let next = self.stage.saturating_add(1);
        self.at_stage(next, now)
    }

    /// Stops it; what is left of the step begun is remembered.
    #[must_use]
    pub fn paused(self, now: Timestamp) -> Self {
        let left = self.due_at.map_or(Duration::ZERO, |due| due.since(now));
        let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Self { state: RolloutState::Paused, due_at: None, left_ms, ..self }
    }

    /// Stops it because of errors.
    #[must_use]
    pub fn halted(self) -> Self {
        Self { state: RolloutState::Halted, due_at: None, left_ms: 0, ..self }
    }

    /// Lets it go on: from a pause with what was left of the step, from a halt with the next step,
    /// since whoever orders this has seen the errors.
    #[must_use]
    pub fn resumed(self, now: Timestamp) -> Self {
        match self.state {
            RolloutState::Halted => self.advanced(now),
            RolloutState::Paused => {
                let due = now.plus(Duration::from_millis(self.left_ms));
                Self { state: RolloutState::Running, due_at: Some(due), left_ms: 0, ..self }
            }
            _ => self,
        }
    }

    /// Takes it back.
    #[must_use]
    pub fn rolled_back(self) -> Self {
        Self { state: RolloutState::RolledBack, due_at: None, left_ms: 0, ..self }
    }

    fn at_stage(self, stage: u8, now: Timestamp) -> Self {
        let last = self.stages.len().saturating_sub(1);
        let reached = usize::from(stage).min(last);
        let stage = u8::try_from(reached).unwrap_or(u8::MAX);
        if reached == last {
            return Self {
                state: RolloutState::Completed,
                stage,
                due_at: None,
                left_ms: 0,
                ..self
            };
        }
        let wait = self.stages.get(reached).map_or(0, |stage| stage.wait_s);
        let due = now.plus(Duration::from_secs(u64::from(wait)));
        Self { state: RolloutState::Running, stage, due_at: Some(due), left_ms: 0, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
    const PILOTS: GroupId = GroupId::from_bits(5);
    const ID: RolloutId = RolloutId::from_bits(1);

    const fn later(s: u64) -> Timestamp {
        NOON.plus(Duration::from_secs(s))
    }

    fn rollout(stages: &[(StageReach, u32)]) -> Rollout {
        let stages = stages.iter().map(|&(reaches, wait_s)| Stage { reaches, wait_s });
        Rollout {
            id: ID,
            policy: PolicyId::from_bits(2),
            version: 3,
            previous: Some(2),
            stages: stages.collect(),
            stage: 0,
            halt_on_error_percent: 10,
            state: RolloutState::Running,
            due_at: None,
            left_ms: 0,
            created_at: NOON,
            revision: 0,
        }
        .begun(NOON)
    }

    fn staged() -> Rollout {
        use StageReach::{Group, Percent};
        rollout(&[(Group(PILOTS), 60), (Percent(10), 120), (Percent(100), 0)])
    }

    const fn percent(percent: u8) -> Reached {
        Reached::Percent { rollout: ID, percent }
    }

    #[test]
    fn each_step_adds_to_what_was_reached_and_the_last_completes() {
        let it = staged();
        assert_eq!((it.state, it.due_at), (RolloutState::Running, Some(later(60))));
        assert_eq!((it.reached(), it.percent()), (vec![Reached::Group(PILOTS)], 0));
        let widest = vec![Reached::Group(PILOTS), percent(10)];
        assert_eq!(it.widest(), widest);
        let it = it.advanced(later(61));
        assert_eq!((it.reached(), it.percent()), (widest, 10));
        assert_eq!(it.due_at, Some(later(61 + 120)));
        let it = it.advanced(later(200));
        assert_eq!((it.state, it.due_at, it.percent()), (RolloutState::Completed, None, 100));
        assert_eq!(it.reached(), [], "its version is in force now");
        assert_eq!(it.clone().advanced(later(300)), it, "there is no further step");
    }

    #[test]
    fn all_at_once_is_complete_from_the_beginning() {
        let it = rollout(&[(StageReach::Percent(100), 0)]);
        assert_eq!((it.state, it.due_at, it.widest()), (RolloutState::Completed, None, vec![]));
    }

    #[test]
    fn a_pause_keeps_what_is_left_of_the_step() {
        let it = staged().paused(later(20));
        assert_eq!((it.state, it.due_at), (RolloutState::Paused, None));
        assert_eq!(it.reached(), [Reached::Group(PILOTS)], "what was reached stays");
        let it = it.resumed(later(1000));
        assert_eq!((it.state, it.due_at), (RolloutState::Running, Some(later(1040))));
        assert!(!it.is_due(later(1039)) && it.is_due(later(1040)));
        assert_eq!(it.clone().resumed(later(2000)), it, "it runs already");
    }

    #[test]
    fn who_resumes_a_halted_one_accepts_the_errors() {
        let it = staged().halted();
        assert!(!it.is_due(later(1000)));
        let it = it.resumed(later(1000));
        assert_eq!((it.state, it.stage), (RolloutState::Running, 1));
    }

    #[test]
    fn it_fails_from_the_share_on_that_was_set() {
        let it = staged();
        let is_failing =
            |targeted, failed| it.is_failing(&Progress { targeted, applied: 0, failed });
        assert!(!is_failing(0, 0) && !is_failing(100, 9));
        assert!(is_failing(100, 10) && is_failing(5, 1));
        assert_eq!(Progress { targeted: 7, applied: 4, failed: 1 }.pending(), 2);
    }

    #[test]
    fn one_that_was_stored_before_there_were_steps_is_complete() {
        let old = r#"{"id":"rol_00000000000000000000000001",
            "policy":"pol_00000000000000000000000002","version":3,
            "created_at":"2026-11-18T11:06:40Z"}"#;
        let it: Rollout = serde_json::from_str(old).unwrap();
        assert_eq!((it.state, it.stages), (RolloutState::Completed, vec![Stage::ALL]));
    }
}
