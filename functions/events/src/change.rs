//! One record of the table's stream, reduced to what somebody has to do about it; pure.

use aws_lambda_events::event::dynamodb::EventRecord;
use serde_dynamo::{AttributeValue, Item};
use trennwand_domain::{
    AndroidNeed, AssignmentHead, BindingState, CommandUuid, DeviceId, DeviceState, EnrollmentId,
    GroupId, Platform, ResellerId, TenantId, TenantStatus, UserId,
};
use trennwand_runtime::RuleChange;
use trennwand_store::layout::{self, Subject, SubjectItem, attribute};

/// What has to be done about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A tenant was born: its keys are to be made.
    TenantBorn,
    /// What all the tenant's phones shall have changed.
    HeadChanged,
    /// The rules changed, and nothing else of what phones shall have.
    RulesChanged(Box<RuleChange>),
    /// The groups of a phone under management changed; those before.
    GroupsChanged(DeviceId, Vec<GroupId>),
    /// A group is gone.
    GroupDeleted(GroupId),
    /// Only how the tenant looks changed.
    LookChanged,
    /// The tenant has an enterprise at Google now.
    AndroidBound,
    /// The tenant has given its enterprise at Google up.
    AndroidUnbound,
    /// An Android phone was invited, or its invitation was renewed or taken back.
    AndroidInvited(EnrollmentId),
    /// An Android phone has come under management.
    AndroidEnrolled(DeviceId),
    /// Something is to be done at Google about a phone.
    AndroidNeeds(DeviceId, AndroidNeed),
    /// A command waits that Google hands over.
    AndroidCommand(DeviceId, CommandUuid),
    /// A command waits for a phone.
    CommandQueued(DeviceId),
    /// An operator's command was answered.
    CommandAnswered(DeviceId),
    /// A phone has come under management, or can be woken again.
    PhoneEnrolled(DeviceId),
    /// The personal variables of a user changed, or the user is gone.
    PersonChanged(UserId),
}

impl Change {
    /// Reads a record; `None` for what nobody has to do anything about.
    pub(crate) fn of(record: &EventRecord) -> Option<(TenantId, Self)> {
        let keys = &record.change.keys;
        let subject = Subject::parse(text(keys, attribute::PK)?, text(keys, attribute::SK)?)?;
        let (old, new) = (&record.change.old_image, &record.change.new_image);
        let change = match (subject.item, record.event_name.as_str()) {
            (SubjectItem::Tenant, "INSERT") => {
                let born = text(new, attribute::STATE) == Some(TenantStatus::Provisioning.as_str());
                born.then_some(Self::TenantBorn)
            }
            (SubjectItem::Head, "INSERT" | "MODIFY") => {
                // Another brand is nothing that phones have to be woken for.
                let same =
                    text(new, attribute::WANTED).is_some() && !differs(old, new, attribute::WANTED);
                Some(match same {
                    true => Self::LookChanged,
                    false => rule_change(old, new).map_or(Self::HeadChanged, Self::RulesChanged),
                })
            }
            (SubjectItem::AndroidBinding, "INSERT" | "MODIFY") => {
                let state = text(new, attribute::STATE).and_then(BindingState::from_word);
                let changed = differs(old, new, attribute::STATE);
                match state.filter(|_| changed) {
                    Some(BindingState::Bound) => Some(Self::AndroidBound),
                    Some(BindingState::Unbound) => Some(Self::AndroidUnbound),
                    _ => None,
                }
            }
            (SubjectItem::Enrollment(id), "INSERT" | "MODIFY") if is_android(new) => {
                let changed = [attribute::LINK, attribute::REVOKED]
                    .into_iter()
                    .any(|name| differs(old, new, name));
                changed.then_some(Self::AndroidInvited(id))
            }
            (SubjectItem::AndroidPhone(device), "INSERT" | "MODIFY") => {
                let need = text(new, attribute::NEED).and_then(AndroidNeed::from_word);
                need.map(|need| Self::AndroidNeeds(device, need))
            }
            (SubjectItem::User(user), "MODIFY" | "REMOVE") => {
                differs(old, new, attribute::PERSON).then_some(Self::PersonChanged(user))
            }
            (SubjectItem::Device(device), "MODIFY") => {
                let enrolled = text(new, attribute::STATE) == Some(DeviceState::Enrolled.as_str());
                // A wake that was sent to an earlier token may never have arrived.
                let changed =
                    differs(old, new, attribute::STATE) || differs(old, new, attribute::PUSH_TOKEN);
                let managed = text(new, attribute::STATE).and_then(DeviceState::from_word);
                let managed = managed.is_some_and(DeviceState::is_managed);
                match (enrolled && changed, is_android(new)) {
                    (true, true) => Some(Self::AndroidEnrolled(device)),
                    (true, false) => Some(Self::PhoneEnrolled(device)),
                    (false, _) if !managed || groups(old) == groups(new) => None,
                    (false, true) => Some(Self::AndroidNeeds(device, AndroidNeed::Place)),
                    (false, false) => Some(Self::GroupsChanged(device, groups(old))),
                }
            }
            (SubjectItem::Group(group), "REMOVE") => Some(Self::GroupDeleted(group)),
            (SubjectItem::Queued(device, command), "INSERT") => Some(match is_android(new) {
                true => Self::AndroidCommand(device, command),
                false => Self::CommandQueued(device),
            }),
            (SubjectItem::Result(device, _), "INSERT") => Some(Self::CommandAnswered(device)),
            _ => None,
        };
        change.map(|change| (subject.tenant, change))
    }
}

