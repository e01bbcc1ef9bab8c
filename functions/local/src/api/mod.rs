//! The API document: what the functions' routers registered, completed with what holds for all of
//! them (errors, headers, tags), so that handlers say only what is their own.

mod errors;
mod page;
mod routes;

use serde_json::{Value, json};

pub(crate) use self::routes::router;

/// Tags in the order of the page, each with its words.
const TAGS: [(&str, &str); 20] = [
    ("oauth", "Access tokens: OAuth 2.0 client credentials."),
    ("me", "Who calls."),
    ("catalogue", "What codes and words mean; the same for everybody."),
    ("resellers", "Resellers, made by the operator."),
    ("brand", "What phone users see of a reseller."),
    ("templates", "Policies that a reseller offers to its tenants."),
    ("tenants", "Tenants: the companies whose phones are managed."),
    ("clients", "Clients with their secrets and scopes."),
    ("mail", "Where a tenant's mail lives."),
    ("apns", "A tenant's Apple push certificate."),
    ("agreements", "What a tenant agrees to."),
    ("android", "A tenant's enterprise at Google, for Android phones."),
    ("users", "The people whose phones are managed."),
    ("enrollments", "Invitations: links by which phones come under management."),
    ("devices", "Phones and their verdicts."),
    ("commands", "Commands to phones."),
    ("policies", "Policies and their versions."),
    ("rollouts", "Putting a version of a policy in force, at once or in stages."),
    ("groups", "Groups of phones."),
    ("assignments", "Which policy is for whom."),
];

/// Tags that only some of these documents have.
const MORE_TAGS: [(&str, &str); 2] =
    [("audit", "Who changed what."), ("service", "This server itself.")];

const ABOUT: &str = "\
Isolation of business contacts on phones that are also used privately.

**Manners.** JSON in `snake_case`, times in RFC 3339, identifiers with a prefix (`ten_…`). Every \
answer carries `x-request-id`. Errors are `application/problem+json` (RFC 9457) with a stable \
`code`; their texts, like all texts for people, follow `Accept-Language` (`de`, `en`). What a caller \
may not see looks exactly like what does not exist: `404 not_found`. Lists take `limit` and \
`cursor` and answer `items` and `next_cursor`.

**Access.** `POST /oauth/token` gives an access token of at most 15 minutes to a client. Clients \
belong to the operator, to a reseller or to a tenant, and have scopes of that level. A revoked \
client is refused after at most 30 seconds.

**Repeating.** Every POST under `/v1` that changes something takes an `Idempotency-Key`: the same key \
with the same request gives the same answer for 24 hours. `x-read-only` marks those that do not.";

/// The API document (OpenAPI 3.1) of everything that is served.
#[must_use]
pub fn api_document() -> Value {
    let (_, onboarding) = trennwand_fn_onboarding::api().split_for_parts();
    let (_, policy) = trennwand_fn_policy::api().split_for_parts();
    let (_, android) = trennwand_fn_android::api().split_for_parts();
    let (_, own) = routes::api().split_for_parts();
    let document = trennwand_web::document([onboarding, policy, android, own]);
    // Its types serialise to JSON by construction.
    let mut document = completed(serde_json::to_value(document).unwrap_or_default());
    document["components"]["schemas"]["PolicyDocument"] = policy_document();
    document
}

/// The published schema of policy documents, whose dialect is that of OpenAPI 3.1.
fn policy_document() -> Value {
    let mut schema = trennwand_policy::schema();
    if let Some(members) = schema.as_object_mut() {
        members.retain(|name, _| !name.starts_with('$'));
    }
    schema
}

fn completed(mut document: Value) -> Value {
    document["info"]["description"] = ABOUT.into();
    document["servers"] = json!([{ "url": "/", "description": "This server" }]);
    let mut used = Vec::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in operations(item) {
                used.extend(operation["tags"][0].as_str().map(str::to_owned));
                complete(path, method, operation);
            }
        }
    }
    let tags = TAGS.iter().chain(&MORE_TAGS).filter(|(tag, _)| used.iter().any(|u| u == tag));
    document["tags"] =
        tags.map(|(tag, text)| json!({ "name": tag, "description": text })).collect();
    refer(&mut document);
    document["components"]["parameters"] = parameters();
    document["components"]["responses"] = errors::shared();
    document
}

