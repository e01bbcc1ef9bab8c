use trennwand_domain::{
    CommandUuid, Device, Duration, Position, Priority, QueuedCommand, ReasonCode, Slot, SlotKind,
    SlotStatus, Slots, Timestamp, Token,
};

use crate::{Wanted, WantedArtefact};

/// After this long an install that the phone refused is offered again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// After this long a phone is asked again; below a day, so that the daily wake finds it due.
const ASK_AFTER: Duration = Duration::from_secs(20 * 3600);

/// What the phone said before it gets its next command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// `Idle`: a conversation begins.
    Idle,
    /// An answer to a command, already recorded if it is to be.
    Answer {
        /// The command answered.
        uuid: CommandUuid,
        /// Whether the answer was `NotNow`.
        not_now: bool,
    },
}

/// What the phone is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'a> {
    /// A step that follows from policy and state, under this CommandUUID.
    Derived(CommandUuid, SlotKind),
    /// An operator's command.
    Queued(&'a QueuedCommand),
}

impl Next<'_> {
    /// The CommandUUID.
    #[must_use]
    pub const fn uuid(&self) -> CommandUuid {
        match self {
            Self::Derived(uuid, _) => *uuid,
            Self::Queued(command) => command.uuid,
        }
    }
}

/// The next command for a phone under management; `None` ends the conversation.
///
/// Derived and queued commands form one sequence, ordered by CommandUUID; the next is the first
/// after the one answered. A conversation begins in the round above all that was answered. A step
/// that became due again after its turn takes the next round; one that had its turn and was
/// answered `NotNow` waits for the next conversation.
///
/// `queued` are waiting commands (the first few after the one answered suffice, in any order);
/// `tag` makes the tag of a step that is not an install from its round and slot.
#[must_use]
pub fn next<'a>(
    after: After,
    device: &Device,
    wanted: Option<&Wanted>,
    now: Timestamp,
    queued: &'a [QueuedCommand],
    tag: &dyn Fn(u64, SlotKind) -> Token,
) -> Option<Next<'a>> {
    let slots = &device.slots;
    let (floor, turn) = match after {
        After::Idle => (None, Turn::Begin),
        After::Answer { uuid, not_now } => {
            let turn = match uuid.position()? {
                Position::Derived { round, slot, .. } => Turn::After { round, slot, not_now },
                Position::Queued { priority: Priority::Urgent, .. } => Turn::Begin,
                Position::Queued { priority: Priority::Normal, .. } => Turn::Over,
            };
            (Some(uuid), turn)
        }
    };
    let derived = SlotKind::ALL
        .into_iter()
        .filter(|&kind| is_due(kind, slots, wanted, now))
        .filter_map(|kind| Some((turn.round_of(kind, slots)?, kind)))
        .min()
        .map(|(round, kind)| {
            let token = wanted
                .and_then(|wanted| install(kind, wanted))
                .map_or_else(|| tag(round, kind), |artefact| artefact.token);
            Next::Derived(CommandUuid::derived(round, kind, token), kind)
        });
    queued
        .iter()
        .map(Next::Queued)
        .chain(derived)
        .filter(|next| floor.is_none_or(|floor| next.uuid() > floor))
        .min_by_key(Next::uuid)
}

/// Where the derived steps stand.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Before the first.
    Begin,
    /// After this one.
    After { round: u64, slot: SlotKind, not_now: bool },
    /// After the last.
    Over,
}

impl Turn {
    /// The round in which a step that is due has its next turn.
    fn round_of(self, kind: SlotKind, slots: &Slots) -> Option<u64> {
        let answered = slots.of(kind).round;
        match self {
            Self::Begin => Some(slots.max_round() + 1),
            Self::Over => None,
            Self::After { slot, not_now: true, .. } if kind == slot => None,
            Self::After { round, slot, .. } if kind > slot && answered < round => Some(round),
            Self::After { round, .. } if answered >= round => Some(round + 1),
            Self::After { .. } => None,
        }
    }
}

/// The artefact that an install step installs.
const fn install(kind: SlotKind, wanted: &Wanted) -> Option<&WantedArtefact> {
    match kind {
        SlotKind::Wall => Some(&wanted.wall),
        SlotKind::Account => match &wanted.account {
            Ok(account) => Some(account),
            Err(_) => None,
        },
        _ => None,
    }
}

fn is_due(kind: SlotKind, slots: &Slots, wanted: Option<&Wanted>, now: Timestamp) -> bool {
    let slot = slots.of(kind);
    match kind {
        SlotKind::Wall | SlotKind::Account => {
            let artefact = wanted.and_then(|wanted| install(kind, wanted));
            let allowed = kind == SlotKind::Wall || wall_stands(slots);
            allowed && artefact.is_some_and(|artefact| is_install_due(slot, artefact, now))
        }
        SlotKind::RemoveAccount => {
            let refused = slot.status == SlotStatus::Error
                && slot.at >= slots.of(SlotKind::Account).at
                && now.since(slot.at) < RETRY_AFTER;
            shall_remove_account(slots, wanted) && !refused
        }
        _ => {
            slot.status == SlotStatus::Never
                || now.since(slot.at) >= ASK_AFTER
                || slot.round < last_install_round(slots)
        }
    }
}

fn is_install_due(slot: &Slot, artefact: &WantedArtefact, now: Timestamp) -> bool {
    let again = match slot.status {
        SlotStatus::Lost => true,
        SlotStatus::Error => now.since(slot.at) >= RETRY_AFTER,
        SlotStatus::Never | SlotStatus::Acknowledged => false,
    };
    again || slot.token != artefact.token
}

/// Whether a wall, of whichever revision, was acknowledged and not found missing since.
fn wall_stands(slots: &Slots) -> bool {
    slots.of(SlotKind::Wall).status == SlotStatus::Acknowledged
}

/// Whether the wall is known to be gone for good: it was lost, and the new one was refused.
pub(crate) fn is_wall_gone(slots: &Slots) -> bool {
    let wall = slots.of(SlotKind::Wall);
    wall.status == SlotStatus::Error && wall.cause == Some(ReasonCode::WallLost)
}

/// Whether the phone may have our account.
pub(crate) fn may_have_account(slots: &Slots) -> bool {
    slots.of(SlotKind::Account).status != SlotStatus::Never
}

/// Whether the account shall not be on the phone, though it may be.
pub(crate) fn shall_remove_account(slots: &Slots, wanted: Option<&Wanted>) -> bool {
    let unwanted = wanted.is_some_and(|wanted| wanted.account.is_err());
    may_have_account(slots) && (unwanted || is_wall_gone(slots))
}

fn last_install_round(slots: &Slots) -> u64 {
    let rounds = SlotKind::ALL.into_iter().filter(|kind| kind.is_install());
    rounds.map(|kind| slots.of(kind).round).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
