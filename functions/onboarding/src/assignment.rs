use trennwand_domain::{AssignmentHead, MailSettings, Result, Rule, TenantScope};
use trennwand_policy::Template;
use trennwand_runtime::{Core, compile_stored};

/// The head with other mail settings, and the templates that it names: every rule's version is
/// compiled anew. An iPhone's wall does not depend on mail; Android's names the mail app.
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
        let version = (rule.policy, rule.version);
        let (compiled, its) = compile_stored(core, scope, version, Some(&mail)).await?;
        rules.push(Rule { artefacts: compiled.artefacts, ..rule.clone() });
        templates.extend(its);
    }
    let changed = AssignmentHead {
        version: head.version + 1,
        changed_at: core.clock.now(),
        rules,
        mail: Some(mail),
        ..head.clone()
    };
    Ok((changed, templates))
}
