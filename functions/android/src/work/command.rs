use trennwand_android::{
    Class, Command, DeviceName, ManagementMode, OperationName, Ownership as ReportedOwnership,
    UserFacingMessage, Wipe, class,
};
use trennwand_domain::{
    CommandFailure, CommandKind, CommandUuid, Device, DeviceId, DeviceState, Duration, Error,
    Ownership, Position, QueuedCommand, Removal, Result, TenantScope, Timestamp,
};
use trennwand_runtime::{AndroidWork, Message};
use trennwand_store::{Issued, Waiting};

use super::Bound;
use crate::{AndroidState, notify};

const DAY: Duration = Duration::from_secs(86_400);

/// For how long a phone that is off may still be locked when it comes back.
const LOCK_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// The same for what takes the company's data off it: a phone in a drawer comes back late.
const REMOVAL_LIFE: Duration = Duration::from_secs(365 * 86_400);

/// After which pause Google is told again what it did not answer to.
const AGAIN: Duration = Duration::from_secs(60);

/// Google's shortest life of a command.
const SHORTEST: Duration = Duration::from_secs(60);

/// Hands a waiting command to Google, or finds out what became of it.
pub(super) async fn command(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    uuid: CommandUuid,
) -> Result<()> {
    let android = state.core.store.android(&bound.scope);
    let Some(waiting) = android.waiting(id, uuid).await? else { return Ok(()) };
    match &waiting.operation {
        Some((operation, until)) => {
            if let Some(former) = &waiting.instead_of {
                // It may have become known after this one was handed over.
                cancel(state, former).await?;
            }
            follow(state, bound, id, &waiting.command, operation, *until).await
        }
        None => hand_over(state, bound, id, &waiting).await,
    }
}

/// Answers what waits for a phone of an enterprise that is not bound any more: nobody carries it out.
pub(super) async fn unreachable(
    state: &AndroidState,
    scope: &TenantScope,
    id: DeviceId,
    uuid: CommandUuid,
) -> Result<()> {
    let Some(waiting) = state.core.store.android(scope).waiting(id, uuid).await? else {
        return Ok(());
    };
    answer(state, scope, id, &waiting.command, Err(CommandFailure::NotEnrolled)).await
}

async fn hand_over(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    waiting: &Waiting,
) -> Result<()> {
    let store = &state.core.store;
    let command = &waiting.command;
    let (device, phone) =
        (store.devices(&bound.scope).get(id).await?, store.android(&bound.scope).phone(id).await?);
    let (Some(device), Some(phone)) = (device.filter(|d| !d.state.has_ended()), phone) else {
        return give_up(state, bound, id, command, CommandFailure::NotEnrolled).await;
    };
    let until = until(state, command);
    let life = until.since(state.core.clock.now());
    if life.is_zero() {
        return give_up(state, bound, id, command, CommandFailure::Expired).await;
    }
    if let Some(former) = &waiting.instead_of {
        cancel(state, former).await?;
    }
    let name: DeviceName = phone.name.parse().map_err(Error::internal)?;
    let order = match order(state, &device, &name, command.kind, life.max(SHORTEST)).await {
        Ok(Some(order)) => order,
        Ok(None) => return give_up(state, bound, id, command, CommandFailure::Refused).await,
        Err(error) => return unless_final(state, bound, id, command, error).await,
    };
    let issued = match state.google.issue_command(&name, &order).await {
        Ok(issued) => issued.name.to_string(),
        Err(error) => return unless_final(state, bound, id, command, error).await,
    };
    let android = store.android(&bound.scope);
    match android.issued(id, command, &issued, until).await {
        Err(error) if error.is_concurrent_change() => {
            // It was taken back meanwhile, or handed over a second time: Google is to do it once.
            let kept = android.waiting(id, command.uuid).await?.and_then(|w| w.operation);
            match kept {
                Some((operation, _)) if operation == issued => Ok(()),
                _ => call_off(state, bound, id, command.uuid, &issued).await,
            }
        }
        outcome => outcome,
    }
}

/// Ends a command about which Google said something that repeating does not change.
async fn unless_final(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    command: &QueuedCommand,
    error: Error,
) -> Result<()> {
    let why = match class(&error) {
        Class::NotFound => CommandFailure::NotEnrolled,
        Class::Refused | Class::Precondition => {
            tracing::error!(?error, "Google refused a command");
            CommandFailure::Refused
        }
        // Whether the whole enterprise is gone is found out behind this.
        Class::Forbidden | Class::Retryable | Class::Quota => return Err(error),
    };
    give_up(state, bound, id, command, why).await
}

