use proptest::{prelude::*, sample::select};
use trennwand_domain::{
    AssignmentId, DeviceId, DeviceTraits, Digest, GroupId, Policy, Purpose, Reached, RolloutId,
    RolloutState, Stage, StageReach, Target,
};

use super::*;
use crate::fixtures::{NOON, head};

const DEFAULT: PolicyId = PolicyId::from_bits(3);
const DOCKS: GroupId = GroupId::from_bits(1);
const OFFICE: GroupId = GroupId::from_bits(2);

fn policy(bits: u128, in_force: Option<u32>, rollout: Option<&Rollout>) -> Policy {
    Policy {
        id: PolicyId::from_bits(bits),
        name: "any".into(),
        latest: 9,
        in_force,
        rollout: rollout.map(|rollout| rollout.id),
        updated_at: NOON,
        revision: 1,
    }
}

fn rollout(policy: u128, stages: &[StageReach]) -> Rollout {
    let stages = stages.iter().map(|&reaches| Stage { reaches, wait_s: 60 });
    Rollout {
        id: RolloutId::from_bits(policy),
        policy: PolicyId::from_bits(policy),
        version: 9,
        previous: Some(1),
        stages: stages.chain([Stage::ALL]).collect(),
        stage: 0,
        halt_on_error_percent: 10,
        state: RolloutState::Running,
        due_at: None,
        left_ms: 0,
        created_at: NOON,
        revision: 1,
    }
    .begun(NOON)
}

fn assignment(id: u128, policy: u128, to: AssignedTo, priority: u16) -> Assignment {
    let policy = PolicyId::from_bits(policy);
    Assignment { id: AssignmentId::from_bits(id), policy, to, priority, created_at: NOON }
}

fn plan(assignments: Vec<Assignment>, policies: Vec<Policy>, rollouts: Vec<Rollout>) -> Plan {
    Plan { head: head(), assignments, policies, rollouts }
}

/// The rules in words: scope, policy, version.
fn words(plan: &Plan, extent: Extent) -> Vec<String> {
    let of = |group: Option<GroupId>| group.map_or_else(|| "all".into(), |g| g.bits().to_string());
    let word = |rule: &Placed| {
        let scope = match rule.scope {
            RuleScope::Everyone => of(None),
            RuleScope::Group(group) => of(Some(group)),
            RuleScope::Share { of: group, reached: Reached::Group(reached) } => {
                format!("{}&{}", of(group), reached.bits())
            }
            RuleScope::Share { of: group, reached: Reached::Percent { percent, .. } } => {
                format!("{}&{percent}%", of(group))
            }
        };
        format!("{scope} p{} v{}", rule.policy.bits(), rule.version)
    };
    placed(plan, extent).unwrap().iter().map(word).collect()
}

#[test]
fn without_assignments_everyone_has_the_default() {
    let plan = plan(vec![], vec![policy(3, Some(1), None)], vec![]);
    assert_eq!(words(&plan, Extent::Reached), ["all p3 v1"]);
}

#[test]
fn priority_then_groups_before_everyone_then_age_decide() {
    use AssignedTo::{Everyone, Group};
    let assignments = vec![
        assignment(5, 4, Everyone, 100),
        assignment(4, 5, Group(OFFICE), 100),
        assignment(3, 6, Group(DOCKS), 100),
        assignment(2, 7, Everyone, 1),
        assignment(1, 8, Group(DOCKS), 200),
    ];
    let policies = (3..=8).map(|bits| policy(bits, Some(1), None)).collect();
    let plan = plan(assignments, policies, vec![]);
    let expected = ["all p7 v1", "1 p6 v1", "2 p5 v1", "all p4 v1", "1 p8 v1", "all p3 v1"];
    assert_eq!(words(&plan, Extent::Reached), expected);
}

#[test]
fn a_rollout_comes_before_the_version_in_force_within_each_assignment() {
    let running = rollout(4, &[StageReach::Group(OFFICE), StageReach::Percent(10)]).advanced(NOON);
    let policies = vec![policy(3, Some(1), None), policy(4, Some(2), Some(&running))];
    let assignments = vec![
        assignment(1, 4, AssignedTo::Group(DOCKS), 1),
        assignment(2, 4, AssignedTo::Everyone, 2),
    ];
    let plan = plan(assignments, policies, vec![running.clone()]);
    let expected = [
        "1&2 p4 v9",
        "1&10% p4 v9",
        "1 p4 v2",
        "all&2 p4 v9",
        "all&10% p4 v9",
        "all p4 v2",
        "all p3 v1",
    ];
    assert_eq!(words(&plan, Extent::Reached), expected);
    let begun = plan.clone().with_rollout(rollout(4, &[StageReach::Group(OFFICE)]));
    assert_eq!(words(&begun, Extent::Reached).len(), 5, "the group alone, in both");
    let first = Rollout { stage: 0, ..running.clone() };
    let widest = words(&plan.clone().with_rollout(first), Extent::Widest);
    assert_eq!(widest, expected, "as far as it will come before its end");
    for over in [running.clone().rolled_back(), running.advanced(NOON)] {
        let over = plan.clone().with_rollout(over);
        assert_eq!(words(&over, Extent::Reached), ["1 p4 v2", "all p4 v2", "all p3 v1"]);
    }
}

