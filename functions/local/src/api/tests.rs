use std::{collections::BTreeSet, fs, path::PathBuf};

use super::*;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../openapi/trennwand.json")
}

fn text_of(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap() + "\n"
}

/// Each operation: path, method, description.
fn each(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = members(&document["paths"]);
    let each = paths.flat_map(|(path, item)| {
        members(item).filter(|(m, _)| is_method(m)).map(move |(m, operation)| (path, m, operation))
    });
    each.collect()
}

#[test]
fn the_committed_document_is_the_present_one() {
    let committed = fs::read_to_string(committed()).unwrap_or_default();
    assert!(
        committed == text_of(&api_document()),
        "openapi/trennwand.json is out of date; run openapi/write"
    );
}

/// What `openapi/write` runs.
#[test]
#[ignore = "writes the committed document"]
fn write_the_document() {
    fs::write(committed(), text_of(&api_document())).unwrap();
}

#[test]
fn every_operation_says_what_it_does_and_has_a_name_of_its_own() {
    let document = api_document();
    let mut names = BTreeSet::new();
    for (path, method, operation) in each(&document) {
        let at = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|s| s.len() > 8), "{at}");
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{at}");
        let tag = &operation["tags"][0];
        assert!(document["tags"].as_array().unwrap().iter().any(|t| t["name"] == *tag), "{at}");
    }
    assert!(names.len() > 40, "{}", names.len());
}

#[test]
fn everything_under_v1_needs_a_token_and_says_its_errors() {
    for (path, method, operation) in each(&api_document()) {
        if !path.starts_with("/v1/") {
            assert!(operation["security"].as_array().is_none_or(Vec::is_empty), "{method} {path}");
            continue;
        }
        let at = format!("{method} {path}: {}", operation["responses"]);
        assert!(operation["security"][0]["oauth2"].is_array(), "{at}");
        for status in ["401", "default"] {
            assert!(operation["responses"][status].is_object(), "{at}");
        }
        assert_eq!(operation["responses"]["404"].is_object(), path.contains('{'), "{at}");
    }
}

#[test]
fn every_code_that_an_error_names_exists() {
    let text = text_of(&api_document());
    for code in ["tenant_not_ready", "insufficient_scope", "idempotency_key_reused", "stale"] {
        assert!(errors::meaning(code).is_some(), "{code}");
    }
    assert!(!text.contains("`: \""), "a code without meaning");
    assert!(!text.contains("`: \\n"), "a code without meaning");
}

#[test]
fn every_reference_leads_somewhere_and_every_object_is_described() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|v| walk(v, found));
            }
            Value::Array(list) => list.iter().for_each(|v| walk(v, found)),
            _ => {}
        }
    }
    let document = api_document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (name, schema) in members(&document["components"]["schemas"]) {
        assert!(schema["description"].as_str().is_some_and(|d| !d.is_empty()), "{name}");
    }
}
