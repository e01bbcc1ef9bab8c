use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ApplicationName, ManagedPropertyType};

/// `Application`: what Google Play knows about an app, above all which managed configuration it
/// takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Its name.
    pub name: ApplicationName,
    /// Its title in the asked language.
    #[serde(default)]
    pub title: String,
    /// What can be configured.
    #[serde(default)]
    pub managed_properties: Vec<ManagedProperty>,
}

/// `ManagedProperty`: one thing that can be configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedProperty {
    /// The member of `managedConfiguration`.
    pub key: String,
    /// What its value looks like.
    #[serde(rename = "type", default)]
    pub kind: ManagedPropertyType,
    /// What a choice allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<ManagedPropertyEntry>,
    /// What a bundle holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested_properties: Vec<Self>,
}

/// `ManagedPropertyEntry`: one allowed value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedPropertyEntry {
    /// The value itself.
    pub value: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
}

impl Application {
    /// What of a managed configuration the app does not take: a key that it does not know, or a value
    /// of the wrong kind. Empty if it takes all of it.
    #[must_use]
    pub fn refusals(&self, configuration: &Value) -> Vec<String> {
        let mut refused = Vec::new();
        check(&self.managed_properties, configuration, "", &mut refused);
        refused
    }
}

fn check(known: &[ManagedProperty], configuration: &Value, path: &str, refused: &mut Vec<String>) {
    let Some(members) = configuration.as_object() else {
        refused.push(path.to_owned());
        return;
    };
    for (key, value) in members {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match known.iter().find(|property| property.key == *key) {
            Some(property) => property.check(value, &path, refused),
            None => refused.push(path),
        }
    }
}

impl ManagedProperty {
    fn check(&self, value: &Value, path: &str, refused: &mut Vec<String>) {
        let is_entry = |value: &Value| {
            value.as_str().is_some_and(|text| self.entries.iter().any(|e| e.value == text))
        };
        let fits = match self.kind {
            ManagedPropertyType::Bool => value.is_boolean(),
            ManagedPropertyType::String | ManagedPropertyType::Hidden => value.is_string(),
            ManagedPropertyType::Integer => value.is_i64(),
            ManagedPropertyType::Choice => is_entry(value),
            ManagedPropertyType::Multiselect => {
                value.as_array().is_some_and(|all| all.iter().all(is_entry))
            }
            ManagedPropertyType::Bundle => {
                return check(&self.nested_properties, value, path, refused);
            }
            ManagedPropertyType::BundleArray => match value.as_array() {
                Some(all) => {
                    for (i, one) in all.iter().enumerate() {
                        check(&self.nested_properties, one, &format!("{path}[{i}]"), refused);
                    }
                    return;
                }
                None => false,
            },
            // A kind of a newer revision: what is right for it is not known here.
            ManagedPropertyType::Unrecognised => true,
        };
        if !fits {
            refused.push(path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mail_app() -> Application {
        serde_json::from_value(json!({
            "name": "enterprises/LC1/applications/com.google.android.gm",
            "title": "Gmail",
            "managedProperties": [
                {"key": "email_address", "type": "STRING"},
                {"key": "exchange_ssl_required", "type": "BOOL"},
                {"key": "sync_days", "type": "INTEGER"},
                {"key": "auth", "type": "CHOICE", "entries": [{"value": "oauth", "name": "OAuth"}]},
                {"key": "hosts", "type": "BUNDLE_ARRAY", "nestedProperties": [
                    {"key": "host", "type": "STRING"}]},
                {"key": "future", "type": "SOMETHING_NEW"}
            ]
        }))
        .unwrap()
    }

    #[test]
    fn a_configuration_the_app_takes_is_not_refused() {
        let configuration = json!({
            "email_address": "u@firma.de", "exchange_ssl_required": true, "sync_days": 7,
            "auth": "oauth", "hosts": [{"host": "a"}, {"host": "b"}], "future": [1]
        });
        assert_eq!(mail_app().refusals(&configuration), Vec::<String>::new());
    }

    #[test]
    fn unknown_keys_and_wrong_kinds_are_named() {
        let configuration = json!({
            "email_adress": "typo", "exchange_ssl_required": "true", "sync_days": 1.5,
            "auth": "basic", "hosts": [{"host": 1}, {"port": 1}, 5]
        });
        let mut refused = mail_app().refusals(&configuration);
        refused.sort_unstable();
        let expected = [
            "auth",
            "email_adress",
            "exchange_ssl_required",
            "hosts[0].host",
            "hosts[1].port",
            "hosts[2]",
            "sync_days",
        ];
        assert_eq!(refused, expected);
    }
}
