use trennwand_domain::{AssignmentHead, Error, MailSettings, Result, Rule, Target, TenantScope};
use trennwand_policy::{PolicyDocument, Template, compile};
use trennwand_runtime::Core;

/// The head with other mail settings, and the templates that it names: every rule's version is
/// compiled anew. The wall's template does not depend on mail and stays as it is.
///
/// # Errors
/// If a version that is in force cannot be read.
pub(crate) async fn with_mail(
    core: &Core,
    scope: &TenantScope,
    head: &AssignmentHead,
    mail: MailSettings,
) -> Result<(AssignmentHead, Vec<Template>)> {
    let mut templates: Vec<Template> = Vec::new();
    let mut rules: Vec<Rule> = Vec::with_capacity(head.rules.len());
    for rule in &head.rules {
        let same = |known: &&Rule| known.policy == rule.policy && known.version == rule.version;
        if let Some(known) = rules.iter().find(same) {
            rules.push(Rule { scope: rule.scope, ..known.clone() });
            continue;
        }
        let stored = core.store.policies(scope).version(rule.policy, rule.version).await?;
        let stored = stored.ok_or_else(|| Error::internal("a version in force is not stored"))?;
        let document = PolicyDocument::parse(&stored.document)?;
        let compiled: Vec<_> =
            Target::OFFERED.iter().flat_map(|&t| compile(&document, t, Some(&mail))).collect();
        let artefacts = compiled.iter().map(Template::artefact_ref).collect();
        rules.push(Rule { artefacts, ..rule.clone() });
        templates.extend(compiled);
    }
    // Versions can have templates in common, and a transaction writes an item once.
    templates.sort_by_key(Template::digest);
    templates.dedup_by_key(|template| template.digest());
    let changed = AssignmentHead {
        version: head.version + 1,
        changed_at: core.clock.now(),
        rules,
        mail: Some(mail),
        ..head.clone()
    };
    Ok((changed, templates))
}
