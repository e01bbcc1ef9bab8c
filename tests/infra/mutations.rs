//! Each check notices what it is there for: the template is spoilt in one place and the check must
//! complain. Roles are widened and narrowed statement by statement.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde_json::{Value, json};

use crate::{
    CHECKS,
    role::{Role, texts},
    roles::{holds_items, holds_near_keys, holds_services, holds_words, role_of},
    template::Template,
};

fn complains(check: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(check)).is_err()
}

fn is_wrong(role: &Role, function: &str) -> bool {
    // The quick ones first.
    holds_words(role, function).is_err()
        || holds_services(role, function).is_err()
        || holds_near_keys(role, function).is_err()
        || holds_items(role, function).is_err()
}

const LEADING: &str = "ForAllValues:StringLike";
const KEYS: &str = "dynamodb:LeadingKeys";

/// The statement with something more in it, each in another way, with what was done.
fn widened(statement: &Value) -> Vec<(&'static str, Value)> {
    let mut out = Vec::new();
    let mut with = |name, change: &dyn Fn(&mut Value)| {
        let mut statement = statement.clone();
        change(&mut statement);
        out.push((name, statement));
    };
    with("any action", &|s| s["Action"] = json!(["*"]));
    with("any resource", &|s| s["Resource"] = json!("*"));
    let action = statement["Action"][0].as_str().unwrap();
    let service = action.split_once(':').unwrap().0;
    with("all of the service", &|s| s["Action"] = json!([format!("{service}:*")]));
    if statement["Condition"].is_object() {
        with("no condition", &|s| {
            s.as_object_mut().unwrap().remove("Condition");
        });
    }
    if statement["Condition"][LEADING].is_object() {
        with("no guard", &|s| {
            s["Condition"].as_object_mut().unwrap().remove("Null");
        });
        with("the guard turned round", &|s| s["Condition"]["Null"] = json!({ KEYS: "true" }));
        with("any key", &|s| s["Condition"][LEADING][KEYS] = json!(["*"]));
        with("a further key", &|s| {
            let mut keys = texts(&s["Condition"][LEADING][KEYS]);
            keys.push("T#*".into());
            s["Condition"][LEADING][KEYS] = json!(keys);
        });
        let keys = texts(&statement["Condition"][LEADING][KEYS]);
        if let Some(at) = keys.iter().position(|key| !key.ends_with('*')) {
            with("keys that begin alike", &|s| {
                s["Condition"][LEADING][KEYS][at] = json!(format!("{}*", keys[at]));
            });
        }
        with("scanning", &|s| {
            let mut actions = texts(&s["Action"]);
            actions.push("dynamodb:Scan".into());
            s["Action"] = json!(actions);
        });
        with("SQL", &|s| {
            let mut actions = texts(&s["Action"]);
            actions.push("dynamodb:PartiQLDelete".into());
            s["Action"] = json!(actions);
        });
    }
    if statement["Condition"]["StringLike"].is_object() {
        with("any purpose", &|s| {
            s["Condition"]["StringLike"]["kms:EncryptionContext:trennwand"] = json!(["*"]);
        });
        with("all keys of tenants", &|s| {
            s["Condition"]["StringLike"]["kms:EncryptionContext:trennwand"] = json!(["tenant/*"]);
        });
    }
    out
}

