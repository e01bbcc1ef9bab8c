use trennwand_domain::{CommandKind, QueuedCommand};

use super::*;

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

impl Android<'_> {
    /// Notes that a waiting command was handed to Google as the operation with this name. If it is not
    /// waiting any more, the conflict `concurrent_change`.
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
            .and_when("attribute_exists(pk)")
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

    /// The operation that a waiting command was handed to Google as, and until when it may be carried
    /// out; `None` if it is not waiting any more.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn operation_of(
        &self,
        device: DeviceId,
        command: CommandUuid,
    ) -> Result<Option<Option<(String, Timestamp)>>> {
        let key = layout::queued(&self.scope, device, command);
        let Some(mut item) = self.store.read(Table::Data, &key).await? else { return Ok(None) };
        let operation = item.opt_text("op")?;
        let until = item.opt_moment("ex")?;
        Ok(Some(operation.zip(until)))
    }

    /// Keeps what became of a command that Google had, and the state that the phone's enrolment is in
    /// then, if it changes; in one request. `false` if it was not waiting any more: a repeat, without
    /// effect.
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
        if let Some(state) = state {
            let change = Expression::update("SET st = :st, rv = rv + :one")
                .and_when("attribute_exists(pk)")
                .value(":st", text(state))
                .value(":one", number(1));
            let gone = Error::not_found("device");
            tx.update(&layout::device(&self.scope, device), change, gone);
        }
        devices.committed_result(tx).await
    }

    /// Lets an enrolment of which a command was ordered be `releasing`, or back again.
    pub fn set_state(&self, tx: &mut Transaction, device: &Device, state: DeviceState) {
        let change = Expression::update("SET st = :st, rv = rv + :one")
            .and_when("rv = :rv")
            .value(":st", text(state))
            .value(":one", number(1))
            .value(":rv", number(device.revision));
        let key = layout::device(&self.scope, device.id);
        tx.update(&key, change, failure::concurrent_change());
    }
}

pub(crate) fn operation_hash(operation: &str) -> Digest {
    Digest::of_parts(&[b"operation", operation.as_bytes()])
}
