//! A tenant's policies at Google. What was written there is remembered, whoever else writes meanwhile.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use trennwand_android::{Application, Class, Policy, class};
use trennwand_domain::{
    AndroidPolicy, AssignmentHead, Digest, Duration, Enrollment, Error, Locale, Purpose, Result,
};
use trennwand_policy::{PlannedPolicy, android_policies, android_settings};

use super::Bound;
use crate::AndroidState;

/// How often what was written is tried to be kept: more messages than are worked off at a time for one
/// tenant.
pub(super) const WRITERS: usize = 8;

/// The digest of no settings.
const NEVER: Digest = Digest::from_bytes([0; 32]);

/// How long a policy stays at Google that no rule asks for any more: an enrolment token names a policy,
/// is good for at most 30 days, and would lead a phone to nothing.
const KEPT: Duration = Duration::from_secs(Enrollment::LONGEST_S + 86_400);

/// What came of writing a tenant's policies.
pub(super) struct Written {
    /// What is remembered.
    pub(super) policies: Vec<AndroidPolicy>,
    /// The names of those that could not be written, and why.
    failed: Vec<(String, Error)>,
}

impl Written {
    /// For whoever needs all of them.
    ///
    /// # Errors
    /// If one of them could not be written; the others are. What is worth repeating is said first.
    pub(super) fn all(self) -> Result<()> {
        let is_final = |error: &Error| matches!(class(error), Class::Refused | Class::Precondition);
        let errors = self.failed.into_iter().map(|(_, error)| error);
        errors.min_by_key(is_final).map_or(Ok(()), Err)
    }

    /// For whoever needs one of them: what is wrong with another is not in the way.
    ///
    /// # Errors
    /// If that one could not be written.
    pub(super) fn one(self, name: &str) -> Result<()> {
        let own = self.failed.into_iter().find(|(failed, _)| failed == name);
        own.map_or(Ok(()), |(_, error)| Err(error))
    }
}

/// Writes the policies that are not at Google as they should be, and takes away those that no rule
/// has asked for since the last token that may name them was made, once no phone follows them.
pub(super) async fn write(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
) -> Result<Written> {
    let android = state.core.store.android(&bound.scope);
    let (before, revision) = android.policies().await?;
    let (mut after, mut failed, mut is_out) = (Vec::new(), Vec::new(), false);
    let mut apps = Apps::new();
    for (name, planned) in android_policies(head) {
        let known = before.iter().find(|policy| policy.name == name);
        let outcome = match is_out {
            true => Err(Error::unavailable("not tried, since another was not answered")),
            false => policy(state, bound, head, &planned, &name, known, &mut apps).await,
        };
        match outcome {
            Ok(written) => after.push(written),
            Err(error) => {
                is_out |= !matches!(class(&error), Class::Refused | Class::Precondition);
                after.extend(known.map(|k| AndroidPolicy { unplanned_at: None, ..k.clone() }));
                failed.push((name, error));
            }
        }
    }
    let is_planned = |old: &&AndroidPolicy| after.iter().any(|new| new.name == old.name);
    let gone: Vec<_> = before.iter().filter(|old| !is_planned(old)).collect();
    let now = state.core.clock.now();
    for gone in gone {
        let since = gone.unplanned_at.unwrap_or(now);
        if is_out || now < since.plus(KEPT) {
            after.push(AndroidPolicy { unplanned_at: Some(since), ..gone.clone() });
            continue;
        }
        let name = bound.enterprise.policy(&gone.name).map_err(Error::internal)?;
        match state.google.delete_policy(&name).await {
            Err(error) if class(&error) == Class::NotFound => {}
            Err(error) => {
                after.push(gone.clone());
                // Phones follow it still; it goes another time.
                if class(&error) != Class::Precondition {
                    failed.push((gone.name.clone(), error));
                }
            }
            Ok(()) => {}
        }
    }
    if after != before {
        after = remember(state, bound, &before, after, revision).await?;
    }
    Ok(Written { policies: after, failed })
}

