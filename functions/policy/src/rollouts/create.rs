use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    AssignmentHead, Error, Policy, PolicyId, PolicyVersion, ReasonCode, Rollout, Rule, Timestamp,
};
use trennwand_policy::{Fleet, PolicyDocument, Template};
use trennwand_runtime::{Answer, Core, Write, Written, compile_for};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::RolloutView;
use crate::fleet;

/// A roll-out to be ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRollout {
    /// The version to roll out.
    version: u32,
    /// Stages in percent; only all phones at once, `[100]`, is offered so far.
    #[serde(default)]
    #[schema(example = json!([100]))]
    stages: Option<Vec<u8>>,
}

/// Puts a version of a policy in force. All phones that it is assigned to are woken and get it.
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
        (status = 409, description = "tenant_not_ready version_in_force"),
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
    let store = core.store.tenant(scope);
    let before = policies.get(id).await?.ok_or_else(|| Error::not_found("policy"))?;
    if new.stages.is_some_and(|stages| stages != [100]) {
        return Err(Error::invalid("stages", "only [100] is offered so far").into());
    }
    if before.in_force == Some(new.version) {
        return Err(Error::conflict(ReasonCode::VersionInForce).into());
    }
    let version = policies.version(id, new.version).await?;
    let version = version.ok_or_else(|| Error::invalid("version", "there is no such version"))?;
    let head = store.head().await?;
    let head = head.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))?;
    let now = core.clock.now();
    let counted = fleet::count(&core, scope).await?;
    let (changed, templates) = with_version(&head, &version, &counted.fleet, now)?;
    let rollout =
        Rollout { id: core.ids.mint(), policy: id, version: new.version, created_at: now };
    let after = Policy { in_force: Some(new.version), updated_at: now, ..before };

    let mut tx = core.store.transaction();
    for template in templates.iter().filter(|t| !head.names(t.digest())) {
        store.put_template(&mut tx, template.digest(), &template.to_body());
    }
    store.put_head(&mut tx, &changed, Some(head.version));
    policies.put_rollout(&mut tx, &after, &rollout);
    let id = rollout.id;
    write.commit(&core, tx, id, Answer::created(&RolloutView::from(rollout))).await
}

/// The head with another version of a policy in force, and the templates that it names. Everything
/// else about it stays.
fn with_version(
    head: &AssignmentHead,
    version: &PolicyVersion,
    fleet: &Fleet,
    now: Timestamp,
) -> Result<(AssignmentHead, Vec<Template>)> {
    let document = PolicyDocument::parse(&version.document)
        .map_err(|e| Error::internal(format!("a stored policy document: {e}")))?;
    let compiled = compile_for(&document, head.mail.as_ref(), fleet)?;
    let templates: Vec<_> = compiled.into_iter().flat_map(|c| c.templates).collect();
    let artefacts: Vec<_> = templates.iter().map(Template::artefact_ref).collect();
    let rules = head.rules.iter().map(|rule| {
        if rule.policy != version.policy {
            return rule.clone();
        }
        Rule { version: version.version, artefacts: artefacts.clone(), ..rule.clone() }
    });
    let changed = AssignmentHead {
        version: head.version + 1,
        changed_at: now,
        rules: rules.collect(),
        ..head.clone()
    };
    Ok((changed, templates))
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{MailAuth, MailKind, MailSettings, RuleScope};

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn a_rollout_changes_the_rules_of_its_policy_only() {
        let rule = |policy: u128| Rule {
            scope: RuleScope::Everyone,
            policy: PolicyId::from_bits(policy),
            version: 1,
            artefacts: Vec::new(),
        };
        let head = AssignmentHead {
            version: 7,
            changed_at: NOON,
            rules: vec![rule(1), rule(2)],
            mail: Some(MailSettings {
                kind: MailKind::ExchangeOnline,
                host: None,
                auth: MailAuth::Oauth,
            }),
            organization: "Example".into(),
            push_topic: None,
            brand: None,
        };
        let version = PolicyVersion {
            policy: PolicyId::from_bits(2),
            version: 3,
            document: PolicyDocument::preset().canonical_json(),
            created_at: NOON,
        };
        let (changed, templates) = with_version(&head, &version, &Fleet::default(), NOON).unwrap();
        assert_eq!(changed.version, 8);
        assert_eq!(changed.rules[0], head.rules[0]);
        assert_eq!(changed.rules[1].version, 3);
        assert_eq!(changed.rules[1].artefacts.len(), 2, "wall and account");
        assert_eq!(templates.len(), 2);
        assert_eq!(changed.mail, head.mail);
    }
}
