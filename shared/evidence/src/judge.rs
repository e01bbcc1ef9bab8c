use trennwand_domain::{
    Control, ControlState, Device, ReasonCode, SlotKind, SlotStatus, Slots, Timestamp, Verdict,
};

use crate::{Expected, ExpectedProfile, Facts, restrictions};

const OF_PROFILE_LIST: [Control; 3] =
    [Control::AccountManaged, Control::NoShadowAccount, Control::PolicyCurrent];

/// Judges the controls that rest on the answer to a query. For a ProfileList, `policy::reconcile`
/// comes first. `expected` is `None` if the phone is under no policy.
///
/// A question answered with an error makes its controls unknown, but does not undo a violation.
pub fn observe(
    device: &mut Device,
    expected: Option<&Expected<'_>>,
    slot: SlotKind,
    facts: &Facts,
    at: Timestamp,
) {
    let failed = |device: &mut Device, controls: &[Control]| {
        for &control in controls {
            weaken(device, control, ReasonCode::QueryFailed, Some(at));
        }
    };
    match (slot, facts) {
        (SlotKind::ProfileList, Facts::ProfileList { .. }) => {
            profile_list(device, expected, facts, at);
        }
        (SlotKind::ProfileList, Facts::Failed) => {
            failed(device, &OF_PROFILE_LIST);
            without_account(device, expected);
        }
        (SlotKind::Restrictions, Facts::Restrictions { bools }) => {
            for control in restrictions::CONTROLS {
                let finding = restrictions::judge(control, bools);
                set(device, control, finding.verdict, finding.reason, at);
            }
        }
        (SlotKind::Restrictions, Facts::Failed) => failed(device, &restrictions::CONTROLS),
        (SlotKind::ManagedApplications, Facts::ManagedApplications { messengers, .. }) => {
            let (verdict, reason) = if messengers.is_empty() {
                (Verdict::Proven, ReasonCode::NoMessengerManaged)
            } else {
                (Verdict::Violated, ReasonCode::MessengerManaged)
            };
            set(device, Control::MessengersUnmanaged, verdict, reason, at);
        }
        (SlotKind::ManagedApplications, Facts::Failed) => {
            failed(device, &[Control::MessengersUnmanaged]);
        }
        _ => {}
    }
}

fn profile_list(
    device: &mut Device,
    expected: Option<&Expected<'_>>,
    facts: &Facts,
    at: Timestamp,
) {
    let Some(expected) = expected else {
        return weaken(device, Control::PolicyCurrent, ReasonCode::PolicyNotCurrent, Some(at));
    };
    let wall = Listed::of(facts, &expected.wall);
    let account = expected.account.map(|account| Listed::of(facts, &account));

    match account {
        Err(_) => without_account(device, Some(expected)),
        Ok(account) => account_listed(device, account, at),
    }
    let missing = match (wall, account) {
        (Listed::Wanted, Err(_) | Ok(Listed::Wanted)) => None,
        (Listed::Wanted, Ok(_)) => Some(refusal(&device.slots, SlotKind::Account)),
        (Listed::Other | Listed::Not, _) => Some(refusal(&device.slots, SlotKind::Wall)),
    };
    match missing {
        None => {
            let reason = ReasonCode::PolicyReported;
            set(device, Control::PolicyCurrent, Verdict::Proven, reason, at);
        }
        Some(refusal) => {
            let reason = refusal.unwrap_or(ReasonCode::PolicyNotCurrent);
            set(device, Control::PolicyCurrent, Verdict::Unknown, reason, at);
        }
    }
    if wall == Listed::Not && refusal(&device.slots, SlotKind::Wall) == Some(ReasonCode::WallLost) {
        // What was reported rested on the wall. The phone is asked again in this conversation.
        for control in restrictions::CONTROLS {
            weaken(device, control, ReasonCode::WallLost, Some(at));
        }
    }
}

