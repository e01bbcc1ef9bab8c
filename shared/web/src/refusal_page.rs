use std::sync::LazyLock;

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
            REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::Response,
};
use trennwand_domain::Locale;

use crate::{STYLE, STYLE_SOURCE};

/// Title and text of the small page.
struct Texts {
    title: &'static str,
    text: &'static str,
}

impl Texts {
    const fn of(locale: Locale, is_ours: bool) -> Self {
        match (locale, is_ours) {
            (Locale::En, false) => Self {
                title: "This link leads nowhere",
                text: "Please open it exactly as it was sent to you, or ask for a new one.",
            },
            (Locale::De, false) => Self {
                title: "Dieser Link führt nirgendwohin",
                text: "Bitte öffnen Sie ihn genau so, wie er Ihnen geschickt wurde, oder bitten Sie um \
                       einen neuen.",
            },
            (Locale::En, true) => {
                Self { title: "That did not work", text: "Please try again in a few minutes." }
            }
            (Locale::De, true) => Self {
                title: "Das hat nicht geklappt",
                text: "Bitte versuchen Sie es in ein paar Minuten noch einmal.",
            },
        }
    }
}

/// Nothing but our own style.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = &*STYLE_SOURCE;
    format!("default-src 'none'; style-src {style}; base-uri 'none'; frame-ancestors 'none'")
});

/// Turns a refusal into a page of nobody's brand that loads nothing and repeats nothing of the
/// request; its status stays.
pub(crate) fn show_refusal(response: &mut Response, locale: Locale, head_only: bool) {
    let texts = Texts::of(locale, response.status().is_server_error());
    let (language, Texts { title, text }) = (locale.tag(), texts);
    let page = format!(
        "<!DOCTYPE html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex, nofollow\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    );
    let headers: [(HeaderName, &'static str); 6] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, language),
        (CONTENT_SECURITY_POLICY, &POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = if head_only { Body::empty() } else { Body::from(page) };
}
