//! Every artefact against Apple's schema and Google's discovery document, field by field, where
//! those files are at hand: below `TRENNWAND_REFERENCE`, or beside the repository.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use trennwand_domain::{MailAuth, MailKind, MailSettings, Platform, Target};

use crate::{
    ANDROID_APPLICATION, Os, Part, PolicyDocument, RESTRICTIONS, Template, USER_ENROLLMENT_KEYS,
    compile, fixtures::exchange_online, minimum_os, permits,
};

/// Keys that are newer than the schema at hand (iOS 18.1), from Apple's documentation.
const NEWER: [&str; 2] =
    ["allowDefaultCallingAppModification", "allowDefaultMessagingAppModification"];

#[expect(clippy::disallowed_methods, reason = "tests only: where the makers' documents are")]
fn file(name: &str) -> Option<String> {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference").to_owned();
    let root = std::env::var("TRENNWAND_REFERENCE").unwrap_or_else(|_| beside());
    fs::read_to_string(PathBuf::from(root).join(name)).ok()
}

fn json(name: &str) -> Option<Value> {
    file(name).map(|text| serde_json::from_str(&text).expect("the reference is JSON"))
}

/// Documents that between them set every key that the compiler knows.
fn documents() -> Vec<PolicyDocument> {
    let full = |messengers: &str| {
        PolicyDocument::parse(&format!(
            r#"{{"schema_version":1,"messengers":"{messengers}","passcode":"strong",
            "contacts":"strict","lock_screen_previews":"hidden","siri_while_locked":"blocked",
            "cloud_sync":"allowed","non_compliance":"block","contact_apps":["com.a.b"],
            "managed_apps":[{{"ios":"com.a.b","android":"com.a.b"}}],
            "company_phones":{{"accounts":"blocked","other_profiles":"blocked",
            "computers":"blocked","usb_files":"allowed","mirroring":"blocked",
            "private_space":"blocked"}}}}"#
        ))
        .unwrap()
    };
    let supervised = PolicyDocument::parse(
        r#"{"schema_version":1,"messengers":"blocked","company_phones":{"usb_files":"blocked"}}"#,
    );
    vec![PolicyDocument::preset(), full("allowed"), full("blocked"), supervised.unwrap()]
}

fn artefacts(platform: Platform) -> impl Iterator<Item = Template> {
    let own = MailSettings {
        kind: MailKind::Exchange,
        host: Some("mail.krume.example".into()),
        auth: MailAuth::Password,
    };
    let google =
        MailSettings { kind: MailKind::GoogleWorkspace, host: None, auth: MailAuth::Oauth };
    let mails = [None, Some(exchange_online()), Some(own), Some(google)];
    let targets = Target::ALL.iter().filter(move |target| target.platform() == platform);
    targets.flat_map(move |&target| {
        let mails = mails.clone();
        documents().into_iter().flat_map(move |document| {
            mails
                .clone()
                .into_iter()
                .flat_map(move |mail| compile(&document, target, mail.as_ref()))
        })
    })
}

fn apple_type(part: &Part) -> &'static str {
    match part {
        Part::Bool(_) => "boolean",
        Part::Integer(_) => "integer",
        Part::Text(_) | Part::Variable(_) => "string",
        Part::Dict(_) => "dictionary",
        Part::List(_) => "array",
    }
}

#[test]
fn every_restriction_is_one_of_apple_s_and_allowed_where_it_goes() {
    let Some(schema) = json("apple-schema/ios-restrictions.json") else {
        return;
    };
    for template in artefacts(Platform::Ios).filter(|t| t.payload_type == RESTRICTIONS) {
        let target = template.target;
        for (key, part) in &template.payload {
            let Some(known) = schema.get(key) else {
                let newer = target == Target::IosSupervised && NEWER.contains(&key.as_str());
                assert!(newer, "{target}: {key} is not in the schema");
                continue;
            };
            assert_eq!(known["type"], apple_type(part), "{key}");
            let supervised = known["supervised"] == Value::Bool(true);
            assert!(!supervised || target == Target::IosSupervised, "{target}: {key}");
            let user = known["ue"] == "allowed";
            assert!(user || target != Target::IosUserEnrollment, "{target}: {key}");
            assert!(known["deprecated"].is_null(), "{key}");
        }
    }
}

