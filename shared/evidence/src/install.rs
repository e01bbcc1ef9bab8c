use trennwand_apple::ErrorItem;
use trennwand_domain::{Device, ReasonCode, SlotKind, Timestamp};

/// What it means that the phone refused an install with this error chain.
#[must_use]
pub fn install_cause(_slot: SlotKind, _errors: &[ErrorItem]) -> ReasonCode {
    todo!()
}

/// Judges what the answer to an install says, from the slot that it was recorded in
/// (`policy::record` comes first).
pub fn judge_install(_device: &mut Device, _slot: SlotKind, _at: Timestamp) {
    todo!()
}
