//! The API document as a page for people: no script, nothing loaded.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::{is_method, members};

/// The page's whole style.
const STYLE: &str = "\
:root{color-scheme:light dark;--soft:#5a6570;--line:#cfd6dd}\
@media(prefers-color-scheme:dark){:root{--soft:#aab4bf;--line:#3a434c}}\
body{margin:0 auto;max-width:64rem;padding:1rem 1.25rem;font:1rem/1.5 system-ui,sans-serif}\
summary{cursor:pointer;padding:.4rem 0;overflow-wrap:anywhere}summary:focus-visible{outline:2px solid}\
details{border-top:1px solid var(--line)}details>div{padding:0 0 1rem 1.2rem}\
code,pre{font-family:ui-monospace,monospace;font-size:.9rem}pre{overflow:auto}\
b.m{display:inline-block;width:4.5rem;font-family:ui-monospace,monospace}\
h2{margin:2rem 0 .5rem}h4{margin:1rem 0 .25rem}\
.soft{color:var(--soft)}table{border-collapse:collapse}td{padding:.15rem .8rem .15rem 0;vertical-align:top}";

/// The whole page.
pub(super) fn reference(document: &Value) -> Markup {
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
                (prose(text(info, "description")))
                p { "The same for programs: " a href="/openapi.json" { "openapi.json" } }
                nav {
                    @for tag in list(&document["tags"]) {
                        a href={ "#tag-" (text(tag, "name")) } { (text(tag, "name")) } " "
                    }
                    a href="#objects" { "objects" }
                }
                @for tag in list(&document["tags"]) {
                    (section(document, tag))
                }
                h2 id="objects" { "objects" }
                @for (name, schema) in members(&document["components"]["schemas"]) {
                    details id=(name) {
                        summary { (name) }
                        div { (object(schema)) }
                    }
                }
            }
        }
    }
}

/// The operations of one tag.
fn section(document: &Value, tag: &Value) -> Markup {
    let name = text(tag, "name");
    html! {
        h2 id={ "tag-" (name) } { (name) }
        p.soft { (text(tag, "description")) }
        @for (path, item) in members(&document["paths"]) {
            @for (method, operation) in members(item).filter(|(m, _)| is_method(m)) {
                @if operation["tags"][0] == *name { (entry(document, path, method, operation)) }
            }
        }
    }
}

fn entry(document: &Value, path: &str, method: &str, operation: &Value) -> Markup {
    html! {
        details id=(text(operation, "operationId")) {
            summary {
                b.m { (method.to_uppercase()) } code { (path) }
                " " span.soft { (text(operation, "summary")) }
            }
            div {
                (prose(text(operation, "description")))
                @for scheme in list(&operation["security"]) {
                    @for (_, scopes) in members(scheme) {
                        p {
                            @match list(scopes).count() {
                                0 => "Any access token.",
                                _ => {
                                    "Scope "
                                    @for scope in list(scopes) {
                                        code { (scope.as_str().unwrap_or_default()) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if list(&operation["parameters"]).count() > 0 {
                    h4 { "Parameters" }
                    table {
                        @for parameter in list(&operation["parameters"]) {
                            (parameter_row(resolved(document, parameter)))
                        }
                    }
                }
                @for (media, content) in members(&operation["requestBody"]["content"]) {
                    h4 { "Body" }
                    p { code { (media) } ": " (kind(&content["schema"])) }
                    (example(content))
                }
                h4 { "Answers" }
                table {
                    @for (status, response) in members(&operation["responses"]) {
                        (response_row(status, resolved(document, response)))
                    }
                }
            }
        }
    }
}

fn parameter_row(parameter: &Value) -> Markup {
    html! {
        tr {
            td { code { (text(parameter, "name")) } }
            td.soft {
                (text(parameter, "in"))
                @if parameter["required"] == true && parameter["in"] != "path" { ", required" }
            }
            td { (kind(&parameter["schema"])) }
            td { (text(parameter, "description")) }
        }
    }
}

fn response_row(status: &str, response: &Value) -> Markup {
    html! {
        tr {
            td { code { (status) } }
            td { @for (_, content) in members(&response["content"]) { (kind(&content["schema"])) } }
            td { (prose(text(response, "description"))) }
        }
    }
}

fn example(content: &Value) -> Markup {
    html! {
        @if content["example"].is_object() {
            pre { (serde_json::to_string_pretty(&content["example"]).unwrap_or_default()) }
        }
    }
}

/// A schema as a list of its fields.
fn object(schema: &Value) -> Markup {
    html! {
        (prose(text(schema, "description")))
        @for part in list(&schema["allOf"]) {
            @if part["$ref"].is_string() { p { "All of " (kind(part)) ", and:" } }
            @else { (object(part)) }
        }
        table {
            @for (field, property) in members(&schema["properties"]) {
                tr {
                    td { code { (field) } }
                    td { (kind(property)) }
                    td {
                        (text(property, "description"))
                        @if let Some(example) = property.get("example") {
                            " " span.soft { "such as " code { (plain(example)) } }
                        }
                    }
                }
            }
        }
        @for word in list(&schema["enum"]) { code { (plain(word)) } " " }
    }
}

/// What kind of value a schema admits, in a few words.
fn kind(schema: &Value) -> Markup {
    let reference = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
    let either: Vec<_> = list(&schema["oneOf"]).chain(list(&schema["anyOf"])).collect();
    html! {
        @if let Some(name) = reference {
            a href={ "#" (name) } { (name) }
        } @else if !either.is_empty() {
            @for (i, one) in either.iter().enumerate() {
                @if i > 0 { " or " }
                (kind(one))
            }
        } @else if schema["items"].is_object() {
            "list of " (kind(&schema["items"]))
        } @else if let Some(kind) = schema["type"].as_str() {
            (kind)
        } @else {
            @for (i, kind) in list(&schema["type"]).enumerate() {
                @if i > 0 { " or " }
                (plain(kind))
            }
        }
    }
}

/// Follows a reference within the document.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The little Markdown that descriptions use: paragraphs, lists, `code` and **strong**.
fn prose(text: &str) -> Markup {
    html! {
        @for block in text.split("\n\n").filter(|block| !block.is_empty()) {
            @if block.starts_with("* ") {
                ul { @for line in block.lines() { li { (inline(line.trim_start_matches("* "))) } } }
            } @else {
                p { (inline(block)) }
            }
        }
    }
}

fn inline(text: &str) -> Markup {
    html! {
        @for (i, part) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (part) } } @else {
                @for (i, part) in part.split("**").enumerate() {
                    @if i % 2 == 1 { strong { (part) } } @else { (part) }
                }
            }
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_and_loads_nothing() {
        let document = crate::api_document();
        let page = reference(&document).into_string();
        for (path, item) in members(&document["paths"]) {
            assert!(page.contains(path), "{path}");
            for (_, operation) in members(item).filter(|(m, _)| is_method(m)) {
                let id = text(operation, "operationId");
                assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
            }
        }
        for outside in ["<script", "src=", "<link", "url(", "@import", "href=\"http", "<iframe"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn descriptions_are_escaped_and_only_their_markdown_is_shown() {
        let shown = prose("a <b> `c*d` **e**\n\n* one\n* `two`").into_string();
        assert_eq!(
            shown,
            "<p>a &lt;b&gt; <code>c*d</code> <strong>e</strong></p>\
             <ul><li>one</li><li><code>two</code></li></ul>"
        );
    }
}
