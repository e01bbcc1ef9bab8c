//! What the stream's filters let through, against what `functions/events` follows. Every record that
//! the table's writes can make is tried.

use aws_lambda_events::event::dynamodb::Event;
use serde_json::{Map, Value, json};

use crate::{
    template::Template,
    touches::{Place, sample},
};

/// Lambda takes five without asking AWS for more.
const MOST_FILTERS: usize = 5;
const UUID: &str = "80000000-0005-0101-0101-010101010101";

fn filters(template: &Template) -> Vec<Value> {
    let source = template.resource("StreamSource");
    let filters = source["FilterCriteria"]["Filters"].as_array().unwrap();
    assert!((1..=MOST_FILTERS).contains(&filters.len()), "{} filters", filters.len());
    let pattern = |filter: &Value| {
        let text = filter["Pattern"].as_str().unwrap();
        assert!(text.len() <= 4096);
        serde_json::from_str(text).unwrap()
    };
    filters.iter().map(pattern).collect()
}

/// As Lambda's documentation of event filtering says. What is not understood fails the test.
fn matches(pattern: &Value, found: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, inner)| {
            if name == "$or" {
                return inner.as_array().unwrap().iter().any(|pattern| matches(pattern, found));
            }
            let found = found.and_then(|found| found.get(name));
            matches(inner, found)
        }),
        Value::Array(rules) => match found.and_then(Value::as_array) {
            // One element of a set is enough.
            Some(set) => set.iter().any(|one| rules.iter().any(|rule| fits(rule, one.as_str()))),
            None => rules.iter().any(|rule| fits(rule, found.and_then(Value::as_str))),
        },
        other => panic!("cannot evaluate {other}"),
    }
}

fn fits(rule: &Value, found: Option<&str>) -> bool {
    let Value::Object(rule) = rule else {
        return found.is_some() && rule.as_str() == found;
    };
    let (operator, operand) = rule.iter().next().unwrap();
    assert_eq!(rule.len(), 1);
    match operator.as_str() {
        "exists" => operand.as_bool().unwrap() == found.is_some(),
        "prefix" => found.is_some_and(|found| found.starts_with(operand.as_str().unwrap())),
        "suffix" => found.is_some_and(|found| found.ends_with(operand.as_str().unwrap())),
        "anything-but" => {
            let banned = operand.as_array().unwrap();
            found.is_some_and(|found| banned.iter().all(|banned| banned != found))
        }
        other => panic!("cannot evaluate {other}"),
    }
}

fn passes(filters: &[Value], record: &Value) -> bool {
    filters.iter().any(|pattern| matches(pattern, Some(record)))
}

fn follows(record: &Value) -> bool {
    let event = json!({ "Records": [record] });
    let event: Event = serde_json::from_value(event).unwrap();
    trennwand_fn_events::follows(&event.records[0])
}

fn record(name: &str, pk: &str, sk: &str, old: &Value, new: &Value) -> Value {
    let mut dynamodb = json!({
        "ApproximateCreationDateTime": 1795000000.0,
        "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
        "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES"
    });
    if name != "INSERT" {
        dynamodb["OldImage"] = old.clone();
    }
    if name != "REMOVE" {
        dynamodb["NewImage"] = new.clone();
    }
    json!({
        "awsRegion": "eu-central-1", "eventID": "1", "eventName": name, "eventSource": "aws:dynamodb",
        "dynamodb": dynamodb
    })
}

