use trennwand_domain::{AssignmentHead, Error, MailSettings, PolicyId, Result, TenantScope};
use trennwand_policy::{CompiledVersion, PolicyDocument, Template, compile_offered};
use trennwand_store::{TenantStore, Transaction};

use crate::Core;

/// A version of a policy that was accepted before, compiled with these mail settings.
///
/// # Errors
/// Internal if it is not stored, cannot be read or is not sound any more; unavailable if the database
/// does not answer.
pub async fn compile_stored(
    core: &Core,
    scope: &TenantScope,
    (policy, version): (PolicyId, u32),
    mail: Option<&MailSettings>,
) -> Result<(CompiledVersion, Vec<Template>)> {
    let stored = core.store.policies(scope).version(policy, version).await?;
    let stored = stored.ok_or_else(|| Error::internal("a version in force is not stored"))?;
    let document = PolicyDocument::parse(&stored.document)
        .map_err(|e| Error::internal(format!("a stored policy document: {e}")))?;
    let templates = compile_offered(&document, mail)
        .map_err(|e| Error::internal(format!("a stored policy is refused: {e:?}")))?;
    Ok((CompiledVersion::new(policy, version, &templates), templates))
}

/// Adds the templates to the transaction that `head`, the one before, does not name yet.
pub fn put_new_templates(
    store: &TenantStore<'_>,
    tx: &mut Transaction,
    head: &AssignmentHead,
    mut templates: Vec<Template>,
) {
    // Versions can have templates in common, and a transaction writes an item once.
    templates.sort_by_key(Template::digest);
    templates.dedup_by_key(|template| template.digest());
    for template in templates.iter().filter(|template| !head.names(template.digest())) {
        store.put_template(tx, template.digest(), &template.to_body());
    }
}
