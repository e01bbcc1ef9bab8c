use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use trennwand_apple::{AccessRights, EnrollmentProfile};
use trennwand_domain::{
    AssignmentHead, Brand, Error, Locale, Platform, ReasonCode, Result, SealedField, Secret,
    Support, TenantId, WebAddress,
};
use trennwand_pki::sign_attached;
use trennwand_web::Language;

use crate::{
    EnrollmentState,
    link::Link,
    page::Refusal,
    query,
    show_page::{open_link, refuse, unavailable},
    texts::Texts,
};

/// `GET /e/{token}/profile[?signed=false][&lang=de]`: the enrolment profile. The same address gives
/// the same bytes each time, and downloading uses nothing up.
pub(crate) async fn enrollment_profile(
    State(state): State<EnrollmentState>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    Language(locale): Language,
) -> Response {
    let (link, head) = match open_link(&state, &token).await {
        Ok(found) if found.0.enrollment.platform == Platform::Ios => found,
        // An Android phone has no profile.
        Ok(_) => return refuse(locale, Refusal::Unknown),
        Err(refusal) => return refuse(locale, refusal),
    };
    match profile(&state, &link, head, query.as_deref().unwrap_or_default()).await {
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

async fn profile(
    state: &EnrollmentState,
    link: &Link,
    head: AssignmentHead,
    query: &str,
) -> Result<Vec<u8>> {
    let challenge = challenge(state, link).await?;
    // The language stands in the address, not in a header: the bytes shall not differ by reader.
    let locale = match query::value(query, "lang").as_deref() {
        Some(b"de") => Locale::De,
        _ => Locale::En,
    };
    let unsigned = document(state, link, head, locale, challenge)?.to_plist();
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
    head: AssignmentHead,
    locale: Locale,
    challenge: Secret<String>,
) -> Result<EnrollmentProfile> {
    let (tenant, device) = (link.scope.tenant(), link.device());
    let topic = head.push_topic;
    let topic = topic.ok_or_else(|| Error::conflict(ReasonCode::ApnsCertificateRequired))?;
    Ok(EnrollmentProfile {
        tenant,
        device,
        organization: head.organization,
        note: head.brand.as_ref().map(|brand| note(locale, brand)),
        locale,
        server_url: format!("{}/mdm/{tenant}/{device}", state.core.base_url),
        scep_url: format!("{}/scep/{tenant}/{}", state.core.base_url, link.token.expose()),
        challenge,
        topic,
        access_rights: AccessRights::of(link.enrollment.ownership),
        subject: subject(tenant, link),
        // Which hash phones want here is not documented; https already vouches for the answer.
        ca_fingerprint: None,
    })
}

/// Who provides the service and helps, as the phone shows it before the profile is installed.
fn note(locale: Locale, brand: &Brand) -> String {
    let texts = Texts::of(locale);
    let provided = texts.provided.replace("{brand}", &brand.name);
    let Support { email, phone, url } = &brand.support;
    let ways = [email.as_deref(), phone.as_deref(), url.as_ref().map(WebAddress::as_str)];
    let ways: Vec<_> = ways.into_iter().flatten().collect();
    if ways.is_empty() {
        provided
    } else {
        format!("{provided} {} {}", texts.help, ways.join(", "))
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
