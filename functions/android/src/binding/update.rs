use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{AndroidBinding, BindingState, Error, ReasonCode};
use trennwand_runtime::{Answer, Write, Written};
use trennwand_web::{ForTenant, Json, Language, Problems, Result, need};
use utoipa::ToSchema;

use super::{AndroidView, reservation};
use crate::AndroidState;

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AndroidChange {
    /// How many phones to keep for the tenant; not fewer than are taken.
    #[schema(minimum = 1, maximum = 1_000_000)]
    devices: u32,
}

/// Changes how many phones of the platform's quota are kept for the tenant.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{tenant}/android",
    tag = "android",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = AndroidChange,
    responses(
        (status = 200, description = "Where it stands", body = AndroidView),
        (
            status = 409,
            description = "android_not_bound android_quota_exhausted android_reservation_exhausted"
        ),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn android_update(
    State(state): State<AndroidState>,
    tenant: ForTenant<need::Setup>,
    Language(locale): Language,
    write: Write,
    Json(change): Json<AndroidChange>,
) -> Result<Written> {
    let core = &state.core;
    let scope = tenant.scope();
    let devices = reservation(Some(change.devices))?;
    state.platform.check_share(devices)?;
    let android = core.store.android(scope);
    let held = [BindingState::SigningUp, BindingState::Bound];
    let before = android.binding().await?.filter(|binding| held.contains(&binding.state));
    let before = before.ok_or_else(|| Error::conflict(ReasonCode::AndroidNotBound))?;
    let taken = match before.taken <= devices {
        true => before.taken,
        false => android.recount(&before, core.clock.now()).await?,
    };
    if taken > devices {
        return Err(Error::conflict(ReasonCode::AndroidReservationExhausted).into());
    }
    let mut tx = core.store.transaction();
    android.reserve(&mut tx, before.reserved, devices, state.platform.device_quota);
    let after = AndroidBinding { reserved: devices, taken, ..before };
    android.put_binding(&mut tx, &after);
    let (policies, _) = android.policies().await?;
    let shown = AndroidView::new(&state, Some(&after), &policies, locale);
    write.commit(core, tx, scope.tenant(), Answer::ok(&shown)).await
}
