use trennwand_domain::{Device, SlotKind, Timestamp};

use crate::{Expected, Facts};

/// Judges the controls that rest on the answer to a query. For a ProfileList, `policy::reconcile`
/// comes first. `expected` is `None` if the phone is under no policy.
pub fn observe(
    _device: &mut Device,
    _expected: Option<&Expected<'_>>,
    _slot: SlotKind,
    _facts: &Facts,
    _at: Timestamp,
) {
    todo!()
}