fn account_listed(device: &mut Device, account: Listed, at: Timestamp) {
    let refused = refusal(&device.slots, SlotKind::Account);
    let missing = match account {
        Listed::Wanted => None,
        Listed::Other => Some(refused.unwrap_or(ReasonCode::PolicyNotCurrent)),
        Listed::Not => Some(refused.unwrap_or_else(|| no_account_yet(&device.slots))),
    };
    match missing {
        None => {
            let reason = ReasonCode::AccountReported;
            set(device, Control::AccountManaged, Verdict::Proven, reason, at);
        }
        Some(reason) => set(device, Control::AccountManaged, Verdict::Unknown, reason, at),
    }
    let slot = device.slots.of(SlotKind::Account);
    let (verdict, reason, at) = match (refused, account, missing) {
        (Some(cause @ ReasonCode::AccountExistsByHand), ..) => (Verdict::Violated, cause, slot.at),
        (_, Listed::Not, Some(reason)) => (Verdict::Unknown, reason, at),
        _ => (Verdict::Inferred, ReasonCode::OnlyOursInstalled, at),
    };
    set(device, Control::NoShadowAccount, verdict, reason, at);
}

/// The controls of an account that the phone is not to get say why, and do not apply if the tenant
/// wants none.
fn without_account(device: &mut Device, expected: Option<&Expected<'_>>) {
    let Some(Err(cause)) = expected.map(|expected| expected.account) else {
        return;
    };
    no_account(device, cause);
}

/// The controls of an account that a phone is not to get, for this cause.
pub(crate) fn no_account(device: &mut Device, cause: ReasonCode) {
    let state = match cause {
        ReasonCode::MailNone => ControlState::not_applicable(cause),
        _ => ControlState::unknown(cause),
    };
    for control in [Control::AccountManaged, Control::NoShadowAccount] {
        device.controls.set(control, state);
    }
}

/// Why the account is not there though nothing was refused.
fn no_account_yet(slots: &Slots) -> ReasonCode {
    match slots.of(SlotKind::Wall).status {
        SlotStatus::Acknowledged => ReasonCode::AccountNotInstalled,
        _ => ReasonCode::WaitingForWall,
    }
}

/// What the slot of a profile says against it.
pub(crate) fn refusal(slots: &Slots, slot: SlotKind) -> Option<ReasonCode> {
    let (failed, lost) = match slot {
        SlotKind::Wall => (ReasonCode::WallInstallFailed, ReasonCode::WallLost),
        _ => (ReasonCode::AccountInstallFailed, ReasonCode::AccountNotInstalled),
    };
    let slot = slots.of(slot);
    match slot.status {
        SlotStatus::Error => Some(slot.cause.unwrap_or(failed)),
        SlotStatus::Lost => Some(lost),
        SlotStatus::Never | SlotStatus::Acknowledged => None,
    }
}

/// What a ProfileList says about a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// In the wanted revision.
    Wanted,
    /// In another revision.
    Other,
    /// Not at all.
    Not,
}

impl Listed {
    fn of(facts: &Facts, profile: &ExpectedProfile<'_>) -> Self {
        match facts.profile(profile.identifier) {
            None => Self::Not,
            Some(uuid) if uuid.eq_ignore_ascii_case(profile.uuid) => Self::Wanted,
            Some(_) => Self::Other,
        }
    }
}

pub(crate) fn set(
    device: &mut Device,
    control: Control,
    verdict: Verdict,
    reason: ReasonCode,
    at: Timestamp,
) {
    device.controls.set(control, ControlState { verdict, reason, observed_at: Some(at) });
}

/// Makes a control unknown, unless the phone reported the opposite.
pub(crate) fn weaken(
    device: &mut Device,
    control: Control,
    reason: ReasonCode,
    observed_at: Option<Timestamp>,
) {
    if device.controls.of(control).verdict != Verdict::Violated {
        let state = ControlState { verdict: Verdict::Unknown, reason, observed_at };
        device.controls.set(control, state);
    }
}

#[cfg(test)]
mod tests;
