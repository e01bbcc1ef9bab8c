use trennwand_domain::{CommandUuid, Device, QueuedCommand, SlotKind, Timestamp, Token};

use crate::Wanted;

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

/// The next command for a phone under management; `None` ends the conversation. `queued` are
/// waiting commands (the first few after the one answered suffice, in any order); `tag` makes the
/// tag of a step that is not an install from its round and slot.
#[must_use]
pub fn next<'a>(
    _after: After,
    _device: &Device,
    _wanted: Option<&Wanted>,
    _now: Timestamp,
    _queued: &'a [QueuedCommand],
    _tag: &dyn Fn(u64, SlotKind) -> Token,
) -> Option<Next<'a>> {
    todo!()
}
