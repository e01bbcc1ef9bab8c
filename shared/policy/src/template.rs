use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trennwand_domain::{ArtefactRef, Digest, Purpose, Result, Target};

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
    Dict(BTreeMap<String, Part>),
    /// Parts in order.
    List(Vec<Part>),
}

/// An artefact before the values of one phone are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// For which kind of management.
    pub target: Target,
    /// Wall or account.
    pub purpose: Purpose,
    /// `PayloadDisplayName`.
    pub display_name: Part,
    /// `PayloadType` of its one payload.
    pub payload_type: String,
    /// The keys of its one payload, those that every payload has left out.
    pub payload: BTreeMap<String, Part>,
}

impl Template {
    /// Whether it uses personal variables; they then are part of its token.
    #[must_use]
    pub fn personal(&self) -> bool {
        todo!()
    }

    /// The text that is stored: canonical JSON.
    #[must_use]
    pub fn to_body(&self) -> String {
        todo!()
    }

    /// Reads a stored text.
    ///
    /// # Errors
    /// `internal` if it is not one of ours.
    pub fn from_body(_body: &str) -> Result<Self> {
        todo!()
    }

    /// Hash of [`Self::to_body`], by which it is stored and found.
    #[must_use]
    pub fn digest(&self) -> Digest {
        todo!()
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
