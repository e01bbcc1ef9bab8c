use axum::extract::State;
use trennwand_domain::{
    BindingState, Error, Platform, ReasonCode, Result as DomainResult, TenantScope,
};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_store::{DeviceFilter, Page};
use trennwand_web::{ForTenant, Language, Problems, Result, need};

use super::{AndroidView, give_up};
use crate::AndroidState;

/// Gives the enterprise at Google up: no phone can be enrolled any more, and the phones reserved for
/// the tenant are free again; invitations that are open cannot be used until it is bound anew. 409 while
/// Android phones are under management: release them first, since Google would wipe them; but not if
/// the customer ended the enterprise at Google, since then none is. What only the
/// customer can do is said in the answer.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/android",
    tag = "android",
    params(("tenant" = String, Path, description = "The tenant")),
    responses(
        (status = 200, description = "Given up; what the customer has to do", body = AndroidView),
        (status = 409, description = "android_not_bound android_devices_enrolled"),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn android_unbind(
    State(state): State<AndroidState>,
    tenant: ForTenant<need::Setup>,
    Language(locale): Language,
    write: Write,
) -> Result<Written> {
    let core = &state.core;
    let scope = tenant.scope();
    let android = core.store.android(scope);
    let before = android.binding().await?.filter(|b| b.state != BindingState::Unbound);
    let before = before.ok_or_else(|| Error::conflict(ReasonCode::AndroidNotBound))?;
    let is_ended = before.state == BindingState::EndedAtGoogle;
    if !is_ended && has_managed(core, scope).await? {
        return Err(Error::conflict(ReasonCode::AndroidDevicesEnrolled).into());
    }
    let mut tx = core.store.transaction();
    let after = give_up(&state, scope, &mut tx, before);
    let shown = AndroidView::new(&state, Some(&after), &[], locale);
    write.commit(core, tx, scope.tenant(), Answer::ok(&shown)).await
}

/// Whether an Android phone is under management.
async fn has_managed(core: &Core, scope: &TenantScope) -> DomainResult<bool> {
    let filter = DeviceFilter { platform: Some(Platform::Android), ..DeviceFilter::default() };
    let mut page = Page::first(100);
    loop {
        let listed = core.store.devices(scope).list(&filter, &page).await?;
        if listed.items.iter().any(|device| device.state.is_managed()) {
            return Ok(true);
        }
        match listed.next {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(false),
        }
    }
}