/// Whose brand a record says to have changed.
pub(crate) fn rebranded(record: &EventRecord) -> Option<ResellerId> {
    let keys = &record.change.keys;
    layout::brand_of(text(keys, attribute::PK)?, text(keys, attribute::SK)?)
}

/// What changed about the rules, if phones shall have something else for no other reason.
fn rule_change(old: &Item, new: &Item) -> Option<Box<RuleChange>> {
    let head = |item| -> Option<AssignmentHead> {
        serde_json::from_str(text(item, attribute::HEAD)?).ok()
    };
    let (before, after) = (head(old)?, head(new)?);
    let same = (&before.mail, &before.organization) == (&after.mail, &after.organization);
    same.then(|| Box::new(RuleChange { before: before.rules, after: after.rules }))
}

/// The groups in a header, in their order.
fn groups(header: &Item) -> Vec<GroupId> {
    let Some(AttributeValue::Bs(set)) = attribute_of(header, attribute::GROUPS) else {
        return Vec::new();
    };
    let id = |bits: &Vec<u8>| {
        let bits = <[u8; 16]>::try_from(bits.as_slice()).ok()?;
        Some(GroupId::from_bits(u128::from_be_bytes(bits)))
    };
    let mut groups: Vec<_> = set.iter().filter_map(id).collect();
    groups.sort_unstable();
    groups
}

fn is_android(item: &Item) -> bool {
    text(item, attribute::PLATFORM) == Some(Platform::Android.as_str())
}

fn attribute_of<'a>(item: &'a Item, name: &str) -> Option<&'a AttributeValue> {
    item.get(name)
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match attribute_of(item, name)? {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}

