use serde::{Deserialize, Serialize};

use crate::{Brand, Digest, PolicyId, Purpose, Target, Timestamp};

/// Where a tenant's mail lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Microsoft 365.
    ExchangeOnline,
    /// Exchange or another ActiveSync server of the company's own.
    Exchange,
    /// Google Workspace.
    GoogleWorkspace,
    /// No managed account is wanted.
    None,
}

/// How a phone signs in to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAuth {
    /// In the provider's web page.
    Oauth,
    /// The user types a password on the phone; it never passes through here.
    Password,
}

/// A tenant's mail settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSettings {
    /// Where the mail lives.
    pub kind: MailKind,
    /// Host of the ActiveSync server; needed for `exchange`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// How a phone signs in.
    pub auth: MailAuth,
}

/// Whom a rule concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// Every phone of the tenant.
    Everyone,
}

/// A template in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtefactRef {
    /// For which kind of management.
    pub target: Target,
    /// Wall or account.
    pub purpose: Purpose,
    /// Hash of the template.
    pub digest: Digest,
    /// Whether it uses personal variables, which then are part of its token.
    pub personal: bool,
}

/// One rule of an assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Whom it concerns.
    pub scope: RuleScope,
    /// The policy.
    pub policy: PolicyId,
    /// Its version in force.
    pub version: u32,
    /// The templates that version was compiled to.
    pub artefacts: Vec<ArtefactRef>,
}

/// All that decides what a tenant's phones shall have, and what their users see before: one item of
/// at most 4 KB, read at every connect. A phone's rule is the first that matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentHead {
    /// Counts the changes; a write's condition.
    pub version: u64,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// The rules, first match wins.
    pub rules: Vec<Rule>,
    /// The mail settings in force; `None` until they are set.
    pub mail: Option<MailSettings>,
    /// The name shown on the phone as the one who manages it.
    pub organization: String,
    /// Topic of the push certificate, which is part of enrolment profiles; `None` until there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_topic: Option<String>,
    /// The reseller's brand as it was resolved last; for pages and enrolment profiles only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
}

impl AssignmentHead {
    /// Hash over what phones under management shall have. If it stays, none of them has to be woken.
    #[must_use]
    pub fn wanted(&self) -> Digest {
        // Own types without maps always serialise.
        let json = serde_json::to_vec(&(&self.rules, &self.mail)).unwrap_or_default();
        Digest::of_parts(&[b"head", &json, self.organization.as_bytes()])
    }

    /// Whether a rule names this template, which then is stored already.
    #[must_use]
    pub fn names(&self, digest: Digest) -> bool {
        self.rules.iter().flat_map(|rule| &rule.artefacts).any(|a| a.digest == digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResellerId;

    #[test]
    fn a_brand_or_a_topic_is_nothing_that_phones_have_to_be_woken_for() {
        let head = AssignmentHead {
            version: 1,
            changed_at: Timestamp::from_unix_s(1_795_000_000),
            rules: Vec::new(),
            mail: None,
            organization: "Krume".into(),
            push_topic: None,
            brand: None,
        };
        let branded = AssignmentHead {
            version: 2,
            push_topic: Some("com.apple.mgmt.x".into()),
            brand: Some(Brand::plain(ResellerId::from_bits(1), "Nordwand")),
            ..head.clone()
        };
        assert_eq!(branded.wanted(), head.wanted());
        let renamed = AssignmentHead { organization: "Korn".into(), ..head.clone() };
        assert_ne!(renamed.wanted(), head.wanted());
    }
}
