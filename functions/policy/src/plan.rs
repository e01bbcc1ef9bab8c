//! From a tenant's plan to its next head: what has to be compiled, and what is written.

use trennwand_domain::{AssignmentHead, Error, Plan, PolicyId, ReasonCode, Result, TenantScope};
use trennwand_policy::{CompiledVersion, Template, check_room, next_head, unnamed};
use trennwand_runtime::{Core, compile_stored, put_new_templates};
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
        let mail = plan.head.mail.as_ref();
        let (version, its) = compile_stored(core, scope, (policy, version), mail).await?;
        compiled.push(version);
        templates.extend(its);
    }
    check_room(plan, &compiled)?;
    let head = next_head(plan, &compiled, core.clock.now())?;
    let store = core.store.tenant(scope);
    put_new_templates(&store, tx, &plan.head, templates);
    store.put_head(tx, &head, Some(plan.head.version));
    Ok(head)
}