/// Keeps what was written. If another message wrote at the same time, Google counted both, and the later
/// version is the one in force.
async fn remember(
    state: &AndroidState,
    bound: &Bound,
    before: &[AndroidPolicy],
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
        let (mut theirs, now) = android.policies().await?;
        if !is_same(&theirs, &written) {
            let patched = written.iter().filter(|policy| !before.contains(policy));
            let Some(()) = distrust(&mut theirs, patched) else { return Err(error) };
            match android.put_policies(&theirs, now).await {
                Err(error) if error.is_concurrent_change() => continue,
                outcome => return Err(outcome.err().unwrap_or(error)),
            }
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

/// What was patched here came after what others remember, and says something else: Google has it, and
/// it is to be written anew. `None` if there is none such.
fn distrust<'a>(
    theirs: &mut [AndroidPolicy],
    patched: impl Iterator<Item = &'a AndroidPolicy>,
) -> Option<()> {
    let mut found = None;
    for ours in patched {
        let later = |known: &&mut AndroidPolicy| {
            known.name == ours.name && known.version < ours.version && known.digest != ours.digest
        };
        if let Some(known) = theirs.iter_mut().find(later) {
            known.digest = NEVER;
            found = Some(());
        }
    }
    found
}

/// A policy as it is to be at Google; asked for only if it is not there already.
async fn policy(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    planned: &PlannedPolicy<'_>,
    name: &str,
    known: Option<&AndroidPolicy>,
    apps: &mut Apps,
) -> Result<AndroidPolicy> {
    let settings = Settings::of(state, bound, head, planned, apps).await?;
    let Some(known) = known.filter(|known| known.digest == settings.digest) else {
        return patch(state, bound, planned, settings, name, known).await;
    };
    Ok(AndroidPolicy {
        source: Some(planned.source()),
        policy: planned.rule.policy,
        policy_version: planned.rule.version,
        left_out: settings.left_out,
        unplanned_at: None,
        ..known.clone()
    })
}

/// Writes a policy, whatever is there.
pub(super) async fn patch(
    state: &AndroidState,
    bound: &Bound,
    planned: &PlannedPolicy<'_>,
    settings: Settings,
    name: &str,
    known: Option<&AndroidPolicy>,
) -> Result<AndroidPolicy> {
    let google = bound.enterprise.policy(name).map_err(Error::internal)?;
    let Settings { members, left_out, digest } = settings;
    let written = state.google.patch_policy(&google, &Policy::new(members)).await?;
    let version =
        written.version.ok_or_else(|| Error::unavailable("a policy without a version"))?;
    Ok(AndroidPolicy {
        name: name.to_owned(),
        digest,
        version,
        source: Some(planned.source()),
        policy: planned.rule.policy,
        policy_version: planned.rule.version,
        // Whatever lies between the two was written by somebody else, and nobody looked at it.
        ours_since: known
            .filter(|known| known.version + 1 == version)
            .map_or(version, |known| known.ours_since),
        // Where the numbers begin anew, as in another enterprise, that one is another.
        foreign: known
            .filter(|known| known.version < version)
            .and_then(|known| known.foreign)
            .filter(|foreign| foreign.version < version),
        left_out,
        unplanned_at: None,
    })
}

/// Apps by their packages, each asked about once; `None` if Google does not know it.
pub(super) type Apps = BTreeMap<String, Option<Application>>;

/// What a policy is to say.
pub(super) struct Settings {
    members: Map<String, Value>,
    /// What the mail app does not know of it.
    left_out: Vec<String>,
    /// Hash of it, and of the enterprise: one that is bound anew has none of the policies that are
    /// remembered.
    digest: Digest,
}

impl Settings {
    pub(super) async fn of(
        state: &AndroidState,
        bound: &Bound,
        head: &AssignmentHead,
        planned: &PlannedPolicy<'_>,
        apps: &mut Apps,
    ) -> Result<Self> {
        let templates = &state.core.templates;
        let wall = planned
            .artefact(Purpose::Wall)
            .ok_or_else(|| Error::internal("a planned policy without wall"))?;
        let wall = templates.get(&bound.scope, wall.digest).await?;
        let account = match planned.artefact(Purpose::Account) {
            Some(account) => Some(templates.get(&bound.scope, account.digest).await?),
            None => None,
        };
        let support = head.brand.as_ref().map(|brand| &brand.support);
        let mut members = android_settings(&wall, account.as_deref(), &head.organization, support)?;
        let left_out = fit(state, bound, &mut members, apps).await?;
        let written = serde_json::to_vec(&members).map_err(Error::internal)?;
        let digest = Digest::of_parts(&[bound.enterprise.to_string().as_bytes(), &written]);
        Ok(Self { members, left_out, digest })
    }
}

/// Leaves out what an app's own schema does not have: the names are known from reports only, and
/// whoever makes the app may change them.
async fn fit(
    state: &AndroidState,
    bound: &Bound,
    settings: &mut Map<String, Value>,
    apps: &mut Apps,
) -> Result<Vec<String>> {
    let mut left_out = Vec::new();
    let entries = settings.get_mut("applications").and_then(Value::as_array_mut);
    for app in entries.into_iter().flatten() {
        let package = app["packageName"].as_str().unwrap_or_default().to_owned();
        let Some(wanted) = app.get_mut("managedConfiguration") else { continue };
        let name = bound.enterprise.application(&package).map_err(Error::internal)?;
        if !apps.contains_key(&package) {
            let found = match state.google.application(&name, Locale::En).await {
                Err(error) if class(&error) == Class::NotFound => None,
                found => Some(found?),
            };
            apps.insert(package.clone(), found);
        }
        // An app that Google does not know takes no settings; the rest of the policy must not wait.
        let Some(Some(application)) = apps.get(&package) else {
            left_out.push(format!("{package}: managedConfiguration"));
            if let Some(app) = app.as_object_mut() {
                app.remove("managedConfiguration");
            }
            continue;
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
