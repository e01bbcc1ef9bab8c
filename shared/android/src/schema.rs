//! Every member and word of Google's resources, from the discovery document: for whoever plays
//! Google, and for tests of what is sent to it.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde_json::Value;
use trennwand_domain::Timestamp;

/// `Resource.member kind`, one a line.
const LIST: &str = include_str!("schema.txt");

static SCHEMA: LazyLock<BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>> =
    LazyLock::new(|| {
        let mut all = BTreeMap::<_, BTreeMap<_, _>>::new();
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            let (path, kind) = line.split_once(' ').unwrap_or((line, ""));
            let (resource, member) = path.split_once('.').unwrap_or((path, ""));
            let members = all.entry(resource).or_default();
            if !member.is_empty() {
                members.insert(member, kind);
            }
        }
        all
    });

/// What a resource says that it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, such as `applications[2].installType`.
    pub path: String,
    /// What is wrong.
    pub why: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// The top-level members of a resource.
///
/// # Panics
/// If there is no such resource: a mistake of whoever asks.
pub fn members(resource: &str) -> impl Iterator<Item = &'static str> {
    SCHEMA[resource].keys().copied()
}

/// Compares a value with Google's resource of this name, such as `Policy`.
///
/// # Errors
/// The first member that is unknown, of the wrong kind or not among its words.
///
/// # Panics
/// If there is no such resource: a mistake of whoever asks.
pub fn check(resource: &str, value: &Value) -> Result<(), Violation> {
    check_resource(resource, value, "")
}

fn check_resource(resource: &str, value: &Value, path: &str) -> Result<(), Violation> {
    let wrong = |path: &str, why| Violation { path: path.to_owned(), why };
    let members = value.as_object().ok_or_else(|| wrong(path, "is no object"))?;
    for (name, value) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match SCHEMA[resource].get(name.as_str()) {
            Some(kind) => check_kind(kind, value, &path)?,
            None => return Err(wrong(&path, "is unknown")),
        }
    }
    Ok(())
}

fn check_kind(kind: &str, value: &Value, path: &str) -> Result<(), Violation> {
    if value.is_null() {
        return Ok(());
    }
    if let Some(items) = kind.strip_prefix('[').and_then(|k| k.strip_suffix(']')) {
        let all = value.as_array().map(Vec::as_slice);
        return all.ok_or("is no list").map_or_else(
            |why| Err(Violation { path: path.to_owned(), why }),
            |all| {
                let mut all = all.iter().enumerate();
                all.try_for_each(|(i, one)| check_kind(items, one, &format!("{path}[{i}]")))
            },
        );
    }
    if let Some(values) = kind.strip_prefix('{').and_then(|k| k.strip_suffix('}')) {
        let Some(all) = value.as_object() else {
            return Err(Violation { path: path.to_owned(), why: "is no object" });
        };
        return all.iter().try_for_each(|(k, v)| check_kind(values, v, &format!("{path}.{k}")));
    }
    if SCHEMA.contains_key(kind) {
        return check_resource(kind, value, path);
    }
    match is_scalar(kind, value) {
        true => Ok(()),
        false if kind.starts_with('=') => {
            Err(Violation { path: path.to_owned(), why: "is not one of Google's words" })
        }
        false => Err(Violation { path: path.to_owned(), why: "is of the wrong kind" }),
    }
}

/// Whether a value is one of the words (`=A|B`) or of the kind that `kind` names.
fn is_scalar(kind: &str, value: &Value) -> bool {
    let text = value.as_str();
    if let Some(words) = kind.strip_prefix('=') {
        return text.is_some_and(|text| words.split('|').any(|word| word == text));
    }
    match kind {
        "any" | "object" => true,
        "boolean" => value.is_boolean(),
        "integer" => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        "number" => value.is_number(),
        "int64" => value.is_i64() || text.is_some_and(|t| t.parse::<i64>().is_ok()),
        "google-datetime" => text.is_some_and(|t| Timestamp::parse_rfc3339(t).is_some()),
        "google-duration" => {
            text.and_then(|t| t.strip_suffix('s')).is_some_and(|t| t.parse::<f64>().is_ok())
        }
        _ => text.is_some(),
    }
}

#[cfg(test)]
mod tests;
