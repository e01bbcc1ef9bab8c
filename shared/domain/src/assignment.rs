use serde::{Deserialize, Serialize};

use crate::{AssignmentId, Brand, Digest, GroupId, PolicyId, Timestamp};

mod plan;
mod rule;
mod short;

pub use self::plan::Plan;
pub use self::rule::{ArtefactRef, DeviceTraits, Reached, Rule, RuleScope};

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

/// Whom a policy is assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignedTo {
    /// Every phone of the tenant.
    Everyone,
    /// The phones of a group.
    Group(GroupId),
}

/// A policy for phones of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Identity.
    pub id: AssignmentId,
    /// The policy.
    pub policy: PolicyId,
    /// For whom.
    pub to: AssignedTo,
    /// 1 is asked first.
    pub priority: u16,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Assignment {
    /// The priority of an assignment that says none.
    pub const USUAL_PRIORITY: u16 = 100;
    /// How many a tenant can have, the default apart.
    pub const MOST: usize = 16;

    /// The assignment that a tenant always has: a policy for everyone, asked last. It is not stored,
    /// but follows from the head.
    #[must_use]
    pub const fn default_of(policy: PolicyId, since: Timestamp) -> Self {
        Self {
            id: AssignmentId::from_bits(policy.bits()),
            policy,
            to: AssignedTo::Everyone,
            priority: u16::MAX,
            created_at: since,
        }
    }
}

/// Phones that have something in common, such as a place of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Identity.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts the writes; a write's condition.
    pub revision: u64,
}

impl Group {
    /// In how many groups a phone can be.
    pub const MOST_OF_A_DEVICE: usize = 8;
}

/// All that decides what a tenant's phones shall have, and what their users see before: one item of
/// at most 4 KB, read at every connect. A phone's rule is the first that matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentHead {
    /// Counts the changes; a write's condition.
    pub version: u64,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// The rules, first match wins; the last is the tenant's default, for everyone.
    #[serde(with = "short")]
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

    /// The rule that a phone is under; `None` if none has a wall for its kind of management.
    #[must_use]
    pub fn rule_for(&self, phone: &DeviceTraits<'_>) -> Option<&Rule> {
        Rule::of(&self.rules, phone)
    }

    /// The templates of a version of a policy, if a rule names it.
    #[must_use]
    pub fn artefacts(&self, policy: PolicyId, version: u32) -> Option<&[ArtefactRef]> {
        let named = |rule: &&Rule| rule.policy == policy && rule.version == version;
        self.rules.iter().find(named).map(|rule| rule.artefacts.as_slice())
    }

    /// The policy of the tenant's default.
    #[must_use]
    pub fn default_policy(&self) -> Option<PolicyId> {
        self.rules.last().filter(|rule| rule.scope == RuleScope::Everyone).map(|rule| rule.policy)
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
