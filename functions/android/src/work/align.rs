use serde_json::{Map, Value};
use trennwand_android::{Class, Policy, class};
use trennwand_domain::{
    AndroidBinding, AndroidPolicy, AssignmentHead, Digest, Duration, Error, Locale, Purpose, Result,
};
use trennwand_policy::{PlannedPolicy, android_policies, android_settings};
use trennwand_runtime::{AndroidWork, Message};

use super::Bound;
use crate::{AndroidState, brand};

/// How long a policy stays at Google that no rule asks for any more: an enrolment token names a policy,
/// is good for at most 30 days, and would lead a phone to nothing.
const KEPT: Duration = Duration::from_secs(31 * 86_400);

/// For how long phones are still looked for that follow such a policy; later the daily look finds them.
const FRESH: Duration = Duration::from_secs(3_600);

/// More messages than are worked off at a time for one tenant.
const WRITERS: usize = 8;

/// Brings policies and brand at Google in line with the assignment head.
pub(super) async fn align(state: &AndroidState, bound: &Bound) -> Result<()> {
    let store = &state.core.store;
    let Some(head) = store.tenant(&bound.scope).head().await? else { return Ok(()) };
    let known = policies(state, bound, &head).await?;
    look(state, bound, &head).await?;
    // Which of several rules a phone is under, the phone's own place at Google has to follow. Where one
    // rule is left, there are phones at a policy that none asks for any more.
    let now = state.core.clock.now();
    let fresh = |policy: &AndroidPolicy| policy.unplanned_at.is_some_and(|at| now < at.plus(FRESH));
    if head.rules.len() > 1 || known.iter().any(fresh) {
        let work = AndroidWork::Reconcile(None);
        let message = Message::Android { tenant: bound.scope.tenant(), work };
        state.publisher.publish(&message, Duration::ZERO).await?;
    }
    Ok(())
}

/// Writes the policies that are not at Google as they should be, and takes away those that no rule
/// has asked for since the last token that may name them was made, once no phone follows them.
pub(super) async fn policies(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
) -> Result<Vec<AndroidPolicy>> {
    let android = state.core.store.android(&bound.scope);
    let (before, revision) = android.policies().await?;
    let mut after = Vec::new();
    for (name, planned) in android_policies(head) {
        let known = before.iter().find(|policy| policy.name == name);
        after.push(policy(state, bound, head, &planned, &name, known).await?);
    }
    let is_planned = |old: &&AndroidPolicy| after.iter().any(|new| new.name == old.name);
    let gone: Vec<_> = before.iter().filter(|old| !is_planned(old)).collect();
    let now = state.core.clock.now();
    for gone in gone {
        let since = gone.unplanned_at.unwrap_or(now);
        if now < since.plus(KEPT) {
            after.push(AndroidPolicy { unplanned_at: Some(since), ..gone.clone() });
            continue;
        }
        let name = bound.enterprise.policy(&gone.name).map_err(Error::internal)?;
        match state.google.delete_policy(&name).await {
            Err(error) if class(&error) == Class::Precondition => after.push(gone.clone()),
            Err(error) if class(&error) != Class::NotFound => return Err(error),
            _ => {}
        }
    }
    if after == before {
        return Ok(after);
    }
    remember(state, bound, after, revision).await
}

/// Keeps what was written. If another message wrote the same at the same time, Google counted both, and
/// the later version is the one in force.
async fn remember(
    state: &AndroidState,
    bound: &Bound,
    mut written: Vec<AndroidPolicy>,
    mut revision: u64,
) -> Result<Vec<AndroidPolicy>> {
    let android = state.core.store.android(&bound.scope);
    let is_same = |one: &[AndroidPolicy], other: &[AndroidPolicy]| {
        let what = |policy: &AndroidPolicy| (policy.name.clone(), policy.digest);
        one.iter().map(what).eq(other.iter().map(what))
    };
    for _ in 0..WRITERS {
        let error = match android.put_policies(&written, revision).await {
            Err(error) if error.is_concurrent_change() => error,
            outcome => return outcome.map(|()| written),
        };
        let (theirs, now) = android.policies().await?;
        if !is_same(&theirs, &written) {
            return Err(error);
        }
        for (ours, theirs) in written.iter_mut().zip(theirs) {
            if theirs.version > ours.version {
                *ours = theirs;
            }
        }
        revision = now;
    }
    Err(Error::unavailable("the policies are written by many at once"))
}

