use trennwand_android::{DeviceReport, PageToken};
use trennwand_domain::{AssignmentHead, DeviceState, Duration, Error, Platform, Result};
use trennwand_policy::android_policies;
use trennwand_runtime::{AndroidWork, Message};
use trennwand_store::{DeviceFilter, Page};

use super::{Bound, place, policies, verify};
use crate::{AndroidState, report};

/// Looks at a page of the tenant's phones at Google, as if each had just reported, and asks for the
/// next. One request to Google for a hundred phones; one more for each that follows another policy
/// than it should.
pub(super) async fn reconcile(
    state: &AndroidState,
    bound: &Bound,
    page: Option<&str>,
) -> Result<()> {
    let Some(head) = state.core.store.tenant(&bound.scope).head().await? else { return Ok(()) };
    if page.is_none() {
        for name in android_policies(&head).into_keys() {
            verify::mend(state, bound, &head, &name).await?;
        }
    }
    let token = page.map(|page| PageToken(page.to_owned()));
    let listed = state.google.devices(&bound.enterprise, token.as_ref()).await?;
    for report in &listed.items {
        look_at(state, bound, &head, report).await?;
    }
    if let Some(PageToken(next)) = listed.next {
        let work = AndroidWork::Reconcile(Some(next));
        let message = Message::Android { tenant: bound.scope.tenant(), work };
        state.publisher.publish(&message, Duration::ZERO).await?;
    } else {
        // Those go in the end that no rule asks for any more.
        policies::write(state, bound, &head).await?.all()?;
    }
    Ok(())
}

/// Takes a phone's report in, and moves a phone of ours that follows another policy than it should.
async fn look_at(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    report: &DeviceReport,
) -> Result<()> {
    let (_, device) = report::take_in(state, report, state.core.clock.now()).await?;
    // Somebody else's phone, or one that was another's successor, is none to be moved.
    let Some(device) = device.filter(|device| device.state.is_managed()) else { return Ok(()) };
    let Some(name) = place::policy_of(bound, head, &device) else { return Ok(()) };
    let wanted = bound.enterprise.policy(&name).map_err(Error::internal)?;
    if report.policy_name.as_ref() == Some(&wanted) {
        return Ok(());
    }
    place::put(state, bound, head, &device, &report.name).await
}

/// Phones whose waiting commands are looked for at a time, and commands of each.
const AT_A_TIME: u32 = 100;

/// Has every command asked about that waits for one of these phones, and asks for the next page: what
/// Google said about it may have been lost, or the message that was to hand it over.
pub(super) async fn commands(
    state: &AndroidState,
    bound: &Bound,
    page: Option<&str>,
) -> Result<()> {
    let tenant = bound.scope.tenant();
    let ask = async |work| {
        state.publisher.publish(&Message::Android { tenant, work }, Duration::ZERO).await
    };
    let devices = state.core.store.devices(&bound.scope);
    let filter = DeviceFilter { platform: Some(Platform::Android), ..DeviceFilter::default() };
    let phones = Page { limit: AT_A_TIME, cursor: page.map(str::to_owned) };
    let listed = devices.list(&filter, &phones).await?;
    for phone in listed.items.iter().filter(|phone| phone.state != DeviceState::Invited) {
        for waiting in devices.queue(phone.id, &Page::first(AT_A_TIME)).await?.items {
            ask(AndroidWork::Command(phone.id, waiting.uuid)).await?;
        }
    }
    match listed.next {
        Some(next) => ask(AndroidWork::Commands(Some(next))).await,
        None => Ok(()),
    }
}
