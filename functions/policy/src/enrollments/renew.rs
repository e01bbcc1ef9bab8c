use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    Device, DeviceState, Enrollment, EnrollmentId, Error, Platform, ReasonCode,
    Result as DomainResult,
};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Id, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{
    Invitation,
    invitation::{Link, Seat, expiry, ready},
};

/// How an invitation is to be renewed; the body may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renewal {
    /// For how long the new link can be used: 60 s to 30 days; 7 days if absent.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 2_592_000)]
    expires_in_s: Option<u64>,
}

/// Replaces the link of an invitation by a fresh one for the same phone and user; the old link leads
/// nowhere from then on. Also for a link that was used, as long as the phone is not under
/// management.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/enrollments/{enrollment}/renew",
    tag = "enrollments",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("enrollment" = String, Path, description = "The invitation")
    ),
    request_body = Option<Renewal>,
    responses(
        (status = 200, description = "The invitation with its new link", body = Invitation),
        (
            status = 409,
            description = "tenant_not_ready apns_certificate_required agreement_required \
                android_not_bound android_reservation_exhausted enrollment_used enrollment_revoked"
        ),
        Problems
    ),
    security(("oauth2" = ["enrollments"]))
)]
pub(crate) async fn enrollment_renew(
    State(core): State<Core>,
    tenant: ForTenant<need::Enrollments>,
    write: Write,
    Id(id): Id<EnrollmentId>,
    body: Option<Json<Renewal>>,
) -> Result<Written> {
    let scope = tenant.scope();
    let Json(renewal) = body.unwrap_or_default();
    let enrollments = core.store.enrollments(scope);
    let before = enrollments.get(id).await?.ok_or_else(|| Error::not_found("enrollment"))?;
    let device = core.store.devices(scope).get(before.device).await?;
    let device = device.ok_or_else(|| Error::conflict(ReasonCode::EnrollmentUsed))?;
    check_renewable(&before, &device)?;
    let now = core.clock.now();
    let expires_at = expiry(now, renewal.expires_in_s)?;
    // An invitation that can still be used has its place among the phones already.
    let seat = if before.expires_at > now { Seat::Taken } else { Seat::Wanted };
    let head = ready(&core, scope, before.platform, seat).await?;

    let link = Link::new(&core, scope, id).await?;
    let after = Enrollment {
        token_hash: link.token.hash(),
        challenge: link.challenge,
        expires_at,
        issued: None,
        used_at: None,
        ..before.clone()
    };
    let mut tx = core.store.transaction();
    enrollments.renew(&mut tx, &before, &after);
    if before.platform == Platform::Android && seat == Seat::Wanted {
        core.store.android(scope).take(&mut tx);
    }
    let shown = Invitation::new(&core, scope, &head, &after, &device, &link.token)?;
    write.commit(&core, tx, id, Answer::ok(&shown).no_store()).await
}

fn check_renewable(enrollment: &Enrollment, device: &Device) -> DomainResult<()> {
    if enrollment.revoked {
        return Err(Error::conflict(ReasonCode::EnrollmentRevoked));
    }
    match device.state {
        DeviceState::Invited | DeviceState::Enrolling => Ok(()),
        _ => Err(Error::conflict(ReasonCode::EnrollmentUsed)),
    }
}
