use std::collections::BTreeSet;

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{
    Error, Locale, MailAuth, MailKind, MailSettings, PolicyId, Purpose, Target,
};
use trennwand_policy::{Part, PolicyDocument, Template, Variable, artifacts, minimum_os, notes};
use trennwand_runtime::{Core, refusal_shown};
use trennwand_web::{
    ForTenant, Id, Json, Language, PathId, ProblemRefusal, Problems, Result, need,
};
use utoipa::ToSchema;

use super::{
    proof::{NoteView, ProofView},
    stored,
    version::VersionNumber,
};

/// What a version of a policy becomes on phones of a kind, and the proof of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArtifactsView {
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// Its version.
    version: u32,
    /// The kind of phone.
    #[schema(value_type = String, example = "ios-device")]
    target: Target,
    /// The oldest system that the proof speaks of.
    #[schema(example = "15.0")]
    minimum_os: String,
    /// The tenant's mail settings that it is compiled with; `null` until they are set.
    mail: Option<MailInForce>,
    /// Why it is put on no phone of this kind; then there are no templates and no proof.
    refused: Option<ProblemRefusal>,
    /// The wall, and the account if the tenant has mail.
    templates: Vec<TemplateView>,
    /// Why no business contact reaches a private app.
    proof: Option<ProofView>,
    /// What the document says and this kind of phone cannot do, or does in its own way.
    notes: Vec<NoteView>,
}

/// Mail settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailInForce {
    /// Where the mail lives.
    #[schema(value_type = String, example = "exchange_online")]
    kind: MailKind,
    /// Host of the ActiveSync server, for `exchange`.
    host: Option<String>,
    /// How phones sign in.
    #[schema(value_type = String, example = "oauth")]
    auth: MailAuth,
}

/// An artefact before the values of one phone are filled in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateView {
    /// `wall` or `account`.
    #[schema(value_type = String, example = "wall")]
    purpose: Purpose,
    /// Names the template: SHA-256 of its text.
    digest: String,
    /// What the phone shows as its name.
    display_name: String,
    /// What the phone shows about it.
    description: String,
    /// The variables that are filled in per phone: `organization`, `email`, `mail_login`.
    #[schema(value_type = Vec<String>, example = json!(["email"]))]
    variables: BTreeSet<Variable>,
    /// Its payloads, in the words of the phone's maker.
    payloads: Vec<PayloadView>,
}

/// A payload of an artefact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PayloadView {
    /// Apple's `PayloadType`, or what stands for it on Android.
    #[schema(example = "com.apple.applicationaccess")]
    r#type: String,
    /// Its keys; a variable is `{"variable": "email"}`.
    #[schema(value_type = Object, example = json!({"allowOpenFromManagedToUnmanaged": false}))]
    keys: Value,
}

/// A kind of phone in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TargetName(Target);

impl PathId for TargetName {
    const NAME: &'static str = "target";

    fn parse(text: &str) -> Option<Self> {
        Target::from_word(text).map(Self)
    }
}

/// Shows what a version of a policy becomes on phones of a kind, with the proof of every data path.
///
/// A kind of phone that the version is refused for is no error here: `refused` names the way that
/// leaks and what would close it.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}/artifacts/{target}",
    tag = "policies",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        ("version" = u32, Path, description = "The number of the version"),
        ("target" = String, Path, description = "The kind of phone, such as `ios-device`")
    ),
    responses((status = 200, description = "Templates and proof", body = ArtifactsView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_artifacts_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Language(locale): Language,
    Id(policy): Id<PolicyId>,
    Id(number): Id<VersionNumber>,
    Id(TargetName(target)): Id<TargetName>,
) -> Result<Json<ArtifactsView>> {
    let scope = tenant.scope();
    let (policies, store) = (core.store.policies(scope), core.store.tenant(scope));
    let (version, head) = tokio::try_join!(policies.version(policy, number.get()), store.head())?;
    let version = version.ok_or_else(|| Error::not_found("version"))?;
    let document = stored(&version)?;
    let mail = head.as_ref().and_then(|head| head.mail.as_ref());
    let shown = Shown { document: &document, target, mail, locale };
    Ok(Json(shown.view(policy, number.get())))
}

struct Shown<'a> {
    document: &'a PolicyDocument,
    target: Target,
    mail: Option<&'a MailSettings>,
    locale: Locale,
}

impl Shown<'_> {
    fn view(&self, policy: PolicyId, version: u32) -> ArtifactsView {
        let Self { document, target, mail, locale } = *self;
        let notes = notes(document, target, mail).into_iter();
        let mut view = ArtifactsView {
            policy,
            version,
            target,
            minimum_os: minimum_os(target).to_string(),
            mail: mail.map(MailInForce::new),
            refused: None,
            templates: Vec::new(),
            proof: None,
            notes: notes.map(|note| NoteView::new(note, locale)).collect(),
        };
        match artifacts(document, target, mail) {
            Ok(compiled) => {
                view.templates = compiled.templates.iter().map(TemplateView::new).collect();
                view.proof = Some(ProofView::new(&compiled.proof, locale));
            }
            Err(refusal) => view.refused = Some(refusal_shown(&refusal, locale)),
        }
        view
    }
}

impl MailInForce {
    fn new(mail: &MailSettings) -> Self {
        Self { kind: mail.kind, host: mail.host.clone(), auth: mail.auth }
    }
}

impl TemplateView {
    fn new(template: &Template) -> Self {
        let mut variables = BTreeSet::new();
        let mut payloads = Vec::new();
        for (kind, keys) in template.payloads() {
            keys.values().for_each(|part| collect(part, &mut variables));
            let keys = keys.iter().map(|(key, part)| (key.clone(), part.to_json())).collect();
            payloads.push(PayloadView { r#type: kind.to_owned(), keys });
        }
        Self {
            purpose: template.purpose,
            digest: template.digest().to_string(),
            display_name: template.display_name.clone(),
            description: template.description.clone(),
            variables,
            payloads,
        }
    }
}

/// The variables in a part.
fn collect(part: &Part, into: &mut BTreeSet<Variable>) {
    match part {
        Part::Variable(variable) => drop(into.insert(*variable)),
        Part::Dict(parts) => parts.values().for_each(|part| collect(part, into)),
        Part::List(parts) => parts.iter().for_each(|part| collect(part, into)),
        Part::Bool(_) | Part::Integer(_) | Part::Text(_) => {}
    }
}