/// Lets Google give a command up, if it is not over.
async fn cancel(state: &AndroidState, operation: &str) -> Result<()> {
    let name = operation.parse().map_err(Error::internal)?;
    match state.google.cancel_operation(&name).await {
        Err(error) if matches!(class(&error), Class::Retryable | Class::Quota) => Err(error),
        Err(error) => {
            tracing::warn!(?error, "an operation was not cancelled");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Cancels an operation that stands for no waiting command, so that it does not get lost: if Google
/// does not answer now, the removal that waits has it cancelled before (and, once a day, after) it is
/// handed over itself. A process that dies between Google's answer and this leaves an operation of which
/// nobody knows.
async fn call_off(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    uuid: CommandUuid,
    operation: &str,
) -> Result<()> {
    let devices = state.core.store.devices(&bound.scope);
    let waiting = devices.whole_queue(id).await;
    let heir = waiting.map(|queue| {
        let mut removals = queue.into_iter().filter(|c| c.kind.removal().is_some());
        removals.find_map(|c| (c.uuid != uuid).then_some(c.uuid)).unwrap_or(uuid)
    });
    let noted = match &heir {
        Ok(heir) => state.core.store.android(&bound.scope).in_place_of(id, *heir, operation).await,
        Err(_) => Ok(false),
    };
    let Err(error) = cancel(state, operation).await else { return Ok(()) };
    let (heir, true) = (heir?, noted?) else { return Err(error) };
    tracing::warn!(?error, "an operation is cancelled later");
    let work = AndroidWork::Command(id, heir);
    let message = Message::Android { tenant: bound.scope.tenant(), work };
    state.publisher.publish(&message, AGAIN).await
}

/// Until when a command may be carried out, however late it is handed over.
fn until(state: &AndroidState, command: &QueuedCommand) -> Timestamp {
    let life = match command.kind {
        CommandKind::DeviceLock => LOCK_LIFE,
        _ => REMOVAL_LIFE,
    };
    ordered_at(command).unwrap_or_else(|| state.core.clock.now()).plus(life)
}

fn ordered_at(command: &QueuedCommand) -> Option<Timestamp> {
    match command.uuid.position()? {
        Position::Queued { at, .. } => Some(at),
        Position::Derived { .. } => None,
    }
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
    life: Duration,
) -> Result<Option<Command>> {
    if kind == CommandKind::DeviceLock {
        return Ok(Some(Command::lock(life)));
    }
    let Some(removal) = kind.removal() else { return Ok(None) };
    let now = state.google.device(name).await?;
    Ok(removal_command(removal, device.ownership, now.ownership, now.management_mode, life))
}

/// The command that removes so much from a phone that was invited as `ours` and that Google has as
/// `theirs`.
fn removal_command(
    removal: Removal,
    ours: Ownership,
    theirs: ReportedOwnership,
    mode: ManagementMode,
    life: Duration,
) -> Option<Command> {
    match (removal, ours, theirs) {
        // Only here does wiping mean the work profile.
        (Removal::Business, _, ReportedOwnership::PersonallyOwned)
            if mode == ManagementMode::ProfileOwner =>
        {
            let reason = UserFacingMessage::new(
                "Your company ended the management of this phone.",
                "Ihre Firma hat die Verwaltung dieses Telefons beendet.",
            );
            let wipe = Wipe::WorkProfile { reason: Some(reason) };
            Some(Command::wipe(wipe, life))
        }
        // Takes the work profile off and leaves the private side, whoever was said to own it.
        (Removal::Business, _, ReportedOwnership::CompanyOwned)
            if mode == ManagementMode::ProfileOwner =>
        {
            Some(Command::relinquish_ownership(life))
        }
        (Removal::Everything, Ownership::Company, ReportedOwnership::CompanyOwned) => {
            Some(Command::wipe(Wipe::WholeDevice, life))
        }
        _ => None,
    }
}

/// Asks what became of a command that Google has. It ends as Google says, with the end of the phone's
/// management, with its time, or when Google knows no more of it.
async fn follow(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    command: &QueuedCommand,
    operation: &str,
    until: Timestamp,
) -> Result<()> {
    let now = state.core.clock.now();
    let name: OperationName = operation.parse().map_err(Error::internal)?;
    if name.enterprise() != bound.enterprise {
        // Google does not let us ask, and what it says of a former enterprise proves nothing.
        return give_up(state, bound, id, command, CommandFailure::NotEnrolled).await;
    }
    let is_known = match state.google.operation(&name).await {
        Ok(operation) if operation.done => {
            let issued = issued(&bound.scope, id, command);
            return notify::conclude(state, &issued, &operation).await;
        }
        Err(error) if matches!(class(&error), Class::Retryable | Class::Quota) => {
            return Err(error);
        }
        Err(error) if class(&error) == Class::Forbidden && now <= until.plus(DAY) => {
            return Err(error);
        }
        outcome => outcome.is_ok(),
    };
    let device = state.core.store.devices(&bound.scope).get(id).await?;
    let ended = device.as_ref().filter(|device| device.state.has_ended());
    if let Some(device) = ended {
        // Its last report said so before Google did.
        return match (device.state, command.kind.removal()) {
            (DeviceState::Released, Some(Removal::Business)) => {
                answer(state, &bound.scope, id, command, Ok(())).await
            }
            // The work profile is gone; whether the phone was reset only Google can say, and it may be
            // about to.
            (DeviceState::Released, Some(Removal::Everything)) => {
                match device.last_seen_at.is_some_and(|at| now < at.plus(DAY)) {
                    true => Ok(()),
                    false => give_up(state, bound, id, command, CommandFailure::Unknown).await,
                }
            }
            _ => give_up(state, bound, id, command, CommandFailure::NotEnrolled).await,
        };
    }
    if now > until.plus(DAY) {
        return give_up(state, bound, id, command, CommandFailure::Expired).await;
    }
    let was_young = ordered_at(command).is_some_and(|at| now < at.plus(DAY));
    if is_known || was_young {
        return Ok(());
    }
    let Some(phone) = state.core.store.android(&bound.scope).phone(id).await? else {
        return give_up(state, bound, id, command, CommandFailure::NotEnrolled).await;
    };
    let name: DeviceName = phone.name.parse().map_err(Error::internal)?;
    match state.google.device(&name).await.as_ref().map_err(class) {
        Ok(_) => give_up(state, bound, id, command, CommandFailure::Unknown).await,
        Err(Class::NotFound) => {
            give_up(state, bound, id, command, CommandFailure::NotEnrolled).await
        }
        // Asked again tomorrow.
        Err(_) => Ok(()),
    }
}

/// Answers a command that no phone will.
async fn give_up(
    state: &AndroidState,
    bound: &Bound,
    id: DeviceId,
    command: &QueuedCommand,
    why: CommandFailure,
) -> Result<()> {
    answer(state, &bound.scope, id, command, Err(why)).await
}

async fn answer(
    state: &AndroidState,
    scope: &TenantScope,
    id: DeviceId,
    command: &QueuedCommand,
    outcome: Result<(), CommandFailure>,
) -> Result<()> {
    notify::answer(state, &issued(scope, id, command), outcome).await
}

const fn issued(scope: &TenantScope, device: DeviceId, command: &QueuedCommand) -> Issued {
    Issued { scope: *scope, device, command: command.uuid, kind: command.kind }
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
                        let order = removal_command(removal, ours, theirs, mode, DAY);
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
    fn only_a_work_profile_is_taken_off_and_only_a_company_phone_is_reset() {
        use {Ownership::Company, Removal::*, ReportedOwnership::*};
        for removal in [Business, Everything] {
            for &ours in Ownership::ALL {
                for theirs in OWNERSHIPS {
                    for mode in MODES {
                        let expected = match (removal, ours, theirs, mode) {
                            (Business, _, PersonallyOwned, ManagementMode::ProfileOwner)
                            | (Everything, Company, CompanyOwned, _) => Some(CommandType::Wipe),
                            (Business, _, CompanyOwned, ManagementMode::ProfileOwner) => {
                                Some(CommandType::RelinquishOwnership)
                            }
                            _ => None,
                        };
                        let order = removal_command(removal, ours, theirs, mode, DAY);
                        let kind = order.map(|order| order.kind());
                        assert_eq!(kind, expected, "{removal:?} {ours} {theirs:?} {mode:?}");
                    }
                }
            }
        }
    }
}
