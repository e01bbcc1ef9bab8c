//! `infra/template.yaml` as a test reads it: short tags in their long form, names and ARNs resolved to
//! what they stand for.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// Where all of it stands in these tests.
const REGION: &str = "eu-central-1";
const ACCOUNT: &str = "111122223333";

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The template's text.
pub(crate) fn text() -> String {
    std::fs::read_to_string(root().join("infra/template.yaml")).unwrap()
}

#[derive(Debug, Clone)]
pub(crate) struct Template(Value);

impl Template {
    pub(crate) fn load() -> Self {
        Self(long(serde_yaml_ng::from_str(&text()).unwrap()))
    }

    /// The same with a change.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn globals(&self) -> &Value {
        &self.0["Globals"]["Function"]
    }

    pub(crate) fn parameter(&self, name: &str) -> &Value {
        &self.0["Parameters"][name]
    }

    /// Logical names and properties of the resources of a type.
    pub(crate) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.0["Resources"].as_object().unwrap();
        let of_kind = resources.iter().filter(move |(_, r)| r["Type"] == kind);
        of_kind.map(|(name, r)| (name.as_str(), &r["Properties"]))
    }

    /// The properties of one resource.
    pub(crate) fn resource(&self, name: &str) -> &Value {
        let resource = &self.0["Resources"][name];
        assert!(resource.is_object(), "no resource {name}");
        &resource["Properties"]
    }

    /// The statements of a role.
    pub(crate) fn statements(&self, role: &str) -> Vec<Value> {
        let policies = self.resource(role)["Policies"].as_array().unwrap();
        let of = |policy: &Value| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone();
        policies.iter().flat_map(of).map(|statement| resolved(&statement)).collect()
    }

    /// The functions: name as in `functions/`, logical name, properties with the globals under them.
    pub(crate) fn functions(&self) -> Vec<(String, String, Value)> {
        let mut found = Vec::new();
        for (logical, own) in self.all("AWS::Serverless::Function") {
            let mut properties = self.globals().clone();
            merge(&mut properties, own);
            let name = logical.strip_suffix("Function").unwrap().to_lowercase();
            found.push((name, logical.to_owned(), properties));
        }
        found
    }
}

fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

/// YAML to JSON, `!GetAtt A.B` to `{"Fn::GetAtt": "A.B"}`.
fn long(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let name = if tag == "Ref" { tag.to_owned() } else { format!("Fn::{tag}") };
            json!({ name: long(tagged.value) })
        }
        Yaml::Mapping(mapping) => {
            let entry = |(key, value): (Yaml, Yaml)| {
                (key.as_str().unwrap_or_else(|| panic!("key {key:?}")).to_owned(), long(value))
            };
            Value::Object(mapping.into_iter().map(entry).collect::<Map<_, _>>())
        }
        Yaml::Sequence(items) => items.into_iter().map(long).collect(),
        Yaml::Null => Value::Null,
        Yaml::Bool(b) => b.into(),
        Yaml::Number(n) => serde_json::to_value(n).unwrap(),
        Yaml::String(s) => s.into(),
    }
}

/// The ARN or other attribute of a resource, as it would look.
pub(crate) fn arn(logical: &str, attribute: &str) -> String {
    match (logical, attribute) {
        (_, "StreamArn") => format!("{}/stream/2026-01-01T00:00:00.000", arn(logical, "Arn")),
        (name, _) if name.ends_with("Table") => {
            format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
        }
        (name, _) if name.ends_with("Log") => {
            format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*")
        }
        (name, _) if name.ends_with("Key") => format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"),
        (name, _) if name.ends_with("Topic") => format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}"),
        (name, _) if name.ends_with("Queue") || name.ends_with("DeadLetters") => {
            format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
        }
        (name, _) if name.ends_with("Function") => {
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
        }
        other => panic!("what is {other:?}?"),
    }
}

/// Replaces intrinsic functions by what they stand for.
pub(crate) fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(name)) = map.get("Ref") {
                return reference(name).into();
            }
            if let Some(Value::String(path)) = map.get("Fn::GetAtt") {
                let (logical, attribute) = path.split_once('.').unwrap();
                return arn(logical, attribute).into();
            }
            if let Some(Value::String(text)) = map.get("Fn::Sub") {
                return substituted(text).into();
            }
            map.iter().map(|(key, value)| (key.clone(), resolved(value))).collect()
        }
        Value::Array(items) => items.iter().map(resolved).collect(),
        other => other.clone(),
    }
}

fn reference(name: &str) -> String {
    match name {
        "AWS::Partition" => "aws".into(),
        "AWS::Region" => REGION.into(),
        "AWS::AccountId" => ACCOUNT.into(),
        name => arn(name, "Ref"),
    }
}

fn substituted(text: &str) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap();
        out += &match name.split_once('.') {
            Some((logical, attribute)) => arn(logical, attribute),
            None => reference(name),
        };
        out += rest;
    }
    out
}
