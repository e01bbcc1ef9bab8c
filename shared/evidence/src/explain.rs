use std::collections::BTreeMap;

use serde::Serialize;
use trennwand_domain::{
    Control, ControlState, Device, Locale, Platform, Reason, ReasonCode, SlotKind, Timestamp,
    Verdict,
};

use crate::{AndroidFacts, CATALOGUE, Facts, app_name, restrictions};

/// One control of one phone, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlReport {
    /// The control.
    pub control: Control,
    /// As it reads now.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// When the phone said what this rests on.
    pub observed_at: Option<Timestamp>,
    /// What it rests on: the command that was answered, or `settings`.
    pub source: &'static str,
    /// Until when it counts.
    pub fresh_until: Option<Timestamp>,
}

/// Puts one control into words. `facts` are what is stored of the phone's answers; they only fill
/// the reason's placeholders.
#[must_use]
pub fn explain(
    device: &Device,
    control: Control,
    locale: Locale,
    now: Timestamp,
    facts: &[(SlotKind, Facts)],
) -> ControlReport {
    report(device, control, locale, now, Known { facts, android: None })
}

/// Every control of an Android phone in words. `facts` are what is kept of its last report.
#[must_use]
pub fn explain_android(
    device: &Device,
    locale: Locale,
    now: Timestamp,
    facts: Option<&AndroidFacts>,
) -> Vec<ControlReport> {
    let known = Known { facts: &[], android: facts };
    Control::ALL.into_iter().map(|control| report(device, control, locale, now, known)).collect()
}

/// What is stored of what a phone said; it only fills the reasons' placeholders.
#[derive(Debug, Clone, Copy)]
struct Known<'f> {
    facts: &'f [(SlotKind, Facts)],
    android: Option<&'f AndroidFacts>,
}

fn report(
    device: &Device,
    control: Control,
    locale: Locale,
    now: Timestamp,
    known: Known<'_>,
) -> ControlReport {
    let state = device.controls.of(control);
    let applies = state.verdict != Verdict::NotApplicable;
    let source = match (source(control, state.reason), device.platform) {
        ("settings", _) => "settings",
        (_, Platform::Android) => "status_report",
        (source, Platform::Ios) => source,
    };
    ControlReport {
        control,
        verdict: state.verdict_at(now),
        reason: reason(control, state, locale, now, known),
        observed_at: state.observed_at,
        source,
        fresh_until: state.fresh_until().filter(|_| applies),
    }
}

/// Every control in words, in the order in which they are shown.
#[must_use]
pub fn explain_all(
    device: &Device,
    locale: Locale,
    now: Timestamp,
    facts: &[(SlotKind, Facts)],
) -> Vec<ControlReport> {
    let report = |control| explain(device, control, locale, now, facts);
    Control::ALL.into_iter().map(report).collect()
}

/// Why the phone's verdict is not better: the reasons of the controls that have it, each once;
/// none if it is `proven`. Needs no facts and so says less than [`explain_all`]; for lists.
#[must_use]
pub fn reasons(device: &Device, locale: Locale, now: Timestamp) -> Vec<Reason> {
    let verdict = device.controls.verdict_at(now);
    if verdict <= Verdict::Proven {
        return Vec::new();
    }
    let mut reasons: Vec<Reason> = Vec::new();
    for (control, state) in device.controls.iter().filter(|(_, s)| s.verdict_at(now) == verdict) {
        let reason = reason(control, state, locale, now, Known { facts: &[], android: None });
        if reasons.iter().all(|known| known.code != reason.code) {
            reasons.push(reason);
        }
    }
    reasons
}

fn reason(
    control: Control,
    state: &ControlState,
    locale: Locale,
    now: Timestamp,
    known: Known<'_>,
) -> Reason {
    let facts = known.facts;
    let code = match state.verdict_at(now) {
        Verdict::Stale => ReasonCode::ObservationTooOld,
        _ => state.reason,
    };
    let mut params = BTreeMap::new();
    match code {
        ReasonCode::ExceptionNotListed | ReasonCode::ReportedOpen | ReasonCode::KeyNotListed => {
            params.insert("keys", keys(control, code, facts));
        }
        ReasonCode::MessengerManaged => {
            params.insert("apps", apps(locale, facts, known.android));
        }
        ReasonCode::SettingNotApplied | ReasonCode::SettingPending => {
            params.insert("settings", settings(locale, known.android));
        }
        _ => {}
    }
    code.reason(locale, params)
}

/// The keys that the reason speaks of, if the facts still say the same; else all that the control
/// rests on.
fn keys(control: Control, code: ReasonCode, facts: &[(SlotKind, Facts)]) -> String {
    let stored = facts.iter().find_map(|(_, facts)| match facts {
        Facts::Restrictions { bools } => Some(restrictions::judge(control, bools)),
        _ => None,
    });
    let keys = match stored {
        Some(finding) if finding.reason == code => finding.keys,
        _ => restrictions::keys_of(control, code).to_vec(),
    };
    keys.join(", ")
}

/// The settings of an Android policy that the reason speaks of.
fn settings(locale: Locale, facts: Option<&AndroidFacts>) -> String {
    let settings = facts.map(AndroidFacts::settings).unwrap_or_default();
    match (settings.is_empty(), locale) {
        (false, _) => settings.join(", "),
        (true, Locale::En) => "a setting of its policy".to_owned(),
        (true, Locale::De) => "eine Einstellung seiner Richtlinie".to_owned(),
    }
}

fn apps(locale: Locale, facts: &[(SlotKind, Facts)], android: Option<&AndroidFacts>) -> String {
    let of_android =
        |package: &str| CATALOGUE.iter().find(|app| app.android == package).map(|app| app.name);
    let named = android.into_iter().flat_map(AndroidFacts::messengers).filter_map(of_android);
    let names: Vec<_> = facts
        .iter()
        .filter_map(|(_, facts)| match facts {
            Facts::ManagedApplications { messengers, .. } => Some(messengers),
            _ => None,
        })
        .flatten()
        .filter_map(|bundle_id| app_name(bundle_id))
        .chain(named)
        .collect();
    match (names.is_empty(), locale) {
        (false, _) => names.join(", "),
        (true, Locale::En) => "An app of the catalogue".to_owned(),
        (true, Locale::De) => "Eine App des Katalogs".to_owned(),
    }
}

const fn source(control: Control, reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::NoUser | ReasonCode::MailNotSet | ReasonCode::MailNone => return "settings",
        ReasonCode::AccountExistsByHand
        | ReasonCode::AccountInstallFailed
        | ReasonCode::WallInstallFailed => return "install_profile",
        ReasonCode::WallLost => return "profile_list",
        _ => {}
    }
    match control {
        Control::ContactsClosed | Control::DocumentsClosed | Control::ClipboardClosed => {
            "restrictions"
        }
        Control::AccountManaged | Control::NoShadowAccount | Control::PolicyCurrent => {
            "profile_list"
        }
        Control::MessengersUnmanaged => "managed_application_list",
    }
}

#[cfg(test)]
mod tests;
