use serde::Serialize;
use trennwand_domain::Target;

use super::{
    Before, Channel, Closes, Confidence, Key, Must, Refusal, RefusalCode, Settings, Sink, Source,
    Trap, Way, Why, ways,
};
use crate::{Os, Template, catalogue_app, keys::RESTRICTIONS, minimum_os, permits};

/// How a way stands on one phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Closed by its settings.
    Closed,
    /// Not there.
    Absent(Why),
    /// There, and said to be.
    Residual(Why),
    /// There though it could be closed.
    Open,
}

/// How a way stands on all phones of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Standing {
    /// Closed by its settings.
    Closed {
        /// The settings.
        by: Vec<&'static str>,
        /// They are heeded since.
        since: Os,
        /// How it stands on older systems that may be enrolled.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Before>,
    },
    /// Not there.
    Absent {
        /// Why.
        why: Why,
    },
    /// There, and said to be.
    Residual {
        /// Why.
        why: Why,
    },
}

/// One line of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What would flow.
    pub source: Source,
    /// By what.
    pub channel: Channel,
    /// To where.
    pub sink: Sink,
    /// How it stands.
    #[serde(flatten)]
    pub outcome: Standing,
    /// How sure that is.
    pub confidence: Confidence,
    /// Where it is written.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub reference: &'static str,
    /// The traps that it is about.
    #[serde(skip_serializing_if = "<[Trap]>::is_empty")]
    pub traps: &'static [Trap],
}

/// An app that may read business contacts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InsideApp {
    /// Its identifier.
    pub id: String,
    /// Whether it is a private app that was exempted from the border.
    pub exempted: bool,
}

/// Why no business contact reaches a private app on phones of a kind, way by way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The kind of phone.
    pub target: Target,
    /// The oldest system that it speaks of.
    pub minimum_os: Os,
    /// The ways; none of them is open.
    pub lines: Vec<Line>,
    /// The apps inside the wall.
    pub inside: Vec<InsideApp>,
}

impl Proof {
    /// The lines of one flow.
    pub fn flow(&self, source: Source, sink: Sink) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.source == source && line.sink == sink)
    }

    /// The ways that stay open and are said to.
    pub fn residual(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| matches!(line.outcome, Standing::Residual { .. }))
    }

    /// How a line stands on a phone with this system; a phone that does not say counts as the oldest.
    #[must_use]
    pub fn holds_on(&self, line: &Line, os: Option<Os>) -> bool {
        let os = os.unwrap_or(self.minimum_os);
        match &line.outcome {
            Standing::Closed { since, before, .. } => {
                os >= *since || matches!(before, Some(Before::Absent(_)))
            }
            Standing::Absent { .. } => true,
            Standing::Residual { .. } => false,
        }
    }
}

/// How a way stands on a phone with this system and these settings.
#[must_use]
pub fn status(way: &Way, target: Target, settings: &Settings<'_>, os: Os) -> Status {
    let otherwise = || way.otherwise.map_or(Status::Open, Status::Residual);
    let before = |before| match before {
        Before::Absent(why) => Status::Absent(why),
        Before::Residual(why) => Status::Residual(why),
    };
    match way.closes {
        Closes::Never(why) => Status::Absent(why),
        Closes::Nothing(why) => Status::Residual(why),
        Closes::Keys { since, before: earlier, .. } if os < since => before(earlier),
        Closes::Keys { keys, .. } => {
            let closed = keys.iter().all(|key| settings.wall_meets(target, key));
            if closed { Status::Closed } else { otherwise() }
        }
        Closes::Account { payload_type, keys, since } => match settings.account() {
            None => Status::Absent(Why::NoAccount),
            Some(kind) if !payload_type.is_empty() && kind != payload_type => {
                Status::Residual(Why::AccountHasNoSetting)
            }
            Some(_) if os < since => Status::Residual(Why::OsTooOld),
            Some(_) if keys.iter().all(|key| settings.account_meets(key)) => Status::Closed,
            Some(_) => otherwise(),
        },
        Closes::App { package, .. } if !settings.installed().any(|app| app == package) => {
            Status::Absent(Why::AppNotThere)
        }
        Closes::App { since, .. } if os < since => Status::Residual(Why::OsTooOld),
        Closes::App { package, keys, .. } => {
            let closed = keys.iter().all(|key| settings.app_meets(package, key));
            if closed { Status::Closed } else { otherwise() }
        }
    }
}

/// Proves that with these templates no business contact reaches a private app on any system that may
/// be enrolled.
///
/// # Errors
/// The first way that is open, and what would close it.
pub fn prove(target: Target, templates: &[Template]) -> Result<Proof, Refusal> {
    refuse_by_name(target, templates)?;
    let settings = Settings::of(target, templates);
    let minimum_os = minimum_os(target);
    let mut lines = Vec::new();
    for way in ways(target) {
        let outcome = outcome(way, target, &settings, minimum_os);
        for &source in way.sources {
            let outcome = match &outcome {
                Some(outcome) => outcome.clone(),
                None if source == Source::Contacts && way.sink == Sink::UnmanagedApps => {
                    return Err(open(way, target, &settings));
                }
                None => Standing::Residual { why: Why::LeftOpen },
            };
            let Way { channel, sink, confidence, reference, traps, .. } = *way;
            lines.push(Line { source, channel, sink, outcome, confidence, reference, traps });
        }
    }
    Ok(Proof { target, minimum_os, lines, inside: inside(&settings) })
}

