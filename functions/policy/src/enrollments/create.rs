use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    ControlStates, Device, DeviceId, DeviceState, Enrollment, Error, Platform,
    Result as DomainResult, Slots, TenantScope, User, UserId,
};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{
    Invitation,
    invitation::{Link, Seat, expiry, ready},
    target::Way,
};

/// An invitation to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEnrollment {
    /// `ios` or `android`.
    #[schema(example = "ios")]
    platform: String,
    /// `personal` or `company`.
    #[schema(example = "personal")]
    ownership: String,
    /// The default: `profile` for `ios`, `work_profile` for `android` `personal`, `setup_qr` for
    /// `android` `company`.
    #[serde(default)]
    #[schema(example = "profile")]
    method: Option<String>,
    /// Whose phone it is to be; without a user the phone gets the wall only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// For how long the link can be used: 60 s to 30 days; 7 days if absent.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 2_592_000)]
    expires_in_s: Option<u64>,
    /// How many phones can be enrolled with it: 1.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1)]
    max_uses: Option<u32>,
}

/// Invites a phone: makes the link that its user opens.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/enrollments",
    tag = "enrollments",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewEnrollment,
    responses(
        (status = 201, description = "The invitation with its link", body = Invitation),
        (status = 409, description = "tenant_not_ready apns_certificate_required agreement_required \
            android_not_bound android_reservation_exhausted"),
        Problems
    ),
    security(("oauth2" = ["enrollments"]))
)]
pub(crate) async fn enrollment_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Enrollments>,
    write: Write,
    Json(new): Json<NewEnrollment>,
) -> Result<Written> {
    let scope = tenant.scope();
    let way = Way::parse(&new.platform, &new.ownership, new.method.as_deref())?;
    let now = core.clock.now();
    let expires_at = expiry(now, new.expires_in_s)?;
    if new.max_uses.is_some_and(|uses| uses != 1) {
        return Err(Error::invalid("max_uses", "must be 1 for this method").into());
    }
    let user = user(&core, scope, new.user).await?;
    let head = ready(&core, scope, way.platform, Seat::Wanted).await?;

    let (id, device) = (core.ids.mint(), core.ids.mint::<DeviceId>());
    let link = Link::new(&core, scope, id).await?;
    let enrollment = Enrollment {
        id,
        device,
        user: new.user,
        platform: way.platform,
        ownership: way.ownership,
        method: way.method,
        target: way.target,
        token_hash: link.token.hash(),
        challenge: link.challenge,
        created_at: now,
        expires_at,
        revoked: false,
        issued: None,
        used_at: None,
    };
    let header = invited(&enrollment, user.as_ref(), core.entropy.bytes());
    let mut tx = core.store.transaction();
    core.store.enrollments(scope).insert(&mut tx, &enrollment, &header);
    if way.platform == Platform::Android {
        core.store.android(scope).take(&mut tx);
    }
    let shown = Invitation::new(&core, scope, &head, &enrollment, &header, &link.token)?;
    write.commit(&core, tx, id, Answer::created(&shown).no_store()).await
}

async fn user(core: &Core, scope: &TenantScope, id: Option<UserId>) -> DomainResult<Option<User>> {
    let Some(id) = id else { return Ok(None) };
    let user = core.store.users(scope).get(id).await?;
    user.map(Some).ok_or_else(|| Error::invalid("user", "there is no such user"))
}

/// The header of the phone that the invitation becomes.
fn invited(enrollment: &Enrollment, user: Option<&User>, query_key: [u8; 16]) -> Device {
    Device {
        id: enrollment.device,
        enrollment: enrollment.id,
        user: enrollment.user,
        platform: enrollment.platform,
        ownership: enrollment.ownership,
        target: enrollment.target,
        state: DeviceState::Invited,
        created_at: enrollment.created_at,
        enrolled_at: None,
        os_version: None,
        model: None,
        certificate: None,
        pending_certificate: None,
        query_key,
        udid_hash: None,
        push: None,
        claimed_by: None,
        former_push_tokens: Vec::new(),
        person: user.map(|user| user.variables),
        groups: Vec::new(),
        slots: Slots::default(),
        controls: ControlStates::default(),
        applied_version: None,
        applied_policy: None,
        last_seen_at: None,
        revision: 0,
    }
}
