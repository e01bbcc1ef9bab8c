use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use trennwand_apple::{AccessRights, EnrollmentProfile};
use trennwand_domain::{Error, Locale, Result, SealedField, Secret, TenantId};
use trennwand_pki::sign_attached;
use trennwand_web::Language;

use crate::{
    EnrollmentState,
    facts::TenantFacts,
    link::Link,
    query,
    show_page::{open_link, refuse, unavailable},
};

/// `GET /e/{token}/profile[?signed=false][&lang=de]`: the enrolment profile. The same address gives
/// the same bytes each time, and downloading uses nothing up.
pub(crate) async fn enrollment_profile(
    State(state): State<EnrollmentState>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    Language(locale): Language,
) -> Response {
    let link = match open_link(&state, &token).await {
        Ok(link) => link,
        Err(refusal) => return refuse(locale, refusal),
    };
    match profile(&state, &link, query.as_deref().unwrap_or_default()).await {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, "application/x-apple-aspen-config"),
                (header::CACHE_CONTROL, "no-store"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "no-referrer"),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => refuse(locale, unavailable(error)),
    }
}

async fn profile(state: &EnrollmentState, link: &Link, query: &str) -> Result<Vec<u8>> {
    let now = state.core.clock.now();
    let (facts, challenge) = tokio::try_join!(
        state.facts.of(&state.core.store, &link.scope, now),
        challenge(state, link)
    )?;
    // The language stands in the address, not in a header: the bytes shall not differ by reader.
    let locale = match query::value(query, "lang").as_deref() {
        Some(b"de") => Locale::De,
        _ => Locale::En,
    };
    let unsigned = document(state, link, &facts, locale, challenge).to_plist();
    match &state.signer {
        Some(signer) if query::value(query, "signed").as_deref() != Some(b"false") => {
            sign_attached(&unsigned, &signer.key, &signer.chain)
        }
        _ => Ok(unsigned),
    }
}

fn document(
    state: &EnrollmentState,
    link: &Link,
    facts: &TenantFacts,
    locale: Locale,
    challenge: Secret<String>,
) -> EnrollmentProfile {
    let (tenant, device) = (link.scope.tenant(), link.device());
    EnrollmentProfile {
        tenant,
        device,
        organization: facts.organization.clone(),
        locale,
        server_url: format!("{}/mdm/{tenant}/{device}", state.core.base_url),
        scep_url: format!("{}/scep/{tenant}/{}", state.core.base_url, link.token.expose()),
        challenge,
        topic: facts.topic.clone(),
        access_rights: AccessRights::of(link.enrollment.ownership),
        subject: subject(tenant, link),
        // Which hash phones want here is not documented; https already vouches for the answer.
        ca_fingerprint: None,
    }
}

/// The subject that the phone asks for and gets.
fn subject(tenant: TenantId, link: &Link) -> Vec<(&'static str, String)> {
    vec![("O", tenant.to_string()), ("CN", link.device().to_string())]
}

/// The SCEP challenge of an invitation.
pub(crate) async fn challenge(state: &EnrollmentState, link: &Link) -> Result<Secret<String>> {
    let field = SealedField::Challenge(link.enrollment.id);
    let bytes = state.core.vault.open(&link.scope, field, &link.enrollment.challenge).await?;
    String::from_utf8(bytes.expose().clone())
        .map(Secret::new)
        .map_err(|_| Error::internal("a stored challenge is not text"))
}
