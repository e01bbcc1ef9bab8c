//! Every role against the table of what its function may touch, in both directions.

use serde_json::Value;
use trennwand_store::layout;

use crate::{
    role::{Asked, Role, texts},
    template::{Template, arn},
    touches::{ACTIONS, Place, SERVICES, TOUCHES, kinds, sample},
};

const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
const PURPOSE: &str = "kms:EncryptionContext:trennwand";

fn resource(place: Place) -> String {
    match place {
        Place::Data => arn("DataTable", "Arn"),
        Place::Keys => arn("KeysTable", "Arn"),
        Place::ByTenant => format!("{}/index/{}", arn("DataTable", "Arn"), layout::BY_TENANT),
        Place::ByDue => format!("{}/index/{}", arn("DataTable", "Arn"), layout::BY_DUE),
    }
}

fn role_of(template: &Template, function: &str) -> Role {
    let (_, logical, properties) =
        template.functions().into_iter().find(|(name, ..)| name == function).unwrap();
    let role = properties["Role"]["Fn::GetAtt"].as_str().unwrap();
    let name = logical.replace("Function", "Role");
    assert_eq!(role, format!("{name}.Arn"), "each function has a role of its own");
    Role(template.statements(&name))
}

fn asked(place: Place, action: &str, keys: &[&str]) -> Asked {
    let asked = Asked::new(&format!("dynamodb:{action}"), &resource(place));
    if keys.is_empty() { asked } else { asked.with(LEADING_KEYS, keys.iter().map(|k| sample(k))) }
}

#[test]
fn every_function_is_in_the_tables() {
    let functions = Template::load().functions();
    let mut names: Vec<_> = functions.iter().map(|(name, ..)| name.as_str()).collect();
    names.sort_unstable();
    for table in [
        TOUCHES.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        SERVICES.iter().map(|(name, _)| *name).collect(),
    ] {
        let mut listed = table;
        listed.sort_unstable();
        assert_eq!(listed, names);
    }
}

#[test]
fn a_role_allows_exactly_the_items_that_its_function_may_touch() {
    let template = Template::load();
    let (mut allowed, mut denied) = (0, 0);
    for (function, rows) in TOUCHES {
        let role = role_of(&template, function);
        for place in Place::ALL {
            for action in ACTIONS {
                let row = rows.iter().find(|(at, name, _)| *at == place && name == action);
                let may = row.map_or_else(Vec::new, |(_, _, row)| kinds(place, row));
                for kind in place.kinds() {
                    let expected = may.contains(kind);
                    let given = role.allows(&asked(place, action, &[kind]));
                    assert_eq!(given, expected, "{function}: {action} of {kind} in {place:?}");
                    if expected {
                        allowed += 1
                    } else {
                        denied += 1
                    }
                    // One foreign key spoils a batch.
                    if let (true, Some(own)) = (!expected, may.first()) {
                        assert!(!role.allows(&asked(place, action, &[own, kind])), "{function}");
                    }
                }
                assert!(
                    !role.allows(&asked(place, action, &[])),
                    "{function}: {action} of anything"
                );
            }
        }
    }
    assert!(allowed > 100 && denied > 10 * allowed, "{allowed} allowed, {denied} denied");
}

#[test]
fn a_role_reaches_no_key_that_only_looks_like_its_own() {
    let template = Template::load();
    for (function, rows) in TOUCHES {
        let role = role_of(&template, function);
        for (place, action, row) in *rows {
            for kind in kinds(*place, row) {
                for near in [format!("{}X", sample(kind)), format!("X{}", sample(kind))] {
                    // Behind the last identifier anything fits, as identifiers have no end there.
                    if kind.ends_with('>') && near.starts_with(&sample(kind)) {
                        continue;
                    }
                    let asked = Asked::new(&format!("dynamodb:{action}"), &resource(*place))
                        .with(LEADING_KEYS, [near.clone()]);
                    assert!(!role.allows(&asked), "{function}: {action} of {near}");
                }
            }
        }
    }
}

