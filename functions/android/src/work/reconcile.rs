use trennwand_android::{DeviceReport, PageToken};
use trennwand_domain::{AndroidPolicy, AssignmentHead, Duration, Error, Result};
use trennwand_policy::android_policies;
use trennwand_runtime::{AndroidWork, Message};

use super::{ATTEMPTS, Bound, pass_over, place, policies, verify};
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
            pass_over(verify::mend(state, bound, &head, &name).await)?;
        }
    }
    let token = page.map(|page| PageToken(page.to_owned()));
    let listed = state.google.devices(&bound.enterprise, token.as_ref()).await?;
    let (written, _) = state.core.store.android(&bound.scope).policies().await?;
    for report in &listed.items {
        pass_over(look_at(state, bound, (&head, &written), report).await)?;
    }
    if let Some(PageToken(next)) = listed.next {
        let work = AndroidWork::Reconcile(Some(next));
        let message = Message::Android { tenant: bound.scope.tenant(), work };
        state.publisher.publish(&message, Duration::ZERO).await?;
    } else {
        // Those go in the end that no rule asks for any more.
        pass_over(policies::write(state, bound, &head).await?.all())?;
    }
    Ok(())
}

/// Takes a phone's report in, and moves a phone of ours that follows another policy than it should.
async fn look_at(
    state: &AndroidState,
    bound: &Bound,
    (head, written): (&AssignmentHead, &[AndroidPolicy]),
    report: &DeviceReport,
) -> Result<()> {
    let mut taken = report::take_in(state, report, state.core.clock.now()).await;
    for _ in 1..ATTEMPTS {
        // The rest of the page need not be looked at again.
        if !taken.as_ref().is_err_and(Error::is_concurrent_change) {
            break;
        }
        taken = report::take_in(state, report, state.core.clock.now()).await;
    }
    // Somebody else's phone, or one that was another's successor, is none to be moved.
    let Some(device) = taken?.filter(|device| device.state.is_managed()) else { return Ok(()) };
    let Some(name) = place::policy_of(bound, head, &device) else { return Ok(()) };
    // To one that is not there, because Google refuses it or nobody wrote it yet, no phone is moved.
    if !written.iter().any(|policy| policy.name == name) {
        return Ok(());
    }
    let wanted = bound.enterprise.policy(&name).map_err(Error::internal)?;
    if report.policy_name.as_ref() == Some(&wanted) {
        return Ok(());
    }
    place::put(state, bound, head, &device, &report.name).await
}