/// What an item may hold of the attributes that decide; one at a time, headers both.
fn images() -> Vec<Value> {
    let mut images = vec![json!({})];
    for word in ["signing_up", "bound", "ended_at_google", "unbound"] {
        images.push(json!({ "st": { "S": word } }));
    }
    for (link, revoked) in [("AA==", false), ("AA==", true), ("AQ==", false)] {
        for platform in ["android", "ios"] {
            let link = json!({ "B": link });
            let platform = json!({ "S": platform });
            images.push(json!({ "pl": platform, "th": link, "rk": { "BOOL": revoked } }));
        }
    }
    for need in ["place", "verify"] {
        images.push(json!({ "nd": { "S": need } }));
    }
    let words = ["provisioning", "enrolling", "enrolled", "push_lost"];
    for word in words {
        images.push(json!({ "st": { "S": word } }));
        for (token, former) in [("AAEC", false), ("AAED", false), ("AAED", true)] {
            let mut header = json!({ "st": { "S": word }, "pt": { "B": token } });
            if former {
                header["pz"] = json!({ "B": "AAEC" });
            }
            images.push(header);
        }
    }
    for word in ["enrolled", "push_lost", "invited"] {
        for groups in [&["AAAAAAAAAAAAAAAAAAAAAQ=="][..], &["AAAAAAAAAAAAAAAAAAAAAg=="]] {
            let groups = json!({ "BS": groups });
            images.push(json!({ "st": { "S": word }, "pt": { "B": "AAEC" }, "gr": groups }));
        }
    }
    let device = |id: &str| format!("dev_0000000000000000000000000{id}");
    for (name, one, other) in [
        ("wt", "a".to_owned(), "b".to_owned()),
        ("ps", "a".into(), "b".into()),
        ("dv", device("1"), device("2")),
    ] {
        for value in [one, other] {
            let image = Map::from_iter([(name.to_owned(), json!({ "S": value }))]);
            images.push(Value::Object(image));
        }
    }
    images
}

/// A header's new token is never written without remembering the former one
/// (`shared/store/src/devices/checkin.rs`), a phone without token is not enrolled, and what has a state
/// keeps having one.
fn can_be(old: &Value, new: &Value) -> bool {
    if old.get("st").is_some() != new.get("st").is_some() {
        return false;
    }
    let token = |image: &Value| image["pt"]["B"].as_str().map(str::to_owned);
    let enrolled = |image: &Value| image["st"]["S"] == "enrolled";
    match (token(old), token(new)) {
        (Some(before), Some(now)) if before != now => new.get("pz").is_some(),
        (before, now) => (before.is_some() || !enrolled(old)) && (now.is_some() || !enrolled(new)),
    }
}

fn sort_keys() -> [String; 8] {
    let user = "usr_01K0000000000000000000000F";
    let group = "grp_01K0000000000000000000000G";
    let invitation = "enr_01K0000000000000000000000H";
    ["0", "logo", "G", user, group, invitation, &format!("1#{UUID}"), &format!("R#{UUID}")]
        .map(str::to_owned)
}

/// What a record may say of an item before and after.
fn pairs<'a>(name: &str, images: &'a [Value]) -> Vec<(&'a Value, &'a Value)> {
    if name != "MODIFY" {
        return images.iter().map(|image| (image, image)).collect();
    }
    let pairs = images.iter().flat_map(|old| images.iter().map(move |new| (old, new)));
    pairs.filter(|(old, new)| can_be(old, new)).collect()
}

pub(crate) fn the_stream_passes_on_what_events_follow(template: &Template) {
    let filters = filters(template);
    let (images, sort_keys) = (images(), sort_keys());
    let (mut followed, mut idle) = (0, 0);
    for kind in Place::Data.kinds() {
        let pk = sample(kind);
        for sk in &sort_keys {
            for name in ["INSERT", "MODIFY", "REMOVE"] {
                for (old, new) in pairs(name, &images) {
                    let record = record(name, &pk, sk, old, new);
                    if !follows(&record) {
                        idle += 1;
                        continue;
                    }
                    assert!(passes(&filters, &record), "kept back: {record}");
                    followed += 1;
                }
            }
        }
    }
    assert!(followed > 1000 && idle > 10 * followed, "{followed} followed, {idle} not");
}

