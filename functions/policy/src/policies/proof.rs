use serde::Serialize;
use trennwand_domain::Locale;
use trennwand_policy::{Before, Confidence, InsideApp, Line, NoteAt, Proof, Standing, Trap, Why};
use utoipa::ToSchema;

/// A code with what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Word {
    /// Stable.
    #[schema(example = "contacts_api")]
    pub(super) code: &'static str,
    /// In the language of `Accept-Language`.
    #[schema(example = "reading contacts in an app")]
    pub(super) text: &'static str,
}

macro_rules! word {
    ($value:expr, $locale:expr) => {
        Word { code: $value.as_str(), text: $value.text($locale) }
    };
}
pub(crate) use word;

/// Why no business contact reaches a private app on phones of a kind, way by way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProofView {
    /// The ways that business data could take; none of those from contacts to private apps is open.
    lines: Vec<ProofLine>,
    /// Apps inside the wall: they may read business contacts.
    inside: Vec<InsideView>,
}

/// How one way of business data stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProofLine {
    /// What would flow.
    source: Word,
    /// By what.
    channel: Word,
    /// To where.
    sink: Word,
    /// `closed` by settings, `absent` on this kind of phone, or `residual`: open, and said to be.
    #[schema(example = "closed")]
    outcome: &'static str,
    /// The settings that close it.
    #[schema(example = json!(["allowOpenFromManagedToUnmanaged"]))]
    closed_by: Vec<&'static str>,
    /// The system since which they are heeded.
    #[schema(example = "15.0")]
    since: Option<String>,
    /// How it stands on older systems, if such phones may be enrolled.
    before: Option<BeforeView>,
    /// Why it is absent or stays open.
    why: Option<Word>,
    /// How sure that is: `documented` by the maker, `reported` by others, `believed`, `unknown`.
    #[schema(value_type = String, example = "documented")]
    confidence: Confidence,
    /// Where it is written.
    reference: &'static str,
    /// The known traps that it is about.
    #[schema(value_type = Vec<String>, example = json!(["T3"]))]
    traps: &'static [Trap],
}

/// How a way stands on systems that do not heed its settings yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BeforeView {
    /// `absent` or `residual`.
    #[schema(example = "absent")]
    outcome: &'static str,
    /// Why.
    why: Word,
}

/// An app that may read business contacts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InsideView {
    /// Its identifier.
    #[schema(example = "com.example.app")]
    id: String,
    /// Whether it is a private app that the policy exempts.
    exempted: bool,
}

/// What a kind of phone makes of a field of the document, if not what one would expect.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteView {
    /// Path of the field in the document.
    #[schema(example = "messengers")]
    field: &'static str,
    /// What is to be said.
    note: Word,
}

impl ProofView {
    pub(crate) fn new(proof: &Proof, locale: Locale) -> Self {
        let inside = |app: &InsideApp| InsideView { id: app.id.clone(), exempted: app.exempted };
        Self {
            lines: proof.lines.iter().map(|line| ProofLine::new(line, locale)).collect(),
            inside: proof.inside.iter().map(inside).collect(),
        }
    }
}

impl ProofLine {
    fn new(line: &Line, locale: Locale) -> Self {
        let why = |why: &Why| Some(word!(why, locale));
        let mut view = Self {
            source: word!(line.source, locale),
            channel: word!(line.channel, locale),
            sink: word!(line.sink, locale),
            outcome: "closed",
            closed_by: Vec::new(),
            since: None,
            before: None,
            why: None,
            confidence: line.confidence,
            reference: line.reference,
            traps: line.traps,
        };
        match &line.outcome {
            Standing::Closed { by, since, before } => {
                view.closed_by.clone_from(by);
                view.since = Some(since.to_string());
                view.before = before.map(|before| BeforeView::new(before, locale));
            }
            Standing::Absent { why: absent } => (view.outcome, view.why) = ("absent", why(absent)),
            Standing::Residual { why: open } => (view.outcome, view.why) = ("residual", why(open)),
        }
        view
    }
}

impl BeforeView {
    const fn new(before: Before, locale: Locale) -> Self {
        match before {
            Before::Absent(why) => Self { outcome: "absent", why: word!(why, locale) },
            Before::Residual(why) => Self { outcome: "residual", why: word!(why, locale) },
        }
    }
}

impl NoteView {
    pub(crate) const fn new(note: NoteAt, locale: Locale) -> Self {
        Self { field: note.field, note: word!(note.note, locale) }
    }
}