/// Replaces the copies of schemas inside others (lists of them) by references.
fn refer(document: &mut Value) {
    fn walk(value: &mut Value, schemas: &[(String, Value)], depth: usize) {
        let same = schemas.iter().find(|(_, schema)| depth > 0 && schema == value);
        if let Some((name, _)) = same {
            *value = json!({ "$ref": format!("#/components/schemas/{name}") });
            return;
        }
        match value {
            Value::Object(map) => map.values_mut().for_each(|v| walk(v, schemas, depth + 1)),
            Value::Array(list) => list.iter_mut().for_each(|v| walk(v, schemas, depth + 1)),
            _ => {}
        }
    }
    let named = members(&document["components"]["schemas"]);
    let named = named.filter(|(_, schema)| schema["properties"].is_object());
    let schemas: Vec<_> = named.map(|(name, s)| (name.to_owned(), s.clone())).collect();
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        walk(schema.1, &schemas, 0);
    }
}

/// The operations of a path.
fn operations(item: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let members = item.as_object_mut().into_iter().flatten();
    members.map(|(method, operation)| (method.as_str(), operation)).filter(|(m, _)| is_method(m))
}

fn is_method(name: &str) -> bool {
    matches!(name, "get" | "put" | "post" | "patch" | "delete")
}

/// Headers that several operations take.
fn parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "Makes it safe to send the request again: the same key with the same \
                request gives the same answer for 24 hours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "example": "b9f4a2d0-5c1e-4f0e-9f57-0a8f4f1c2d3e"
        },
        "IfMatch": {
            "name": "If-Match", "in": "header", "required": true,
            "description": "The `ETag` of the last GET.",
            "schema": { "type": "string" },
            "example": "\"3\""
        },
        "AcceptLanguage": {
            "name": "Accept-Language", "in": "header",
            "description": "The language of texts: `de` or `en`.",
            "schema": { "type": "string" },
            "example": "de"
        }
    })
}

/// Adds to an operation what holds for all that are like it.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let traits = Traits::of(path, method, operation);
    let mut extra = Vec::new();
    if traits.idempotent {
        extra.push("IdempotencyKey");
    }
    if traits.conditional {
        extra.push("IfMatch");
    }
    if traits.versioned {
        extra.push("AcceptLanguage");
    }
    let extra =
        extra.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    parameters.extend(extra);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if operation["security"].is_null() {
        operation["security"] = json!([]);
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        errors::complete(responses, &traits);
    }
    shorten(operation);
}

/// What kind of operation it is.
#[derive(Debug, Clone, Copy)]
struct Traits {
    /// Under `/v1`, with our problems.
    versioned: bool,
    /// Needs an access token.
    secured: bool,
    /// Needs a scope, or is of one level only.
    restricted: bool,
    /// Names a thing in its path.
    addressed: bool,
    /// Has a JSON body.
    body: bool,
    /// Has a body that is no JSON.
    raw_body: bool,
    /// Reads the query.
    query: bool,
    /// Changes something.
    write: bool,
    /// Takes an `Idempotency-Key`.
    idempotent: bool,
    /// Takes an `If-Match`.
    conditional: bool,
}

impl Traits {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let versioned = path.starts_with("/v1/");
        let scopes = operation["security"][0]["oauth2"].as_array();
        let parameters = operation["parameters"].as_array();
        let content = operation["requestBody"]["content"].as_object();
        let body = content.is_some_and(|c| c.contains_key("application/json"));
        let reads = operation["x-read-only"] == true;
        let etag = operation["responses"]["200"]["headers"]["etag"].is_object();
        Self {
            versioned,
            secured: scopes.is_some(),
            restricted: scopes.is_some_and(|s| !s.is_empty()),
            addressed: versioned && path.contains('{'),
            body,
            raw_body: content.is_some() && !body,
            query: parameters.is_some_and(|p| p.iter().any(|p| p["in"] == "query")),
            write: versioned && method != "get" && !reads,
            idempotent: versioned && method == "post" && !reads,
            conditional: versioned && method == "put" && etag,
        }
    }
}

/// Doc comments are broken into lines for the source; a reader's page breaks them itself.
fn shorten(operation: &mut Value) {
    for name in ["summary", "description"] {
        let Some(text) = operation[name].as_str() else { continue };
        let text = text.split("\n\n").map(|p| p.replace('\n', " ")).collect::<Vec<_>>();
        let text = text.join("\n\n");
        let text = if name == "summary" { text.trim_end_matches('.') } else { &text };
        operation[name] = text.into();
    }
}

/// The members of an object, none if it is none.
fn members(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

#[cfg(test)]
mod tests;
