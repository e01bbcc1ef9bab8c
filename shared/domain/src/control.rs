use serde::{Deserialize, Serialize};

use crate::{Duration, ReasonCode, Timestamp};

/// What is said about a control or a phone. Ordered from best to worst, so that `max` is the
/// verdict over several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// The control does not concern this phone.
    NotApplicable = 0,
    /// The phone reported it.
    Proven = 1,
    /// It follows from what the phone reported, but was not reported itself.
    Inferred = 2,
    /// The phone has not said.
    Unknown = 3,
    /// The phone said so too long ago. Never stored: reading compares with `fresh_until`.
    Stale = 4,
    /// The phone reported the opposite.
    Violated = 5,
}

impl Verdict {
    /// The stored number's meaning.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::NotApplicable,
            1 => Self::Proven,
            2 => Self::Inferred,
            3 => Self::Unknown,
            4 => Self::Stale,
            5 => Self::Violated,
            _ => return None,
        })
    }

    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Proven => "proven",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Violated => "violated",
        }
    }
}

/// Something that must hold on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Control {
    /// Unmanaged apps cannot read business contacts.
    ContactsClosed = 0,
    /// Business documents do not open in unmanaged apps.
    DocumentsClosed = 1,
    /// The clipboard follows the same border.
    ClipboardClosed = 2,
    /// The business account on the phone is the one we installed.
    AccountManaged = 3,
    /// No further business account was added by hand.
    NoShadowAccount = 4,
    /// No app of the catalogue of address book collectors is managed.
    MessengersUnmanaged = 5,
    /// The phone has exactly the wanted artefacts.
    PolicyCurrent = 6,
}

impl Control {
    /// All controls, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::ContactsClosed,
        Self::DocumentsClosed,
        Self::ClipboardClosed,
        Self::AccountManaged,
        Self::NoShadowAccount,
        Self::MessengersUnmanaged,
        Self::PolicyCurrent,
    ];

    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContactsClosed => "contacts_closed",
            Self::DocumentsClosed => "documents_closed",
            Self::ClipboardClosed => "clipboard_closed",
            Self::AccountManaged => "account_managed",
            Self::NoShadowAccount => "no_shadow_account",
            Self::MessengersUnmanaged => "messengers_unmanaged",
            Self::PolicyCurrent => "policy_current",
        }
    }
}

/// What is known about one control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlState {
    /// As of `observed_at`; never [`Verdict::Stale`] when stored.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// When the phone said what this rests on; whole seconds. `None` if it never did.
    pub observed_at: Option<Timestamp>,
}

/// How long an observation stays fresh.
const FRESH_FOR: Duration = Duration::from_secs(72 * 3600);

impl ControlState {
    /// Nothing is known yet.
    #[must_use]
    pub const fn unknown(reason: ReasonCode) -> Self {
        Self { verdict: Verdict::Unknown, reason, observed_at: None }
    }

    /// The control does not concern this phone.
    #[must_use]
    pub const fn not_applicable(reason: ReasonCode) -> Self {
        Self { verdict: Verdict::NotApplicable, reason, observed_at: None }
    }

    /// Until when the observation is fresh: 72 h after it was made.
    #[must_use]
    pub fn fresh_until(&self) -> Option<Timestamp> {
        self.observed_at.map(|at| at.plus(FRESH_FOR))
    }

    /// The verdict as it reads at `now`: an observation that is no longer fresh is stale, a
    /// violation stays one.
    #[must_use]
    pub fn verdict_at(&self, now: Timestamp) -> Verdict {
        match self.verdict {
            Verdict::Proven | Verdict::Inferred if self.fresh_until().is_none_or(|t| t < now) => {
                Verdict::Stale
            }
            verdict => verdict,
        }
    }
}

/// What is known about every control of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlStates([ControlState; 7]);

impl Default for ControlStates {
    fn default() -> Self {
        Self([ControlState::unknown(ReasonCode::NotYetAsked); 7])
    }
}

impl ControlStates {
    /// One control.
    #[must_use]
    pub const fn of(&self, control: Control) -> &ControlState {
        &self.0[control as usize]
    }

    /// Sets one control.
    pub const fn set(&mut self, control: Control, state: ControlState) {
        self.0[control as usize] = state;
    }

    /// Every control with its state, in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = (Control, &ControlState)> {
        Control::ALL.into_iter().zip(&self.0)
    }

    /// The phone's verdict as stored: its worst control that is applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.0.iter().map(|s| s.verdict).max().unwrap_or(Verdict::Unknown)
    }

    /// The phone's verdict as it reads at `now`.
    #[must_use]
    pub fn verdict_at(&self, now: Timestamp) -> Verdict {
        self.0.iter().map(|s| s.verdict_at(now)).max().unwrap_or(Verdict::Unknown)
    }

    /// The earliest end of freshness over the applicable controls.
    #[must_use]
    pub fn fresh_until(&self) -> Option<Timestamp> {
        self.0
            .iter()
            .filter(|s| s.verdict != Verdict::NotApplicable)
            .filter_map(ControlState::fresh_until)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    fn all(verdict: Verdict) -> ControlStates {
        let state =
            ControlState { verdict, reason: ReasonCode::ReportedClosed, observed_at: Some(NOON) };
        ControlStates([state; 7])
    }

    #[test]
    fn the_worst_applicable_control_is_the_verdict_of_the_phone() {
        let mut states = all(Verdict::Proven);
        states.set(Control::AccountManaged, ControlState::not_applicable(ReasonCode::NotYetAsked));
        assert_eq!(states.verdict(), Verdict::Proven);
        for (worse, control) in [
            (Verdict::Inferred, Control::NoShadowAccount),
            (Verdict::Unknown, Control::PolicyCurrent),
            (Verdict::Violated, Control::ContactsClosed),
        ] {
            states.set(control, ControlState { verdict: worse, ..*states.of(control) });
            assert_eq!(states.verdict(), worse);
        }
    }

    #[test]
    fn after_72_hours_an_observation_is_stale_but_a_violation_stays() {
        let hour = Duration::from_secs(3600);
        let last = NOON.plus(72 * hour);
        for good in [Verdict::Proven, Verdict::Inferred] {
            assert_eq!(all(good).verdict_at(last), good);
            assert_eq!(all(good).verdict_at(last.plus(hour)), Verdict::Stale);
        }
        assert_eq!(all(Verdict::Violated).verdict_at(last.plus(hour)), Verdict::Violated);
        assert_eq!(all(Verdict::Unknown).verdict_at(last.plus(hour)), Verdict::Unknown);
        assert_eq!(all(Verdict::Proven).fresh_until(), Some(last));
    }
}
