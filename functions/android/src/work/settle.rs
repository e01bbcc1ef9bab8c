use trennwand_android::DeviceName;
use trennwand_domain::{
    AndroidBinding, BindingState, Device, DeviceState, Duration, Error, Platform, Result,
    TenantScope,
};
use trennwand_runtime::{AndroidWork, Message};
use trennwand_store::{DeviceFilter, Page};

use super::{Bound, command, pass_over, token};
use crate::AndroidState;

/// How many phones and invitations are looked at for one message.
const PAGE: u32 = 50;

/// After the tenant was bound or unbound: no invitation keeps a token of another enterprise, and no
/// phone counts that was enrolled in one.
pub(super) async fn settle(
    state: &AndroidState,
    scope: TenantScope,
    binding: AndroidBinding,
    from: Option<&str>,
) -> Result<()> {
    let filter = DeviceFilter { platform: Some(Platform::Android), ..DeviceFilter::default() };
    let page = Page { cursor: from.map(str::to_owned), ..Page::first(PAGE) };
    let is_unbound = binding.state == BindingState::Unbound;
    let bound = Bound::of(scope, binding)?;
    let listed = state.core.store.devices(&scope).list(&filter, &page).await?;
    let tenant = scope.tenant();
    let publish = async |work| {
        state.publisher.publish(&Message::Android { tenant, work }, Duration::ZERO).await
    };
    for device in &listed.items {
        match device.state {
            DeviceState::Invited => {
                let id = device.enrollment;
                let outcome = match &bound {
                    Some(bound) => token::token(state, bound, id).await,
                    None => token::withdraw(state, &scope, id).await,
                };
                if pass_over(outcome)?.is_some() {
                    publish(AndroidWork::Token(id)).await?;
                }
            }
            managed if managed.is_managed() && (is_unbound || bound.is_some()) => {
                end(state, &scope, bound.as_ref(), device).await?;
            }
            _ => {}
        }
    }
    match listed.next {
        Some(next) => publish(AndroidWork::Settle(Some(next))).await,
        None => Ok(()),
    }
}

/// Ends an enrolment in another enterprise than the one that is bound: it cannot be reached any more,
/// and what waits for it is answered.
async fn end(
    state: &AndroidState,
    scope: &TenantScope,
    bound: Option<&Bound>,
    device: &Device,
) -> Result<()> {
    let store = &state.core.store;
    let phone = store.android(scope).phone(device.id).await?;
    let name: Option<DeviceName> =
        phone.map(|phone| phone.name.parse().map_err(Error::internal)).transpose()?;
    if name.zip(bound).is_some_and(|(name, bound)| name.enterprise() == bound.enterprise) {
        return Ok(());
    }
    let devices = store.devices(scope);
    let mut waiting = devices.whole_queue(device.id).await?;
    // What ends the enrolment comes last: a repeat passes over phones that have ended.
    waiting.sort_by_key(|command| command.kind.removal());
    for command in waiting {
        command::unreachable(state, scope, device.id, command.uuid).await?;
    }
    match devices.get(device.id).await?.filter(|device| !device.state.has_ended()) {
        Some(device) => {
            let over = Device { state: DeviceState::Released, ..device };
            devices.save(&over, None).await.map(drop)
        }
        None => Ok(()),
    }
}
