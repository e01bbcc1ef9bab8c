use serde_json::Map;
use trennwand_android::{Class, Policy, class};
use trennwand_domain::{
    AndroidPolicy, AssignmentHead, DeviceId, Duration, Error, ForeignPolicy, Result,
};
use trennwand_evidence::AndroidFacts;
use trennwand_policy::{Channel, android_policies, open_for_contacts};
use trennwand_runtime::{AndroidWork, Message};
use trennwand_store::ReportChange;

use super::{
    Bound, place,
    policies::{self, Apps, Settings, WRITERS},
};
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
    let (kept, mut revision) = android.policies().await?;
    let planned = android_policies(head);
    let known = kept.iter().find(|policy| policy.name == name).zip(planned.get(name));
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
    let settings = Settings::of(state, bound, head, planned, &mut Apps::new()).await?;
    let written = policies::patch(state, bound, planned, settings, name, None).await?;
    let foreign = found.version.map(|version| ForeignPolicy { version, leaks });
    let mended = AndroidPolicy { foreign, ..written };
    let (mut kept, mut is_alone) = (kept.clone(), true);
    for _ in 0..WRITERS {
        // What was found is known to nobody else, so it is kept whoever writes meanwhile.
        let Some(known) = kept.iter_mut().find(|policy| policy.name == name) else {
            return Ok(());
        };
        // Of one that was deleted and made anew, Google's numbers begin anew.
        *known = match is_alone || known.version < mended.version {
            true => mended.clone(),
            false => AndroidPolicy { foreign, ..known.clone() },
        };
        match android.put_policies(&kept, revision).await {
            Err(error) if error.is_concurrent_change() => is_alone = false,
            // Ours may have come after newer settings of theirs.
            Ok(()) if !is_alone => {
                let tenant = bound.scope.tenant();
                let message = Message::Android { tenant, work: AndroidWork::Align };
                return state.publisher.publish(&message, Duration::ZERO).await;
            }
            outcome => return outcome,
        }
        (kept, revision) = android.policies().await?;
    }
    Err(Error::unavailable("the policies are written by many at once"))
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
