use serde::Serialize;
use trennwand_domain::{Locale, Target};
use trennwand_policy::{Before, Closes, Confidence, Source, TRAPS, Trap, Way, Why, ways};
use trennwand_web::{Anyone, Json, Language, Problems};
use utoipa::ToSchema;

/// The ways that business data could take out of the managed area, on every kind of phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelCatalogue {
    /// The ways.
    items: Vec<WayEntry>,
    /// Known traps, which ways refer to.
    traps: Vec<TrapEntry>,
}

/// A way that business data could take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WayEntry {
    /// Stable; what proofs and refusals name.
    #[schema(example = "contacts_api")]
    channel: &'static str,
    /// What it is, in the language of `Accept-Language`.
    #[schema(example = "reading contacts in an app")]
    text: &'static str,
    /// What would flow: `contacts`, `mail`, `documents`, `notifications`.
    #[schema(example = json!(["contacts"]))]
    sources: Vec<&'static str>,
    /// To where: `unmanaged_apps`, `personal_cloud`, `other_devices`, `onlookers`.
    #[schema(example = "unmanaged_apps")]
    sink: &'static str,
    /// On which kinds of phone.
    #[schema(value_type = Vec<String>, example = json!(["ios-device"]))]
    targets: &'static [Target],
    /// `closable` by settings, `absent`, or `residual`: nothing closes it that can be relied on.
    #[schema(example = "closable")]
    outcome: &'static str,
    /// The settings of the phone that close it, all of them together.
    #[schema(example = json!(["allowOpenFromManagedToUnmanaged"]))]
    closed_by: Vec<&'static str>,
    /// The system since which they are heeded.
    #[schema(example = "9.0")]
    since: Option<String>,
    /// Why it is not there or stays open on older systems.
    before: Option<WhyEntry>,
    /// Why it is absent or residual.
    why: Option<WhyEntry>,
    /// How sure that is: `documented` by the maker, `reported` by others, `believed`, `unknown`.
    #[schema(value_type = String, example = "documented")]
    confidence: Confidence,
    /// Where it is written.
    reference: &'static str,
    /// The traps that it is about.
    #[schema(value_type = Vec<String>, example = json!(["T3"]))]
    traps: &'static [Trap],
}

/// Why a way is not there, or stays open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyEntry {
    /// Stable.
    #[schema(example = "not_there_yet")]
    code: &'static str,
    /// In the language of `Accept-Language`.
    text: &'static str,
}

/// A known trap.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrapEntry {
    /// Its name.
    #[schema(value_type = String, example = "T1")]
    trap: Trap,
    /// What it is.
    text: &'static str,
    /// Where it is dealt with, if not on a way.
    place: Option<&'static str>,
}

/// Lists the ways that business data could take, with what closes each, since when, and how sure
/// that is.
#[utoipa::path(
    get,
    path = "/v1/catalogue/channels",
    tag = "catalogue",
    responses((status = 200, description = "All ways", body = ChannelCatalogue), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn channel_list(
    _anyone: Anyone,
    Language(locale): Language,
) -> Json<ChannelCatalogue> {
    let mut all: Vec<&'static Way> = Vec::new();
    for way in Target::ALL.iter().flat_map(|&target| ways(target)) {
        if !all.iter().any(|known| std::ptr::eq(*known, way)) {
            all.push(way);
        }
    }
    let trap = |&(trap, text, place): &(Trap, &'static str, Option<&'static str>)| TrapEntry {
        trap,
        text,
        place,
    };
    Json(ChannelCatalogue {
        items: all.into_iter().map(|way| WayEntry::new(way, locale)).collect(),
        traps: TRAPS.iter().map(trap).collect(),
    })
}

impl WayEntry {
    fn new(way: &'static Way, locale: Locale) -> Self {
        let why = |why: Why| Some(WhyEntry { code: why.as_str(), text: why.text(locale) });
        let (outcome, keys, since) = match way.closes {
            Closes::Never(_) => ("absent", &[][..], None),
            Closes::Nothing(_) => ("residual", &[][..], None),
            Closes::Keys { keys, since, .. }
            | Closes::Account { keys, since, .. }
            | Closes::App { keys, since, .. } => ("closable", keys, Some(since)),
        };
        Self {
            channel: way.channel.as_str(),
            text: way.channel.text(locale),
            sources: way.sources.iter().copied().map(Source::as_str).collect(),
            sink: way.sink.as_str(),
            targets: way.targets,
            outcome,
            closed_by: keys.iter().map(|key| key.path).collect(),
            since: since.map(|since| since.to_string()),
            before: match way.closes {
                Closes::Keys { before: Before::Absent(w) | Before::Residual(w), .. } => why(w),
                _ => None,
            },
            why: match way.closes {
                Closes::Never(reason) | Closes::Nothing(reason) => why(reason),
                _ => None,
            },
            confidence: way.confidence,
            reference: way.reference,
            traps: way.traps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_says_what_closes_it_and_how_sure_that_is() {
        let open_in = ways(Target::IosDevice).find(|w| w.channel.as_str() == "contacts_api");
        let entry = WayEntry::new(open_in.unwrap(), Locale::De);
        assert_eq!((entry.outcome, entry.sink), ("closable", "unmanaged_apps"));
        assert!(entry.closed_by.contains(&"allowOpenFromManagedToUnmanaged"));
        assert_eq!(entry.text, "Lesen der Kontakte in einer App");
        assert_eq!(entry.confidence, Confidence::Documented);
        assert!(!entry.reference.is_empty());
    }
}
