use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trennwand_domain::{ArtefactRef, Digest, Error, Purpose, Result, Target};

/// A value that is filled in when a template is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// The name shown as the one who manages the phone.
    Organization,
    /// The user's e-mail address.
    Email,
    /// The name the user signs in to mail with.
    MailLogin,
}

impl Variable {
    /// Whether it differs between users.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Email | Self::MailLogin)
    }
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A truth value.
    Bool(bool),
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Filled in when rendered.
    Variable(Variable),
    /// Named parts.
    Dict(BTreeMap<String, Self>),
    /// Parts in order.
    List(Vec<Self>),
}

impl Part {
    /// The part as JSON; a variable is `{"variable": …}`, which no artefact has otherwise.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::Variable(variable) => serde_json::json!({ "variable": variable }),
            Self::Dict(parts) => {
                parts.iter().map(|(key, part)| (key.clone(), part.to_json())).collect()
            }
            Self::List(parts) => parts.iter().map(Self::to_json).collect(),
        }
    }

    fn is_personal(&self) -> bool {
        match self {
            Self::Variable(variable) => variable.is_personal(),
            Self::Dict(parts) => parts.values().any(Self::is_personal),
            Self::List(parts) => parts.iter().any(Self::is_personal),
            Self::Bool(_) | Self::Integer(_) | Self::Text(_) => false,
        }
    }
}

impl From<bool> for Part {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Part {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<i64> for Part {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl<const N: usize> From<[(&str, Self); N]> for Part {
    fn from(parts: [(&str, Self); N]) -> Self {
        Self::Dict(parts.into_iter().map(|(key, part)| (key.to_owned(), part)).collect())
    }
}

impl FromIterator<Self> for Part {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self::List(parts.into_iter().collect())
    }
}

impl From<Variable> for Part {
    fn from(value: Variable) -> Self {
        Self::Variable(value)
    }
}

/// One more payload of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// `PayloadType`.
    pub payload_type: String,
    /// The keys, those that every payload has left out.
    pub payload: BTreeMap<String, Part>,
}

/// An artefact before the values of one phone are filled in: on an iPhone a profile, mostly with one
/// payload; on Android an AMAPI `Policy` (wall) or the `ApplicationPolicy` of the mail app (account),
/// which takes the place of that app's entry in the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// For which kind of management.
    pub target: Target,
    /// Wall or account.
    pub purpose: Purpose,
    /// `PayloadDisplayName` of the profile.
    pub display_name: String,
    /// `PayloadDescription` of the profile.
    pub description: String,
    /// `PayloadType` of its payload.
    pub payload_type: String,
    /// The keys of its payload, those that every payload has left out.
    pub payload: BTreeMap<String, Part>,
    /// Further payloads of the same profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Payload>,
}

impl Template {
    /// Whether it uses personal variables; they then are part of its token.
    #[must_use]
    pub fn personal(&self) -> bool {
        self.payloads().any(|(_, payload)| payload.values().any(Part::is_personal))
    }

    /// Type and keys of every payload.
    pub fn payloads(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, Part>)> {
        let more = self.more.iter().map(|p| (p.payload_type.as_str(), &p.payload));
        std::iter::once((self.payload_type.as_str(), &self.payload)).chain(more)
    }

    /// The text that is stored: canonical JSON.
    #[must_use]
    pub fn to_body(&self) -> String {
        // Text keys, numbers and words only: there is nothing in it that JSON could not express.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a stored text.
    ///
    /// # Errors
    /// `internal` if it is not one of ours.
    pub fn from_body(body: &str) -> Result<Self> {
        serde_json::from_str(body).map_err(|e| Error::internal(e).context("stored template"))
    }

    /// Hash of [`Self::to_body`], by which it is stored and found.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_body().as_bytes())
    }

    /// What an assignment head keeps of it.
    #[must_use]
    pub fn artefact_ref(&self) -> ArtefactRef {
        ArtefactRef {
            target: self.target,
            purpose: self.purpose,
            digest: self.digest(),
            personal: self.personal(),
        }
    }
}
