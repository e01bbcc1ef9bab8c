use std::collections::BTreeMap;

use serde::Serialize;
use trennwand_domain::{
    Control, ControlState, Device, Locale, Reason, ReasonCode, SlotKind, Timestamp, Verdict,
};

use crate::{Facts, app_name, restrictions};

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
    let state = device.controls.of(control);
    let applies = state.verdict != Verdict::NotApplicable;
    ControlReport {
        control,
        verdict: state.verdict_at(now),
        reason: reason(control, state, locale, now, facts),
        observed_at: state.observed_at,
        source: source(control, state.reason),
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
        let reason = reason(control, state, locale, now, &[]);
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
    facts: &[(SlotKind, Facts)],
) -> Reason {
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
            params.insert("apps", apps(locale, facts));
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

fn apps(locale: Locale, facts: &[(SlotKind, Facts)]) -> String {
    let names: Vec<_> = facts
        .iter()
        .filter_map(|(_, facts)| match facts {
            Facts::ManagedApplications { messengers, .. } => Some(messengers),
            _ => None,
        })
        .flatten()
        .filter_map(|bundle_id| app_name(bundle_id))
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
