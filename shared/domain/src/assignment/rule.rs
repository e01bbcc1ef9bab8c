use serde::{Deserialize, Serialize};

use crate::{Device, DeviceId, Digest, GroupId, PolicyId, Purpose, RolloutId, Target};

/// Whom a rule concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// Every phone of the tenant.
    Everyone,
    /// The phones of a group.
    Group(GroupId),
    /// Of the phones of an assignment those that a roll-out has reached.
    Share {
        /// The assignment's group; `None` if it is for everyone.
        of: Option<GroupId>,
        /// Which of them.
        reached: Reached,
    },
}

/// What a stage of a roll-out reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// The phones of a group.
    Group(GroupId),
    /// A share of the phones, see [`RolloutId::place`].
    Percent {
        /// The roll-out, which draws the phones anew each time.
        rollout: RolloutId,
        /// How many of a hundred.
        percent: u8,
    },
}

impl RolloutId {
    /// A phone's place in this roll-out, 0 to 99: a phone is reached by every share above its place.
    /// It follows from the two identifiers alone, so nothing has to be kept per phone.
    #[must_use]
    pub fn place(self, device: DeviceId) -> u8 {
        let hash = Digest::of_parts(&[
            b"roll-out",
            &self.bits().to_be_bytes(),
            &device.bits().to_be_bytes(),
        ]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        (u32::from_be_bytes([a, b, c, d]) % 100) as u8
    }
}

/// What decides under which rule a phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceTraits<'a> {
    /// The phone.
    pub id: DeviceId,
    /// Kind of management.
    pub target: Target,
    /// The groups that it is in.
    pub groups: &'a [GroupId],
}

impl Device {
    /// What decides under which rule it is.
    #[must_use]
    pub fn traits(&self) -> DeviceTraits<'_> {
        DeviceTraits { id: self.id, target: self.target, groups: &self.groups }
    }
}

impl RuleScope {
    /// Whether a phone is in it.
    #[must_use]
    pub fn concerns(&self, phone: &DeviceTraits<'_>) -> bool {
        let is_in = |group: &GroupId| phone.groups.contains(group);
        match self {
            Self::Everyone => true,
            Self::Group(group) => is_in(group),
            Self::Share { of, reached } => {
                let reached = match reached {
                    Reached::Group(group) => is_in(group),
                    Reached::Percent { rollout, percent } => rollout.place(phone.id) < *percent,
                };
                reached && of.as_ref().is_none_or(is_in)
            }
        }
    }
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

impl Rule {
    /// The rule of a phone: the first that concerns it and has a wall for its kind of management.
    #[must_use]
    pub fn of<'r>(rules: &'r [Self], phone: &DeviceTraits<'_>) -> Option<&'r Self> {
        let has_wall = |rule: &&Self| rule.artefact(phone.target, Purpose::Wall).is_some();
        rules.iter().filter(has_wall).find(|rule| rule.scope.concerns(phone))
    }

    /// How many bytes these rules take in a stored head.
    #[must_use]
    pub fn stored_len(rules: &[Self]) -> usize {
        #[derive(Serialize)]
        struct Stored<'r>(#[serde(with = "super::short")] &'r [Rule]);
        // Own types without maps always serialise.
        serde_json::to_vec(&Stored(rules)).map_or(usize::MAX, |json| json.len())
    }

    /// Its template for a kind of management and a purpose.
    #[must_use]
    pub fn artefact(&self, target: Target, purpose: Purpose) -> Option<&ArtefactRef> {
        self.artefacts.iter().find(|a| a.target == target && a.purpose == purpose)
    }

    /// Whether a phone shall have something else by the second list of rules than by the first, so
    /// that it has to be woken. Another version with the same templates is nothing else to a phone.
    #[must_use]
    pub fn differ_for(before: &[Self], after: &[Self], phone: &DeviceTraits<'_>) -> bool {
        let has = |rules| {
            let rule = Self::of(rules, phone);
            [Purpose::Wall, Purpose::Account].map(|purpose| {
                rule.and_then(|rule| rule.artefact(phone.target, purpose)).map(|a| a.digest)
            })
        };
        has(before) != has(after)
    }
}

#[cfg(test)]
mod tests;
