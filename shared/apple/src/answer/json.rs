use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    Answer, CertificateEntry, ProfileEntry, SecurityFacts, command::DEVICE_INFORMATION_QUERIES,
};

impl Answer {
    /// What the API shows, always an object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.members())
    }

    /// The members of [`Self::to_json`], each as JSON text, as a command's result is stored.
    #[must_use]
    pub fn to_members(&self) -> BTreeMap<String, String> {
        self.members().into_iter().map(|(key, value)| (key, value.to_string())).collect()
    }

    fn members(&self) -> Map<String, Value> {
        match self {
            Self::ProfileList(profiles) => one("profiles", profiles.iter().map(profile).collect()),
            Self::Restrictions(global) => {
                let mut members = one("restrictions", json!(global.bools));
                if !global.values.is_empty() {
                    members.insert("values".to_owned(), json!(global.values));
                }
                members
            }
            Self::SecurityInfo(facts) => security(facts),
            Self::ManagedApplicationList(apps) => one("applications", json!(apps)),
            Self::DeviceInformation(answers) => information(answers),
            Self::CertificateList(certificates) => {
                one("certificates", certificates.iter().map(certificate).collect())
            }
            Self::DeviceLock => Map::new(),
        }
    }
}

fn one(key: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value)])
}

fn profile(entry: &ProfileEntry) -> Value {
    let mut members = one("identifier", json!(entry.identifier));
    members.insert("uuid".to_owned(), json!(entry.uuid));
    if let Some(managed) = entry.managed {
        members.insert("managed".to_owned(), json!(managed));
    }
    members.insert("restricts".to_owned(), json!(entry.restricts));
    Value::Object(members)
}

fn certificate(entry: &CertificateEntry) -> Value {
    json!({
        "common_name": entry.common_name,
        "identity": entry.identity,
        "sha256": entry.sha256.to_string(),
    })
}

fn security(facts: &SecurityFacts) -> Map<String, Value> {
    let members = [
        ("hardware_encryption_caps", facts.hardware_encryption_caps.map(Value::from)),
        ("passcode_present", facts.passcode_present.map(Value::from)),
        ("passcode_compliant", facts.passcode_compliant.map(Value::from)),
        (
            "passcode_compliant_with_profiles",
            facts.passcode_compliant_with_profiles.map(Value::from),
        ),
        ("user_enrollment", facts.user_enrollment.map(Value::from)),
    ];
    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// Booleans and numbers where Apple's schema says so, text elsewhere.
fn information(answers: &BTreeMap<String, String>) -> Map<String, Value> {
    let known = DEVICE_INFORMATION_QUERIES.iter().filter_map(|(name, member)| {
        let text = answers.get(*name)?;
        let typed = match *name {
            "IsSupervised" => text.parse().map(Value::Bool).ok(),
            "DeviceCapacity" | "AvailableDeviceCapacity" | "BatteryLevel" => {
                text.parse::<f64>().ok().map(Value::from)
            }
            _ => None,
        };
        Some(((*member).to_owned(), typed.unwrap_or_else(|| Value::from(text.as_str()))))
    });
    known.collect()
}
