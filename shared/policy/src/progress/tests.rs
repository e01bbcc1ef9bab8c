use trennwand_domain::{
    DeviceId, Digest, Reached, RolloutId, RolloutState, RuleScope, SlotKind, Stage, StageReach,
    Target,
};

use super::*;
use crate::{
    fixtures::{NOON, TENANT, device, head},
    wanted,
};

fn rollout() -> Rollout {
    let head = head();
    let first = Stage { reaches: StageReach::Percent(50), wait_s: 60 };
    Rollout {
        id: RolloutId::from_bits(9),
        policy: head.rules[0].policy,
        version: 2,
        previous: Some(1),
        stages: vec![first, Stage::ALL],
        stage: 0,
        halt_on_error_percent: 10,
        state: RolloutState::Running,
        due_at: None,
        left_ms: 0,
        created_at: NOON,
        revision: 1,
    }
}

/// A head with half of the phones under version 2.
fn rolling() -> AssignmentHead {
    let mut head = head();
    let reached = Reached::Percent { rollout: rollout().id, percent: 50 };
    let mut new = head.rules[0].clone();
    new.version = 2;
    new.scope = RuleScope::Share { of: None, reached };
    new.artefacts[0].digest = Digest::of(b"the new wall");
    head.rules.insert(0, new);
    head
}

#[test]
fn a_phone_counts_by_what_came_of_the_wall_that_it_shall_have() {
    let (head, rollout) = (rolling(), rollout());
    let reached = (0..).map(DeviceId::from_bits).find(|id| rollout.id.place(*id) < 50).unwrap();
    let mut device = device();
    device.id = reached;
    let wanted = wanted(TENANT, &head, &device).unwrap();
    assert_eq!(wanted.version, 2);
    let counted = |status, token| {
        let mut progress = Progress::default();
        count(&mut progress, &head, &rollout, &device.traits(), (status, token));
        (progress.targeted, progress.applied, progress.failed, progress.pending())
    };
    let old = device.slots.of(SlotKind::Wall).token.mark();
    let new = wanted.wall.token.mark();
    assert_eq!(counted(SlotStatus::Never, old), (1, 0, 0, 1));
    assert_eq!(counted(SlotStatus::Acknowledged, old), (1, 0, 0, 1), "the old wall stands");
    assert_eq!(counted(SlotStatus::Error, old), (1, 0, 0, 1), "it refused the old wall");
    assert_eq!(counted(SlotStatus::Acknowledged, new), (1, 1, 0, 0));
    assert_eq!(counted(SlotStatus::Error, new), (1, 0, 1, 0));
    assert_eq!(counted(SlotStatus::Lost, new), (1, 0, 0, 1));
}

#[test]
fn phones_that_are_not_reached_or_under_another_policy_do_not_count() {
    let (head, rollout) = (rolling(), rollout());
    let elsewhere = (0..).map(DeviceId::from_bits).find(|id| rollout.id.place(*id) >= 50).unwrap();
    let phone = DeviceTraits { id: elsewhere, target: Target::IosDevice, groups: &[] };
    assert!(!is_meant_for(&head, &rollout, &phone));
    let mut other = rolling();
    other.rules[0].policy = trennwand_domain::PolicyId::from_bits(77);
    let reached = (0..).map(DeviceId::from_bits).find(|id| rollout.id.place(*id) < 50).unwrap();
    let phone = DeviceTraits { id: reached, ..phone };
    assert!(is_meant_for(&head, &rollout, &phone) && !is_meant_for(&other, &rollout, &phone));
    let mut progress = Progress::default();
    count(&mut progress, &other, &rollout, &phone, (SlotStatus::Never, [0; 4]));
    assert_eq!(progress, Progress::default());
}
