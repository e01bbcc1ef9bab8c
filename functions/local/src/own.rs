//! The local server's own routes: health, the API document and its page.

use axum::{
    Json, Router,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    response::IntoResponse,
    routing::get,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// The page's whole style; the page has no script and loads nothing.
const STYLE: &str = "\
:root{color-scheme:light dark;--soft:#5a6570;--line:#cfd6dd}\
@media(prefers-color-scheme:dark){:root{--soft:#aab4bf;--line:#3a434c}}\
body{margin:0 auto;max-width:60rem;padding:1rem 1.25rem;font:1rem/1.5 system-ui,sans-serif}\
summary{cursor:pointer;padding:.4rem 0;overflow-wrap:anywhere}summary:focus-visible{outline:2px solid}\
details{border-top:1px solid var(--line)}details>div{padding:0 0 1rem 1.2rem}\
code,pre{font-family:ui-monospace,monospace;font-size:.9rem}pre{overflow:auto}\
b.m{display:inline-block;width:4.5rem;font-family:ui-monospace,monospace}\
.soft{color:var(--soft)}table{border-collapse:collapse}td{padding:.15rem .8rem .15rem 0;vertical-align:top}";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn router(document: &OpenApi) -> Router {
    let json = serde_json::to_value(document).unwrap_or_default();
    let page = reference(&json).into_string();
    Router::new()
        .route("/healthz", get(async || ([(CACHE_CONTROL, "no-store")], "ok\n")))
        .route("/openapi.json", get(async move || Json(json)))
        .route(
            "/docs",
            get(async move || {
                ([(CONTENT_SECURITY_POLICY, POLICY)], axum::response::Html(page)).into_response()
            }),
        )
}

/// The API document as a page for people.
fn reference(document: &Value) -> Markup {
    let info = &document["info"];
    let title = format!("{} API, version {}", text(info, "title"), text(info, "version"));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p { (text(info, "description")) }
                p { "The same for programs: " a href="/openapi.json" { "openapi.json" } }
                h2 { "Operations" }
                @for (path, item) in members(&document["paths"]) {
                    @for (method, operation) in members(item).filter(|(m, _)| is_method(m)) {
                        (operation_entry(path, method, operation))
                    }
                }
                h2 { "Objects" }
                @for (name, schema) in members(&document["components"]["schemas"]) {
                    details id=(name) {
                        summary { (name) }
                        div { (schema_table(schema)) }
                    }
                }
            }
        }
    }
}

fn operation_entry(path: &str, method: &str, operation: &Value) -> Markup {
    html! {
        details {
            summary {
                b.m { (method.to_uppercase()) } code { (path) }
                " " span.soft { (text(operation, "summary")) }
            }
            div {
                @if let Some(description) = operation["description"].as_str() { p { (description) } }
                @for scopes in operation["security"].as_array().into_iter().flatten() {
                    @for (_, scopes) in members(scopes) {
                        @let scopes: Vec<_> =
                            scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                        p { "Scope: " code { (scopes.join(" ")) } }
                    }
                }
                table {
                    @for parameter in operation["parameters"].as_array().into_iter().flatten() {
                        tr {
                            td { code { (text(parameter, "name")) } }
                            td.soft { (text(parameter, "in")) }
                            td { (text(parameter, "description")) }
                        }
                    }
                }
                @for (_, content) in members(&operation["requestBody"]["content"]) {
                    p { "Body: " (schema_name(&content["schema"])) }
                }
                table {
                    @for (status, response) in members(&operation["responses"]) {
                        tr {
                            td { code { (status) } }
                            td { (text(response, "description")) }
                            td {
                                @for (_, content) in members(&response["content"]) {
                                    (schema_name(&content["schema"]))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn schema_table(schema: &Value) -> Markup {
    html! {
        @if let Some(description) = schema["description"].as_str() { p { (description) } }
        table {
            @for (field, property) in members(&schema["properties"]) {
                tr {
                    td { code { (field) } }
                    td { (schema_name(property)) }
                    td { (text(property, "description")) }
                }
            }
        }
        @for word in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            code { (word) } " "
        }
    }
}

fn schema_name(schema: &Value) -> Markup {
    let reference = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
    html! {
        @if let Some(name) = reference {
            a href={ "#" (name) } { (name) }
        } @else if schema["items"].is_object() {
            "list of " (schema_name(&schema["items"]))
        } @else if let Some(kind) = schema["type"].as_str() {
            (kind)
        }
    }
}

fn members(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn is_method(name: &str) -> bool {
    matches!(name, "get" | "put" | "post" | "patch" | "delete")
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_and_loads_nothing() {
        let (_, onboarding) = trennwand_fn_onboarding::api().split_for_parts();
        let document = serde_json::to_value(trennwand_web::document([onboarding])).unwrap();
        let page = reference(&document).into_string();
        for (path, _) in members(&document["paths"]) {
            assert!(page.contains(path), "{path}");
        }
        assert!(page.contains("client_credentials") || page.contains("/oauth/token"));
        for outside in ["<script", "src=", "<link", "url(", "@import", "http://", "https://"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