/// What happens often and nobody follows costs no invocation: what phones answer, what the API keeps,
/// and what the function itself writes.
pub(crate) fn the_stream_keeps_back_what_nobody_follows(template: &Template) {
    let filters = filters(template);
    let header = |token: &str| json!({ "st": { "S": "enrolled" }, "pt": { "B": token } });
    let (same, none) = (header("AAEC"), json!({}));
    let lost = json!({ "st": { "S": "push_lost" }, "pt": { "B": "AAEC" } });
    let device = "T#<tenant>#D#<device>";
    let (queued, result) = (format!("1#{UUID}"), format!("R#{UUID}"));
    let cases = [
        (device, "0", "MODIFY", &same, &same),
        (device, "0", "MODIFY", &same, &lost),
        (device, "0", "INSERT", &none, &json!({ "st": { "S": "invited" } })),
        (device, "I#profile_list", "INSERT", &none, &none),
        (device, "I#profile_list", "MODIFY", &none, &none),
        (device, "S#unlock", "INSERT", &none, &none),
        (device, queued.as_str(), "MODIFY", &none, &none),
        (device, queued.as_str(), "REMOVE", &none, &none),
        (device, result.as_str(), "REMOVE", &none, &none),
        ("T#<tenant>#Y", "07#dev_1", "INSERT", &none, &none),
        ("T#<tenant>#AUD", "evt_1", "INSERT", &none, &none),
        ("R#<reseller>#AUD", "evt_1", "INSERT", &none, &none),
        ("T#<tenant>#IDK", "0a", "INSERT", &none, &none),
        ("T#<tenant>#A", "0a", "INSERT", &none, &none),
        ("T#<tenant>#Z", "asg_1", "INSERT", &none, &none),
        ("T#<tenant>#E", "enr_1", "MODIFY", &none, &none),
        ("T#<tenant>#E", "enr_1", "INSERT", &none, &json!({ "pl": { "S": "ios" } })),
        ("T#<tenant>#W", "policies", "MODIFY", &none, &none),
        ("T#<tenant>#W", "0", "MODIFY", &none, &json!({ "st": { "S": "signing_up" } })),
        (device, "G", "MODIFY", &none, &none),
        ("T#<tenant>#C", "cli_1", "INSERT", &none, &none),
        ("T#<tenant>#O", "0", "MODIFY", &none, &json!({ "st": { "S": "active" } })),
        ("X#client#<client>", "0", "INSERT", &none, &none),
        ("R#<reseller>#T", "ten_1", "INSERT", &none, &json!({ "st": { "S": "active" } })),
    ];
    for (kind, sk, name, old, new) in cases {
        let record = record(name, &sample(kind), sk, old, new);
        assert!(!follows(&record), "followed: {record}");
        assert!(!passes(&filters, &record), "passed on: {record}");
    }
}

#[test]
fn rules_match_as_lambda_says() {
    let record = json!({ "a": { "S": "xyz" }, "n": "INSERT", "s": { "BS": ["a", "b"] } });
    for (pattern, fits) in [
        (json!({ "n": ["INSERT"] }), true),
        (json!({ "n": ["MODIFY", "INSERT"] }), true),
        (json!({ "n": ["MODIFY"] }), false),
        (json!({ "a": { "S": [{ "prefix": "xy" }] } }), true),
        (json!({ "a": { "S": [{ "prefix": "yz" }] } }), false),
        (json!({ "a": { "S": [{ "suffix": "yz" }] } }), true),
        (json!({ "a": { "S": [{ "exists": true }] } }), true),
        (json!({ "b": { "S": [{ "exists": true }] } }), false),
        (json!({ "b": { "S": [{ "exists": false }] } }), true),
        (json!({ "b": { "S": [{ "anything-but": ["q"] }] } }), false),
        (json!({ "a": { "S": [{ "anything-but": ["q"] }] } }), true),
        (json!({ "a": { "S": [{ "anything-but": ["xyz"] }] } }), false),
        (json!({ "n": ["INSERT"], "a": { "S": ["q"] } }), false),
        (json!({ "$or": [{ "n": ["MODIFY"] }, { "a": { "S": ["xyz"] } }] }), true),
        (json!({ "$or": [{ "n": ["MODIFY"] }, { "a": { "S": ["q"] } }] }), false),
        (json!({ "s": { "BS": [{ "exists": true }] } }), true),
        (json!({ "s": { "BS": ["b"] } }), true),
        (json!({ "s": { "BS": ["c"] } }), false),
    ] {
        assert_eq!(matches(&pattern, Some(&record)), fits, "{pattern}");
    }
}
