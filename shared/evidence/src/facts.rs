use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trennwand_apple::Answer;

use crate::{app_name, restrictions::KEYS};

/// More of our own profiles than there can be; what a phone lists beyond is not kept.
const MAX_OURS: usize = 4;

/// What is kept of an answer: only what a control rests on. At most 1 KB as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Facts {
    /// `ProfileList`.
    ProfileList {
        /// Our own profiles on the phone: PayloadUUID by PayloadIdentifier.
        ours: BTreeMap<String, String>,
        /// How many others were listed (personal phones list managed ones only).
        others: u32,
    },
    /// `Restrictions`.
    Restrictions {
        /// The values in force of the keys that controls rest on, as far as they were listed.
        bools: BTreeMap<String, bool>,
    },
    /// `SecurityInfo`.
    SecurityInfo {
        /// `PasscodePresent`.
        passcode_present: Option<bool>,
        /// `PasscodeCompliant`.
        passcode_compliant: Option<bool>,
    },
    /// `ManagedApplicationList`.
    ManagedApplications {
        /// Bundle identifiers of the catalogue that were listed.
        messengers: Vec<String>,
        /// How many others were listed.
        others: u32,
    },
    /// The question was answered with an error.
    Failed,
}

impl Facts {
    /// Cuts an answer down; `ours` are the PayloadIdentifiers of our profiles
    /// (`policy::identifiers`). `None` for answers that no phone is asked for evidence.
    #[must_use]
    pub fn from_answer(answer: &Answer, ours: &[String]) -> Option<Self> {
        match answer {
            Answer::ProfileList(profiles) => {
                let (ours, others): (Vec<_>, Vec<_>) =
                    profiles.iter().partition(|profile| ours.contains(&profile.identifier));
                let ours = ours.into_iter().take(MAX_OURS).map(|profile| {
                    (profile.identifier.clone(), profile.uuid.chars().take(64).collect())
                });
                Some(Self::ProfileList { ours: ours.collect(), others: count(others.len()) })
            }
            Answer::Restrictions(restrictions) => {
                let listed =
                    |key: &str| restrictions.bools.get(key).map(|&value| (key.to_owned(), value));
                Some(Self::Restrictions { bools: KEYS.into_iter().filter_map(listed).collect() })
            }
            Answer::SecurityInfo(security) => Some(Self::SecurityInfo {
                passcode_present: security.passcode_present,
                passcode_compliant: security.passcode_compliant,
            }),
            Answer::ManagedApplicationList(apps) => {
                let (messengers, others): (Vec<_>, Vec<_>) =
                    apps.keys().partition(|bundle_id| app_name(bundle_id).is_some());
                Some(Self::ManagedApplications {
                    others: count(others.len()),
                    messengers: messengers.into_iter().take(16).cloned().collect(),
                })
            }
            Answer::DeviceInformation(_) | Answer::CertificateList(_) | Answer::DeviceLock => None,
        }
    }

    /// The PayloadUUID of one of our profiles, if the phone listed it.
    #[must_use]
    pub fn profile(&self, identifier: &str) -> Option<&str> {
        match self {
            Self::ProfileList { ours, .. } => ours.get(identifier).map(String::as_str),
            _ => None,
        }
    }

    /// The text that is stored.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Text keys, texts, numbers and truth values only: nothing that JSON could not express.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a stored text; `None` if it is not one of ours.
    #[must_use]
    pub fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use trennwand_apple::{GlobalRestrictions, ProfileEntry};

    use super::*;

    fn profile(identifier: &str) -> ProfileEntry {
        ProfileEntry {
            identifier: identifier.to_owned(),
            uuid: "4E436D77-40BB-8E7C-8767-09F25E63999E".to_owned(),
            managed: Some(true),
            restricts: false,
        }
    }

    #[test]
    fn of_other_profiles_and_apps_only_the_number_is_kept() {
        let ours = ["trennwand.ten_7.wall".to_owned()];
        let list = [profile("trennwand.ten_7.wall"), profile("private.vpn"), profile("clinic.app")];
        let facts = Facts::from_answer(&Answer::ProfileList(list.to_vec()), &ours).unwrap();
        let json = String::from_utf8(facts.to_json()).unwrap();
        assert!(facts.profile("trennwand.ten_7.wall").is_some());
        assert!(!json.contains("vpn") && !json.contains("clinic"), "{json}");
        assert!(json.contains(r#""others":2"#), "{json}");

        let apps = ["net.whatsapp.WhatsApp", "com.grindr.grindr"];
        let apps = apps.map(|id| (id.to_owned(), "Managed".to_owned())).into();
        let facts = Facts::from_answer(&Answer::ManagedApplicationList(apps), &[]).unwrap();
        let messengers = vec!["net.whatsapp.WhatsApp".to_owned()];
        assert_eq!(facts, Facts::ManagedApplications { messengers, others: 1 });
    }

    #[test]
    fn of_restrictions_only_the_deciding_keys_are_kept() {
        let bools = [("allowOpenFromManagedToUnmanaged", false), ("allowCamera", true)];
        let bools = bools.map(|(key, value)| (key.to_owned(), value)).into();
        let answer = Answer::Restrictions(GlobalRestrictions { bools, ..Default::default() });
        let bools = [("allowOpenFromManagedToUnmanaged".to_owned(), false)].into();
        assert_eq!(Facts::from_answer(&answer, &[]), Some(Facts::Restrictions { bools }));
    }

    #[test]
    fn facts_are_small_whatever_the_phone_says_and_survive_their_text() {
        let ours = ["trennwand.ten_00000000000000000000000007.wall".to_owned()];
        let mut entry = profile(&ours[0]);
        entry.uuid = "X".repeat(10_000);
        let list = Answer::ProfileList(vec![entry; 1000]);
        let apps = crate::CATALOGUE.iter().map(|a| (a.ios.to_owned(), String::new()));
        for answer in [list, Answer::ManagedApplicationList(apps.collect())] {
            let facts = Facts::from_answer(&answer, &ours).unwrap();
            assert!(facts.to_json().len() <= 1024);
            assert_eq!(Facts::from_json(&facts.to_json()), Some(facts));
        }
        assert_eq!(Facts::from_json(b"{}"), None);
    }
}