#[test]
fn a_role_that_says_more_or_less_is_noticed() {
    let template = Template::load();
    let mut tried = 0;
    for (function, ..) in template.functions() {
        let role = role_of(&template, &function);
        assert!(!is_wrong(&role, &function), "{function} is right as it is");
        for (at, statement) in role.0.iter().enumerate() {
            let sid = statement["Sid"].as_str().unwrap();
            let mut cases = widened(statement);
            // What the log and the stream's list are worth nobody evaluates.
            if !["Log", "ListStreams"].contains(&sid) {
                let mut denied = statement.clone();
                denied["Effect"] = json!("Deny");
                cases.push(("denied", denied));
                cases.push(("nothing", json!({ "Sid": sid, "Effect": "Allow", "Action": [] })));
            }
            for (name, changed) in cases {
                let mut role = Role(role.0.clone());
                role.0[at] = changed;
                assert!(is_wrong(&role, &function), "{function}, {sid}: {name} went unnoticed");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried} changes tried");
}

type Spoil = fn(&mut Value);

/// Check, and ways to spoil the template that it must notice.
const SPOILT: &[(&str, &[Spoil])] = &[
    (
        "functions_are_small_bootstraps_for_arm",
        &[
            |t| t["Parameters"]["Architecture"]["Default"] = json!("x86_64"),
            |t| t["Globals"]["Function"]["Runtime"] = json!("nodejs24.x"),
            |t| t["Globals"]["Function"]["Architectures"] = json!(["arm64"]),
            |t| of(t, "PushFunction")["CodeUri"] = json!("../functions/push"),
        ],
    ),
    (
        "no_function_outlives_who_waits_for_it",
        &[
            |t| t["Globals"]["Function"]["Timeout"] = json!(31),
            |t| of(t, "CheckinFunction")["Timeout"] = json!(3),
            |t| of(t, "WakeQueue")["VisibilityTimeout"] = json!(300),
            |t| of(t, "GoogleFunction")["Timeout"] = json!(121),
            |t| of(t, "PolicyIntegration")["TimeoutInMillis"] = json!(1000),
            |t| of(t, "PolicyIntegration")["PayloadFormatVersion"] = json!("1.0"),
        ],
    ),
    (
        "who_makes_rsa_keys_has_a_processor",
        &[
            |t| of(t, "ProvisionFunction")["MemorySize"] = json!(512),
            |t| of(t, "EventsFunction")["MemorySize"] = json!(3008),
        ],
    ),
    (
        "nothing_that_fails_is_lost",
        &[
            |t| drop_field(of(t, "WakeQueue"), "RedrivePolicy"),
            |t| drop_field(of(t, "ProvisionQueue"), "RedrivePolicy"),
            |t| drop_field(of(t, "AndroidQueue"), "RedrivePolicy"),
            |t| drop_field(of(t, "WakeSource"), "FunctionResponseTypes"),
            |t| drop_field(of(t, "StreamSource"), "DestinationConfig"),
            |t| of(t, "StreamSource")["BisectBatchOnFunctionError"] = json!(false),
            |t| drop_field(of(t, "StreamSource"), "MaximumRetryAttempts"),
            |t| drop_field(of(t, "WakeSubscription"), "RedrivePolicy"),
            |t| drop_field(&mut of(t, "Tick")["Target"], "DeadLetterConfig"),
            |t| drop_field(of(t, "ScheduleFunction"), "DeadLetterQueue"),
        ],
    ),
    (
        "topic_and_queues_are_open_to_nobody",
        &[
            |t| drop_resource(t, "WakeTopicPolicy"),
            |t| policy(t, "WakeTopicPolicy")["Principal"] = json!("*"),
            |t| policy(t, "WakeTopicPolicy")["Action"] = json!("sns:*"),
            |t| policy(t, "WakeQueuePolicy")["Principal"] = json!({ "AWS": "*" }),
            |t| drop_field(policy(t, "WakeQueuePolicy"), "Condition"),
            |t| {
                let copy = t["Resources"]["WakeQueuePolicy"].clone();
                t["Resources"]["AnotherPolicy"] = copy;
            },
            |t| drop_field(of(t, "PolicyPermission"), "SourceArn"),
        ],
    ),
    (
        "somebody_hears_of_failures",
        &[
            |t| drop_resource(t, "WakeDeadLettersAlarm"),
            |t| drop_resource(t, "CheckinErrorsAlarm"),
            |t| drop_resource(t, "AndroidDeadLettersAlarm"),
            |t| drop_resource(t, "GoogleErrorsAlarm"),
            |t| drop_resource(t, "StreamAgeAlarm"),
            |t| drop_resource(t, "ApiErrorsAlarm"),
            |t| drop_resource(t, "PushRefusalsAlarm"),
            |t| of(t, "PushErrorsAlarm")["AlarmActions"] = json!([]),
        ],
    ),
    (
        "the_push_functions_complaint_is_counted",
        &[|t| of(t, "PushRefusals")["FilterPattern"] = json!("{ $.message = \"never said*\" }")],
    ),
    (
        "logs_end_and_say_nothing_of_paths",
        &[
            |t| drop_field(of(t, "PolicyLog"), "RetentionInDays"),
            |t| of(t, "PolicyFunction")["LoggingConfig"]["LogGroup"] = json!({ "Ref": "PushLog" }),
            |t| {
                let format = json!("$context.routeKey $context.path");
                of(t, "ApiStage")["AccessLogSettings"]["Format"] = format;
            },
            |t| of(t, "ApiStage")["AccessLogSettings"]["Format"] = json!("$context.status"),
        ],
    ),
    (
        "tables_are_as_the_store_makes_them",
        &[
            |t| of(t, "DataTable")["KeySchema"][1]["AttributeName"] = json!("other"),
            |t| of(t, "DataTable")["BillingMode"] = json!("PROVISIONED"),
            |t| drop_field(of(t, "DataTable"), "TimeToLiveSpecification"),
            |t| {
                let view = json!({ "StreamViewType": "NEW_IMAGE" });
                of(t, "DataTable")["StreamSpecification"] = view;
            },
            |t| {
                let indexes = &mut of(t, "DataTable")["GlobalSecondaryIndexes"];
                indexes[0]["Projection"]["NonKeyAttributes"] = json!(["pl"]);
            },
            |t| {
                let on = json!({ "PointInTimeRecoveryEnabled": true });
                of(t, "KeysTable")["PointInTimeRecoverySpecification"] = on;
            },
            |t| drop_field(of(t, "DataTable"), "PointInTimeRecoverySpecification"),
            |t| {
                let stream = json!({ "StreamViewType": "KEYS_ONLY" });
                of(t, "KeysTable")["StreamSpecification"] = stream;
            },
        ],
    ),
    (
        "every_function_is_told_what_its_config_asks_for_and_nothing_else",
        &[
            |t| {
                drop_field(&mut of(t, "PushFunction")["Environment"]["Variables"], "MASTER_KEY_ARN")
            },
            |t| of(t, "PushFunction")["Environment"]["Variables"]["EXTRA"] = json!("x"),
            |t| {
                let told = &mut of(t, "GoogleFunction")["Environment"]["Variables"];
                drop_field(told, "ANDROID_QUEUE_URL");
            },
            |t| t["Globals"]["Function"]["Environment"]["Variables"]["AWS_REGION"] = json!("x"),
        ],
    ),
    (
        "every_config_belongs_to_a_function",
        &[|t| drop_resource(t, "ScheduleFunction"), |t| drop_resource(t, "SetupFunction")],
    ),
    (
        "the_stream_passes_on_what_events_follow",
        &[
            |t| drop_filter(t, 0),
            |t| drop_filter(t, 1),
            |t| drop_filter(t, 2),
            |t| drop_filter(t, 3),
            |t| drop_filter(t, 4),
            |t| filters(t).extend([json!({ "Pattern": "{}" }), json!({ "Pattern": "{}" })]),
        ],
    ),
    (
        "the_stream_keeps_back_what_nobody_follows",
        &[
            |t| filters(t)[1] = json!({ "Pattern": "{}" }),
            |t| {
                filters(t)[2] =
                    json!({ "Pattern": "{\"dynamodb\":{\"Keys\":{\"sk\":{\"S\":[\"0\"]}}}}" })
            },
            |t| filters(t)[4] = json!({ "Pattern": "{\"eventName\":[\"INSERT\"]}" }),
        ],
    ),
    (
        "every_function_is_in_the_tables",
        &[
            |t| drop_resource(t, "EventsFunction"),
            |t| {
                let copy = t["Resources"]["PushFunction"].clone();
                t["Resources"]["AnotherFunction"] = copy;
            },
        ],
    ),
    (
        "a_role_allows_exactly_the_items_that_its_function_may_touch",
        &[|t| drop_statement(t, "CheckinRole", "DataPut")],
    ),
    (
        "a_role_reaches_no_key_that_only_looks_like_its_own",
        &[|t| {
            let statement = statement(t, "PushRole", "DataGet");
            statement["Condition"][LEADING][KEYS] = json!(["T#*#N*"]);
        }],
    ),
    (
        "a_role_allows_exactly_the_other_services_that_its_function_needs",
        &[
            |t| drop_statement(t, "PushRole", "PublishWake"),
            |t| drop_statement(t, "EventsRole", "ReadStream"),
        ],
    ),
    (
        "no_role_says_more_than_the_evaluator_was_asked_about",
        &[|t| statement(t, "PushRole", "PublishWake")["Action"] = json!(["sns:*"])],
    ),
    (
        "roles_belong_to_one_function_each",
        &[
            |t| of(t, "PushFunction")["Role"] = json!({ "Fn::GetAtt": "EventsRole.Arn" }),
            |t| of(t, "PushRole")["ManagedPolicyArns"] = json!(["arn:aws:iam::aws:policy/Admin"]),
            |t| of(t, "PushFunction")["Policies"] = json!(["AmazonDynamoDBFullAccess"]),
            |t| {
                let trust = &mut of(t, "PushRole")["AssumeRolePolicyDocument"]["Statement"][0];
                trust["Principal"] = json!({ "AWS": "*" });
            },
            |t| {
                statement(t, "PushRole", "Log")["Resource"] =
                    json!({ "Fn::GetAtt": "EventsLog.Arn" })
            },
        ],
    ),
    (
        "the_timer_may_do_nothing_else",
        &[
            |t| statement(t, "TickRole", "Tick")["Resource"] = json!("*"),
            |t| statement(t, "TickRole", "GiveUp")["Action"] = json!("sqs:*"),
            |t| drop_statement(t, "TickRole", "Tick"),
            |t| {
                let copy = t["Resources"]["TickRole"].clone();
                t["Resources"]["AnotherRole"] = copy;
            },
        ],
    ),
    (
        "every_route_leads_to_the_function_that_answers",
        &[
            |t| drop_resource(t, "RouteGetV1Me"),
            |t| drop_resource(t, "RoutePostAndroidNotifications"),
            |t| of(t, "RouteGetV1Me")["RouteKey"] = json!("GET /v1/you"),
            |t| {
                let target = json!({ "Fn::Sub": "integrations/${CheckinIntegration}" });
                of(t, "RouteGetV1Me")["Target"] = target;
            },
        ],
    ),
    (
        "every_integration_has_its_permission",
        &[
            |t| drop_resource(t, "CheckinPermission"),
            |t| of(t, "CheckinPermission")["FunctionName"] = json!({ "Ref": "PushFunction" }),
            |t| of(t, "CheckinPermission")["Principal"] = json!("*"),
        ],
    ),
];

fn of<'a>(template: &'a mut Value, resource: &str) -> &'a mut Value {
    let resource = template["Resources"].get_mut(resource);
    &mut resource.expect("the resource is there to be spoilt")["Properties"]
}