#[test]
fn a_policy_without_a_version_in_force_leaves_its_phones_to_the_next() {
    let first = rollout(4, &[StageReach::Percent(30)]);
    let policies = vec![policy(3, Some(1), None), policy(4, None, Some(&first))];
    let assignments = vec![assignment(1, 4, AssignedTo::Group(DOCKS), 1)];
    let plan = plan(assignments, policies, vec![first.clone()]);
    assert_eq!(words(&plan, Extent::Reached), ["1&30% p4 v9", "all p3 v1"]);
    let back = plan.with_rollout(first.rolled_back());
    assert_eq!(words(&back, Extent::Reached), ["all p3 v1"]);
}

#[test]
fn a_tenant_without_a_default_is_an_error_and_not_a_phone_without_a_wall() {
    let bare = plan(vec![], vec![policy(3, None, None)], vec![]);
    assert_eq!(placed(&bare, Extent::Reached).unwrap_err().code(), "internal");
    let mut bare = plan(vec![], vec![policy(3, Some(1), None)], vec![]);
    bare.head.rules.clear();
    assert_eq!(placed(&bare, Extent::Reached).unwrap_err().code(), "internal");
}

fn compiled(policy: u128, version: u32) -> CompiledVersion {
    let wall = |target| ArtefactRef {
        target,
        purpose: Purpose::Wall,
        digest: Digest::of(format!("{policy} {version} {target}").as_bytes()),
        personal: false,
    };
    let artefacts = Target::OFFERED.iter().map(|target| wall(*target)).collect();
    CompiledVersion { policy: PolicyId::from_bits(policy), version, artefacts }
}

#[test]
fn only_what_the_head_does_not_name_is_compiled() {
    let running = rollout(4, &[StageReach::Percent(30)]);
    let policies = vec![policy(3, Some(1), None), policy(4, Some(2), Some(&running))];
    let assignments = vec![assignment(1, 4, AssignedTo::Group(DOCKS), 1)];
    let plan = plan(assignments, policies, vec![running]);
    let wanted = PolicyId::from_bits(4);
    assert_eq!(unnamed(&plan).unwrap(), [(wanted, 2), (wanted, 9)], "the head has the default's");
    let error = next_head(&plan, &[compiled(4, 2)], NOON).unwrap_err();
    assert_eq!(error.code(), "internal", "version 9 is missing");
    let all = [compiled(4, 2), compiled(4, 9)];
    let next = next_head(&plan, &all, NOON).unwrap();
    assert_eq!((next.version, next.rules.len()), (plan.head.version + 1, 3));
    assert_eq!(next.rules[2], plan.head.rules[0]);
    let next = Plan { head: next, ..plan };
    assert_eq!(unnamed(&next).unwrap(), []);
    assert_eq!(next_head(&next, &[], NOON).unwrap().rules, next.head.rules);
}

#[test]
fn rules_have_room_for_their_widest_and_no_more() {
    let many = |count: u128| {
        let policies = (3..3 + count).map(|bits| policy(bits, Some(1), None)).collect();
        let assignments = (4..3 + count)
            .map(|bits| assignment(bits, bits, AssignedTo::Group(GroupId::from_bits(bits)), 100));
        let all: Vec<_> = (3..3 + count).map(|bits| compiled(bits, 1)).collect();
        (plan(assignments.collect(), policies, vec![]), all)
    };
    let (few, all) = many(6);
    check_room(&few, &all).unwrap();
    let (plan, all) = many(40);
    assert_eq!(check_room(&plan, &all).unwrap_err().code(), "too_many_rules");
    // By its third stage it needs more room than at its beginning.
    let groups: Vec<_> = (0..80).map(|bits| StageReach::Group(GroupId::from_bits(bits))).collect();
    let running = rollout(4, &groups);
    let wide = few.with_policy(policy(4, Some(1), Some(&running))).with_rollout(running);
    let (_, mut all) = many(6);
    all.push(compiled(4, 9));
    assert_eq!(check_room(&wide, &all).unwrap_err().code(), "too_many_rules");
}

#[test]
fn a_step_says_what_it_means_for_the_policy() {
    let first = rollout(4, &[StageReach::Percent(30)]);
    let idle = policy(4, Some(1), None);
    let plan = plan(vec![], vec![policy(3, Some(1), None), idle.clone()], vec![]);
    let of = |policy: Option<Policy>| policy.map(|p| (p.in_force, p.rollout));
    let (plan, begun) = stepped(plan, first.clone(), NOON);
    assert_eq!(of(begun), Some((Some(1), Some(first.id))));
    let (plan, paused) = stepped(plan, first.clone().paused(NOON), NOON);
    assert_eq!(paused, None, "a pause changes nothing about the policy");
    let (_, back) = stepped(plan.clone(), first.clone().rolled_back(), NOON);
    assert_eq!(of(back), Some((Some(1), None)));
    let (plan, done) = stepped(plan, first.clone().advanced(NOON), NOON);
    assert_eq!(of(done), Some((Some(9), None)));
    assert_eq!(plan.rollout_of(first.policy), None);
    let (_, back) = stepped(plan.clone(), first.clone().rolled_back(), NOON);
    assert_eq!(of(back), Some((Some(1), None)), "the version before, also after the end");
    let newer = plan.with_policy(Policy { in_force: Some(11), ..idle });
    let (_, late) = stepped(newer, first.rolled_back(), NOON);
    assert_eq!(late, None, "another version is in force by now");
}

