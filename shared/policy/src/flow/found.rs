use std::collections::BTreeMap;

use serde_json::{Map, Value};
use trennwand_domain::{Purpose, Target};

use super::{Channel, Settings, Sink, Source, Status, status, ways};
use crate::{Os, Part, Template, keys::ANDROID_POLICY};

/// Later than any system: every way and every setting is there.
const LATEST: Os = Os(u16::MAX, 0);

/// The channels by which business contacts reach private apps on an up-to-date phone of this kind
/// under a policy as it stands at Google, which may not be one of ours.
#[must_use]
pub fn open_for_contacts(target: Target, found: &Map<String, Value>) -> Vec<Channel> {
    let templates = [Template {
        target,
        purpose: Purpose::Wall,
        display_name: String::new(),
        description: String::new(),
        payload_type: ANDROID_POLICY.to_owned(),
        payload: parts(found),
        more: Vec::new(),
    }];
    let settings = Settings::of(target, &templates);
    let ways = ways(target).filter(|way| {
        way.sink == Sink::UnmanagedApps
            && way.sources.contains(&Source::Contacts)
            && status(way, target, &settings, LATEST) == Status::Open
    });
    let mut open: Vec<_> = ways.map(|way| way.channel).collect();
    open.dedup();
    open
}

fn parts(found: &Map<String, Value>) -> BTreeMap<String, Part> {
    found.iter().filter_map(|(key, value)| Some((key.clone(), part(value)?))).collect()
}

/// A value of JSON; `None` for null, which says no more than a key that is left out.
fn part(value: &Value) -> Option<Part> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => Part::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Part::Text(number.to_string()), Part::Integer)
        }
        Value::String(text) => Part::Text(text.clone()),
        Value::Array(values) => Part::List(values.iter().filter_map(part).collect()),
        Value::Object(members) => Part::Dict(parts(members)),
    })
}
