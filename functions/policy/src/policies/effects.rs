//! What a roll-out would do, as the API shows it.

use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{ArtefactRef, Locale, PolicyId, Purpose, Target};
use trennwand_policy::{
    Change, Confidence, IgnoredKey, NoteAt, Preview, ProofChange, TargetPreview,
};
use trennwand_runtime::refusal_shown;
use trennwand_web::ProblemRefusal;
use utoipa::ToSchema;

use super::proof::{NoteView, Word, word};
use crate::fleet::Counted;

/// What a roll-out would do to the tenant's phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewView {
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// The version that was looked at; `null` if it was a document in the request.
    version: Option<u32>,
    /// The version that it is compared with; `null` if none is in force.
    against: Option<u32>,
    /// Whether the roll-out can be ordered: it is refused for no kind of phone that is offered or
    /// there.
    possible: bool,
    /// Whether a managed account would be installed anew on some phone, which overrides what its
    /// user changed there.
    touches_mail_account: bool,
    /// How many phones under management are under the policy; all of them while it is in force nowhere.
    phones: u32,
    /// What changes in the document, field by field.
    document_changes: Vec<ChangeView>,
    /// For each kind of phone that is offered or there.
    targets: Vec<TargetEffect>,
}

/// What a roll-out would do on phones of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TargetEffect {
    /// The kind.
    #[schema(value_type = String, example = "ios-device")]
    target: Target,
    /// How many there are.
    phones: u32,
    /// Those whose system is not known (personal iPhones are not asked); they count as the oldest.
    os_unknown: u32,
    /// Why it is refused; then nothing below is said.
    refused: Option<ProblemRefusal>,
    /// What they would get, and how many of them.
    artifacts: Vec<ArtifactCount>,
    /// What changes in the artefacts, key by key.
    changes: Vec<ChangeView>,
    /// Whether the managed account would be installed anew.
    touches_mail_account: bool,
    /// Ways that are closed now and would not be.
    loses: Vec<ProofChangeView>,
    /// Ways that would be closed and are not now.
    gains: Vec<ProofChangeView>,
    /// Settings that some phones do not heed because of their system.
    ignored: Vec<IgnoredView>,
    /// What the document says and this kind of phone cannot do.
    notes: Vec<NoteView>,
}

/// How many phones would get an artefact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArtifactCount {
    /// `wall` or `account`.
    #[schema(value_type = String, example = "wall")]
    purpose: Purpose,
    /// Names the template: SHA-256 of its text.
    digest: String,
    /// How many; an account needs a user.
    phones: u32,
}

/// A value that differs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// Where.
    #[schema(example = "wall.forceEncryptedBackup")]
    path: String,
    /// What it was; absent if it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What it would be; absent if it would not be there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

/// A way whose proof changes on some phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProofChangeView {
    /// What would flow.
    source: Word,
    /// By what.
    channel: Word,
    /// To where.
    sink: Word,
    /// How sure that is.
    #[schema(value_type = String, example = "documented")]
    confidence: Confidence,
    /// On how many phones.
    phones: u32,
}

/// A setting without effect on some phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IgnoredView {
    /// The setting.
    #[schema(example = "assistContentPolicy")]
    key: &'static str,
    /// It is heeded since.
    #[schema(example = "15.0")]
    since: String,
    /// By how many phones it is not.
    phones: u32,
}

/// What is looked at.
pub(crate) struct Looked {
    pub(crate) policy: PolicyId,
    pub(crate) version: Option<u32>,
    pub(crate) against: Option<u32>,
    pub(crate) document_changes: Vec<Change>,
}

impl PreviewView {
    pub(crate) fn new(looked: Looked, preview: Preview, counted: &Counted, locale: Locale) -> Self {
        let targets = preview.targets.into_iter();
        Self {
            policy: looked.policy,
            version: looked.version,
            against: looked.against,
            possible: preview.possible,
            touches_mail_account: preview.touches_mail_account,
            phones: counted.phones,
            document_changes: looked.document_changes.into_iter().map(ChangeView::from).collect(),
            targets: targets.map(|target| TargetEffect::new(target, counted, locale)).collect(),
        }
    }
}

impl TargetEffect {
    fn new(effect: TargetPreview, counted: &Counted, locale: Locale) -> Self {
        let TargetPreview { target, phones, .. } = effect;
        let artefact = |artefact: &ArtefactRef| ArtifactCount {
            purpose: artefact.purpose,
            digest: artefact.digest.to_string(),
            phones: if artefact.personal { counted.with_user(target) } else { phones },
        };
        let proofs = |changes: Vec<ProofChange>| {
            changes.into_iter().map(|change| ProofChangeView::new(change, locale)).collect()
        };
        let note = |note: NoteAt| NoteView::new(note, locale);
        Self {
            target,
            phones,
            os_unknown: effect.os_unknown,
            refused: effect.refused.map(|refusal| refusal_shown(&refusal, locale)),
            artifacts: effect.artefacts.iter().map(artefact).collect(),
            changes: effect.changes.into_iter().map(ChangeView::from).collect(),
            touches_mail_account: effect.touches_mail_account,
            loses: proofs(effect.loses),
            gains: proofs(effect.gains),
            ignored: effect.ignored.into_iter().map(IgnoredView::from).collect(),
            notes: effect.notes.into_iter().map(note).collect(),
        }
    }
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self { path: change.path, before: change.before, after: change.after }
    }
}

impl ProofChangeView {
    const fn new(change: ProofChange, locale: Locale) -> Self {
        Self {
            source: word!(change.source, locale),
            channel: word!(change.channel, locale),
            sink: word!(change.sink, locale),
            confidence: change.confidence,
            phones: change.phones,
        }
    }
}

impl From<IgnoredKey> for IgnoredView {
    fn from(ignored: IgnoredKey) -> Self {
        Self { key: ignored.key, since: ignored.since.to_string(), phones: ignored.phones }
    }
}