fn differs(old: &Item, new: &Item, name: &str) -> bool {
    attribute_of(old, name) != attribute_of(new, name)
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_lambda_events::event::dynamodb::Event;
    use serde_json::{Value, json};
    use trennwand_domain::{PolicyId, Rule, RuleScope, Timestamp};

    use super::*;

    pub(crate) const TENANT: &str = "ten_00000000000000000000000001";
    pub(crate) const DEVICE: &str = "dev_00000000000000000000000002";
    const GROUP: &str = "grp_00000000000000000000000003";
    const USER: &str = "usr_00000000000000000000000009";
    const UUID: &str = "80000000-0005-0101-0101-010101010101";

    /// A record as Lambda hands it over.
    pub(crate) fn record(name: &str, pk: &str, sk: &str, old: Value, new: Value) -> EventRecord {
        let event: Event = serde_json::from_value(json!({ "Records": [{
            "awsRegion": "eu-central-1", "eventID": "1", "eventName": name,
            "dynamodb": {
                "ApproximateCreationDateTime": 1795000000.0,
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "OldImage": old, "NewImage": new,
                "SequenceNumber": "1", "SizeBytes": 1
            }
        }]}))
        .unwrap();
        event.records.into_iter().next().unwrap()
    }

    fn change(name: &str, pk: &str, sk: &str, old: Value, new: Value) -> Option<Change> {
        let pk = pk.replace("TENANT", TENANT).replace("DEVICE", DEVICE);
        let (tenant, change) = Change::of(&record(name, &pk, sk, old, new))?;
        assert_eq!(tenant, TenantId::from_bits(1));
        Some(change)
    }

    fn state(word: &str) -> Value {
        json!({ "st": { "S": word } })
    }

    #[test]
    fn a_tenant_is_provisioned_when_it_is_born() {
        let born = change("INSERT", "T#TENANT#O", "0", Value::Null, state("provisioning"));
        assert_eq!(born, Some(Change::TenantBorn));
        let active = state("active");
        assert_eq!(change("MODIFY", "T#TENANT#O", "0", state("provisioning"), active), None);
    }

    #[test]
    fn a_head_a_queued_command_and_an_answer_are_followed() {
        let device = DeviceId::from_bits(2);
        let none = || Value::Null;
        let head = change("MODIFY", "T#TENANT#H", "0", none(), none());
        assert_eq!(head, Some(Change::HeadChanged));
        let pk = "T#TENANT#D#DEVICE";
        let queued = change("INSERT", pk, &format!("1#{UUID}"), none(), none());
        assert_eq!(queued, Some(Change::CommandQueued(device)));
        assert_eq!(change("REMOVE", pk, &format!("1#{UUID}"), none(), none()), None);
        let answered = change("INSERT", pk, &format!("R#{UUID}"), none(), none());
        assert_eq!(answered, Some(Change::CommandAnswered(device)));
    }

    #[test]
    fn a_head_that_asks_for_the_same_wakes_nobody() {
        let wanted = |hash: &str| json!({ "wt": { "S": hash } });
        let head = |old, new| change("MODIFY", "T#TENANT#H", "0", old, new);
        assert_eq!(head(wanted("a"), wanted("a")), Some(Change::LookChanged));
        assert_eq!(head(wanted("a"), wanted("b")), Some(Change::HeadChanged));
        assert_eq!(head(Value::Null, wanted("a")), Some(Change::HeadChanged));
    }

    #[test]
    fn changed_rules_are_told_apart_from_a_head_that_changed_for_all() {
        let head = |organization: &str, policy: u128| AssignmentHead {
            version: 1,
            changed_at: Timestamp::from_unix_s(1_795_000_000),
            rules: vec![Rule {
                scope: RuleScope::Everyone,
                policy: PolicyId::from_bits(policy),
                version: 1,
                artefacts: Vec::new(),
            }],
            mail: None,
            organization: organization.into(),
            push_topic: None,
            brand: None,
        };
        let image = |head: &AssignmentHead| {
            let js = serde_json::to_string(head).unwrap();
            json!({ "wt": { "S": head.wanted().to_string() }, "js": { "S": js } })
        };
        let of = |old: &AssignmentHead, new: &AssignmentHead| {
            change("MODIFY", "T#TENANT#H", "0", image(old), image(new))
        };
        let (one, two) = (head("Krume", 1), head("Krume", 2));
        let rules = |head: &AssignmentHead| head.rules.clone();
        let expected = RuleChange { before: rules(&one), after: rules(&two) };
        assert_eq!(of(&one, &two), Some(Change::RulesChanged(Box::new(expected))));
        assert_eq!(of(&one, &head("Korn", 2)), Some(Change::HeadChanged));
        assert_eq!(of(&one, &one), Some(Change::LookChanged));
    }

    #[test]
    fn a_phone_is_followed_when_its_groups_change() {
        let pk = "T#TENANT#D#DEVICE";
        let image = |state: &str, groups: &[&str]| {
            let mut image = json!({ "st": { "S": state } });
            if !groups.is_empty() {
                image["gr"] = json!({ "BS": groups });
            }
            image
        };
        // 16 bytes, the last of which is 1 or 2.
        let (one, two) = ("AAAAAAAAAAAAAAAAAAAAAQ==", "AAAAAAAAAAAAAAAAAAAAAg==");
        let of = |state, old: &[&str], new: &[&str]| {
            change("MODIFY", pk, "0", image(state, old), image(state, new))
        };
        let device = DeviceId::from_bits(2);
        let before = |bits: &[u128]| {
            let groups = bits.iter().map(|bits| GroupId::from_bits(*bits)).collect();
            Some(Change::GroupsChanged(device, groups))
        };
        assert_eq!(of("enrolled", &[], &[one]), before(&[]));
        assert_eq!(of("push_lost", &[two, one], &[one]), before(&[1, 2]));
        assert_eq!(of("enrolled", &[two, one], &[one, two]), None, "a set has no order");
        assert_eq!(of("invited", &[], &[one]), None, "it gets the right wall when it comes");
        let gone = change("REMOVE", "T#TENANT#G", GROUP, Value::Null, Value::Null);
        assert_eq!(gone, Some(Change::GroupDeleted(GroupId::from_bits(3))));
        assert_eq!(change("INSERT", "T#TENANT#G", GROUP, Value::Null, Value::Null), None);
    }

    #[test]
    fn what_google_has_to_do_with_is_handed_to_android() {
        let android = |mut item: Value| {
            item["pl"] = json!({ "S": "android" });
            item
        };
        let none = || Value::Null;
        let (device, pk) = (DeviceId::from_bits(2), "T#TENANT#D#DEVICE");
        let queued = change("INSERT", pk, &format!("1#{UUID}"), none(), android(json!({})));
        assert_eq!(queued, Some(Change::AndroidCommand(device, UUID.parse().unwrap())));
        let enrolled = change("MODIFY", pk, "0", state("invited"), android(state("enrolled")));
        assert_eq!(enrolled, Some(Change::AndroidEnrolled(device)));
        let needs = change("MODIFY", pk, "G", none(), json!({ "nd": { "S": "place" } }));
        assert_eq!(needs, Some(Change::AndroidNeeds(device, AndroidNeed::Place)));
        assert_eq!(change("MODIFY", pk, "G", none(), json!({})), None);

        let bound = change("MODIFY", "T#TENANT#W", "0", state("signing_up"), state("bound"));
        assert_eq!(bound, Some(Change::AndroidBound));
        assert_eq!(change("MODIFY", "T#TENANT#W", "0", state("bound"), state("bound")), None);
        let became = |before, now| change("MODIFY", "T#TENANT#W", "0", state(before), state(now));
        assert_eq!(became("bound", "unbound"), Some(Change::AndroidUnbound));
        assert_eq!(became("signing_up", "unbound"), Some(Change::AndroidUnbound));
        assert_eq!(became("bound", "ended_at_google"), None);

        let enrollment = "enr_00000000000000000000000006";
        let link =
            |hash: &str, revoked: bool| json!({ "th": { "B": hash }, "rk": { "BOOL": revoked } });
        let invited = |old, new| change("MODIFY", "T#TENANT#E", enrollment, old, new);
        let followed = Some(Change::AndroidInvited(EnrollmentId::from_bits(6)));
        assert_eq!(invited(none(), android(link("AA==", false))), followed);
        assert_eq!(invited(link("AA==", false), android(link("AA==", true))), followed);
        assert_eq!(invited(link("AA==", false), android(link("AA==", false))), None);
        assert_eq!(
            invited(none(), link("AA==", false)),
            None,
            "an iPhone needs nothing of Google's"
        );
    }

    #[test]
    fn a_changed_brand_is_followed_and_its_logo_is_not() {
        let pk = "R#res_00000000000000000000000007#B";
        let of = |sk| rebranded(&record("MODIFY", pk, sk, Value::Null, Value::Null));
        assert_eq!((of("0"), of("logo")), (Some(ResellerId::from_bits(7)), None));
    }

    #[test]
    fn a_phone_is_followed_when_it_becomes_enrolled_and_not_when_its_header_changes() {
        let phone = |old, new| change("MODIFY", "T#TENANT#D#DEVICE", "0", state(old), state(new));
        let enrolled = Some(Change::PhoneEnrolled(DeviceId::from_bits(2)));
        assert_eq!(phone("enrolling", "enrolled"), enrolled);
        assert_eq!(phone("push_lost", "enrolled"), enrolled);
        assert_eq!(phone("enrolled", "enrolled"), None);
        assert_eq!(phone("enrolled", "push_lost"), None);
        let token = |token| json!({ "st": { "S": "enrolled" }, "pt": { "B": token } });
        let pk = "T#TENANT#D#DEVICE";
        assert_eq!(change("MODIFY", pk, "0", token("AAEC"), token("AAED")), enrolled);
        assert_eq!(change("MODIFY", pk, "0", token("AAEC"), token("AAEC")), None);
    }

    #[test]
    fn a_user_is_followed_when_what_artefacts_use_changes() {
        let person = |hash: &str| json!({ "ps": { "S": hash } });
        let user = |name, new| change(name, "T#TENANT#U", USER, person("a"), new);
        let changed = Some(Change::PersonChanged(UserId::from_bits(9)));
        assert_eq!(user("MODIFY", person("b")), changed);
        assert_eq!(user("REMOVE", Value::Null), changed);
        assert_eq!(user("MODIFY", person("a")), None);
    }

    #[test]
    fn what_nobody_follows_is_passed_over() {
        let none = || Value::Null;
        for (pk, sk) in [("R#res_1#O", "0"), ("T#TENANT#D#DEVICE", "I#profile_list"), ("", "")] {
            assert_eq!(change("INSERT", pk, sk, none(), none()), None);
        }
    }
}
