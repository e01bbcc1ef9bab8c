mod checkin;
mod header;
mod list;
mod queue;
mod same_phone;

use std::collections::BTreeMap;

use trennwand_domain::{
    CommandKind, CommandResult, CommandStatus, CommandUuid, Control, ControlState, Device,
    DeviceId, DeviceState, Digest, Duration, ErrorKind, Ownership, Platform, Priority,
    QueuedCommand, ReasonCode, Sealed, SlotKind, Target, Timestamp, Token, UserId, Verdict,
};

use super::{Authentication, DeviceFilter, FleetMember, TokenUpdate, WakeTarget};
use crate::{
    Meter, Page, Store, Usage,
    testing::{NOON, elsewhere, enrol, full_device, invite, invited_device, push, scope, store},
};

const HOUR: Duration = Duration::from_secs(3600);

fn id(bits: u128) -> DeviceId {
    DeviceId::from_bits(bits)
}

fn command(priority: Priority, ms: i64) -> QueuedCommand {
    let at = Timestamp::from_unix_ms(ms);
    QueuedCommand {
        uuid: CommandUuid::queued(priority, at, [1; 10]),
        kind: CommandKind::SecurityInfo,
        issued: false,
    }
}

fn answer(command: &QueuedCommand) -> CommandResult {
    CommandResult {
        uuid: command.uuid,
        kind: command.kind,
        status: CommandStatus::Acknowledged,
        answered_at: NOON,
        result: BTreeMap::from([("PasscodePresent".into(), "true".into())]),
    }
}

async fn enqueue(store: &Store, commands: &[QueuedCommand]) {
    let mut tx = store.transaction();
    for command in commands {
        store.devices(&scope(1)).enqueue(&mut tx, id(1), Platform::Ios, command);
    }
    tx.commit().await.unwrap();
}

fn authentication(certificate: &[u8]) -> Authentication {
    Authentication {
        certificate: Digest::of(certificate),
        udid_hash: [8; 16],
        os_version: Some("26.0.1".into()),
        model: Some("iPhone17,1".into()),
        at: NOON,
    }
}

fn token_update(certificate: &[u8]) -> TokenUpdate {
    TokenUpdate {
        certificate: Digest::of(certificate),
        push: push(2),
        unlock_token: None,
        at: NOON,
    }
}

/// Stores the phone 1 as it is after its certificate was issued.
async fn issued(store: &Store) {
    issued_for(store, Ownership::Company).await;
}

async fn issued_for(store: &Store, ownership: Ownership) {
    let mut device = invited_device(1);
    device.ownership = ownership;
    device.state = DeviceState::Enrolling;
    device.pending_certificate = Some(Digest::of(b"first"));
    enrol(store, &scope(1), &device).await;
}

fn is_not_found(error: &trennwand_domain::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound { .. })
}

fn is_concurrent(error: &trennwand_domain::Error) -> bool {
    *error.kind() == ErrorKind::Conflict { code: ReasonCode::ConcurrentChange }
}

fn cost(requests: u32, rcu: f64, wcu: f64) -> Usage {
    Usage { requests, rcu, wcu }
}

/// What a transaction has cost. DynamoDB Local counts its items once, which the documentation of AWS
/// says are written twice, and their index entries twice.
fn assert_transaction(usage: Usage, expected: Usage, what: &str) {
    assert_eq!(usage.requests, expected.requests, "{what}");
    if elsewhere().is_none() {
        assert_eq!(usage, expected, "{what}");
    }
}

fn violate(device: &mut Device) {
    let state = ControlState {
        verdict: Verdict::Violated,
        reason: ReasonCode::ManagedToUnmanagedOpen,
        observed_at: Some(NOON),
    };
    device.controls.set(Control::ContactsClosed, state);
}

async fn forget(devices: &crate::Devices<'_>, store: &Store) -> trennwand_domain::Result<()> {
    let mut tx = store.transaction();
    devices.forget(&mut tx, id(1)).await?;
    tx.commit().await
}