/// How a way stands on all systems from the oldest on; `None` if it is open on one.
fn outcome(way: &Way, target: Target, settings: &Settings<'_>, oldest: Os) -> Option<Standing> {
    let (keys, since, earlier) = match way.closes {
        Closes::Keys { keys, since, before } => (keys, since, Some(before)),
        Closes::Account { keys, since, .. } | Closes::App { keys, since, .. } => {
            (keys, since, None)
        }
        Closes::Never(why) => return Some(Standing::Absent { why }),
        Closes::Nothing(why) => return Some(Standing::Residual { why }),
    };
    match status(way, target, settings, since.max(oldest)) {
        Status::Open => None,
        Status::Absent(why) => Some(Standing::Absent { why }),
        Status::Residual(why) => Some(Standing::Residual { why }),
        Status::Closed => Some(Standing::Closed {
            by: if earlier.is_some() { paths(target, keys) } else { all(keys) },
            since,
            before: earlier.filter(|_| since > oldest),
        }),
    }
}

fn all(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.path).collect()
}

/// Without a restriction that the target forbids: there its default closes.
fn paths(target: Target, keys: &[Key]) -> Vec<&'static str> {
    let forbidden = |key: &&Key| {
        let default_closes = matches!(key.must, Must::Be { value, default } if value == default);
        let is_user = target == Target::IosUserEnrollment;
        is_user && default_closes && key.path.starts_with("allow") && !permits(target, key.path)
    };
    keys.iter().filter(|key| !forbidden(key)).map(|key| key.path).collect()
}

fn open(way: &Way, target: Target, settings: &Settings<'_>) -> Refusal {
    let (keys, since) = match way.closes {
        Closes::Keys { keys, since, .. }
        | Closes::Account { keys, since, .. }
        | Closes::App { keys, since, .. } => (keys, since),
        Closes::Never(_) | Closes::Nothing(_) => (&[][..], minimum_os(target)),
    };
    let unmet = |key: &&Key| match way.closes {
        Closes::Account { .. } => !settings.account_meets(key),
        Closes::App { package, .. } => !settings.app_meets(package, key),
        _ => !settings.wall_meets(target, key),
    };
    let unmet: Vec<_> = keys.iter().filter(unmet).map(|key| key.path).collect();
    let (code, field) = match way.channel {
        Channel::CrossProfileContacts => (RefusalCode::ContactsAtDefault, Some("contacts")),
        Channel::OneSide => (RefusalCode::MessengersOnFullyManaged, Some("messengers")),
        Channel::ManagedApp => (RefusalCode::MessengerManaged, Some("managed_apps")),
        Channel::ContactExemptions => (RefusalCode::MessengerExempted, Some("contact_apps")),
        _ if unmet.contains(&"allowOpenFromManagedToUnmanaged") => {
            (RefusalCode::ManagedToUnmanagedOpen, Some("documents"))
        }
        Channel::Pasteboard => (RefusalCode::ContactsOpen, Some("clipboard")),
        _ => (RefusalCode::ContactsOpen, None),
    };
    let since = Some(since.max(minimum_os(target)));
    Refusal { code, target, channel: way.channel, field, closed_by: unmet, since }
}

/// What is refused before any way is looked at.
fn refuse_by_name(target: Target, templates: &[Template]) -> Result<(), Refusal> {
    let refuse = |code, channel, closed_by| {
        Err(Refusal { code, target, channel, field: None, closed_by, since: None })
    };
    let payloads = || templates.iter().flat_map(Template::payloads);
    let restrictions = || payloads().filter(|(kind, _)| *kind == RESTRICTIONS);
    if restrictions().count() > 1 {
        return refuse(RefusalCode::SecondRestrictions, Channel::ForeignProfile, Vec::new());
    }
    let forbidden = |(_, keys): (&str, &std::collections::BTreeMap<_, _>)| -> bool {
        keys.keys().any(|key: &String| !permits(target, key))
    };
    if target == Target::IosUserEnrollment && restrictions().any(forbidden) {
        return refuse(RefusalCode::ProfileRejected, Channel::ContactsApi, Vec::new());
    }
    let settings = Settings::of(target, templates);
    if settings.exempted().any(|id| catalogue_app(id).is_some()) {
        let by = vec!["crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile"];
        return refuse(RefusalCode::MessengerExempted, Channel::ContactExemptions, by);
    }
    if settings.installed().any(|id| catalogue_app(id).is_some()) {
        return refuse(RefusalCode::MessengerManaged, Channel::ManagedApp, vec!["applications"]);
    }
    Ok(())
}

fn inside(settings: &Settings<'_>) -> Vec<InsideApp> {
    let app = |id: &str, exempted| InsideApp { id: id.to_owned(), exempted };
    let mut apps: Vec<_> = settings
        .installed()
        .map(|id| app(id, false))
        .chain(settings.exempted().map(|id| app(id, true)))
        .collect();
    apps.sort();
    apps.dedup();
    apps
}
