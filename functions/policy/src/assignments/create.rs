use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    AssignedTo, Assignment, Error, GroupId, Plan, PolicyId, ReasonCode, Result as DomainResult,
};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{AssignmentView, Scope};
use crate::plan;

/// The lowest priority that can be chosen.
const LAST: u16 = 1000;

/// A policy to be assigned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssignment {
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// For whom; needs not be said if there is a group.
    #[serde(default)]
    scope: Option<Scope>,
    /// The group.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "grp_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    group: Option<GroupId>,
    /// 1 comes first; 100 if absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    priority: Option<u16>,
}

impl NewAssignment {
    fn to(&self) -> DomainResult<AssignedTo> {
        match (self.scope, self.group) {
            (Some(Scope::Everyone), None) => Ok(AssignedTo::Everyone),
            (Some(Scope::Group) | None, Some(group)) => Ok(AssignedTo::Group(group)),
            (Some(Scope::Everyone), Some(_)) => {
                Err(Error::invalid("group", "must be absent if the scope is everyone"))
            }
            (Some(Scope::Group), None) => Err(Error::invalid("group", "is missing")),
            (None, None) => Err(Error::invalid("scope", "expected everyone, or a group")),
        }
    }

    fn priority(&self) -> DomainResult<u16> {
        match self.priority.unwrap_or(Assignment::USUAL_PRIORITY) {
            priority @ 1..=LAST => Ok(priority),
            _ => Err(Error::invalid("priority", "expected 1 to 1000")),
        }
    }
}

/// Assigns a policy to a group or to everyone. Its version in force reaches the phones concerned at
/// once, only they are woken; a policy without one takes effect by its first roll-out.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/assignments",
    tag = "assignments",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewAssignment,
    responses(
        (status = 201, description = "The assignment", body = AssignmentView),
        (status = 409, description = "already_exists too_many_rules tenant_not_ready"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn assignment_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Json(new): Json<NewAssignment>,
) -> Result<Written> {
    let scope = tenant.scope();
    let (to, priority) = (new.to()?, new.priority()?);
    let before = plan::load(&core, scope, Some(new.policy)).await?;
    if before.policy(new.policy).is_none() {
        return Err(Error::invalid("policy", "there is no such policy").into());
    }
    if let AssignedTo::Group(group) = to
        && core.store.groups(scope).get(group).await?.is_none()
    {
        return Err(Error::invalid("group", "there is no such group").into());
    }
    check(&before, new.policy, to)?;
    let assignment = Assignment {
        id: core.ids.mint(),
        policy: new.policy,
        to,
        priority,
        created_at: core.clock.now(),
    };
    let mut after = before;
    after.assignments.push(assignment.clone());
    let mut tx = core.store.transaction();
    core.store.assignments(scope).insert(&mut tx, &assignment);
    plan::put_head(&core, scope, &mut tx, &after, None).await?;
    let shown = AssignmentView::new(&assignment, false);
    write.commit(&core, tx, assignment.id, Answer::created(&shown)).await
}

fn check(plan: &Plan, policy: PolicyId, to: AssignedTo) -> DomainResult<()> {
    if plan.assignments.iter().any(|known| known.policy == policy && known.to == to) {
        return Err(Error::already_exists("assignment of this policy"));
    }
    match plan.assignments.len() {
        0..Assignment::MOST => Ok(()),
        _ => Err(Error::conflict(ReasonCode::TooManyRules)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> DomainResult<(AssignedTo, u16)> {
        let json = json.replace('{', r#"{"policy":"pol_00000000000000000000000001","#);
        let json = json.replace(",}", "}").replace("GRP", "grp_00000000000000000000000002");
        let new: NewAssignment = serde_json::from_str(&json).unwrap();
        Ok((new.to()?, new.priority()?))
    }

    #[test]
    fn nobody_is_everyone_by_mistake() {
        let group = AssignedTo::Group(GroupId::from_bits(2));
        assert_eq!(read(r#"{"group":"GRP"}"#).unwrap(), (group, 100));
        assert_eq!(read(r#"{"scope":"group","group":"GRP","priority":1}"#).unwrap(), (group, 1));
        assert_eq!(read(r#"{"scope":"everyone"}"#).unwrap(), (AssignedTo::Everyone, 100));
        for wrong in [
            "{}",
            r#"{"scope":"group"}"#,
            r#"{"scope":"everyone","group":"GRP"}"#,
            r#"{"scope":"everyone","priority":0}"#,
            r#"{"scope":"everyone","priority":1001}"#,
        ] {
            assert_eq!(read(wrong).unwrap_err().code(), "invalid", "{wrong}");
        }
    }
}
