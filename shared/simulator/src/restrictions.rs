use std::collections::{BTreeMap, BTreeSet};

use plist::{Dictionary, Value};

/// The border between managed and unmanaged, as far as a phone reports it without being told: these
/// two are open by default.
const OPEN_BY_DEFAULT: [&str; 2] =
    ["allowOpenFromManagedToUnmanaged", "allowOpenFromUnmanagedToManaged"];

/// Keys that take effect only in a profile that MDM installed (`allowmanualinstall: false`).
const MDM_ONLY: [&str; 2] =
    ["allowUnmanagedToReadManagedContacts", "allowManagedToWriteUnmanagedContacts"];

/// The restrictions in force on a phone: the most restrictive of all payloads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restrictions {
    pub(crate) bools: BTreeMap<String, bool>,
    pub(crate) values: BTreeMap<String, i64>,
    pub(crate) intersections: BTreeMap<String, BTreeSet<String>>,
    pub(crate) unions: BTreeMap<String, BTreeSet<String>>,
}

impl Restrictions {
    /// Adds a `com.apple.applicationaccess` payload.
    pub(crate) fn merge(&mut self, payload: &Dictionary, managed: bool) {
        for (key, value) in payload.iter().filter(|(key, _)| !key.starts_with("Payload")) {
            if !managed && MDM_ONLY.contains(&key.as_str()) {
                continue;
            }
            match value {
                Value::Boolean(new) => {
                    let false_restricts = key.contains("llow");
                    let merged = self.bools.entry(key.clone()).or_insert(*new);
                    *merged = if false_restricts { *merged && *new } else { *merged || *new };
                }
                Value::Integer(new) => {
                    let new = new.as_signed().unwrap_or(i64::MAX);
                    let merged = self.values.entry(key.clone()).or_insert(new);
                    *merged = new.min(*merged);
                }
                Value::Array(new) => self.merge_set(key, new),
                _ => {}
            }
        }
    }

    fn merge_set(&mut self, key: &str, new: &[Value]) {
        let new: BTreeSet<_> = new.iter().filter_map(Value::as_string).map(str::to_owned).collect();
        if key.starts_with("blocked") {
            self.unions.entry(key.into()).or_default().extend(new);
        } else {
            let merged = self.intersections.entry(key.into()).or_insert_with(|| new.clone());
            merged.retain(|item| new.contains(item));
        }
    }

    /// The value in force of a Boolean restriction that a payload set.
    #[must_use]
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.bools.get(key).copied()
    }

    /// Whether an unmanaged app, such as a messenger that the user installed, can read the contacts
    /// of managed accounts: by Apple's rule if managed open-in is open, or if the exception was made.
    #[must_use]
    pub fn unmanaged_apps_read_managed_contacts(&self) -> bool {
        self.bool("allowOpenFromManagedToUnmanaged") != Some(false)
            || self.bool("allowUnmanagedToReadManagedContacts") == Some(true)
    }

    /// Apple's `GlobalRestrictions`.
    pub(crate) fn to_report(&self) -> Dictionary {
        let mut bools = self.bools.clone();
        for key in OPEN_BY_DEFAULT {
            bools.entry(key.into()).or_insert(true);
        }
        let one =
            |value: Value| Value::Dictionary([("value".to_owned(), value)].into_iter().collect());
        let many = |set: &BTreeSet<String>| {
            let values = set.iter().cloned().map(Value::String).collect();
            let entry = [("values".to_owned(), Value::Array(values))];
            Value::Dictionary(entry.into_iter().collect())
        };
        let part = |name: &str, entries: Dictionary| (name.to_owned(), Value::Dictionary(entries));
        let bools = bools.iter().map(|(k, v)| (k.clone(), one(Value::Boolean(*v)))).collect();
        let values = self.values.iter().map(|(k, v)| (k.clone(), one((*v).into()))).collect();
        let intersections = self.intersections.iter().map(|(k, v)| (k.clone(), many(v))).collect();
        let unions = self.unions.iter().map(|(k, v)| (k.clone(), many(v))).collect();
        [
            part("restrictedBool", bools),
            part("restrictedValue", values),
            part("intersection", intersections),
            part("union", unions),
        ]
        .into_iter()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(entries: &[(&str, bool)]) -> Dictionary {
        entries.iter().map(|(k, v)| ((*k).to_owned(), Value::Boolean(*v))).collect()
    }

    fn merged(payloads: &[&[(&str, bool)]]) -> Restrictions {
        let mut restrictions = Restrictions::default();
        for entries in payloads {
            restrictions.merge(&payload(entries), true);
        }
        restrictions
    }

    #[test]
    fn the_most_restrictive_value_of_all_payloads_wins() {
        let both = merged(&[
            &[("allowOpenFromManagedToUnmanaged", false), ("forceEncryptedBackup", true)],
            &[("allowOpenFromManagedToUnmanaged", true), ("forceEncryptedBackup", false)],
        ]);
        assert_eq!(both.bool("allowOpenFromManagedToUnmanaged"), Some(false));
        assert_eq!(both.bool("forceEncryptedBackup"), Some(true));
    }

    #[test]
    fn contacts_are_closed_exactly_as_apples_truth_table_says() {
        const OPEN_IN: &str = "allowOpenFromManagedToUnmanaged";
        const READ: &str = "allowUnmanagedToReadManagedContacts";
        for (payload, leaks) in [
            (&[][..], true),
            (&[(OPEN_IN, true)][..], true),
            (&[(OPEN_IN, true), (READ, false)][..], true),
            (&[(OPEN_IN, false)][..], false),
            (&[(OPEN_IN, false), (READ, false)][..], false),
            (&[(OPEN_IN, false), (READ, true)][..], true),
            (&[(READ, false)][..], true),
        ] {
            assert_eq!(merged(&[payload]).unmanaged_apps_read_managed_contacts(), leaks);
        }
    }

    #[test]
    fn contact_exceptions_have_no_effect_in_a_profile_installed_by_hand() {
        let mut restrictions = Restrictions::default();
        restrictions.merge(&payload(&[("allowUnmanagedToReadManagedContacts", true)]), false);
        assert_eq!(restrictions.bool("allowUnmanagedToReadManagedContacts"), None);
    }

    #[test]
    fn a_phone_without_restrictions_reports_managed_open_in_as_open() {
        let report = Restrictions::default().to_report();
        let bools = report["restrictedBool"].as_dictionary().unwrap();
        let value = bools["allowOpenFromManagedToUnmanaged"].as_dictionary().unwrap();
        assert_eq!(value["value"], Value::Boolean(true));
        assert!(!bools.contains_key("allowUnmanagedToReadManagedContacts"));
    }
}
