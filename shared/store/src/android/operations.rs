use trennwand_domain::{CommandKind, QueuedCommand};

use super::*;
use crate::{devices::kind_of, transaction::Refusal};

/// A command that was handed to Google.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The phone's tenant.
    pub scope: TenantScope,
    /// The phone.
    pub device: DeviceId,
    /// The command.
    pub command: CommandUuid,
    /// What it asks.
    pub kind: CommandKind,
}

/// A command that waits for an Android phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The command.
    pub command: QueuedCommand,
    /// What Google calls it since it has it, and until when it may be carried out.
    pub operation: Option<(String, Timestamp)>,
    /// What Google calls the command that it was ordered in place of.
    pub instead_of: Option<String>,
}

impl Android<'_> {
    /// Notes that a waiting command was handed to Google as the operation with this name. If it is not
    /// waiting any more, or was handed over already, the conflict `concurrent_change`.
    ///
    /// # Errors
    /// A concurrent change; if the database does not answer.
    pub async fn issued(
        &self,
        device: DeviceId,
        command: &QueuedCommand,
        operation: &str,
        until: Timestamp,
    ) -> Result<()> {
        let mut tx = self.store.transaction();
        let change = Expression::update("SET op = :op, ex = :ex")
            .and_when("attribute_exists(pk) AND attribute_not_exists(op)")
            .value(":op", text(operation))
            .value(":ex", moment(until));
        let key = layout::queued(&self.scope, device, command.uuid);
        tx.update(&key, change, failure::concurrent_change());
        let item = Item::at(&layout::operation_directory(operation_hash(operation)))
            .with("tn", text(self.scope.tenant()))
            .with(attribute::DEVICE, text(device))
            .with("cm", text(command.uuid))
            .with("ki", text(command.kind.as_str()))
            .with(attribute::TTL, number(until.unix_s() + 30 * 86_400));
        tx.put(Table::Data, item, Expression::default(), failure::concurrent_change());
        tx.commit().await
    }

    /// Lets Google be told to give up this operation for the sake of a waiting command. `false` if that
    /// is not waiting (any more), or is in place of another one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn in_place_of(
        &self,
        device: DeviceId,
        uuid: CommandUuid,
        operation: &str,
    ) -> Result<bool> {
        let mut tx = self.store.transaction();
        let change = Expression::update("SET io = :io")
            .and_when("attribute_exists(pk) AND (attribute_not_exists(io) OR io = :io)")
            .value(":io", text(operation));
        let key = layout::queued(&self.scope, device, uuid);
        tx.update(&key, change, failure::concurrent_change());
        match tx.attempt().await {
            Ok(()) => Ok(true),
            Err(Refusal::Condition { .. }) => Ok(false),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// A command, if it is still waiting.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn waiting(&self, device: DeviceId, uuid: CommandUuid) -> Result<Option<Waiting>> {
        let key = layout::queued(&self.scope, device, uuid);
        let Some(mut item) = self.store.read(Table::Data, &key).await? else { return Ok(None) };
        let operation = item.opt_text("op")?.zip(item.opt_moment("ex")?);
        let (kind, issued) = (item.word("ki", kind_of)?, operation.is_some());
        let command = QueuedCommand { uuid, kind, issued };
        Ok(Some(Waiting { command, operation, instead_of: item.opt_text(attribute::INSTEAD)? }))
    }

    /// Keeps what became of a command that Google had; in one request. With the command that removes
    /// what is the company's goes the state that the phone's enrolment is in then: `released` unless it
    /// has ended already, `enrolled` only if it still is `releasing`. `false` if the command was not
    /// waiting any more: a repeat, without effect.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn finish(
        &self,
        device: DeviceId,
        result: &CommandResult,
        state: Option<DeviceState>,
    ) -> Result<bool> {
        let mut tx = self.store.transaction();
        let devices = self.store.devices(&self.scope);
        devices.put_result(&mut tx, device, result);
        let Some(state) = state else { return devices.committed_result(tx).await };
        let change = Expression::update("SET st = :st, rv = rv + :one")
            .value(":st", text(state))
            .value(":one", number(1));
        let change = match state {
            DeviceState::Released => change
                .and_when("attribute_exists(pk) AND NOT st IN (:st, :superseded)")
                .value(":superseded", text(DeviceState::Superseded)),
            _ => {
                change.and_when("st = :releasing").value(":releasing", text(DeviceState::Releasing))
            }
        };
        let key = layout::device(&self.scope, device);
        tx.update(&key, change, failure::concurrent_change());
        match tx.attempt().await {
            Ok(()) => Ok(true),
            Err(Refusal::Condition { index: 0, .. }) => Ok(false),
            // The enrolment has moved on without the command: its state is what that made of it.
            Err(Refusal::Condition { .. }) => {
                let mut tx = self.store.transaction();
                devices.put_result(&mut tx, device, result);
                devices.committed_result(tx).await
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Lets the enrolment of a phone from which something is removed be `releasing`, until
    /// [`Self::finish`] ends it or takes it back.
    pub fn begin_removal(&self, tx: &mut Transaction, device: &Device) {
        let change = Expression::update("SET st = :st, rv = rv + :one")
            .and_when("rv = :rv")
            .value(":st", text(DeviceState::Releasing))
            .value(":one", number(1))
            .value(":rv", number(device.revision));
        let key = layout::device(&self.scope, device.id);
        tx.update(&key, change, failure::concurrent_change());
    }
}

pub(crate) fn operation_hash(operation: &str) -> Digest {
    Digest::of_parts(&[b"operation", operation.as_bytes()])
}
