use serde::Serialize;
use trennwand_domain::{Locale, ReasonCode};
use trennwand_web::{Anyone, Json, Language, Problems};
use utoipa::ToSchema;

use super::Whole;

/// A reason: of a verdict, an error or a state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonEntry {
    /// Stable.
    #[schema(example = "exception_not_listed")]
    code: &'static str,
    /// The text with its placeholders, in the language of `Accept-Language`.
    #[schema(example = "The path is reported closed; the phone did not list {keys}.")]
    text: &'static str,
    /// The placeholders, which a reason's `params` fill.
    #[schema(example = json!(["keys"]))]
    params: Vec<&'static str>,
}

/// Lists the reasons that verdicts, errors and states can have.
#[utoipa::path(
    get,
    path = "/v1/catalogue/reasons",
    tag = "catalogue",
    responses((status = 200, description = "All reasons", body = Whole<ReasonEntry>), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn reason_list(
    _anyone: Anyone,
    Language(locale): Language,
) -> Json<Whole<ReasonEntry>> {
    let entry = |reason: &ReasonCode| {
        let text = match locale {
            Locale::En => reason.english(),
            Locale::De => reason.german(),
        };
        ReasonEntry { code: reason.as_str(), text, params: placeholders(text) }
    };
    Json(Whole { items: ReasonCode::ALL.iter().map(entry).collect() })
}

fn placeholders(text: &str) -> Vec<&str> {
    let found = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    found.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_named_in_their_order() {
        assert_eq!(placeholders("a {keys} b {apps}."), ["keys", "apps"]);
        assert_eq!(placeholders("nothing } to { fill"), Vec::<&str>::new());
    }
}
