use trennwand_android::{
    Class, Command, DeviceName, ManagementMode, Ownership as ReportedOwnership, UserFacingMessage,
    Wipe, class,
};
use trennwand_domain::{
    CommandKind, CommandResult, CommandStatus, CommandUuid, Device, DeviceId, DeviceState,
    Duration, Error, Ownership, QueuedCommand, Result,
};

use super::Bound;
use crate::{AndroidState, notify};

const DAY: Duration = Duration::from_secs(86_400);

/// For how long a phone that is off may still be locked when it comes back.
const LOCK_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// The same for what takes the company's data off it: a phone in a drawer comes back late.
const REMOVAL_LIFE: Duration = Duration::from_secs(365 * 86_400);

/// Hands a waiting command to Google, or finds out what became of it.
pub(super) async fn command(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    uuid: CommandUuid,
) -> Result<()> {
    let store = &state.core.store;
    let (devices, android) = (store.devices(&bound.scope), store.android(&bound.scope));
    let Some(waiting) = devices.queued(id, uuid).await? else { return Ok(()) };
    if let Some(Some((operation, until))) = android.operation_of(id, uuid).await? {
        return follow(state, bound, id, &waiting, &operation, until).await;
    }
    let (device, phone) = (devices.get(id).await?, android.phone(id).await?);
    let (Some(device), Some(phone)) = (device, phone) else {
        return give_up(state, bound, id, &waiting, "not_enrolled").await;
    };
    let name: DeviceName = phone.name.parse().map_err(Error::internal)?;
    let (order, life) = match order(state, &device, &name, waiting.kind).await {
        Ok(Some(order)) => order,
        Ok(None) => return give_up(state, bound, id, &waiting, "refused").await,
        Err(error) if class(&error) == Class::NotFound => {
            return give_up(state, bound, id, &waiting, "not_enrolled").await;
        }
        Err(error) => return Err(error),
    };
    let issued = match state.google.issue_command(&name, &order).await {
        Ok(issued) => issued,
        Err(error) => match class(&error) {
            Class::NotFound => return give_up(state, bound, id, &waiting, "not_enrolled").await,
            Class::Refused | Class::Precondition | Class::Forbidden => {
                tracing::error!(?error, "Google refused a command");
                return give_up(state, bound, id, &waiting, "refused").await;
            }
            Class::Retryable | Class::Quota => return Err(error),
        },
    };
    let until = state.core.clock.now().plus(life);
    android.issued(id, &waiting, &issued.name.to_string(), until).await
}

