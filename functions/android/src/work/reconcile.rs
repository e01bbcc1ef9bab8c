use trennwand_android::{DeviceReport, PageToken};
use trennwand_domain::{AssignmentHead, Duration, EnrollmentReference, Error, Result};
use trennwand_policy::android_policies;
use trennwand_runtime::{AndroidWork, Message};

use super::{Bound, place, verify};
use crate::{AndroidState, report::apply};

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
    }
    Ok(())
}

async fn look_at(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    report: &DeviceReport,
) -> Result<()> {
    apply(state, report, state.core.clock.now()).await?;
    let reference = report.enrollment_token_data.as_deref().and_then(EnrollmentReference::parse);
    let Some((reference, _)) = reference.filter(|(r, _)| r.tenant == bound.scope.tenant()) else {
        return Ok(());
    };
    // With one rule, the policy that a phone was enrolled with is the one that it keeps.
    if head.rules.len() < 2 {
        return Ok(());
    }
    let device = state.core.store.devices(&bound.scope).get(reference.device).await?;
    let Some(device) = device.filter(|device| device.state.is_managed()) else { return Ok(()) };
    let Some(name) = place::policy_of(bound, head, &device) else { return Ok(()) };
    let wanted = bound.enterprise.policy(&name).map_err(Error::internal)?;
    if report.policy_name.as_ref() == Some(&wanted) {
        return Ok(());
    }
    place::put(state, bound, head, &device, &report.name).await
}
