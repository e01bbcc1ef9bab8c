use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
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
}

impl Part {
    fn is_personal(&self) -> bool {
        match self {
            Self::Variable(variable) => variable.is_personal(),
            Self::Dict(parts) => parts.values().any(Self::is_personal),
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

impl From<Variable> for Part {
    fn from(value: Variable) -> Self {
        Self::Variable(value)
    }
}

/// An artefact before the values of one phone are filled in: a profile with one payload.
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
    /// `PayloadType` of its one payload.
    pub payload_type: String,
    /// The keys of its one payload, those that every payload has left out.
    pub payload: BTreeMap<String, Part>,
}

impl Template {
    /// Whether it uses personal variables; they then are part of its token.
    #[must_use]
    pub fn personal(&self) -> bool {
        self.payload.values().any(Part::is_personal)
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