fn drop_field(object: &mut Value, field: &str) {
    assert!(object.as_object_mut().unwrap().remove(field).is_some(), "no {field}");
}

fn drop_resource(template: &mut Value, resource: &str) {
    drop_field(&mut template["Resources"], resource);
}

fn policy<'a>(template: &'a mut Value, resource: &str) -> &'a mut Value {
    &mut of(template, resource)["PolicyDocument"]["Statement"][0]
}

fn filters(template: &mut Value) -> &mut Vec<Value> {
    of(template, "StreamSource")["FilterCriteria"]["Filters"].as_array_mut().unwrap()
}

fn drop_filter(template: &mut Value, at: usize) {
    filters(template).remove(at);
}

fn statements<'a>(template: &'a mut Value, role: &str) -> &'a mut Vec<Value> {
    let policy = &mut of(template, role)["Policies"][0]["PolicyDocument"];
    policy["Statement"].as_array_mut().unwrap()
}

fn statement<'a>(template: &'a mut Value, role: &str, sid: &str) -> &'a mut Value {
    statements(template, role).iter_mut().find(|s| s["Sid"] == sid).unwrap()
}

fn drop_statement(template: &mut Value, role: &str, sid: &str) {
    statement(template, role, sid);
    statements(template, role).retain(|s| s["Sid"] != sid);
}

#[test]
fn every_check_notices_what_it_is_there_for() {
    let template = Template::load();
    let listed: BTreeSet<_> = SPOILT.iter().map(|(name, _)| *name).collect();
    let known: BTreeSet<_> = CHECKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, known, "every check has something that it notices");
    for (name, spoils) in SPOILT {
        let (_, check) = CHECKS.iter().find(|(check, _)| check == name).unwrap();
        for (at, spoil) in spoils.iter().enumerate() {
            let spoilt = template.clone().with(spoil);
            assert!(complains(|| check(&spoilt)), "{name}: number {at} went unnoticed");
        }
    }
}
