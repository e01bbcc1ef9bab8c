use axum::extract::State;
use serde::{Deserialize, Serialize};
use trennwand_android::{Class, SignupRequest, class};
use trennwand_domain::{
    AndroidBinding, BindingState, Error, Officer, OneTimeToken, ReasonCode, Result as DomainResult,
    TenantStatus,
};
use trennwand_runtime::{Answer, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{check_agreement, owned, pending, reservation};
use crate::AndroidState;

/// A sign-up at Google to be begun; the body may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSignup {
    /// Prefills Google's page.
    #[serde(default)]
    #[schema(example = "it@musterbau.example")]
    admin_email: Option<String>,
    /// How many phones to keep for the tenant; if absent as many as are kept already, else 10.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    devices: Option<u32>,
    /// The company's data protection officer, whom Google shows as contact.
    #[serde(default)]
    data_protection_officer: Option<OfficerFields>,
}

/// A data protection officer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficerFields {
    /// The name.
    #[serde(default)]
    name: Option<String>,
    /// The e-mail address.
    #[serde(default)]
    email: Option<String>,
    /// The telephone number.
    #[serde(default)]
    phone: Option<String>,
}

/// Where the company's administrator goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Signup {
    /// Google's page; to be opened in a window of its own, since Google lets nobody frame it.
    #[schema(example = "https://play.google.com/work/signup?…")]
    url: String,
    /// How many phones are kept for the tenant.
    reserved_devices: u32,
}

/// Begins the sign-up at Google: the company's administrator opens the page, and at its end Google
/// leads back here and the enterprise is bound. Beginning anew replaces a sign-up that was begun before,
/// unless that came to an enterprise without anybody hearing of it: then the tenant is bound now.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/android/signup",
    tag = "android",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = Option<NewSignup>,
    responses(
        (status = 201, description = "The page to open", body = Signup),
        (
            status = 409,
            description = "agreement_required tenant_not_ready android_bound android_quota_exhausted \
                android_reservation_exhausted"
        ),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn android_signup_create(
    State(state): State<AndroidState>,
    tenant: ForTenant<need::Setup>,
    write: Write,
    body: Option<Json<NewSignup>>,
) -> Result<Written> {
    let core = &state.core;
    let scope = tenant.scope();
    let Json(new) = body.unwrap_or_default();
    let asked = new.devices.map(|devices| reservation(Some(devices))).transpose()?;
    let officer = new.data_protection_officer.map(officer).transpose()?;
    let admin_email = new.admin_email.map(|email| plain("admin_email", email)).transpose()?;
    check_agreement(&state, scope).await?;
    let found = core.store.tenant(scope).get().await?.ok_or_else(|| Error::not_found("tenant"))?;
    if found.status != TenantStatus::Active {
        return Err(Error::conflict(ReasonCode::TenantNotReady).into());
    }
    let before = core.store.android(scope).binding().await?;
    if before.as_ref().is_some_and(|binding| binding.state == BindingState::Bound) {
        return Err(Error::conflict(ReasonCode::AndroidBound).into());
    }
    if let Some(pending) = before.as_ref().filter(|b| b.state == BindingState::SigningUp)
        && pending::adopt(&state, scope, pending).await
    {
        return Err(Error::conflict(ReasonCode::AndroidBound).into());
    }
    // What is kept already, by a sign-up that is replaced or by an enterprise that is gone.
    let kept = before.as_ref().filter(|binding| binding.state != BindingState::Unbound);
    let reserved = match asked {
        Some(asked) => asked,
        None => kept.map_or(reservation(None)?, |binding| binding.reserved),
    };
    state.platform.check_share(reserved)?;
    // Open invitations of a former enterprise get tokens of the new one.
    if let Some(before) = before.as_ref().filter(|binding| binding.taken > reserved)
        && core.store.android(scope).recount(before, core.clock.now()).await? > reserved
    {
        return Err(Error::conflict(ReasonCode::AndroidReservationExhausted).into());
    }

    let token = OneTimeToken::from_random(core.entropy.bytes());
    let request = SignupRequest {
        callback_url: format!("{}/android/callback/{}", core.base_url, token.expose()),
        admin_email,
    };
    let mut tx = core.store.transaction();
    let android = core.store.android(scope);
    let quota = state.platform.device_quota;
    android.reserve(&mut tx, kept.map_or(0, |binding| binding.reserved), reserved, quota);
    let signup = state.google.create_signup_url(&request).await.map_err(ours)?;
    if let Some(callback) = kept.and_then(|binding| binding.callback) {
        android.remove_signup(&mut tx, callback);
    }
    if let Some(gone) = kept.and_then(owned) {
        android.remove_enterprise_owner(&mut tx, gone);
    }
    android.put_signup(&mut tx, token.hash());
    let binding = AndroidBinding {
        state: BindingState::SigningUp,
        signup: Some(signup.name.to_string()),
        callback: Some(token.hash()),
        enterprise: None,
        changed_at: core.clock.now(),
        reserved,
        taken: 0,
        officer: officer.or_else(|| before.as_ref().and_then(|binding| binding.officer.clone())),
        brand: None,
        revision: before.map_or(0, |binding| binding.revision),
    };
    android.put_binding(&mut tx, &binding);
    let shown = Signup { url: signup.url, reserved_devices: reserved };
    write.commit(core, tx, scope.tenant(), Answer::created(&shown).no_store()).await
}

fn officer(fields: OfficerFields) -> DomainResult<Officer> {
    let field = |name, text: Option<String>| text.map(|text| plain(name, text)).transpose();
    Ok(Officer {
        name: field("data_protection_officer.name", fields.name)?,
        email: field("data_protection_officer.email", fields.email)?,
        phone: field("data_protection_officer.phone", fields.phone)?,
    })
}

/// A short text without control characters.
fn plain(field: &'static str, text: String) -> DomainResult<String> {
    let text = text.trim().to_owned();
    let ok = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if ok { Ok(text) } else { Err(Error::invalid(field, "must have 1 to 200 characters")) }
}

/// There is no enterprise yet: what Google refuses, it refuses the platform, and the tenant can do nothing
/// about that.
fn ours(error: Error) -> Error {
    match class(&error) {
        Class::Retryable | Class::Quota => error,
        _ => Error::internal(error),
    }
}