#[test]
fn the_lists_of_keys_are_apple_s() {
    let Some(schema) = json("apple-schema/ios-restrictions.json") else {
        return;
    };
    let allowed = schema.as_object().unwrap().iter().filter(|(_, k)| k["ue"] == "allowed");
    let allowed: Vec<_> = allowed.map(|(key, _)| key.as_str()).collect();
    assert_eq!(allowed.len(), 23);
    assert!(allowed.iter().all(|key| USER_ENROLLMENT_KEYS.contains(key)));
    for (key, known) in schema.as_object().unwrap() {
        let supervised = known["supervised"] == Value::Bool(true);
        assert!(!(supervised && permits(Target::IosDevice, key)), "{key}");
    }
}

#[test]
fn the_graph_knows_since_when_a_restriction_is_heeded() {
    let Some(schema) = json("apple-schema/ios-restrictions.json") else {
        return;
    };
    let targets = [Target::IosUserEnrollment, Target::IosDevice, Target::IosSupervised];
    for way in targets.into_iter().flat_map(crate::ways) {
        let crate::Closes::Keys { keys, since, .. } = way.closes else {
            continue;
        };
        for known in keys.iter().filter_map(|key| schema.get(key.path)) {
            let introduced = Os::parse(known["introduced"].as_str().unwrap()).unwrap();
            let late = introduced <= since.max(minimum_os(Target::IosDevice));
            assert!(late, "{} {since} {introduced}", way.channel);
        }
        for key in
            keys.iter().filter(|key| key.path.starts_with("allow") || key.path.starts_with("force"))
        {
            let is_known = schema.get(key.path).is_some() || NEWER.contains(&key.path);
            assert!(is_known, "{}", key.path);
        }
    }
}

/// Path of each key of a payload (`A.B` below `A`), with its type and whether iOS takes it under
/// User Enrolment; as much of YAML as Apple's schema needs.
fn apple_keys(yaml: &str) -> BTreeMap<String, (String, String)> {
    let mut keys = BTreeMap::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut in_ios = false;
    let body = yaml.split("\npayloadkeys:").nth(1).expect("a payload has keys");
    for line in body.lines() {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim_start();
        if let Some(key) = text.strip_prefix("- key: ") {
            path.retain(|(at, _)| *at < indent);
            path.push((indent, key.to_owned()));
            in_ios = false;
        }
        let name = path.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(".");
        let entry = keys.entry(name).or_insert_with(|| (String::new(), "allowed".to_owned()));
        if let Some(kind) = text.strip_prefix("type: <") {
            entry.0 = kind.trim_end_matches('>').to_owned();
        } else if let Some(mode) = text.strip_prefix("mode: ").filter(|_| in_ios) {
            entry.1 = mode.to_owned();
        } else if text == "iOS:" {
            in_ios = true;
        } else if ["macOS:", "tvOS:", "visionOS:", "watchOS:", "sharedipad:"].contains(&text) {
            in_ios = false;
        }
    }
    keys
}

fn compare(path: &str, part: &Part, known: &BTreeMap<String, (String, String)>, target: Target) {
    let (kind, mode) = known.get(path).unwrap_or_else(|| panic!("{path} is not in Apple's schema"));
    assert_eq!(kind, apple_type(part), "{path}");
    assert!(target != Target::IosUserEnrollment || mode == "allowed", "{path} is {mode}");
    if let Part::Dict(parts) = part {
        for (key, part) in parts {
            compare(&format!("{path}.{key}"), part, known, target);
        }
    }
}

