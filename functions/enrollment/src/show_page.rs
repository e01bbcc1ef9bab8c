use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::Markup;
use trennwand_domain::{AssignmentHead, Brand, Error, Locale, Platform, ReasonCode};
use trennwand_web::{Language, STYLE_SOURCE, style_source};

use crate::{
    EnrollmentState,
    android::{self, AndroidPage, Given},
    link::Link,
    page::{self, Invitation, Refusal},
};

/// `GET /e/{token}`: the page for the phone's user. Looking at it uses nothing up.
pub(crate) async fn enrollment_page(
    State(state): State<EnrollmentState>,
    Path(token): Path<String>,
    Language(locale): Language,
) -> Response {
    match open_link(&state, &token).await {
        Ok((link, head)) => {
            let page = match link.enrollment.platform {
                Platform::Ios => Ok(invitation(&state, &link, &head, locale)),
                Platform::Android => android_invitation(&state, &link, &head, locale).await,
            };
            match page {
                Ok(page) => page_response(StatusCode::OK, locale, head.brand.as_ref(), page),
                Err(refusal) => refuse(locale, refusal),
            }
        }
        Err(refusal) => refuse(locale, refusal),
    }
}

async fn android_invitation(
    state: &EnrollmentState,
    link: &Link,
    head: &AssignmentHead,
    locale: Locale,
) -> Result<Markup, Refusal> {
    let code = link.token.expose();
    let page = AndroidPage {
        brand: head.brand.as_ref(),
        company: &head.organization,
        ownership: link.enrollment.ownership,
        expires_at: link.enrollment.expires_at,
        link: &format!("{}/e/{code}", state.core.base_url),
        code,
        given: &Given::find(state, link).await?,
    };
    Ok(android::page(locale, &page))
}

fn invitation(
    state: &EnrollmentState,
    link: &Link,
    head: &AssignmentHead,
    locale: Locale,
) -> Markup {
    let token = link.token.expose();
    page::invitation(
        locale,
        &Invitation {
            brand: head.brand.as_ref(),
            company: &head.organization,
            ownership: link.enrollment.ownership,
            expires_at: link.enrollment.expires_at,
            link: &format!("{}/e/{token}", state.core.base_url),
            profile: &format!("/e/{token}/profile?lang={}", locale.tag()),
        },
    )
}

/// The invitation of a link that still works, and the tenant's head.
pub(crate) async fn open_link(
    state: &EnrollmentState,
    token: &str,
) -> Result<(Link, AssignmentHead), Refusal> {
    let found = Link::open(&state.core.store, token).await.map_err(unavailable)?;
    let (link, head) = found.ok_or(Refusal::Unknown)?;
    if let Some(refusal) = link.refusal(state.core.clock.now()) {
        return Err(refusal);
    }
    let not_ready = || unavailable(Error::conflict(ReasonCode::TenantNotReady));
    Ok((link, head.ok_or_else(not_ready)?))
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
        Refusal::Unavailable | Refusal::Preparing => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = page_response(status, locale, None, page::refusal(locale, refusal));
    if refusal == Refusal::Preparing {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("3"));
    }
    response
}

/// Nothing but our own style, text, links and the logo; the address holds a secret and so goes
/// nowhere.
fn policy(brand: Option<&Brand>) -> String {
    let colours = brand.map(|brand| style_source(&page::brand_style(brand))).unwrap_or_default();
    let images = if brand.is_some_and(|brand| brand.logo.is_some()) { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; style-src {} {colours}; img-src {images}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        *STYLE_SOURCE
    )
}

fn page_response(
    status: StatusCode,
    locale: Locale,
    brand: Option<&Brand>,
    page: Markup,
) -> Response {
    let policy = policy(brand);
    let headers: [(HeaderName, &str); 7] = [
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::CONTENT_LANGUAGE, locale.tag()),
        (header::VARY, "accept-language"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    (status, headers, page).into_response()
}