/// What a command is at Google; `None` for one that such a phone must never get.
///
/// Google has one command for wiping. On a personal phone it removes the work profile, on a company
/// phone everything. So whose phone it is at Google is asked right before, and whatever says
/// "personal" wins.
async fn order(
    state: &AndroidState,
    device: &Device,
    name: &DeviceName,
    kind: CommandKind,
) -> Result<Option<(Command, Duration)>> {
    let removal = match kind {
        CommandKind::DeviceLock => return Ok(Some((Command::lock(LOCK_LIFE), LOCK_LIFE))),
        CommandKind::Release | CommandKind::WipeBusiness => Removal::Business,
        CommandKind::WipeDevice => Removal::Everything,
        _ => return Ok(None),
    };
    let now = state.google.device(name).await?;
    let order = removal.order(device.ownership, now.ownership, now.management_mode);
    Ok(order.map(|order| (order, REMOVAL_LIFE)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Business,
    Everything,
}

impl Removal {
    /// The command for a phone that was invited as `ours` and that Google has as `theirs`.
    fn order(
        self,
        ours: Ownership,
        theirs: ReportedOwnership,
        mode: ManagementMode,
    ) -> Option<Command> {
        match (self, ours, theirs) {
            // Only here does wiping mean the work profile.
            (Self::Business, _, ReportedOwnership::PersonallyOwned)
                if mode == ManagementMode::ProfileOwner =>
            {
                let reason = UserFacingMessage::new(
                    "Your company ended the management of this phone.",
                    "Ihre Firma hat die Verwaltung dieses Telefons beendet.",
                );
                let wipe = Wipe::WorkProfile { reason: Some(reason) };
                Some(Command::wipe(wipe, REMOVAL_LIFE))
            }
            // Takes the work profile off and leaves the private side, whoever was said to own it.
            (Self::Business, _, ReportedOwnership::CompanyOwned)
                if mode == ManagementMode::ProfileOwner =>
            {
                Some(Command::relinquish_ownership(REMOVAL_LIFE))
            }
            (Self::Everything, Ownership::Company, ReportedOwnership::CompanyOwned) => {
                Some(Command::wipe(Wipe::WholeDevice, REMOVAL_LIFE))
            }
            _ => None,
        }
    }
}

/// Asks what became of a command that Google has; once its time is over, nobody knows.
async fn follow(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    waiting: &QueuedCommand,
    operation: &str,
    until: trennwand_domain::Timestamp,
) -> Result<()> {
    let name = operation.parse().map_err(Error::internal)?;
    match state.google.operation(&name).await {
        Ok(operation) if operation.done => notify::finish(state, &operation).await,
        Err(error) if class(&error) != Class::NotFound => Err(error),
        _ if state.core.clock.now() > until.plus(DAY) => {
            give_up(state, bound, id, waiting, "expired").await
        }
        _ => Ok(()),
    }
}

/// Answers a command that no phone will.
async fn give_up(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    waiting: &QueuedCommand,
    why: &str,
) -> Result<()> {
    let android = state.core.store.android(&bound.scope);
    let result = [("reason".to_owned(), format!("\"{why}\""))].into();
    let answer = CommandResult {
        uuid: waiting.uuid,
        kind: waiting.kind,
        status: CommandStatus::Error,
        answered_at: state.core.clock.now(),
        result,
    };
    let removes = matches!(
        waiting.kind,
        CommandKind::Release | CommandKind::WipeBusiness | CommandKind::WipeDevice
    );
    let then = match why {
        _ if !removes => None,
        // Google does not know it (any more).
        "not_enrolled" => Some(DeviceState::Released),
        _ => Some(DeviceState::Enrolled),
    };
    android.finish(id, &answer, then).await.map(drop)
}

#[cfg(test)]
mod tests {
    use trennwand_android::CommandType;

    use super::*;

    const OWNERSHIPS: [ReportedOwnership; 3] = [
        ReportedOwnership::PersonallyOwned,
        ReportedOwnership::CompanyOwned,
        ReportedOwnership::Unrecognised,
    ];
    const MODES: [ManagementMode; 3] =
        [ManagementMode::ProfileOwner, ManagementMode::DeviceOwner, ManagementMode::Unrecognised];

    /// Every combination: on a phone that anything says is personal, nothing that Google would
    /// take for the whole phone.
    #[test]
    fn a_phone_that_anything_says_is_personal_is_never_reset_as_a_whole() {
        for removal in [Removal::Business, Removal::Everything] {
            for &ours in Ownership::ALL {
                for theirs in OWNERSHIPS {
                    for mode in MODES {
                        let order = removal.order(ours, theirs, mode);
                        let wipes = order.as_ref().is_some_and(|o| o.kind() == CommandType::Wipe);
                        // Google resets whatever is not personally owned.
                        let resets = wipes && theirs != ReportedOwnership::PersonallyOwned;
                        let may = removal == Removal::Everything
                            && ours == Ownership::Company
                            && theirs == ReportedOwnership::CompanyOwned;
                        assert_eq!(resets, may, "{removal:?} {ours} {theirs:?} {mode:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn business_data_goes_from_both_kinds_of_phone() {
        let order = |theirs| {
            let mode = ManagementMode::ProfileOwner;
            Removal::Business.order(Ownership::Company, theirs, mode).unwrap().kind()
        };
        assert_eq!(order(ReportedOwnership::PersonallyOwned), CommandType::Wipe);
        assert_eq!(order(ReportedOwnership::CompanyOwned), CommandType::RelinquishOwnership);
    }
}