fn rollouts() -> impl Strategy<Value = Option<Rollout>> {
    let reach = prop_oneof![
        (1..100u8).prop_map(StageReach::Percent),
        (1..4u128).prop_map(|bits| StageReach::Group(GroupId::from_bits(bits))),
    ];
    let stages = proptest::collection::vec(reach, 1..4);
    let state = select(vec![RolloutState::Running, RolloutState::Paused, RolloutState::Halted]);
    let running = (stages, 0..4u8, state).prop_map(|(stages, stage, state)| {
        let all = rollout(0, &stages);
        Rollout { stage: stage.min(all.stages.len() as u8 - 2), state, ..all }
    });
    proptest::option::of(running)
}

fn plans() -> impl Strategy<Value = Plan> {
    let to = prop_oneof![
        Just(AssignedTo::Everyone),
        (1..4u128).prop_map(|bits| AssignedTo::Group(GroupId::from_bits(bits))),
    ];
    // Few values, so that equal priorities and several assignments of a policy are common.
    let assignments = proptest::collection::vec((3..7u128, to, 1..4u16), 0..8);
    let policies = proptest::collection::vec((proptest::option::of(1..4u32), rollouts()), 4);
    (assignments, policies).prop_map(|(assignments, policies)| {
        let mut made = plan(vec![], vec![], vec![]);
        for (i, (of, to, priority)) in assignments.into_iter().enumerate() {
            made.assignments.push(assignment(i as u128, of, to, priority));
        }
        for (i, (in_force, running)) in policies.into_iter().enumerate() {
            let bits = 3 + i as u128;
            let in_force = if bits == 3 { Some(1) } else { in_force };
            let (id, of) = (RolloutId::from_bits(bits), PolicyId::from_bits(bits));
            let running = running.map(|running| Rollout { id, policy: of, ..running });
            made.policies.push(policy(bits, in_force, running.as_ref()));
            made.rollouts.extend(running);
        }
        made
    })
}

fn shuffled(plan: Plan) -> impl Strategy<Value = (Plan, Plan)> {
    let Plan { head, assignments, policies, rollouts } = plan.clone();
    (Just(assignments).prop_shuffle(), Just(policies).prop_shuffle(), Just(rollouts).prop_shuffle())
        .prop_map(move |(assignments, policies, rollouts)| {
            let other = Plan { head: head.clone(), assignments, policies, rollouts };
            (plan.clone(), other)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn precedence_does_not_depend_on_order((one, other) in plans().prop_flat_map(shuffled)) {
        for extent in [Extent::Reached, Extent::Widest] {
            prop_assert_eq!(placed(&one, extent).unwrap(), placed(&other, extent).unwrap());
        }
    }

    /// Of the rules that concern it the first; at least the default's.
    #[test]
    fn every_phone_is_under_exactly_one_rule(
        plan in plans(),
        id in any::<u128>(),
        groups in proptest::collection::btree_set(1..4u128, 0..3),
    ) {
        let versions = unnamed(&plan).unwrap();
        let all: Vec<_> = versions.iter().map(|(p, v)| compiled(p.bits(), *v)).collect();
        let head = next_head(&plan, &all, NOON).unwrap();
        let groups: Vec<_> = groups.into_iter().map(GroupId::from_bits).collect();
        let id = DeviceId::from_bits(id);
        let phone = DeviceTraits { id, target: Target::IosDevice, groups: &groups };
        let rule = head.rule_for(&phone);
        prop_assert!(rule.is_some());
        let first = head.rules.iter().find(|rule| rule.scope.concerns(&phone));
        prop_assert_eq!(rule, first);
        prop_assert_eq!(head.default_policy(), Some(DEFAULT));
    }

    /// Going on never takes the new version away from a phone that has it.
    #[test]
    fn a_stage_more_reaches_more(running in rollouts(), id in any::<u128>()) {
        prop_assume!(running.is_some());
        let mut running = Rollout { state: RolloutState::Running, stage: 0, ..running.unwrap() };
        let groups = [GroupId::from_bits(id % 4)];
        let id = DeviceId::from_bits(id);
        let phone = DeviceTraits { id, target: Target::IosDevice, groups: &groups };
        let mut before = false;
        while running.is_open() {
            let reached = running.reached().into_iter().any(|reached| {
                RuleScope::Share { of: None, reached }.concerns(&phone)
            });
            prop_assert!(reached || !before);
            before = reached;
            running = running.advanced(NOON);
        }
    }
}
