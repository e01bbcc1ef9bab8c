use trennwand_domain::{
    Device, DeviceId, Duration, Result, SlotKind, SlotStatus, TenantScope, Token, UserId,
};
use trennwand_runtime::Message;
use trennwand_store::{DeviceFilter, Page};

use crate::{EventsState, change::Change, wakes::Wakes};

/// Does what one record asks for; wakes are gathered.
pub(crate) async fn follow(
    state: &EventsState,
    scope: TenantScope,
    change: Change,
    wakes: &mut Wakes,
) -> Result<()> {
    let tenant = scope.tenant();
    match change {
        Change::TenantBorn => {
            let message = Message::Provision { tenant };
            state.publisher.publish(&message, Duration::ZERO).await?;
        }
        Change::HeadChanged => wakes.tenant(tenant),
        Change::CommandQueued(device) => wakes.device(tenant, device),
        Change::CommandAnswered(device) => {
            if has_lost_something(state, scope, device).await? {
                wakes.device(tenant, device);
            }
        }
        Change::PhoneEnrolled(device) => {
            note_person(state, scope, device).await?;
            wakes.device(tenant, device);
        }
        Change::PersonChanged(user) => person_changed(state, scope, user, wakes).await?,
        Change::PhoneSuperseded(device) => {
            state.core.store.devices(&scope).supersede(device).await?;
        }
    }
    Ok(())
}

/// Whether the answer to an operator's question revealed that a profile is gone: the conversation
/// that brought it does not put it back.
async fn has_lost_something(
    state: &EventsState,
    scope: TenantScope,
    device: DeviceId,
) -> Result<bool> {
    let header = state.core.store.devices(&scope).get(device).await?;
    Ok(header.as_ref().is_some_and(lost))
}

/// Lost, or found in an old revision, which takes the slot's token away.
fn lost(header: &Device) -> bool {
    let lost = |kind| {
        let slot = header.slots.of(kind);
        let old = slot.status == SlotStatus::Acknowledged && slot.token == Token::default();
        slot.status == SlotStatus::Lost || old
    };
    header.state.is_managed() && (lost(SlotKind::Wall) || lost(SlotKind::Account))
}

/// Writes the user's hash into a phone's header, in case the user changed while the index that
/// [`person_changed`] reads did not list the phone yet.
async fn note_person(state: &EventsState, scope: TenantScope, device: DeviceId) -> Result<()> {
    let (devices, users) = (state.core.store.devices(&scope), state.core.store.users(&scope));
    let Some(header) = devices.get(device).await? else {
        return Ok(());
    };
    let Some(user) = header.user else {
        return Ok(());
    };
    let person = users.get(user).await?.map(|user| user.variables);
    match person == header.person {
        true => Ok(()),
        false => devices.set_person(device, user, person).await,
    }
}

/// Brings a user's hash, as it is now, into the headers of the user's phones and wakes them.
async fn person_changed(
    state: &EventsState,
    scope: TenantScope,
    user: UserId,
    wakes: &mut Wakes,
) -> Result<()> {
    let (devices, users) = (state.core.store.devices(&scope), state.core.store.users(&scope));
    let person = users.get(user).await?.map(|user| user.variables);
    let filter = DeviceFilter { user: Some(user), ..DeviceFilter::default() };
    let mut page = Page::first(100);
    loop {
        let listed = devices.list(&filter, &page).await?;
        for header in listed.items.iter().filter(|d| !d.state.has_ended()) {
            devices.set_person(header.id, user, person).await?;
            if header.state.is_managed() {
                wakes.device(scope.tenant(), header.id);
            }
        }
        match listed.next {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}
