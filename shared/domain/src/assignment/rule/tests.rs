use super::*;
use crate::{AssignmentHead, Timestamp};

const DOCKS: GroupId = GroupId::from_bits(1);
const OFFICE: GroupId = GroupId::from_bits(2);
const ROLLOUT: RolloutId = RolloutId::from_bits(77);

fn phone(id: u128, groups: &[GroupId]) -> DeviceTraits<'_> {
    DeviceTraits { id: DeviceId::from_bits(id), target: Target::IosDevice, groups }
}

fn rule(scope: RuleScope, policy: u128, wall: &str) -> Rule {
    let artefact = |purpose, content: &str, personal| ArtefactRef {
        target: Target::IosDevice,
        purpose,
        digest: Digest::of(content.as_bytes()),
        personal,
    };
    Rule {
        scope,
        policy: PolicyId::from_bits(policy),
        version: 1,
        artefacts: vec![
            artefact(Purpose::Wall, wall, false),
            artefact(Purpose::Account, "account", true),
        ],
    }
}

fn share(of: Option<GroupId>, percent: u8) -> RuleScope {
    RuleScope::Share { of, reached: Reached::Percent { rollout: ROLLOUT, percent } }
}

#[test]
fn a_place_is_drawn_evenly_and_anew_by_each_roll_out() {
    let places = |rollout: u128| {
        (0..10_000).map(move |id| RolloutId::from_bits(rollout).place(DeviceId::from_bits(id)))
    };
    let below = |percent| places(77).filter(|place| *place < percent).count();
    assert_eq!(below(100), 10_000);
    assert!((850..1150).contains(&below(10)), "{}", below(10));
    assert!((4750..5250).contains(&below(50)), "{}", below(50));
    let both = places(77).zip(places(78)).filter(|(a, b)| *a < 50 && *b < 50).count();
    assert!((2250..2750).contains(&both), "independent of each other: {both}");
}

#[test]
fn a_larger_share_takes_in_the_smaller_one() {
    for id in 0..200 {
        let phone = phone(id, &[]);
        let reached = (0..=100).map(|percent| share(None, percent).concerns(&phone));
        let reached: Vec<bool> = reached.collect();
        assert!(reached.is_sorted(), "{id}: once reached, always reached");
        assert!(!reached[0] && reached[100]);
    }
}

#[test]
fn a_share_of_a_group_stays_within_it() {
    assert!(!share(Some(DOCKS), 100).concerns(&phone(1, &[OFFICE])));
    assert!(share(Some(DOCKS), 100).concerns(&phone(1, &[OFFICE, DOCKS])));
    let both = RuleScope::Share { of: Some(DOCKS), reached: Reached::Group(OFFICE) };
    assert!(both.concerns(&phone(1, &[DOCKS, OFFICE])));
    assert!(!both.concerns(&phone(1, &[DOCKS])) && !both.concerns(&phone(1, &[OFFICE])));
}

#[test]
fn the_first_rule_with_a_wall_for_the_phone_counts() {
    let mut android = rule(RuleScope::Everyone, 1, "android");
    android.artefacts.iter_mut().for_each(|a| a.target = Target::AndroidPersonal);
    let rules = [
        android,
        rule(RuleScope::Group(DOCKS), 2, "docks"),
        rule(RuleScope::Group(OFFICE), 3, "office"),
        rule(RuleScope::Everyone, 4, "default"),
    ];
    let policy = |groups: &[_]| Rule::of(&rules, &phone(1, groups)).unwrap().policy.bits();
    assert_eq!([policy(&[OFFICE, DOCKS]), policy(&[OFFICE]), policy(&[])], [2, 3, 4]);
    let other = DeviceTraits { target: Target::AndroidCompany, ..phone(1, &[]) };
    assert_eq!(Rule::of(&rules, &other), None);
}

#[test]
fn only_phones_that_shall_have_something_else_are_woken() {
    let before = [rule(RuleScope::Everyone, 1, "old")];
    let after = [rule(share(None, 10), 1, "new"), rule(RuleScope::Everyone, 1, "old")];
    let woken = (0..1000).filter(|id| Rule::differ_for(&before, &after, &phone(*id, &[])));
    assert!(woken.clone().all(|id| ROLLOUT.place(DeviceId::from_bits(id)) < 10));
    assert!((60..140).contains(&woken.count()));
    let same = [Rule { version: 2, ..rule(RuleScope::Group(DOCKS), 9, "old") }, before[0].clone()];
    assert!(!Rule::differ_for(&before, &same, &phone(1, &[DOCKS])), "the same templates");
}

fn head(rules: Vec<Rule>) -> AssignmentHead {
    AssignmentHead {
        version: 1,
        changed_at: Timestamp::from_unix_s(1_795_000_000),
        rules,
        mail: None,
        organization: "Krume".into(),
        push_topic: None,
        brand: None,
    }
}

#[test]
fn rules_are_stored_short_and_read_again() {
    let reached = Reached::Group(OFFICE);
    let scopes = [
        share(Some(DOCKS), 100),
        share(None, 7),
        RuleScope::Share { of: Some(DOCKS), reached },
        RuleScope::Share { of: None, reached },
        RuleScope::Group(DOCKS),
        RuleScope::Everyone,
    ];
    let head = head(scopes.map(|scope| rule(scope, 1, "wall")).to_vec());
    let json = serde_json::to_string(&head).unwrap();
    assert_eq!(serde_json::from_str::<AssignmentHead>(&json).unwrap(), head);
    assert_eq!(json.matches("idw").count(), 1, "each version once: {json}");
    assert_eq!(Rule::stored_len(&head.rules), 445);
}

#[test]
fn every_target_and_purpose_is_stored() {
    let mut all = rule(RuleScope::Everyone, 1, "wall");
    all.artefacts = Target::ALL
        .iter()
        .flat_map(|&target| {
            Purpose::ALL.iter().map(move |&purpose| ArtefactRef {
                target,
                purpose,
                digest: Digest::of(target.as_str().as_bytes()),
                personal: purpose == Purpose::Account,
            })
        })
        .collect();
    let head = head(vec![all]);
    let json = serde_json::to_string(&head).unwrap();
    assert_eq!(serde_json::from_str::<AssignmentHead>(&json).unwrap(), head);
}

#[test]
fn rules_as_they_were_stored_before_are_read() {
    let head = head(vec![rule(RuleScope::Everyone, 1, "wall")]);
    let mut old = serde_json::to_value(&head).unwrap();
    old["rules"] = serde_json::to_value(&head.rules).unwrap();
    assert!(old["rules"][0]["artefacts"][0]["digest"].is_string(), "{old}");
    assert_eq!(serde_json::from_value::<AssignmentHead>(old).unwrap(), head);
}

#[test]
fn stored_rules_that_make_no_sense_are_an_error() {
    for order in ["[[\"*\",1]]", "[[\"x\",0]]", "[[\"*/1\",0]]", "[[\"*/1/rol_1\",0]]"] {
        let rules = format!(
            "{{\"versions\":[[\"pol_00000000000000000000000001\",1,[]]],\"order\":{order}}}"
        );
        let json = serde_json::to_string(&head(Vec::new())).unwrap();
        let broken = json.replace("{\"versions\":[],\"order\":[]}", &rules);
        assert_ne!(broken, json);
        assert!(serde_json::from_str::<AssignmentHead>(&broken).is_err(), "{order}");
    }
}
