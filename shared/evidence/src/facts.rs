use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
        /// The values of the keys that the wall sets, as far as they were listed.
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
    /// (`policy::identifiers`). `None` for answers that no control rests on.
    #[must_use]
    pub fn from_answer(_answer: &trennwand_apple::Answer, _ours: &[String]) -> Option<Self> {
        todo!()
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
        todo!()
    }

    /// Reads a stored text; `None` if it is not one of ours.
    #[must_use]
    pub fn from_json(_json: &[u8]) -> Option<Self> {
        todo!()
    }
}
