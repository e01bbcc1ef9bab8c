//! Every role against the table of what its function may touch, in both directions.

use trennwand_store::layout;

use crate::{
    role::{Asked, Role, texts},
    template::{Template, arn},
    touches::{ACTIONS, Place, SERVICES, TOUCHES, kinds, sample},
};

pub(crate) const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
/// How Lambda reads a stream on a function's behalf.
const STREAM: &[&str] = &["DescribeStream", "GetRecords", "GetShardIterator"];
pub(crate) const PURPOSE: &str = "kms:EncryptionContext:trennwand";

pub(crate) fn resource(place: Place) -> String {
    match place {
        Place::Data => arn("DataTable", "Arn"),
        Place::Keys => arn("KeysTable", "Arn"),
        Place::ByTenant => format!("{}/index/{}", arn("DataTable", "Arn"), layout::BY_TENANT),
        Place::ByDue => format!("{}/index/{}", arn("DataTable", "Arn"), layout::BY_DUE),
    }
}

pub(crate) fn role_of(template: &Template, function: &str) -> Role {
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

pub(crate) fn every_function_is_in_the_tables(template: &Template) {
    let functions = template.functions();
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

pub(crate) fn a_role_allows_exactly_the_items_that_its_function_may_touch(template: &Template) {
    let (mut allowed, mut denied) = (0, 0);
    for (function, _) in TOUCHES {
        let (more, less) = holds_items(&role_of(template, function), function).unwrap();
        (allowed, denied) = (allowed + more, denied + less);
    }
    assert!(allowed > 100 && denied > 30 * allowed, "{allowed} allowed, {denied} denied");
}

/// What a role says wrongly, in words.
pub(crate) type Complaint = String;

fn expect(right: bool, complaint: impl FnOnce() -> Complaint) -> Result<(), Complaint> {
    if right { Ok(()) } else { Err(complaint()) }
}

/// How many items of the table a role allows and how many it denies, all of them rightly.
pub(crate) fn holds_items(role: &Role, function: &str) -> Result<(usize, usize), Complaint> {
    let rows = TOUCHES.iter().find(|(name, _)| *name == function).unwrap().1;
    let (mut allowed, mut denied) = (0, 0);
    for place in Place::ALL {
        for action in ACTIONS {
            let row = rows.iter().find(|(at, name, _)| *at == place && name == action);
            let may = row.map_or_else(Vec::new, |(_, _, row)| kinds(place, row));
            // Also keys that nothing has there.
            for kind in Place::ALL.iter().flat_map(|place| place.kinds()) {
                let expected = may.contains(kind);
                let given = role.allows(&asked(place, action, &[kind]));
                let said = || format!("{function}: {action} of {kind} in {place:?}: {given}");
                expect(given == expected, said)?;
                *(if expected { &mut allowed } else { &mut denied }) += 1;
                // One foreign key spoils a batch.
                if let (true, Some(own)) = (!expected, may.first()) {
                    let spoilt = role.allows(&asked(place, action, &[own, kind]));
                    expect(!spoilt, || format!("{function}: {action} of {own} and {kind}"))?;
                }
            }
            let any = role.allows(&asked(place, action, &[]));
            expect(!any, || format!("{function}: {action} of anything in {place:?}"))?;
        }
    }
    Ok((allowed, denied))
}

pub(crate) fn a_role_reaches_no_key_that_only_looks_like_its_own(template: &Template) {
    for (function, _) in TOUCHES {
        holds_near_keys(&role_of(template, function), function).unwrap();
    }
}

pub(crate) fn holds_near_keys(role: &Role, function: &str) -> Result<(), Complaint> {
    let rows = TOUCHES.iter().find(|(name, _)| *name == function).unwrap().1;
    for (place, action, row) in rows {
        for kind in kinds(*place, row) {
            for near in [format!("{}X", sample(kind)), format!("X{}", sample(kind))] {
                // Behind the last identifier anything fits, as identifiers have no end there.
                if kind.ends_with('>') && near.starts_with(&sample(kind)) {
                    continue;
                }
                let asked = Asked::new(&format!("dynamodb:{action}"), &resource(*place))
                    .with(LEADING_KEYS, [near.clone()]);
                expect(!role.allows(&asked), || format!("{function}: {action} of {near}"))?;
            }
        }
    }
    Ok(())
}

const RESOURCES: &[&str] = &[
    "MasterKey",
    "WakeTopic",
    "AlarmTopic",
    "WakeQueue",
    "ProvisionQueue",
    "AndroidQueue",
    "WakeDeadLetters",
    "ProvisionDeadLetters",
    "AndroidDeadLetters",
    "EventsDeadLetters",
    "ScheduleDeadLetters",
    "ScheduleFunction",
];

/// What a key may be wrapped as.
const PURPOSES: &[&str] = &[
    "tenant/<tenant>/data_key",
    "platform/data_key",
    "platform/google_account",
    "tenant/<tenant>/user/usr_1/subject_key",
    "something else",
];

pub(crate) fn a_role_allows_exactly_the_other_services_that_its_function_needs(
    template: &Template,
) {
    for (function, _) in SERVICES {
        holds_services(&role_of(template, function), function).unwrap();
    }
}

/// Every action on another service that any function needs, and some that none does.
fn service_actions() -> Vec<&'static str> {
    let rows = SERVICES.iter().flat_map(|(_, rows)| *rows);
    let mut actions: Vec<_> = rows.flat_map(|row| row.0.split_whitespace()).collect();
    actions.extend(["kms:GenerateDataKey", "kms:ScheduleKeyDeletion", "sqs:PurgeQueue"]);
    actions.extend(["sns:Subscribe", "lambda:InvokeFunction", "sts:AssumeRole", "iam:PassRole"]);
    actions.sort_unstable();
    actions.dedup();
    actions
}

/// On every resource of its kind.
pub(crate) fn holds_services(role: &Role, function: &str) -> Result<(), Complaint> {
    let rows = SERVICES.iter().find(|(name, _)| *name == function).unwrap().1;
    for action in service_actions() {
        for logical in RESOURCES {
            let row = rows
                .iter()
                .find(|(a, r, _)| a.split_whitespace().any(|a| a == action) && r == logical);
            let asked = Asked::new(action, &arn(logical, "Arn"));
            if *logical == "MasterKey" {
                for purpose in PURPOSES {
                    let expected = row.is_some_and(|(_, _, p)| p.contains(purpose));
                    let asked = asked.clone().with(PURPOSE, [sample(purpose)]);
                    let given = role.allows(&asked);
                    expect(given == expected, || format!("{function}: {action} {purpose}"))?;
                }
                let any = role.allows(&asked);
                expect(!any, || format!("{function}: {action} for no purpose"))?;
            } else {
                let given = role.allows(&asked);
                expect(given == row.is_some(), || format!("{function}: {action} {logical}"))?;
            }
        }
    }
    let stream = arn("DataTable", "StreamArn");
    for action in STREAM {
        let given = role.allows(&Asked::new(&format!("dynamodb:{action}"), &stream));
        expect(given == (function == "events"), || format!("{function}: {action}"))?;
    }
    Ok(())
}

pub(crate) fn no_role_says_more_than_the_evaluator_was_asked_about(template: &Template) {
    for (function, ..) in template.functions() {
        holds_words(&role_of(template, &function), &function).unwrap();
    }
}

/// Each statement's actions are known, none has a wildcard.
pub(crate) fn holds_words(role: &Role, function: &str) -> Result<(), Complaint> {
    let services = SERVICES.iter().find(|(name, _)| *name == function).unwrap().1;
    let known = |action: &str| {
        let item = |a: &str| action == format!("dynamodb:{a}");
        ACTIONS.iter().any(|a| item(a) && *a != "Scan")
            || (function == "events" && (STREAM.iter().any(|a| item(a)) || item("ListStreams")))
            || services.iter().any(|(a, ..)| a.split_whitespace().any(|a| a == action))
            || ["logs:CreateLogStream", "logs:PutLogEvents"].contains(&action)
    };
    for statement in &role.0 {
        for action in texts(&statement["Action"]) {
            let right = known(&action) && !action.contains('*');
            expect(right, || format!("{function}: {action}"))?;
        }
        for resource in texts(&statement["Resource"]) {
            // A log group's ARN ends so, and streams are named by when they were made.
            let streams = statement["Sid"] == "ListStreams" && resource.ends_with("/stream/*");
            let wild = streams || (resource.contains(":log-group:") && resource.ends_with(":*"));
            let stars = resource.matches('*').count();
            expect(stars == usize::from(wild), || format!("{function}: {resource}"))?;
        }
    }
    Ok(())
}

/// Besides those of the functions there is one role, the timer's: it may invoke one function.
pub(crate) fn the_timer_may_do_nothing_else(template: &Template) {
    let roles = template.all("AWS::IAM::Role").count();
    assert_eq!(roles, template.functions().len() + 1);
    assert_eq!(template.all("AWS::IAM::Policy").count(), 0);
    assert_eq!(template.all("AWS::IAM::ManagedPolicy").count(), 0);
    let role = Role(template.statements("TickRole"));
    let trust = &template.resource("TickRole")["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust.as_array().unwrap().len(), 1);
    assert_eq!(trust[0]["Principal"]["Service"], "scheduler.amazonaws.com");
    for (_, logical, _) in template.functions() {
        let asked = Asked::new("lambda:InvokeFunction", &arn(&logical, "Arn"));
        assert_eq!(role.allows(&asked), logical == "ScheduleFunction", "{logical}");
    }
    for logical in RESOURCES.iter().filter(|r| !r.ends_with("Function")) {
        for action in service_actions() {
            let gives_up = (action, *logical) == ("sqs:SendMessage", "ScheduleDeadLetters");
            let asked = Asked::new(action, &arn(logical, "Arn"));
            assert_eq!(role.allows(&asked), gives_up, "{action} {logical}");
        }
    }
    let table = Asked::new("dynamodb:GetItem", &resource(Place::Data)).with(LEADING_KEYS, ["O#C"]);
    assert!(!role.allows(&table));
}

/// Each role can be taken by one service only, and writes to its own log only.
pub(crate) fn roles_belong_to_one_function_each(template: &Template) {
    for (function, logical, properties) in template.functions() {
        let role = logical.replace("Function", "Role");
        let trust = &template.resource(&role)["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust.as_array().unwrap().len(), 1);
        assert_eq!(trust[0]["Principal"]["Service"], "lambda.amazonaws.com");
        assert_eq!(template.resource(&role).get("ManagedPolicyArns"), None);
        assert_eq!(properties.get("Policies"), None, "SAM would add a role of its own");
        let log = properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap();
        let role = role_of(template, &function);
        for (_, other, _) in template.functions() {
            let other = other.replace("Function", "Log");
            let stream = arn(&other, "Arn").replace(":*", ":log-stream:2026/01/01");
            let asked = Asked::new("logs:PutLogEvents", &stream);
            assert_eq!(role.allows(&asked), other == log, "{function} {other}");
        }
    }
}
