//! What holds for all functions, queues, logs and tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trennwand_store::layout::{self, attribute};

use crate::template::Template;

/// Seconds that the gateway waits for an answer.
const GATEWAY_PATIENCE: u64 = 30;

/// Below this a function has less than one processor; making an RSA key then takes seconds.
const ONE_PROCESSOR_MB: u64 = 1769;

fn logical(value: &Value) -> &str {
    let path = value["Fn::GetAtt"].as_str().or_else(|| value["Ref"].as_str()).unwrap();
    path.split('.').next().unwrap()
}

/// Functions by what wakes them.
fn sources(template: &Template) -> BTreeMap<String, Vec<Value>> {
    let mut sources: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (_, source) in template.all("AWS::Lambda::EventSourceMapping") {
        let function = logical(&source["FunctionName"]).to_owned();
        sources.entry(function).or_default().push(source.clone());
    }
    sources
}

pub(crate) fn functions_are_small_bootstraps_for_arm(template: &Template) {
    assert_eq!(template.parameter("Architecture")["Default"], "arm64");
    for (name, _, function) in template.functions() {
        assert_eq!(function["Runtime"], "provided.al2023", "{name}");
        assert_eq!(function["Handler"], "bootstrap", "{name}");
        assert_eq!(function["Architectures"], json!([{ "Ref": "Architecture" }]), "{name}");
        let code = function["CodeUri"].as_str().unwrap();
        assert!(code.starts_with("../target/lambda/trennwand-"), "{name}: {code}");
    }
}

pub(crate) fn no_function_outlives_who_waits_for_it(template: &Template) {
    let http: Vec<_> = template
        .all("AWS::ApiGatewayV2::Integration")
        .map(|(_, i)| {
            assert_eq!(i["TimeoutInMillis"], GATEWAY_PATIENCE * 1000);
            assert_eq!(i["PayloadFormatVersion"], "2.0");
            logical(&i["IntegrationUri"]).to_owned()
        })
        .collect();
    let sources = sources(template);
    for (name, logical_name, function) in template.functions() {
        let timeout = function["Timeout"].as_u64().unwrap();
        if http.contains(&logical_name) {
            assert!(timeout <= GATEWAY_PATIENCE, "{name}");
            // `trennwand_web::REQUEST_LIFE` answers before Lambda ends the function.
            assert!(timeout > trennwand_web::REQUEST_LIFE.as_secs(), "{name}");
        }
        for source in sources.get(&logical_name).into_iter().flatten() {
            let queue = logical(&source["EventSourceArn"]);
            if queue.ends_with("Queue") {
                let hidden = template.resource(queue)["VisibilityTimeout"].as_u64().unwrap();
                assert!(hidden >= 6 * timeout, "{queue} hides messages for {hidden} s");
            }
        }
    }
}

pub(crate) fn who_makes_rsa_keys_has_a_processor(template: &Template) {
    for (name, _, function) in template.functions() {
        let makes_keys = ["onboarding", "provision"].contains(&name.as_str());
        let memory = function["MemorySize"].as_u64().unwrap();
        assert_eq!(memory >= ONE_PROCESSOR_MB, makes_keys, "{name}: {memory} MB");
    }
}

pub(crate) fn nothing_that_fails_is_lost(template: &Template) {
    let readers: Vec<_> = sources(template).into_values().flatten().collect();
    assert!(!readers.is_empty());
    for source in readers {
        assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
        let queue = logical(&source["EventSourceArn"]);
        let dead = match queue {
            "DataTable" => {
                assert!(source["MaximumRetryAttempts"].as_u64().is_some());
                assert_eq!(source["BisectBatchOnFunctionError"], true);
                logical(&source["DestinationConfig"]["OnFailure"]["Destination"])
            }
            queue => logical(&template.resource(queue)["RedrivePolicy"]["deadLetterTargetArn"]),
        };
        assert!(dead.ends_with("DeadLetters"), "{queue}");
    }
    let timers: Vec<_> = template.all("AWS::Scheduler::Schedule").collect();
    assert_eq!(timers.len(), 1);
    for (name, timer) in timers {
        let dead = logical(&timer["Target"]["DeadLetterConfig"]["Arn"]);
        assert!(dead.ends_with("DeadLetters"), "{name}");
        // A timer invokes asynchronously: what the function itself fails at goes elsewhere.
        let function = template.resource(logical(&timer["Target"]["Arn"]));
        assert!(logical(&function["DeadLetterQueue"]["TargetArn"]).ends_with("DeadLetters"));
    }
    for (name, subscription) in template.all("AWS::SNS::Subscription") {
        if subscription["Protocol"] != "email" {
            let dead = logical(&subscription["RedrivePolicy"]["deadLetterTargetArn"]);
            assert!(dead.ends_with("DeadLetters"), "{name}");
        }
    }
}

