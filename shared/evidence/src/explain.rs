use serde::Serialize;
use trennwand_domain::{Control, Device, Locale, Reason, SlotKind, Timestamp, Verdict};

use crate::Facts;

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
    /// What it rests on: the command that was answered.
    pub source: &'static str,
    /// Until when it counts.
    pub fresh_until: Option<Timestamp>,
}

/// Puts one control into words. `facts` are what is stored of the phone's answers; they only fill
/// the reason's placeholders.
#[must_use]
pub fn explain(
    _device: &Device,
    _control: Control,
    _locale: Locale,
    _now: Timestamp,
    _facts: &[(SlotKind, Facts)],
) -> ControlReport {
    todo!()
}

/// Every control in words, in the order in which they are shown.
#[must_use]
pub fn explain_all(
    _device: &Device,
    _locale: Locale,
    _now: Timestamp,
    _facts: &[(SlotKind, Facts)],
) -> Vec<ControlReport> {
    todo!()
}

/// Why the phone's verdict is what it is: the reasons of the controls that have it, each once.
/// Needs no facts and so says less than [`explain_all`]; for lists.
#[must_use]
pub fn reasons(_device: &Device, _locale: Locale, _now: Timestamp) -> Vec<Reason> {
    todo!()
}
