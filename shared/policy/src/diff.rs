use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use trennwand_domain::Purpose;

use crate::{PolicyDocument, Template};

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where: for a document such as `mail.past_days`; for artefacts the purpose comes first, such as
    /// `wall.forceEncryptedBackup`.
    pub path: String,
    /// What it was; absent if it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is; absent if it is not there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What differs between two documents, field by field in the order of their paths.
#[must_use]
pub fn diff(x: &PolicyDocument, y: &PolicyDocument) -> Vec<Change> {
    let json = |document| serde_json::to_value(document).unwrap_or_default();
    changes(&json(x), &json(y))
}

/// What differs between the artefacts of two versions for one target, key by key.
#[must_use]
pub fn diff_artefacts(x: &[Template], y: &[Template]) -> Vec<Change> {
    changes(&artefacts(x), &artefacts(y))
}

/// Whether the managed account would be installed anew, which overrides what the user customised.
#[must_use]
pub fn touches_mail_account(x: &[Template], y: &[Template]) -> bool {
    let account = |templates: &[Template]| {
        let found = templates.iter().find(|t| t.purpose == Purpose::Account);
        found.map(Template::digest)
    };
    account(x) != account(y)
}

/// The first payload's keys stand for the artefact itself, further payloads below their type.
fn artefacts(templates: &[Template]) -> Value {
    let mut all = BTreeMap::<&str, Value>::new();
    for template in templates {
        let mut keys: serde_json::Map<_, _> =
            template.payload.iter().map(|(key, part)| (key.clone(), part.to_json())).collect();
        keys.insert("payload_type".to_owned(), template.payload_type.as_str().into());
        for more in &template.more {
            let below = more.payload.iter().map(|(key, part)| (key.clone(), part.to_json()));
            keys.insert(format!("[{}]", more.payload_type), below.collect());
        }
        all.insert(template.purpose.as_str(), Value::Object(keys));
    }
    serde_json::to_value(all).unwrap_or_default()
}

fn changes(x: &Value, y: &Value) -> Vec<Change> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    flatten(String::new(), x, &mut before);
    flatten(String::new(), y, &mut after);
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    let differs = |path: &String| before.get(path) != after.get(path);
    paths
        .into_iter()
        .filter(differs)
        .map(|path| Change {
            before: before.get(&path).map(|&value| value.clone()),
            after: after.get(&path).map(|&value| value.clone()),
            path,
        })
        .collect()
}

/// Lists of apps are compared app by app, other lists as a whole.
fn flatten<'a>(path: String, value: &'a Value, into: &mut BTreeMap<String, &'a Value>) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                flatten(below(name), member, into);
            }
        }
        Value::Array(items) if items.iter().any(|item| app(item).is_some()) => {
            for item in items {
                let name = app(item).unwrap_or_default();
                flatten(format!("{path}[{name}]"), item, into);
            }
        }
        _ => {
            into.insert(path, value);
        }
    }
}

fn app(item: &Value) -> Option<&str> {
    item.get("packageName")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trennwand_domain::Target;

    use super::*;
    use crate::{compile, fixtures::exchange_online};

    fn document(text: &str) -> PolicyDocument {
        PolicyDocument::parse(text).unwrap()
    }

    #[test]
    fn only_what_differs_is_named() {
        let x = document(r#"{"schema_version":1}"#);
        let y = document(
            r#"{"schema_version":1,"mail":{"past_days":14},"contact_apps":["com.example.dial"]}"#,
        );
        assert_eq!(diff(&x, &x), []);
        let changes = diff(&x, &y);
        let paths: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["contact_apps", "mail.past_days"]);
        assert_eq!(changes[1].before, Some(json!(7)));
        assert_eq!(changes[1].after, Some(json!(14)));
    }

    #[test]
    fn artefacts_are_compared_key_by_key_and_apps_by_name() {
        let x = document(r#"{"schema_version":1}"#);
        let y = document(
            r#"{"schema_version":1,"backup":"any","passcode":"required",
                "managed_apps":[{"android":"com.example.app"}]}"#,
        );
        let mail = exchange_online();
        let both = |target| (compile(&x, target, Some(&mail)), compile(&y, target, Some(&mail)));
        let (before, after) = both(Target::IosDevice);
        assert_eq!(diff_artefacts(&before, &before), []);
        let paths: Vec<_> =
            diff_artefacts(&before, &after).into_iter().map(|change| change.path).collect();
        assert_eq!(paths.len(), 5);
        assert_eq!(paths[4], "wall.forceEncryptedBackup");
        assert!(paths[0].starts_with("wall.[com.apple.mobiledevice.passwordpolicy]."));
        assert!(!touches_mail_account(&before, &after));

        let (before, after) = both(Target::AndroidPersonal);
        let changes = diff_artefacts(&before, &after);
        let app = "wall.applications[com.example.app].packageName";
        assert!(changes.iter().any(|change| change.path == app && change.before.is_none()));
        assert!(changes.iter().all(|change| !change.path.contains("whatsapp")));
    }

    #[test]
    fn another_span_of_mail_touches_the_account() {
        let mail = exchange_online();
        let of = |text| compile(&document(text), Target::IosDevice, Some(&mail));
        let (x, y) =
            (of(r#"{"schema_version":1}"#), of(r#"{"schema_version":1,"mail":{"past_days":1}}"#));
        assert!(touches_mail_account(&x, &y));
        assert_eq!(diff_artefacts(&x, &y).len(), 1);
    }
}
