//! From a tenant's plan to its next head: what has to be compiled, and what is written.

use trennwand_domain::{
    AssignmentHead, Error, Plan, PolicyId, ReasonCode, Result, Target, TenantScope,
};
use trennwand_policy::{
    CompiledVersion, PolicyDocument, Template, check_room, compile, next_head, unnamed,
};
use trennwand_runtime::Core;
use trennwand_store::Transaction;

/// All that the tenant's rules follow from, with this policy among it.
///
/// # Errors
/// The conflict `tenant_not_ready`; if the database does not answer.
pub(crate) async fn load(core: &Core, scope: &TenantScope, also: Option<PolicyId>) -> Result<Plan> {
    let plan = core.store.assignments(scope).plan(also).await?;
    plan.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))
}

/// Adds to the transaction the head that follows from `plan`, which is the plan as it will be with
/// the head as it is, and the templates that it names newly; those of `fresh` are compiled already.
/// The head is written also if its rules stay: it is the condition of every change of a plan.
///
/// # Errors
/// The conflict `too_many_rules`; if a version cannot be read.
pub(crate) async fn put_head(
    core: &Core,
    scope: &TenantScope,
    tx: &mut Transaction,
    plan: &Plan,
    fresh: Option<(CompiledVersion, Vec<Template>)>,
) -> Result<AssignmentHead> {
    let (mut compiled, mut templates) = (Vec::new(), Vec::new());
    if let Some((version, its)) = fresh {
        compiled.push(version);
        templates.extend(its);
    }
    for (policy, version) in unnamed(plan)? {
        if compiled.iter().any(|known| known.policy == policy && known.version == version) {
            continue;
        }
        let (version, its) = compile_version(core, scope, &plan.head, policy, version).await?;
        compiled.push(version);
        templates.extend(its);
    }
    check_room(plan, &compiled)?;
    let head = next_head(plan, &compiled, core.clock.now())?;
    let store = core.store.tenant(scope);
    templates.sort_by_key(Template::digest);
    templates.dedup_by_key(|template| template.digest());
    for template in templates.iter().filter(|template| !plan.head.names(template.digest())) {
        store.put_template(tx, template.digest(), &template.to_body());
    }
    store.put_head(tx, &head, Some(plan.head.version));
    Ok(head)
}

/// A version that was accepted before, with the mail settings in force.
async fn compile_version(
    core: &Core,
    scope: &TenantScope,
    head: &AssignmentHead,
    policy: PolicyId,
    version: u32,
) -> Result<(CompiledVersion, Vec<Template>)> {
    let stored = core.store.policies(scope).version(policy, version).await?;
    let stored = stored.ok_or_else(|| Error::internal("a version in force is not stored"))?;
    let document = PolicyDocument::parse(&stored.document)
        .map_err(|e| Error::internal(format!("a stored policy document: {e}")))?;
    let templates: Vec<_> = Target::OFFERED
        .iter()
        .flat_map(|&target| compile(&document, target, head.mail.as_ref()))
        .collect();
    Ok((of_templates(policy, version, &templates), templates))
}

/// A version with the templates that it was compiled to.
pub(crate) fn of_templates(
    policy: PolicyId,
    version: u32,
    templates: &[Template],
) -> CompiledVersion {
    let artefacts = templates.iter().map(Template::artefact_ref).collect();
    CompiledVersion { policy, version, artefacts }
}
