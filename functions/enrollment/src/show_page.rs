use std::sync::LazyLock;

use axum::{
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use maud::Markup;
use trennwand_domain::{Digest, Error, Locale};
use trennwand_web::Language;

use crate::{
    EnrollmentState,
    link::Link,
    page::{self, Invitation, Refusal, STYLE},
};

/// `GET /e/{token}`: the page for the phone's user. Looking at it uses nothing up.
pub(crate) async fn enrollment_page(
    State(state): State<EnrollmentState>,
    Path(token): Path<String>,
    Language(locale): Language,
) -> Response {
    match invitation(&state, &token, locale).await {
        Ok(page) => page_response(StatusCode::OK, locale, page),
        Err(refusal) => refuse(locale, refusal),
    }
}

async fn invitation(
    state: &EnrollmentState,
    token: &str,
    locale: Locale,
) -> Result<Markup, Refusal> {
    let now = state.core.clock.now();
    let link = open_link(state, token).await?;
    let facts = state.facts.of(&state.core.store, &link.scope, now).await.map_err(unavailable)?;
    Ok(page::invitation(
        locale,
        &Invitation {
            brand: &facts.brand,
            company: &facts.organization,
            ownership: link.enrollment.ownership,
            expires_at: link.enrollment.expires_at,
            link: &format!("{}/e/{}", state.core.base_url, link.token.expose()),
            profile: &format!("/e/{}/profile?lang={}", link.token.expose(), locale.tag()),
        },
    ))
}

/// The invitation of a link that still works.
pub(crate) async fn open_link(state: &EnrollmentState, token: &str) -> Result<Link, Refusal> {
    let link = Link::find(&state.core.store, token).await.map_err(unavailable)?;
    let link = link.ok_or(Refusal::Unknown)?;
    match link.refusal(state.core.clock.now()) {
        Some(refusal) => Err(refusal),
        None => Ok(link),
    }
}

/// A person reads the page, so every trouble of ours looks the same; the log has the cause.
pub(crate) fn unavailable(error: Error) -> Refusal {
    tracing::error!(?error, "enrolment page or profile could not be made");
    Refusal::Unavailable
}

/// The page of a link that leads nowhere.
pub(crate) fn refuse(locale: Locale, refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::Unknown => StatusCode::NOT_FOUND,
        Refusal::Expired | Refusal::Revoked | Refusal::Used => StatusCode::GONE,
        Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    page_response(status, locale, page::refusal(locale, refusal))
}

/// Nothing but our own style, text and links; the address holds a secret and so goes nowhere.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

fn page_response(status: StatusCode, locale: Locale, page: Markup) -> Response {
    let headers: [(HeaderName, &str); 7] = [
        (header::CONTENT_SECURITY_POLICY, &POLICY),
        (header::CONTENT_LANGUAGE, locale.tag()),
        (header::VARY, "accept-language"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    (status, headers, page).into_response()
}
