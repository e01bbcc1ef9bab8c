use serde_json::{Map, Value, json};
use trennwand_domain::ReasonCode;

use super::Traits;

/// The errors that are not in the catalogue of reasons: name among the shared responses, status,
/// code, meaning.
const COMMON: [(&str, &str, &str, &str); 16] = [
    ("Malformed", "400", "malformed", "The request is not well formed."),
    ("Unauthenticated", "401", "unauthenticated", "No valid access token."),
    ("NotFound", "404", "not_found", "There is no such thing, or it is not the caller's to see."),
    ("", "409", "already_exists", "It exists already."),
    ("", "409", "idempotency_in_flight", "The first request with this key is not answered yet."),
    ("Stale", "412", "stale", "The object was changed in the meantime; read it again."),
    ("TooLarge", "413", "too_large", "The body is too large."),
    ("UnsupportedMediaType", "415", "unsupported_media_type", "The body is of another type."),
    ("", "422", "invalid", "A value is not acceptable; `errors` says which and why."),
    (
        "",
        "422",
        "policy_refused",
        "Business data would leak; `refusal` says how, where and what closes it.",
    ),
    ("", "422", "idempotency_key_reused", "The key was used for another request."),
    ("PreconditionRequired", "428", "precondition_required", "`If-Match` is missing."),
    ("", "405", "method_not_allowed", "The path does not have that method."),
    ("", "429", "too_many_requests", "Too many requests; `Retry-After` says when to go on."),
    ("", "500", "internal", "Our fault."),
    ("", "503", "unavailable", "Try again after `Retry-After` seconds."),
];

/// What a code of an error means; `None` for a code that does not exist.
pub(super) fn meaning(code: &str) -> Option<&'static str> {
    let common = COMMON.iter().find(|(_, _, known, _)| *known == code).map(|(.., text)| *text);
    let reason = || ReasonCode::ALL.iter().find(|r| r.as_str() == code).map(|r| r.english());
    common.or_else(reason)
}

/// The shared responses: errors that are the same everywhere.
pub(super) fn shared() -> Value {
    let named = COMMON.iter().filter(|(name, ..)| !name.is_empty());
    let mut shared: Map<_, _> = named
        .map(|(name, status, code, text)| {
            let mut response = described(&[code]);
            response["content"][PROBLEM]["example"] = json!({
                "code": code,
                "title": title(status),
                "status": status.parse::<u16>().unwrap_or_default(),
                "detail": text,
                "request_id": "req_01JCZ8X5T4N1V8Q0R2M3K4P5W6",
            });
            ((*name).to_owned(), response)
        })
        .collect();
    shared
        .insert("Other".to_owned(), described(&["method_not_allowed", "internal", "unavailable"]));
    shared.into()
}

const PROBLEM: &str = "application/problem+json";

fn title(status: &str) -> &'static str {
    let status = axum::http::StatusCode::from_bytes(status.as_bytes()).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// A problem with these codes.
fn described(codes: &[&str]) -> Value {
    let lines = codes.iter().map(|code| format!("`{code}`: {}", meaning(code).unwrap_or_default()));
    let text = match lines.collect::<Vec<_>>() {
        lines if lines.len() == 1 => lines.concat(),
        lines => lines.iter().map(|line| format!("* {line}")).collect::<Vec<_>>().join("\n"),
    };
    let content = json!({ PROBLEM: { "schema": { "$ref": "#/components/schemas/Problem" } } });
    json!({ "description": text, "content": content })
}

/// Adds the errors of all operations that are like this one. What the handler declared are the codes
/// of its own, as `responses((status = 409, description = "tenant_not_ready"))`.
pub(super) fn complete(responses: &mut Map<String, Value>, traits: &Traits) {
    if !traits.versioned {
        return;
    }
    for (status, codes) in general(traits) {
        let own = responses.get(status).and_then(|r| r["description"].as_str());
        let own: Vec<_> = own.into_iter().flat_map(str::split_ascii_whitespace).collect();
        let all: Vec<_> =
            own.iter().chain(codes.iter().filter(|code| !own.contains(code))).copied().collect();
        let name = COMMON.iter().find(|(name, _, code, _)| !name.is_empty() && all == [*code]);
        let response = match (name, all.is_empty()) {
            (_, true) => continue,
            (Some((name, ..)), _) => reference(name),
            (None, _) => described(&all),
        };
        responses.insert(status.to_owned(), response);
    }
    responses.insert("default".to_owned(), reference("Other"));
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

/// The codes by status; a status without one may have the handler's own.
fn general(traits: &Traits) -> [(&'static str, Vec<&'static str>); 11] {
    let when = |holds: bool, code| holds.then_some(code);
    let some = |codes: &[Option<&'static str>]| codes.iter().flatten().copied().collect();
    let Traits { body, query, write, .. } = *traits;
    let sends = body || traits.raw_body;
    [
        ("400", some(&[when(sends || query, "malformed")])),
        ("401", some(&[when(traits.secured, "unauthenticated")])),
        (
            "403",
            some(&[
                when(traits.restricted, "insufficient_scope"),
                when(traits.restricted, "wrong_level"),
            ]),
        ),
        ("404", some(&[when(traits.addressed, "not_found")])),
        (
            "409",
            some(&[
                when(write, "concurrent_change"),
                when(traits.idempotent, "idempotency_in_flight"),
            ]),
        ),
        ("412", some(&[when(traits.conditional, "stale")])),
        ("413", some(&[when(sends, "too_large")])),
        ("415", some(&[when(body, "unsupported_media_type")])),
        (
            "422",
            some(&[
                when(sends || query, "invalid"),
                when(traits.idempotent, "idempotency_key_reused"),
            ]),
        ),
        ("428", some(&[when(traits.conditional, "precondition_required")])),
        ("429", Vec::new()),
    ]
}
