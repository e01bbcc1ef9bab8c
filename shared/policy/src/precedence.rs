//! Which rules a tenant's head has: assignments, versions in force and roll-outs under way, put into
//! one order in which the first match wins.
//!
//! 1. Assignments by priority (1 first), groups before everyone, then the older one, at last the
//!    tenant's default, which is always there.
//! 2. Of an assignment whose policy is being rolled out, first what the roll-out has reached (groups,
//!    then the share), with the new version; then the rest, with the version in force.
//! 3. A policy without a version in force has no rule: its phones fall through to the next.

use trennwand_domain::{
    ArtefactRef, AssignedTo, Assignment, AssignmentHead, Error, Plan, Policy, PolicyId, ReasonCode,
    Result, Rollout, RolloutState, Rule, RuleScope, Timestamp,
};

use crate::Template;

/// A rule without its templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Whom it concerns.
    pub scope: RuleScope,
    /// The policy.
    pub policy: PolicyId,
    /// The version.
    pub version: u32,
}

/// How much of a roll-out is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What it has reached.
    Reached,
    /// The most it will reach before its end.
    Widest,
}

/// How many bytes the rules of a head may take at most; the rest of its 4 KB is for mail settings and
/// brand. That is room for six policies with templates for iPhones and Android phones, or for more
/// that are for one kind.
pub const MOST_RULE_BYTES: usize = 2560;

/// A version of a policy with its templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledVersion {
    /// The policy.
    pub policy: PolicyId,
    /// The version.
    pub version: u32,
    /// What it was compiled to.
    pub artefacts: Vec<ArtefactRef>,
}

impl CompiledVersion {
    /// A version with the templates that it was compiled to.
    #[must_use]
    pub fn new(policy: PolicyId, version: u32, templates: &[Template]) -> Self {
        let artefacts = templates.iter().map(Template::artefact_ref).collect();
        Self { policy, version, artefacts }
    }
}

/// The rules of a plan in their order; the last is the tenant's default. Does not depend on the order
/// of assignments, policies and roll-outs in the plan.
///
/// # Errors
/// If the default has no version in force, which cannot be: it is born with one, and a roll-out goes
/// back to nothing but an earlier one.
pub fn placed(plan: &Plan, extent: Extent) -> Result<Vec<Placed>> {
    let missing = || Error::internal("a tenant without a default in force");
    let default = plan.head.default_policy().ok_or_else(missing)?;
    let default = Assignment::default_of(default, plan.head.changed_at);
    let mut assignments: Vec<_> = plan.assignments.iter().collect();
    assignments.sort_by_key(|assignment| {
        let for_everyone = assignment.to == AssignedTo::Everyone;
        (assignment.priority, for_everyone, assignment.id)
    });
    assignments.push(&default);
    let mut rules = Vec::new();
    for assignment in assignments {
        of_assignment(plan, assignment, extent, &mut rules);
    }
    let is_default =
        |last: &Placed| last.scope == RuleScope::Everyone && last.policy == default.policy;
    rules.last().is_some_and(is_default).then_some(rules).ok_or_else(missing)
}

fn of_assignment(plan: &Plan, assignment: &Assignment, extent: Extent, rules: &mut Vec<Placed>) {
    let policy = assignment.policy;
    let (of, all) = match assignment.to {
        AssignedTo::Everyone => (None, RuleScope::Everyone),
        AssignedTo::Group(group) => (Some(group), RuleScope::Group(group)),
    };
    if let Some(rollout) = plan.rollout_of(policy) {
        let reached = match extent {
            Extent::Reached => Rollout::reached(rollout),
            Extent::Widest => rollout.widest(),
        };
        rules.extend(reached.into_iter().map(|reached| Placed {
            scope: RuleScope::Share { of, reached },
            policy,
            version: rollout.version,
        }));
    }
    let in_force = plan.policy(policy).and_then(|policy| policy.in_force);
    rules.extend(in_force.map(|version| Placed { scope: all, policy, version }));
}

/// The versions that the rules of a plan need, now or before a roll-out's end, and that its head does
/// not name; they have to be compiled first.
///
/// # Errors
/// As [`placed`].
pub fn unnamed(plan: &Plan) -> Result<Vec<(PolicyId, u32)>> {
    let mut needed = placed(plan, Extent::Reached)?;
    needed.extend(placed(plan, Extent::Widest)?);
    let mut versions: Vec<_> = needed.iter().map(|rule| (rule.policy, rule.version)).collect();
    versions.sort_unstable();
    versions.dedup();
    versions.retain(|(policy, version)| plan.head.artefacts(*policy, *version).is_none());
    Ok(versions)
}

/// The next head of a plan: its rules, with the templates of `compiled` or of the head as it is.
///
/// # Errors
/// As [`placed`]; if a version is in neither.
pub fn next_head(
    plan: &Plan,
    compiled: &[CompiledVersion],
    now: Timestamp,
) -> Result<AssignmentHead> {
    let rules = with_templates(plan, compiled, &placed(plan, Extent::Reached)?)?;
    let version = plan.head.version + 1;
    Ok(AssignmentHead { version, changed_at: now, rules, ..plan.head.clone() })
}

/// A plan after a step of a roll-out, the first included, and the policy if the step changes it.
#[must_use]
pub fn stepped(plan: Plan, rollout: Rollout, now: Timestamp) -> (Plan, Option<Policy>) {
    let Some(before) = plan.policy(rollout.policy).cloned() else {
        return (plan.with_rollout(rollout), None);
    };
    let (in_force, open) = match rollout.state {
        RolloutState::Completed => (Some(rollout.version), None),
        // One that was completed put its version in force, others left the one before.
        RolloutState::RolledBack if before.in_force == Some(rollout.version) => {
            (rollout.previous, None)
        }
        RolloutState::RolledBack => (before.in_force, None),
        _ => (before.in_force, Some(rollout.id)),
    };
    let plan = plan.with_rollout(rollout);
    if (in_force, open) == (before.in_force, before.rollout) {
        return (plan, None);
    }
    let after = Policy { in_force, rollout: open, updated_at: now, ..before };
    (plan.with_policy(after.clone()), Some(after))
}

/// That the rules of a plan fit into a head, also when its roll-outs have come as far as they will
/// before their end. What makes them shorter is always allowed.
///
/// # Errors
/// The conflict `too_many_rules`; as [`next_head`].
pub fn check_room(plan: &Plan, compiled: &[CompiledVersion]) -> Result<()> {
    let widest = with_templates(plan, compiled, &placed(plan, Extent::Widest)?)?;
    let most = MOST_RULE_BYTES.max(Rule::stored_len(&plan.head.rules));
    match Rule::stored_len(&widest) <= most {
        true => Ok(()),
        false => Err(Error::conflict(ReasonCode::TooManyRules)),
    }
}

fn with_templates(
    plan: &Plan,
    compiled: &[CompiledVersion],
    placed: &[Placed],
) -> Result<Vec<Rule>> {
    let rule = |placed: &Placed| {
        let Placed { scope, policy, version } = *placed;
        let is_it =
            |edition: &&CompiledVersion| edition.policy == policy && edition.version == version;
        let fresh = compiled.iter().find(is_it).map(|edition| edition.artefacts.as_slice());
        let artefacts = fresh.or_else(|| plan.head.artefacts(policy, version))?.to_vec();
        Some(Rule { scope, policy, version, artefacts })
    };
    let rules = placed.iter().map(rule).collect::<Option<_>>();
    rules.ok_or_else(|| Error::internal("a rule whose version was not compiled"))
}

#[cfg(test)]
mod tests;
