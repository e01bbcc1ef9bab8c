use serde_json::Value;
use trennwand_domain::{ErrorKind, Locale, MailSettings, Target};
use trennwand_policy::{Compiled, Fleet, PolicyDocument, Refusal, artifacts, check_fleet};
use trennwand_web::{ApiError, ProblemRefusal, Result};

/// Where the document stands in the bodies of requests.
const DOCUMENT: &str = "document";

/// A refusal as clients hear it, in this language.
#[must_use]
pub fn refusal_shown(refusal: &Refusal, locale: Locale) -> ProblemRefusal {
    ProblemRefusal {
        code: refusal.code.as_str(),
        target: refusal.target.to_string(),
        channel: refusal.channel.as_str(),
        field: refusal.field.map(|field| format!("{DOCUMENT}.{field}")),
        closed_by: refusal.closed_by.clone(),
        since: refusal.since.map(|since| since.to_string()),
        text: refusal.text(locale),
    }
}

/// The answer to a request that would put such a policy on phones: 422 `policy_refused`.
#[must_use]
pub fn policy_refused(refusal: &Refusal) -> ApiError {
    let german = refusal.text(Locale::De);
    ApiError::policy_refused(refusal_shown(refusal, Locale::En), german)
}

/// Reads the policy document in the field `document` of a body.
///
/// # Errors
/// `invalid` with the path of the field; `policy_refused` if it is readable and would let business
/// contacts out.
pub fn read_document(document: &Value) -> Result<PolicyDocument> {
    PolicyDocument::from_value(DOCUMENT, document).map_err(|error| {
        let ErrorKind::Invalid { field, .. } = error.kind() else { return error.into() };
        let below = field.strip_prefix(DOCUMENT).and_then(|path| path.strip_prefix('.'));
        match below.and_then(|below| trennwand_policy::named_refusal(document, below)) {
            None => error.into(),
            Some(refusal) => {
                let at = Some(field.clone().into_owned());
                let shown = ProblemRefusal { field: at, ..refusal_shown(&refusal, Locale::En) };
                ApiError::policy_refused(shown, refusal.text(Locale::De))
            }
        }
    })
}

/// Compiles a document for every kind of phone that is offered or there, in their order.
///
/// # Errors
/// `policy_refused` for the first kind that it cannot be put on.
pub fn compile_for(
    document: &PolicyDocument,
    mail: Option<&MailSettings>,
    fleet: &Fleet,
) -> Result<Vec<Compiled>> {
    Target::ALL
        .iter()
        .filter(|target| target.is_offered() || fleet.phones(**target) > 0)
        .map(|&target| {
            let compiled = artifacts(document, target, mail);
            compiled.and_then(|c| check_fleet(document, target, fleet).map(|()| c))
        })
        .collect::<std::result::Result<_, _>>()
        .map_err(|refusal| policy_refused(&refusal))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_is_refused_only_for_phones_that_are_offered_or_there() {
        let preset = PolicyDocument::preset();
        let mut fleet = Fleet::default();
        let compiled = compile_for(&preset, None, &fleet).unwrap();
        let targets: Vec<_> = compiled.iter().map(|c| c.target).collect();
        assert_eq!(targets, Target::OFFERED);
        fleet.add(Target::AndroidFullyManaged, None, 1);
        let error = compile_for(&preset, None, &fleet).unwrap_err();
        assert_eq!((error.status().as_u16(), error.code()), (422, "policy_refused"));
    }

    #[test]
    fn what_cannot_be_read_is_invalid_and_what_leaks_is_refused() {
        for (document, code) in [
            (json!({"schema_version": 1, "documents": "open"}), "policy_refused"),
            (json!({"schema_version": 1, "documents": "shut"}), "invalid"),
            (json!([]), "invalid"),
        ] {
            assert_eq!(read_document(&document).unwrap_err().code(), code, "{document}");
        }
    }
}
