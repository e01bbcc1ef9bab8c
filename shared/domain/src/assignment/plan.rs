use crate::{Assignment, AssignmentHead, Policy, PolicyId, Rollout};

/// All that the rules of a tenant's head follow from. The head is read first and is a condition of
/// every write that changes one of the others, so that no two changes miss each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The head as it is.
    pub head: AssignmentHead,
    /// The assignments, the default left out, in any order.
    pub assignments: Vec<Assignment>,
    /// Their policies and the default's, in any order.
    pub policies: Vec<Policy>,
    /// The roll-outs of these policies that have not ended, in any order.
    pub rollouts: Vec<Rollout>,
}

impl Plan {
    /// One of its policies.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == id)
    }

    /// The roll-out of a policy that has not ended.
    #[must_use]
    pub fn rollout_of(&self, policy: PolicyId) -> Option<&Rollout> {
        self.rollouts.iter().find(|rollout| rollout.policy == policy && rollout.is_open())
    }

    /// The same with another policy in place of the one with its identifier.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policies.retain(|known| known.id != policy.id);
        self.policies.push(policy);
        self
    }

    /// The same with another roll-out in place of the one with its identifier.
    #[must_use]
    pub fn with_rollout(mut self, rollout: Rollout) -> Self {
        self.rollouts.retain(|known| known.id != rollout.id);
        self.rollouts.push(rollout);
        self
    }
}
