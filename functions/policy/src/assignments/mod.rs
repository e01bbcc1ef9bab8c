pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;

use serde::{Deserialize, Serialize};
use trennwand_domain::{AssignedTo, Assignment, AssignmentId, GroupId, Plan, PolicyId, Timestamp};
use utoipa::ToSchema;

/// Whom a policy is assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// Every phone of the tenant.
    Everyone,
    /// The phones of a group.
    Group,
}

/// A policy for a group or for everyone. A phone is under the first policy that is assigned to it: by
/// `priority` (1 first); at the same priority groups come before everyone, then the older assignment.
/// The default comes last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssignmentView {
    /// Identity.
    #[schema(value_type = String, example = "asg_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: AssignmentId,
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// For whom: `everyone` or `group`.
    scope: Scope,
    /// The group.
    #[schema(value_type = Option<String>)]
    group: Option<GroupId>,
    /// 1 comes first.
    #[schema(example = 100)]
    priority: u16,
    /// Whether it is the tenant's default, which always stays.
    default: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl AssignmentView {
    fn new(assignment: &Assignment, default: bool) -> Self {
        let (scope, group) = match assignment.to {
            AssignedTo::Everyone => (Scope::Everyone, None),
            AssignedTo::Group(group) => (Scope::Group, Some(group)),
        };
        Self {
            id: assignment.id,
            policy: assignment.policy,
            scope,
            group,
            priority: assignment.priority,
            default,
            created_at: assignment.created_at,
        }
    }
}

/// The tenant's default, which is not stored.
fn default_of(plan: &Plan) -> Option<Assignment> {
    let policy = plan.head.default_policy()?;
    // An identifier says when it was minted.
    let since = Timestamp::from_unix_ms((policy.bits() >> 80) as i64);
    Some(Assignment::default_of(policy, since))
}