/// Every action on another service that any function needs, on every resource of its kind.
#[test]
fn a_role_allows_exactly_the_other_services_that_its_function_needs() {
    let template = Template::load();
    let rows = SERVICES.iter().flat_map(|(_, rows)| *rows);
    let mut actions: Vec<_> = rows.flat_map(|row| row.0.split_whitespace()).collect();
    actions.extend(["kms:GenerateDataKey", "kms:ScheduleKeyDeletion", "sqs:PurgeQueue"]);
    actions.extend(["sns:Subscribe", "lambda:InvokeFunction", "sts:AssumeRole", "iam:PassRole"]);
    actions.sort_unstable();
    actions.dedup();
    let resources = [
        "MasterKey",
        "WakeTopic",
        "AlarmTopic",
        "WakeQueue",
        "ProvisionQueue",
        "WakeDeadLetters",
        "ProvisionDeadLetters",
        "EventsDeadLetters",
        "ScheduleDeadLetters",
        "ScheduleFunction",
    ];
    let purposes = [
        "tenant/<tenant>/data_key",
        "platform/data_key",
        "tenant/<tenant>/user/usr_1/subject_key",
        "something else",
    ];
    for (function, rows) in SERVICES {
        let role = role_of(&template, function);
        for action in &actions {
            for logical in resources {
                let row = rows
                    .iter()
                    .find(|(a, r, _)| a.split_whitespace().any(|a| a == *action) && *r == logical);
                let asked = Asked::new(action, &arn(logical, "Arn"));
                if logical == "MasterKey" {
                    for purpose in purposes {
                        let expected = row.is_some_and(|(_, _, p)| p.contains(&purpose));
                        let asked = asked.clone().with(PURPOSE, [sample(purpose)]);
                        assert_eq!(role.allows(&asked), expected, "{function}: {action} {purpose}");
                    }
                    assert!(!role.allows(&asked), "{function}: {action} for no purpose");
                } else {
                    assert_eq!(
                        role.allows(&asked),
                        row.is_some(),
                        "{function}: {action} {logical}"
                    );
                }
            }
        }
    }
}

#[test]
fn no_role_says_more_than_the_evaluator_was_asked_about() {
    let template = Template::load();
    let known = |function: &str, action: &str| {
        let item = |a: &str| action == format!("dynamodb:{a}");
        let stream = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
        let services = SERVICES.iter().find(|(name, _)| *name == function).unwrap().1;
        ACTIONS.iter().any(|a| item(a))
            || (function == "events" && stream.iter().any(|a| item(a)))
            || services.iter().any(|(a, ..)| a.split_whitespace().any(|a| a == action))
            || ["logs:CreateLogStream", "logs:PutLogEvents"].contains(&action)
    };
    for (function, logical, _) in template.functions() {
        for statement in role_of(&template, &function).0 {
            for action in texts(&statement["Action"]) {
                assert!(known(&function, &action), "{function}: {action}");
                assert!(!action.contains('*'), "{function}: {action}");
            }
            for resource in texts(&statement["Resource"]) {
                // A log group's ARN ends so, and streams are named by when they were made.
                let wild = resource.contains(":log-group:") || statement["Sid"] == "ListStreams";
                assert!(wild || !resource.contains('*'), "{logical}: {resource}");
            }
        }
    }
}

/// Each role can be taken by one service only, and writes to its own log only.
#[test]
fn roles_belong_to_one_function_each() {
    let template = Template::load();
    for (function, logical, properties) in template.functions() {
        let role = logical.replace("Function", "Role");
        let trust = &template.resource(&role)["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust.as_array().unwrap().len(), 1);
        assert_eq!(trust[0]["Principal"]["Service"], "lambda.amazonaws.com");
        assert_eq!(template.resource(&role).get("ManagedPolicyArns"), None);
        assert_eq!(properties.get("Policies"), None, "SAM would add a role of its own");
        let log = properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap();
        let role = role_of(&template, &function);
        for (_, other, _) in template.functions() {
            let other = other.replace("Function", "Log");
            let stream = arn(&other, "Arn").replace(":*", ":log-stream:2026/01/01");
            let asked = Asked::new("logs:PutLogEvents", &stream);
            assert_eq!(role.allows(&asked), other == log, "{function} {other}");
        }
    }
}

/// What the functions really asked DynamoDB for in a run of `infra/smoke`: lines of
/// `{function, action, table, index, keys}`.
#[test]
fn what_functions_asked_on_the_emulator_is_in_their_roles() {
    #[expect(clippy::disallowed_methods, reason = "infra/smoke says where its record is")]
    let Ok(path) = std::env::var("TRENNWAND_ACCESSES") else { return };
    let template = Template::load();
    let mut count = 0;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let access: Value = serde_json::from_str(line).unwrap();
        let place = match (access["table"].as_str().unwrap(), access["index"].as_str()) {
            ("data", None) => Place::Data,
            ("data", Some(layout::BY_TENANT)) => Place::ByTenant,
            ("data", Some(layout::BY_DUE)) => Place::ByDue,
            ("keys", None) => Place::Keys,
            other => panic!("{other:?}"),
        };
        let action = format!("dynamodb:{}", access["action"].as_str().unwrap());
        let asked =
            Asked::new(&action, &resource(place)).with(LEADING_KEYS, texts(&access["keys"]));
        let role = role_of(&template, access["function"].as_str().unwrap());
        assert!(role.allows(&asked), "{line}");
        count += 1;
    }
    assert!(count > 50, "only {count} accesses were recorded");
}