#[test]
fn every_key_of_every_profile_is_one_of_apple_s() {
    for template in artefacts(Platform::Ios) {
        for (kind, payload) in template.payloads().filter(|(kind, _)| *kind != RESTRICTIONS) {
            let Some(yaml) = file(&format!("apple-schema/mdm/profiles/{kind}.yaml")) else {
                continue;
            };
            let known = apple_keys(&yaml);
            for (key, part) in payload {
                compare(key, part, &known, template.target);
            }
        }
    }
}

/// A part against a schema of Google's.
fn check(path: &str, part: &Part, schema: &Value, all: &Value) {
    let schema = schema["$ref"].as_str().map_or(schema, |name| &all[name]);
    assert!(schema.is_object(), "{path}: no schema");
    match (part, schema["type"].as_str().unwrap_or_default()) {
        (Part::Bool(_), "boolean") | (Part::Integer(_), "integer") => {}
        (Part::Variable(_), "string") => {}
        (Part::Text(text), "string") => {
            let words = schema["enum"].as_array();
            assert!(
                words.is_none_or(|w| w.contains(&Value::from(text.as_str()))),
                "{path}: {text}"
            );
            assert!(!text.ends_with("_UNSPECIFIED"), "{path}: {text}");
        }
        (Part::List(parts), "array") => {
            for part in parts {
                check(&format!("{path}[]"), part, &schema["items"], all);
            }
        }
        (Part::Dict(parts), "object") => {
            for (key, part) in parts {
                let path = format!("{path}.{key}");
                let member = schema["properties"].get(key);
                let any = &schema["additionalProperties"];
                let member = member.or_else(|| any.is_object().then_some(any));
                let member = member.unwrap_or_else(|| panic!("{path} is not in Google's schema"));
                let is_free = member["type"] == "any";
                assert!(!member["readOnly"].as_bool().unwrap_or(false), "{path}");
                let old = member["deprecated"].as_bool().unwrap_or(false);
                assert!(!old || key == "complianceRules", "{path} is deprecated");
                if !is_free {
                    check(&path, part, member, all);
                }
            }
        }
        (part, kind) => panic!("{path}: {part:?} is no {kind}"),
    }
}

#[test]
fn every_member_of_every_policy_is_one_of_google_s() {
    let Some(discovery) = json("android/androidmanagement.v1.json") else {
        return;
    };
    let all = &discovery["schemas"];
    for template in artefacts(Platform::Android) {
        let of_app = template.payload_type == ANDROID_APPLICATION;
        let name = if of_app { "ApplicationPolicy" } else { "Policy" };
        check(name, &Part::Dict(template.payload.clone()), &all[name], all);
    }
}

/// A setting that Google says older systems answer with `API_LEVEL` is not counted on for those.
#[test]
fn every_key_of_the_graph_is_one_of_google_s() {
    let Some(discovery) = json("android/androidmanagement.v1.json") else {
        return;
    };
    let all = &discovery["schemas"];
    let targets = Target::ALL.iter().filter(|target| target.platform() == Platform::Android);
    for way in targets.flat_map(|&target| crate::ways(target)) {
        let crate::Closes::Keys { keys, .. } = way.closes else {
            continue;
        };
        for key in keys {
            let mut schema = &all["Policy"];
            for name in key.path.split('.') {
                schema = &schema["properties"][name];
                if schema["type"] == "array" && schema["items"]["$ref"].is_string() {
                    schema = &schema["items"];
                }
                schema = schema["$ref"].as_str().map_or(schema, |name| &all[name]);
                assert!(schema.is_object(), "{}", key.path);
            }
            let words = match key.must {
                crate::Must::BeOneOf { words, .. } => words,
                _ => &[],
            };
            for word in words {
                let known = schema["enum"].as_array().unwrap();
                assert!(known.contains(&Value::from(*word)), "{} {word}", key.path);
            }
        }
    }
}
