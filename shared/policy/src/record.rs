use trennwand_domain::{
    CommandUuid, Device, Position, Purpose, ReasonCode, Slot, SlotKind, SlotStatus, TenantId,
    Timestamp, Token,
};

use crate::{
    Wanted, identifier, profile_uuid,
    sequence::{RETRY_AFTER, is_wall_gone, may_have_account, shall_remove_account},
};

/// An answer to a derived step that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Which time around.
    pub round: u64,
    /// Which step.
    pub slot: SlotKind,
    /// The token of the rendering (installs).
    pub token: Token,
}

/// How the phone answered. `NotNow` is never recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `Acknowledged`.
    Acknowledged,
    /// `Error` or `CommandFormatError`, and what that means.
    Error(ReasonCode),
}

/// Reads the CommandUUID of an `Acknowledged`, `Error` or `CommandFormatError` to a derived step.
/// `None` if it is not ours, was answered before, or cannot have been offered: then nothing is
/// to be recorded, and the reply is [`crate::next()`] all the same.
#[must_use]
pub fn recognise(
    device: &Device,
    uuid: CommandUuid,
    tag: &dyn Fn(u64, SlotKind) -> Token,
) -> Option<Answered> {
    let Position::Derived { round, slot, tag: token } = uuid.position()? else {
        return None;
    };
    let slots = &device.slots;
    let genuine = match slot {
        SlotKind::Wall | SlotKind::Account => token != Token::default(),
        _ => token == tag(round, slot),
    };
    let is_new = round > slots.of(slot).round && round <= slots.max_round() + 1;
    (genuine && is_new).then_some(Answered { round, slot, token })
}

/// Fills the slot of a step that was answered.
///
/// A wall that is refused after it was lost keeps the cause `wall_lost`: the wall is gone, and the
/// account goes too.
pub fn record(device: &mut Device, answered: Answered, outcome: Outcome, now: Timestamp) {
    let Answered { round, slot: kind, token } = answered;
    let slot = device.slots.of_mut(kind);
    let before = *slot;
    let is_profile = matches!(kind, SlotKind::Wall | SlotKind::Account);
    let (status, cause) = match outcome {
        Outcome::Acknowledged => {
            (SlotStatus::Acknowledged, waits_again(&before).then(|| loss_of(kind)))
        }
        Outcome::Error(_) if kind == SlotKind::Wall && is_missing(&before) => {
            (SlotStatus::Error, Some(ReasonCode::WallLost))
        }
        Outcome::Error(cause) => (SlotStatus::Error, Some(cause)),
    };
    let token = if is_profile { token } else { Token::default() };
    *slot = Slot { round, token, status, cause, at: now };
    let account = device.slots.of_mut(SlotKind::Account);
    let removed = kind == SlotKind::RemoveAccount && outcome == Outcome::Acknowledged;
    if removed && account.round <= round {
        *account = Slot { round, ..Slot::default() };
    }
}

/// Compares a ProfileList that was acknowledged (and recorded) with the slots: a profile that was
/// installed and is not there any more is `Lost` and offered again in the same conversation; an
/// older revision than the one acknowledged is offered again too. If that does not help, the next
/// attempt is 24 h later. `installed` gives the PayloadUUID of a profile on the phone by its
/// identifier.
///
/// Call it after [`record`] and before the evidence is judged.
pub fn reconcile<'a>(
    device: &mut Device,
    tenant: TenantId,
    wanted: Option<&Wanted>,
    answered: Answered,
    installed: impl Fn(&str) -> Option<&'a str>,
    now: Timestamp,
) {
    let was_gone = is_wall_gone(&device.slots);
    for (kind, purpose) in [(SlotKind::Wall, Purpose::Wall), (SlotKind::Account, Purpose::Account)]
    {
        let slot = device.slots.of_mut(kind);
        // Asked before the last install was answered: says nothing about it.
        if slot.round > answered.round {
            continue;
        }
        let found = match installed(&identifier(tenant, purpose)) {
            None => Found::Nothing,
            Some(uuid) if uuid.eq_ignore_ascii_case(&profile_uuid(tenant, purpose, slot.token)) => {
                Found::Same
            }
            Some(_) => Found::Other,
        };
        compare(slot, kind, found, answered.round, now);
        if kind == SlotKind::Account
            && found == Found::Nothing
            && shall_remove_account(&device.slots, wanted)
        {
            let account = device.slots.of_mut(kind);
            *account = Slot { round: account.round, ..Slot::default() };
        }
    }
    let has_account = may_have_account(&device.slots);
    let wall = device.slots.of_mut(SlotKind::Wall);
    let refused = wall.status == SlotStatus::Error && wall.round <= answered.round;
    if refused && has_account && installed(&identifier(tenant, Purpose::Wall)).is_none() {
        wall.cause = Some(ReasonCode::WallLost);
    }
    if is_wall_gone(&device.slots) && !was_gone && has_account {
        // The account has to go, and its turn to go was over in this round.
        let remove = device.slots.of_mut(SlotKind::RemoveAccount);
        remove.round = remove.round.max(answered.round);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Same,
    Other,
}

fn compare(slot: &mut Slot, kind: SlotKind, found: Found, round: u64, now: Timestamp) {
    let tried_again = slot.cause.is_some() && now.since(slot.at) < RETRY_AFTER;
    match (slot.status, found) {
        (SlotStatus::Lost, Found::Same) => slot.status = SlotStatus::Acknowledged,
        (SlotStatus::Lost, Found::Other) => {
            slot.status = SlotStatus::Acknowledged;
            slot.token = Token::default();
        }
        // It is to be offered again already; its turn in this conversation is not given twice.
        (SlotStatus::Acknowledged, Found::Other) if waits_again(slot) => {}
        (SlotStatus::Acknowledged, Found::Nothing) if waits_again(slot) => {
            slot.status = SlotStatus::Lost;
        }
        (SlotStatus::Acknowledged, Found::Nothing | Found::Other) if tried_again => {
            let lost = found == Found::Nothing;
            let cause = if lost { loss_of(kind) } else { ReasonCode::PolicyNotCurrent };
            *slot = Slot { round, status: SlotStatus::Error, cause: Some(cause), at: now, ..*slot };
        }
        (SlotStatus::Acknowledged, Found::Nothing) => {
            slot.status = SlotStatus::Lost;
            slot.round = round;
        }
        (SlotStatus::Acknowledged, Found::Other) => {
            slot.token = Token::default();
            slot.round = round;
        }
        _ => {}
    }
}

/// Whether an install that was acknowledged is to be repeated: lost, or found in an old revision
/// (the token is taken away then).
fn waits_again(slot: &Slot) -> bool {
    slot.status == SlotStatus::Lost
        || slot.status == SlotStatus::Acknowledged && slot.token == Token::default()
}

/// Whether the last ProfileList lacked the wall.
fn is_missing(wall: &Slot) -> bool {
    wall.status == SlotStatus::Lost
        || wall.status == SlotStatus::Error && wall.cause == Some(ReasonCode::WallLost)
}

/// The cause kept with an install that was acknowledged again after it had been lost.
const fn loss_of(kind: SlotKind) -> ReasonCode {
    match kind {
        SlotKind::Wall => ReasonCode::WallLost,
        _ => ReasonCode::AccountNotInstalled,
    }
}
