//! How far a roll-out has come, from what the index over a tenant's phones carries.

use trennwand_domain::{
    AssignmentHead, DeviceTraits, Progress, Purpose, Rollout, Rule, SlotStatus,
};

use crate::wanted::rendering_token;

/// Whether a phone shall have a roll-out's version by this head.
#[must_use]
pub fn is_meant_for(head: &AssignmentHead, rollout: &Rollout, phone: &DeviceTraits<'_>) -> bool {
    rule(head, rollout, phone).is_some()
}

/// Counts a phone under management, if it shall have the roll-out's version by this head. `wall` is
/// what came of its wall last, and which rendering that was (its mark). Versions with the same wall are
/// one to a phone, so one that has it has applied the version.
pub fn count(
    progress: &mut Progress,
    head: &AssignmentHead,
    rollout: &Rollout,
    phone: &DeviceTraits<'_>,
    wall: (SlotStatus, [u8; 4]),
) {
    let Some(rule) = rule(head, rollout, phone) else {
        return;
    };
    progress.targeted += 1;
    let wanted = rule.artefact(phone.target, Purpose::Wall);
    // A wall uses no personal variable.
    let wanted = wanted.map(|artefact| rendering_token(head, artefact, None).mark());
    if wanted != Some(wall.1) {
        return;
    }
    match wall.0 {
        SlotStatus::Acknowledged => progress.applied += 1,
        SlotStatus::Error => progress.failed += 1,
        SlotStatus::Never | SlotStatus::Lost => {}
    }
}

fn rule<'h>(
    head: &'h AssignmentHead,
    rollout: &Rollout,
    phone: &DeviceTraits<'_>,
) -> Option<&'h Rule> {
    let is_it = |rule: &&Rule| rule.policy == rollout.policy && rule.version == rollout.version;
    head.rule_for(phone).filter(is_it)
}

#[cfg(test)]
mod tests;