async fn policy(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    planned: &PlannedPolicy<'_>,
    name: &str,
    known: Option<&AndroidPolicy>,
) -> Result<AndroidPolicy> {
    let (settings, left_out) = settings(state, bound, head, planned).await?;
    // Of the enterprise too: one that is bound anew has none of the policies that are remembered.
    let written = serde_json::to_vec(&settings).map_err(Error::internal)?;
    let enterprise = bound.enterprise.to_string();
    let digest = Digest::of_parts(&[enterprise.as_bytes(), &written]);
    let (id, policy_version) = (planned.rule.policy, planned.rule.version);
    if let Some(known) = known.filter(|known| known.digest == digest) {
        let unplanned_at = None;
        let known = known.clone();
        return Ok(AndroidPolicy { policy: id, policy_version, left_out, unplanned_at, ..known });
    }
    let google = bound.enterprise.policy(name).map_err(Error::internal)?;
    let written = state.google.patch_policy(&google, &Policy::new(settings)).await?;
    let version =
        written.version.ok_or_else(|| Error::unavailable("a policy without a version"))?;
    Ok(AndroidPolicy {
        name: name.to_owned(),
        digest,
        version,
        policy: id,
        policy_version,
        // Whatever lies between the two was written by somebody else, and nobody looked at it.
        ours_since: known
            .filter(|known| known.version + 1 == version)
            .map_or(version, |known| known.ours_since),
        foreign: known.and_then(|known| known.foreign),
        left_out,
        unplanned_at: None,
    })
}

/// What a policy is to say, and what the mail app does not know of it.
pub(super) async fn settings(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    planned: &PlannedPolicy<'_>,
) -> Result<(Map<String, Value>, Vec<String>)> {
    let find = |purpose: Purpose| {
        let artefacts = planned.rule.artefacts.iter();
        artefacts.copied().find(|a| a.target == planned.target && a.purpose == purpose)
    };
    let templates = &state.core.templates;
    let wall =
        find(Purpose::Wall).ok_or_else(|| Error::internal("a planned policy without wall"))?;
    let wall = templates.get(&bound.scope, wall.digest).await?;
    let account = match find(Purpose::Account) {
        Some(account) => Some(templates.get(&bound.scope, account.digest).await?),
        None => None,
    };
    let support = head.brand.as_ref().map(|brand| &brand.support);
    let mut settings = android_settings(&wall, account.as_deref(), &head.organization, support)?;
    let left_out = fit(state, bound, &mut settings).await?;
    Ok((settings, left_out))
}

/// Leaves out what an app's own schema does not have: the names are known from reports only, and
/// whoever makes the app may change them.
async fn fit(
    state: &AndroidState,
    bound: &Bound,
    settings: &mut Map<String, Value>,
) -> Result<Vec<String>> {
    let mut left_out = Vec::new();
    let apps = settings.get_mut("applications").and_then(Value::as_array_mut);
    for app in apps.into_iter().flatten() {
        let package = app["packageName"].as_str().unwrap_or_default().to_owned();
        let Some(wanted) = app.get_mut("managedConfiguration") else { continue };
        let name = bound.enterprise.application(&package).map_err(Error::internal)?;
        let application = match state.google.application(&name, Locale::En).await {
            // An app that Google does not know takes no settings; the rest of the policy must not wait.
            Err(error) if class(&error) == Class::NotFound => {
                left_out.push(format!("{package}: managedConfiguration"));
                if let Some(app) = app.as_object_mut() {
                    app.remove("managedConfiguration");
                }
                continue;
            }
            application => application?,
        };
        for refused in application.refusals(wanted) {
            // Of a bundle all goes that is not understood entirely. A key may hold dots itself.
            let is_of = |key: &str| {
                let rest = refused.strip_prefix(key);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            if let Some(members) = wanted.as_object_mut() {
                let known = members.contains_key(&refused);
                members.retain(|key, _| if known { *key != refused } else { !is_of(key) });
            }
            left_out.push(format!("{package}: {refused}"));
        }
        if wanted.as_object().is_some_and(Map::is_empty)
            && let Some(app) = app.as_object_mut()
        {
            app.remove("managedConfiguration");
        }
    }
    Ok(left_out)
}

/// Brings name, logo, colour and contacts at Google in line.
async fn look(state: &AndroidState, bound: &Bound, head: &AssignmentHead) -> Result<()> {
    let told = brand::enterprise(state, &bound.scope, head, &bound.binding);
    let digest = brand::digest(&told);
    if bound.binding.brand == Some(digest) {
        return Ok(());
    }
    state.google.patch_enterprise(&bound.enterprise, &told).await?;
    let store = &state.core.store;
    let mut tx = store.transaction();
    let after = AndroidBinding { brand: Some(digest), ..bound.binding.clone() };
    store.android(&bound.scope).put_binding(&mut tx, &after);
    tx.commit().await
}
