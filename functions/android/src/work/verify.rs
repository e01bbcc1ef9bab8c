use serde_json::Map;
use trennwand_android::{Class, Policy, class};
use trennwand_domain::{AndroidPolicy, AssignmentHead, DeviceId, Error, ForeignPolicy, Result};
use trennwand_evidence::AndroidFacts;
use trennwand_policy::{Channel, android_policies, open_for_contacts};
use trennwand_store::ReportChange;

use super::{Bound, align, place};
use crate::{AndroidState, report};

/// Somebody else wrote a policy at Google: finds out whether it lets business contacts out, writes
/// ours again, and judges the phone that followed it.
pub(super) async fn verify(state: &AndroidState, bound: &Bound, id: DeviceId) -> Result<()> {
    let store = &state.core.store;
    let Some(head) = store.tenant(&bound.scope).head().await? else { return Ok(()) };
    let device = store.devices(&bound.scope).get(id).await?;
    let name = device.as_ref().and_then(|device| place::policy_of(bound, &head, device));
    let Some(name) = name else { return Ok(()) };
    mend(state, bound, &head, &name).await?;
    judge_again(state, bound, id).await
}

/// Writes ours again if the policy at Google is another version than the one written last.
pub(super) async fn mend(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    name: &str,
) -> Result<()> {
    let android = state.core.store.android(&bound.scope);
    let (mut policies, revision) = android.policies().await?;
    let planned = android_policies(head);
    let known = policies.iter_mut().find(|policy| policy.name == name).zip(planned.get(name));
    let Some((known, planned)) = known else { return Ok(()) };
    let google = bound.enterprise.policy(name).map_err(Error::internal)?;
    let found = match state.google.policy(&google).await {
        // Deleted by somebody else.
        Err(error) if class(&error) == Class::NotFound => Policy::new(Map::new()),
        found => found?,
    };
    let open = open_for_contacts(planned.target, &found.settings);
    // A policy that somebody deleted and made anew may have got the same number.
    if found.version == Some(known.version) && !is_leak(&open) {
        return Ok(());
    }
    let leaks = is_leak(&open);
    tracing::error!(
        tenant = %bound.scope.tenant(), policy = name, version = found.version, ?open,
        "a policy at Google was changed by somebody else"
    );
    let (settings, _) = align::settings(state, bound, head, planned).await?;
    let written = state.google.patch_policy(&google, &Policy::new(settings)).await?;
    let version =
        written.version.ok_or_else(|| Error::unavailable("a policy without a version"))?;
    let foreign = found.version.map(|version| ForeignPolicy { version, leaks });
    *known = AndroidPolicy { version, ours_since: version, foreign, ..known.clone() };
    android.put_policies(&policies, revision).await
}

/// Whether it lets private apps read business contacts. Of what it opens besides, the log tells.
fn is_leak(open: &[Channel]) -> bool {
    let of_contacts = [Channel::CrossProfileContacts, Channel::ContactExemptions];
    open.iter().any(|channel| of_contacts.contains(channel))
}

/// Judges a phone once more by what is kept of its last report.
async fn judge_again(state: &AndroidState, bound: &Bound, id: DeviceId) -> Result<()> {
    let android = state.core.store.android(&bound.scope);
    let view = android.report_view(id, false).await?;
    let (Some(before), Some(phone)) = (&view.device, &view.phone) else { return Ok(()) };
    let Some(facts) = AndroidFacts::from_json(&phone.report) else { return Ok(()) };
    let mut device = before.clone();
    report::judge(&bound.scope, &view, &mut device, &facts, phone.reported_at);
    if device == *before {
        return Ok(());
    }
    let phone = trennwand_domain::AndroidPhone { needs: None, ..phone.clone() };
    let binding = bound.binding.revision;
    let change = ReportChange { device: &device, phone: &phone, enrolls: false, binding };
    android.save_report(change).await
}
