use serde::Serialize;
use trennwand_domain::{MailSettings, Platform, Target};

use crate::{
    Channel, InsideApp, NoteAt, PolicyDocument, Proof, Refusal, RefusalCode, Template,
    catalogue_app, notes, prove,
};

mod android;
mod ios;

/// What a document becomes on phones of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compiled {
    /// The kind of phone.
    pub target: Target,
    /// The wall, and the account if the tenant has mail of a kind that can be managed.
    pub templates: Vec<Template>,
    /// Why no business contact reaches a private app, path by path.
    pub proof: Proof,
    /// What the document says and this kind of phone cannot do, or does in its own way.
    pub notes: Vec<NoteAt>,
}

/// Compiles `document` for a kind of phone and proves it. `mail` must have passed
/// [`crate::check_mail`].
///
/// # Errors
/// If business contacts would reach private apps: which way, and what would close it.
pub fn artifacts(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Result<Compiled, Refusal> {
    let templates = templates(document, target, mail);
    let mut proof = prove(target, &templates)?;
    if target.platform() == Platform::Ios {
        proof.inside = managed_apps(document, target)?;
    }
    Ok(Compiled { target, proof, notes: notes(document, target, mail), templates })
}

/// The managed apps of an iPhone, which no profile installs.
fn managed_apps(document: &PolicyDocument, target: Target) -> Result<Vec<InsideApp>, Refusal> {
    let ids = || document.managed_apps.iter().filter_map(|app| app.ios.as_deref());
    if ids().any(|id| catalogue_app(id).is_some()) {
        return Err(Refusal {
            code: RefusalCode::MessengerManaged,
            target,
            channel: Channel::ManagedApp,
            field: Some("managed_apps"),
            closed_by: Vec::new(),
            since: None,
        });
    }
    let mut apps: Vec<_> =
        ids().map(|id| InsideApp { id: id.to_owned(), exempted: false }).collect();
    apps.sort();
    Ok(apps)
}

/// The templates that carry out `document` on phones of a kind: always the wall, and the account
/// if the tenant has mail of a kind that can be managed. The tenant plays no part; it comes in when
/// a template is rendered. `mail` must have passed [`crate::check_mail`].
///
/// Nothing is emitted for a target that the document is refused for ([`artifacts`] says why).
#[must_use]
pub fn compile(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Vec<Template> {
    artifacts(document, target, mail).map(|compiled| compiled.templates).unwrap_or_default()
}

/// The templates for every kind of phone that can be enrolled today, as they are stored for a version.
/// `mail` must have passed [`crate::check_mail`].
///
/// # Errors
/// For the first kind that the document is refused for.
pub fn compile_offered(
    document: &PolicyDocument,
    mail: Option<&MailSettings>,
) -> Result<Vec<Template>, Refusal> {
    let compiled = Target::OFFERED.iter().map(|&target| artifacts(document, target, mail));
    Ok(compiled.collect::<Result<Vec<_>, _>>()?.into_iter().flat_map(|c| c.templates).collect())
}

pub(crate) fn templates(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Vec<Template> {
    match target.platform() {
        Platform::Ios => ios::templates(document, target, mail),
        Platform::Android => android::templates(document, target, mail),
    }
}

#[cfg(test)]
mod tests;