/// Who may publish wakes or send them stands in the roles and nowhere else.
pub(crate) fn topic_and_queues_are_open_to_nobody(template: &Template) {
    let account =
        json!({ "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } });
    let statements = |resource: &str| {
        let policy = &template.resource(resource)["PolicyDocument"]["Statement"];
        policy.as_array().unwrap().clone()
    };
    let topic = statements("WakeTopicPolicy");
    assert_eq!(template.resource("WakeTopicPolicy")["Topics"], json!([{ "Ref": "WakeTopic" }]));
    assert!(topic.iter().all(|s| s["Principal"] == account && s["Action"] == "sns:Publish"));
    assert_eq!(template.all("AWS::SNS::TopicPolicy").count(), 1);
    let queue = statements("WakeQueuePolicy");
    assert_eq!(queue.len(), 1);
    assert_eq!(queue[0]["Principal"], json!({ "Service": "sns.amazonaws.com" }));
    let only = json!({ "ArnEquals": { "aws:SourceArn": { "Ref": "WakeTopic" } } });
    assert_eq!(queue[0]["Condition"], only);
    assert_eq!(template.all("AWS::SQS::QueuePolicy").count(), 1);
    for (name, permission) in template.all("AWS::Lambda::Permission") {
        assert_eq!(permission["Principal"], "apigateway.amazonaws.com", "{name}");
        assert!(permission["SourceArn"]["Fn::Sub"].as_str().unwrap().ends_with(":${Api}/*"));
    }
}

pub(crate) fn somebody_hears_of_failures(template: &Template) {
    let alarms: Vec<_> = template.all("AWS::CloudWatch::Alarm").map(|(_, a)| a).collect();
    let watched = |metric: &str, name: &str| {
        alarms.iter().any(|alarm| {
            alarm["MetricName"] == metric && logical(&alarm["Dimensions"][0]["Value"]) == name
        })
    };
    for (queue, _) in template.all("AWS::SQS::Queue") {
        if queue.ends_with("DeadLetters") {
            assert!(watched("ApproximateNumberOfMessagesVisible", queue), "{queue}");
        }
    }
    for (name, function, _) in template.functions() {
        // The one that creates the first operator is invoked by hand.
        assert!(name == "setup" || watched("Errors", &function), "{name}");
    }
    assert!(watched("IteratorAge", "EventsFunction"));
    assert!(watched("5xx", "Api"));
    assert!(alarms.iter().any(|alarm| alarm["MetricName"] == "PushCertificateRefused"));
    for alarm in alarms {
        assert_eq!(alarm["AlarmActions"], json!([{ "Ref": "AlarmTopic" }]));
    }
}

/// The filter of `PushRefusals` counts a line that the push function writes.
pub(crate) fn the_push_functions_complaint_is_counted(template: &Template) {
    let pattern = template.resource("PushRefusals")["FilterPattern"].as_str().unwrap();
    let said = pattern.split('"').nth(1).unwrap().trim_end_matches('*');
    let source = crate::template::root().join("functions/push/src/deliver.rs");
    let source = std::fs::read_to_string(source).unwrap();
    assert!(source.contains(&format!("tracing::error!(%tenant, \"{said}")), "{said}");
}

pub(crate) fn logs_end_and_say_nothing_of_paths(template: &Template) {
    for (name, log) in template.all("AWS::Logs::LogGroup") {
        assert_eq!(log["RetentionInDays"], json!({ "Ref": "LogRetentionDays" }), "{name}");
    }
    for (name, logical, function) in template.functions() {
        let log = logical.replace("Function", "Log");
        assert_eq!(function["LoggingConfig"]["LogGroup"], json!({ "Ref": log }), "{name}");
    }
    let stages: Vec<_> = template.all("AWS::ApiGatewayV2::Stage").collect();
    for (name, stage) in stages {
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
        let variables: Vec<_> = format.split("$context.").skip(1).collect();
        assert!(variables.iter().any(|v| v.starts_with("routeKey")));
        for variable in variables {
            let said = ["requestId", "routeKey", "status", "responseLatency", "integration"];
            assert!(said.iter().any(|s| variable.starts_with(s)), "{name}: {variable}");
        }
    }
}

pub(crate) fn tables_are_as_the_store_makes_them(template: &Template) {
    let key = |pk: &str, sk: &str| {
        json!([
            { "AttributeName": pk, "KeyType": "HASH" },
            { "AttributeName": sk, "KeyType": "RANGE" }
        ])
    };
    let data = template.resource("DataTable");
    assert_eq!(data["KeySchema"], key(attribute::PK, attribute::SK));
    assert_eq!(data["BillingMode"], "PAY_PER_REQUEST");
    let ttl = json!({ "AttributeName": attribute::TTL, "Enabled": true });
    assert_eq!(data["TimeToLiveSpecification"], ttl);
    assert_eq!(data["StreamSpecification"], json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" }));
    let index = |name: &str, key: Value, carried: &[&str]| {
        let projection = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": carried });
        json!({ "IndexName": name, "KeySchema": key, "Projection": projection })
    };
    assert_eq!(
        data["GlobalSecondaryIndexes"],
        json!([
            index(
                layout::BY_TENANT,
                key(attribute::TENANT_PK, attribute::TENANT_SK),
                layout::BY_TENANT_ATTRIBUTES
            ),
            index(
                layout::BY_DUE,
                key(attribute::DUE_PK, attribute::DUE_SK),
                layout::BY_DUE_ATTRIBUTES
            ),
        ])
    );
    let recovery = |table: &Value| {
        table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == true
    };
    assert!(recovery(data));
    let keys = template.resource("KeysTable");
    assert_eq!(keys["KeySchema"], key(attribute::PK, attribute::SK));
    assert!(!recovery(keys), "a destroyed key must not come back");
    assert_eq!(keys.get("StreamSpecification"), None);
}
