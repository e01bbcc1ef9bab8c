use trennwand_domain::{CommandUuid, Device, ReasonCode, SlotKind, TenantId, Timestamp, Token};

use crate::Wanted;

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
/// to be recorded, and the reply is [`crate::next`] all the same.
#[must_use]
pub fn recognise(
    _device: &Device,
    _uuid: CommandUuid,
    _tag: &dyn Fn(u64, SlotKind) -> Token,
) -> Option<Answered> {
    todo!()
}

/// Fills the slot of a step that was answered.
pub fn record(_device: &mut Device, _answered: Answered, _outcome: Outcome, _now: Timestamp) {
    todo!()
}

/// Compares a ProfileList that was acknowledged (and recorded) with the slots: a profile that was
/// installed and is not there any more is `Lost` and offered again in the same conversation, once
/// in 24 h. `installed` gives the PayloadUUID of a profile on the phone by its identifier.
///
/// Call it after [`record`] and before the evidence is judged.
pub fn reconcile<'a>(
    _device: &mut Device,
    _tenant: TenantId,
    _wanted: Option<&Wanted>,
    _answered: Answered,
    _installed: impl Fn(&str) -> Option<&'a str>,
    _now: Timestamp,
) {
    todo!()
}
