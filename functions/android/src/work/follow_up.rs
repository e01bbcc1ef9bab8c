use trennwand_android::{Class, DeviceName, class};
use trennwand_domain::{
    Device, DeviceId, DeviceState, Duration, Enrollment, Error, Platform, Result, Timestamp,
};
use trennwand_runtime::{AndroidWork, Message};
use trennwand_store::{DeviceFilter, Page};

use super::Bound;
use crate::{AndroidState, binding::ended, report};

/// Phones that are looked at for one message.
const AT_A_TIME: u32 = 100;

/// After which time a token is good no more, whatever became of its invitation, unless that was renewed
/// before it was taken back.
const LONGEST_INVITATION: Duration = Duration::from_secs(Enrollment::LONGEST_S + DAY);

const DAY: u64 = 86_400;

/// After how many days of silence Google is asked whether it still has a phone for the first time. A
/// phone that is in use reports daily.
const SILENT: u64 = 3;

/// After how many more days it is asked again, for as long as the phone is silent.
const AGAIN: u64 = 7;

/// Goes over a page of the tenant's phones and asks for the next one. What Google said may have been
/// lost, or the message that was to tell Google.
pub(super) async fn follow_up(
    state: &AndroidState,
    bound: &Bound,
    page: Option<&str>,
) -> Result<()> {
    let (tenant, now) = (bound.scope.tenant(), state.core.clock.now());
    let ask = async |work| {
        state.publisher.publish(&Message::Android { tenant, work }, Duration::ZERO).await
    };
    let devices = state.core.store.devices(&bound.scope);
    let filter = DeviceFilter { platform: Some(Platform::Android), ..DeviceFilter::default() };
    let phones = Page { limit: AT_A_TIME, cursor: page.map(str::to_owned) };
    let listed = devices.list(&filter, &phones).await?;
    for phone in &listed.items {
        if may_have_token(phone, now) {
            ask(AndroidWork::Token(phone.enrollment)).await?;
        }
        if phone.state == DeviceState::Invited {
            continue;
        }
        for waiting in devices.whole_queue(phone.id).await? {
            ask(AndroidWork::Command(phone.id, waiting.uuid)).await?;
        }
        if is_missed(phone, now) {
            ask(AndroidWork::Seek(phone.id)).await?;
        }
    }
    match listed.next {
        Some(next) => ask(AndroidWork::FollowUp(Some(next))).await,
        None => Ok(()),
    }
}

/// Whether its invitation may want a token at Google, or have one that is to be taken back.
fn may_have_token(device: &Device, now: Timestamp) -> bool {
    let since = device.created_at;
    device.state == DeviceState::Invited
        || device.state == DeviceState::Released && now < since.plus(LONGEST_INVITATION)
}

/// Whether Google is to be asked today. Of those that it lists the daily look at its own list hears: most
/// are merely switched off, and are not asked about every day.
fn is_missed(device: &Device, now: Timestamp) -> bool {
    let heard_at = device.last_seen_at.unwrap_or(device.created_at);
    let days = now.since(heard_at).as_secs() / DAY;
    device.state.is_managed() && days >= SILENT && (days - SILENT).is_multiple_of(AGAIN)
}

/// Asks Google about one phone: its last report may have been lost, and of a phone that Google has no
/// more none follows.
pub(super) async fn seek(state: &AndroidState, bound: &Bound, id: DeviceId) -> Result<()> {
    let store = &state.core.store;
    let (device, phone) =
        (store.devices(&bound.scope).get(id).await?, store.android(&bound.scope).phone(id).await?);
    let device = device.filter(|device| device.state.is_managed());
    let (Some(device), Some(phone)) = (device, phone) else { return Ok(()) };
    let name: DeviceName = phone.name.parse().map_err(Error::internal)?;
    if name.enterprise() != bound.enterprise {
        return Ok(());
    }
    match state.google.device(&name).await {
        Ok(report) => report::take_in(state, &report, state.core.clock.now()).await.map(drop),
        Err(error) if class(&error) == Class::NotFound => {
            // With the enterprise all its phones go, and that is found out about the enterprise.
            if ended::is_gone(state, &bound.enterprise).await? {
                return Err(error);
            }
            tracing::warn!(device = %id, "Google has a phone no more, and its last report was lost");
            let over = Device { state: DeviceState::Released, ..device };
            store.devices(&bound.scope).save(&over, None).await.map(drop)
        }
        Err(error) => Err(error),
    }
}
