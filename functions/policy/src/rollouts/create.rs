use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use trennwand_domain::{
    Error, Plan, Policy, PolicyId, ReasonCode, Result as DomainResult, Rollout, RolloutState,
    Stage, StageReach, TenantScope,
};
use trennwand_policy::{CompiledVersion, PolicyDocument, Template, stepped};
use trennwand_runtime::{Answer, Core, Write, Written, compile_for};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{RolloutView, stages};
use crate::{fleet, plan};

/// The share of errors that halts a roll-out that does not say one.
const USUAL_HALT: u8 = 10;

/// A roll-out to be ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRollout {
    /// The version to roll out.
    version: u32,
    /// Stages, at most 10, the last of 100 percent; all phones at once if absent. A stage is a
    /// percentage, or an object with `percent` or `group`, and with `wait_s`, how long it lasts (a day
    /// if absent). What earlier stages reached stays reached; which phones make up a percentage is
    /// drawn anew by each roll-out.
    #[serde(default)]
    #[schema(
        value_type = Option<Vec<Value>>,
        example = json!([
            { "group": "grp_01JCZ8X5T4N1V8Q0R2M3K4P5W6", "wait_s": 3600 },
            { "percent": 10, "wait_s": 86400 },
            100
        ])
    )]
    stages: Option<Vec<Value>>,
    /// It halts before its next stage when this share of the phones reached, in percent, has refused
    /// the version; 10 if absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    halt_on_error_percent: Option<u8>,
}

/// Puts a version of a policy in force, at once or in stages. Of the phones that the policy is assigned
/// to those that a stage reaches are woken and get it.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/policies/{policy}/rollouts",
    tag = "rollouts",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy")
    ),
    request_body = NewRollout,
    responses(
        (status = 201, description = "The roll-out", body = RolloutView),
        (
            status = 409,
            description = "tenant_not_ready version_in_force rollout_running too_many_rules"
        ),
        (status = 422, description = "policy_refused"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn rollout_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(id): Id<PolicyId>,
    Json(new): Json<NewRollout>,
) -> Result<Written> {
    let scope = tenant.scope();
    let policies = core.store.policies(scope);
    let stages = stages::read(new.stages.as_deref())?;
    let halt_on_error_percent @ 1..=100 = new.halt_on_error_percent.unwrap_or(USUAL_HALT) else {
        return Err(Error::invalid("halt_on_error_percent", "expected 1 to 100").into());
    };
    let before = plan::load(&core, scope, Some(id)).await?;
    let policy = before.policy(id).ok_or_else(|| Error::not_found("policy"))?;
    check(policy, new.version)?;
    groups_exist(&core, scope, &stages).await?;
    let templates = templates(&core, scope, &before, id, new.version).await?;
    let now = core.clock.now();
    let rollout = Rollout {
        id: core.ids.mint(),
        policy: id,
        version: new.version,
        previous: policy.in_force,
        stages,
        stage: 0,
        halt_on_error_percent,
        state: RolloutState::Running,
        due_at: None,
        left_ms: 0,
        created_at: now,
        revision: 0,
    }
    .begun(now);

    let mut tx = core.store.transaction();
    let fresh = CompiledVersion::new(id, new.version, &templates);
    let (after, changed) = stepped(before, rollout.clone(), now);
    plan::put_head(&core, scope, &mut tx, &after, Some((fresh, templates))).await?;
    if let Some(changed) = changed {
        policies.update(&mut tx, &changed);
    }
    policies.insert_rollout(&mut tx, &rollout);
    write.commit(&core, tx, rollout.id, Answer::created(&RolloutView::from(&rollout))).await
}

fn check(policy: &Policy, version: u32) -> DomainResult<()> {
    if policy.rollout.is_some() {
        return Err(Error::conflict(ReasonCode::RolloutRunning));
    }
    if policy.in_force == Some(version) {
        return Err(Error::conflict(ReasonCode::VersionInForce));
    }
    Ok(())
}

async fn groups_exist(core: &Core, scope: &TenantScope, stages: &[Stage]) -> DomainResult<()> {
    let groups = core.store.groups(scope);
    for (at, stage) in stages.iter().enumerate() {
        if let StageReach::Group(group) = stage.reaches
            && groups.get(group).await?.is_none()
        {
            return Err(Error::invalid(format!("stages[{at}]"), "there is no such group"));
        }
    }
    Ok(())
}

/// The version, compiled for the phones that the tenant has.
async fn templates(
    core: &Core,
    scope: &TenantScope,
    plan: &Plan,
    policy: PolicyId,
    version: u32,
) -> Result<Vec<Template>> {
    let version = core.store.policies(scope).version(policy, version).await?;
    let version = version.ok_or_else(|| Error::invalid("version", "there is no such version"))?;
    let document = PolicyDocument::parse(&version.document)
        .map_err(|e| Error::internal(format!("a stored policy document: {e}")))?;
    let counted = fleet::count(core, scope).await?;
    let compiled = compile_for(&document, plan.head.mail.as_ref(), &counted.fleet)?;
    Ok(compiled.into_iter().flat_map(|compiled| compiled.templates).collect())
}
