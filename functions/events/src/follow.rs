use trennwand_domain::{
    AndroidNeed, Device, DeviceId, DeviceTraits, Duration, GroupId, Platform, Result, SlotKind,
    SlotStatus, TenantId, TenantScope, Token, UserId,
};
use trennwand_runtime::{AndroidWork, Message};
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
        Change::HeadChanged => {
            wakes.tenant(tenant);
            android(state, tenant, AndroidWork::Align).await?;
        }
        Change::LookChanged => android(state, tenant, AndroidWork::Align).await?,
        Change::AndroidBound => {
            android(state, tenant, AndroidWork::Align).await?;
            android(state, tenant, AndroidWork::Settle(None)).await?;
        }
        Change::AndroidUnbound => android(state, tenant, AndroidWork::Settle(None)).await?,
        Change::AndroidInvited(enrollment) => {
            android(state, tenant, AndroidWork::Token(enrollment)).await?;
        }
        Change::AndroidEnrolled(device) => {
            if let Some(header) = state.core.store.devices(&scope).get(device).await? {
                note_person(state, scope, &header).await?;
                same_phone(state, scope, &header, wakes).await?;
            }
        }
        Change::AndroidNeeds(device, need) => {
            let work = match need {
                AndroidNeed::Place => AndroidWork::Place(device),
                AndroidNeed::Verify => AndroidWork::Verify(device),
            };
            android(state, tenant, work).await?;
        }
        Change::AndroidCommand(device, command) => {
            android(state, tenant, AndroidWork::Command(device, command)).await?;
        }
        Change::RulesChanged(change) => {
            wakes.concerned(tenant, change);
            android(state, tenant, AndroidWork::Align).await?;
        }
        Change::GroupsChanged(device, before) => {
            match groups_matter(state, scope, device, &before).await? {
                Some(Platform::Ios) => wakes.device(tenant, device),
                Some(Platform::Android) => {
                    android(state, tenant, AndroidWork::Place(device)).await?;
                }
                None => {}
            }
        }
        Change::GroupDeleted(group) => group_deleted(state, scope, group).await?,
        Change::CommandQueued(device) => wakes.device(tenant, device),
        Change::CommandAnswered(device) => {
            if has_lost_something(state, scope, device).await? {
                wakes.device(tenant, device);
            }
        }
        Change::PhoneEnrolled(device) => {
            if let Some(header) = state.core.store.devices(&scope).get(device).await? {
                note_person(state, scope, &header).await?;
                same_phone(state, scope, &header, wakes).await?;
            }
            wakes.device(tenant, device);
        }
        Change::PersonChanged(user) => person_changed(state, scope, user, wakes).await?,
    }
    Ok(())
}

/// What kind of phone it is that shall have something else because its groups changed.
async fn groups_matter(
    state: &EventsState,
    scope: TenantScope,
    device: DeviceId,
    before: &[GroupId],
) -> Result<Option<Platform>> {
    let Some(head) = state.core.store.tenant(&scope).head().await? else { return Ok(None) };
    let Some(header) = state.core.store.devices(&scope).get(device).await? else {
        return Ok(None);
    };
    let (now, then) = (header.traits(), DeviceTraits { groups: before, ..header.traits() });
    let wall = |phone| head.rule_for(phone).map(|rule| &rule.artefacts);
    Ok((wall(&now) != wall(&then)).then_some(header.platform))
}

/// Takes the phones out of a group that is gone. Each phone that is out of it is not found again, so
/// that a repetition goes on where this one failed.
async fn group_deleted(state: &EventsState, scope: TenantScope, group: GroupId) -> Result<()> {
    let devices = state.core.store.devices(&scope);
    let filter = DeviceFilter { group: Some(group), ..DeviceFilter::default() };
    let mut page = Page::first(100);
    loop {
        let listed = devices.list(&filter, &page).await?;
        for header in &listed.items {
            devices.leave_now(header.id, group).await?;
        }
        match listed.next {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}

async fn android(state: &EventsState, tenant: TenantId, work: AndroidWork) -> Result<()> {
    state.publisher.publish(&Message::Android { tenant, work }, Duration::ZERO).await
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
async fn note_person(state: &EventsState, scope: TenantScope, header: &Device) -> Result<()> {
    let (devices, users) = (state.core.store.devices(&scope), state.core.store.users(&scope));
    let Some(user) = header.user else {
        return Ok(());
    };
    let person = users.get(user).await?.map(|user| user.variables);
    match person == header.person {
        true => Ok(()),
        false => devices.set_person(header.id, user, person).await,
    }
}

/// Ends the former enrolments of a phone that enrolled again.
///
/// A UDID is only what a phone says, and whoever knows another phone's can say it too. So one
/// enrolment ends another at once only if both are for the same user. Any other one is marked as
/// claimed and woken: a phone that is still there answers, which takes the mark away; one that has
/// enrolled again cannot, for the key of its former enrolment went with the former profile.
async fn same_phone(
    state: &EventsState,
    scope: TenantScope,
    header: &Device,
    wakes: &mut Wakes,
) -> Result<()> {
    let Some(hash) = header.udid_hash.filter(|_| header.state.is_managed()) else {
        return Ok(());
    };
    let devices = state.core.store.devices(&scope);
    for other in devices.say_phone(header).await? {
        let other_header = devices.get(other).await?.filter(|d| !d.state.has_ended());
        let Some(other) = &other_header else {
            devices.forget_phone(hash, other).await?;
            continue;
        };
        let since = |device: &Device| (device.enrolled_at, device.id);
        let (former, newer) =
            if since(other) < since(header) { (other, header) } else { (header, other) };
        // Which Android phone it is, Google says, not the phone.
        let vouched = header.platform == Platform::Android;
        if vouched || former.user.is_some() && former.user == newer.user {
            devices.supersede(former.id).await?;
            devices.forget_phone(hash, former.id).await?;
        } else {
            tracing::warn!(
                tenant = %scope.tenant(),
                former = %former.id,
                newer = %newer.id,
                "two enrolments say to be the same phone"
            );
            devices.claim(former.id, newer.id).await?;
            wakes.device(scope.tenant(), former.id);
        }
    }
    devices.settle_phone(header).await
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
            if header.state.is_managed() && header.platform == Platform::Ios {
                wakes.device(scope.tenant(), header.id);
            }
        }
        match listed.next {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}
