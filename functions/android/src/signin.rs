//! Our own sign-in page while a phone is set up (`SigninDetail.signinUrl`): who has an invitation
//! types its code, and the phone goes on with Google's token for it.

use axum::{
    Form,
    extract::{Path, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY},
    },
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use trennwand_android::enrollment_link;
use trennwand_domain::{OneTimeToken, Platform, Result, SealedField, TenantId};
use trennwand_web::Language;

use crate::{
    AndroidState,
    page::{self, Said, say},
};

/// Google's end of a sign-in page that let nobody in.
const INVALID: &str = "https://enterprise.google.com/android/enroll/invalid";

/// `GET /android/signin/{tenant}`: asks for the code of an invitation.
pub(crate) async fn signin_page(
    Path(tenant): Path<String>,
    Language(locale): Language,
) -> Response {
    // Any identifier gets the same page, so it says nothing about who is a tenant.
    match tenant.parse::<TenantId>() {
        Ok(tenant) => page::ask(locale, tenant),
        Err(_) => say(locale, StatusCode::NOT_FOUND, Said::UnknownAddress),
    }
}

/// What the page sends.
#[derive(Deserialize)]
pub(crate) struct Entered {
    code: String,
}

/// `POST /android/signin/{tenant}`: leads to Google with the token of the invitation whose code was
/// typed, or to Google's page for those who may not go on.
pub(crate) async fn signin_enter(
    State(state): State<AndroidState>,
    Path(tenant): Path<String>,
    Language(locale): Language,
    Form(entered): Form<Entered>,
) -> Response {
    match link_of(&state, &tenant, &entered.code).await {
        Ok(Some(link)) => leave_for(&link),
        Ok(None) => leave_for(INVALID),
        Err(error) => {
            tracing::error!(?error, "a sign-in while a phone is set up");
            say(locale, StatusCode::SERVICE_UNAVAILABLE, Said::TryAgain)
        }
    }
}

/// Google's link for the invitation whose code was typed, if it can still be used.
async fn link_of(state: &AndroidState, tenant: &str, code: &str) -> Result<Option<String>> {
    let core = &state.core;
    // People copy the whole link, or the code with spaces and in lower case.
    let code = code.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect();
    let Some(code) = OneTimeToken::parse(&code.to_ascii_uppercase()) else { return Ok(None) };
    let Some((scope, id, _)) = core.store.directory().enrollment(&code).await? else {
        return Ok(None);
    };
    if scope.tenant().to_string() != tenant {
        return Ok(None);
    }
    let Some(invitation) = core.store.enrollments(&scope).get(id).await? else { return Ok(None) };
    let open = invitation.platform == Platform::Android
        && invitation.token_hash == code.hash()
        && invitation.is_open(core.clock.now());
    let token = core.store.android(&scope).current_token(id).await?.flatten();
    let Some(token) = token.filter(|token| open && token.link == code.hash()) else {
        return Ok(None);
    };
    let value = core.vault.open(&scope, SealedField::AndroidToken(id), &token.value).await?;
    Ok(str::from_utf8(value.expose()).ok().and_then(enrollment_link))
}

fn leave_for(address: &str) -> Response {
    let Ok(address) = HeaderValue::try_from(address) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (LOCATION, address),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
