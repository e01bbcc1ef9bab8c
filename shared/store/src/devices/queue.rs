use std::collections::BTreeMap;

use trennwand_domain::{
    CommandKind, CommandResult, CommandStatus, CommandUuid, Device, DeviceId, Error, Platform,
    QueuedCommand, Result, SlotKind,
};

use super::Devices;
use crate::{
    Listed, Page, Transaction, failure,
    item::{Fields, Item, Map, json, moment, text},
    layout::{self, attribute},
    read::{Between, sort_key},
    transaction::{Expression, Refusal, Table},
};

/// How many waiting commands are read at once.
pub(super) const AHEAD: usize = 3;
/// How many of a whole queue.
const AT_ONCE: usize = 100;
/// How many bytes of JSON a result may have; of what is more, whole members are left out.
const MAX_RESULT_BYTES: usize = 32 * 1024 - 512;

impl Devices<'_> {
    /// The commands waiting behind `uuid`, at most 3, strongly consistent.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn next_queued_after(
        &self,
        id: DeviceId,
        uuid: CommandUuid,
    ) -> Result<Vec<QueuedCommand>> {
        let span = layout::queue(&self.scope, id);
        let bounds = span.bounds(Some(&uuid.to_string()));
        let query = Between { pk: &span.pk, bounds, limit: AHEAD, consistent: true };
        let (items, _) = self.store.between(query).await?;
        items.into_iter().map(decode_queued).collect()
    }

    /// The waiting commands in the order of delivery.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn queue(&self, id: DeviceId, page: &Page) -> Result<Listed<QueuedCommand>> {
        self.store.listed(&layout::queue(&self.scope, id), page, decode_queued_fields).await
    }

    /// All waiting commands in the order of delivery, strongly consistent: for whoever decides by them
    /// what becomes of the phone. A request per 100.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn whole_queue(&self, id: DeviceId) -> Result<Vec<QueuedCommand>> {
        let span = layout::queue(&self.scope, id);
        let mut queue: Vec<QueuedCommand> = Vec::new();
        loop {
            let after = queue.last().map(|command| command.uuid.to_string());
            let bounds = span.bounds(after.as_deref());
            let query = Between { pk: &span.pk, bounds, limit: AT_ONCE, consistent: true };
            let (items, more) = self.store.between(query).await?;
            if items.is_empty() {
                return Ok(queue);
            }
            for item in items {
                queue.push(decode_queued(item)?);
            }
            if !more {
                return Ok(queue);
            }
        }
    }

    /// One waiting command.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn queued(&self, id: DeviceId, uuid: CommandUuid) -> Result<Option<QueuedCommand>> {
        let key = layout::queued(&self.scope, id, uuid);
        self.store.read(Table::Data, &key).await?.map(decode_queued_fields).transpose()
    }

    /// Queues a command; another one with the same UUID fails as already existing.
    pub fn enqueue(
        &self,
        tx: &mut Transaction,
        id: DeviceId,
        platform: Platform,
        command: &QueuedCommand,
    ) {
        self.enqueue_instead(tx, id, platform, command, None);
    }

    /// [`Self::enqueue`] of a command before which Google is to give up an operation with this name.
    pub fn enqueue_instead(
        &self,
        tx: &mut Transaction,
        id: DeviceId,
        platform: Platform,
        command: &QueuedCommand,
        operation: Option<&str>,
    ) {
        // Whoever follows the stream learns from it who carries the command out.
        let android = (platform == Platform::Android).then(|| text(platform));
        let item = Item::at(&layout::queued(&self.scope, id, command.uuid))
            .with("ki", text(command.kind.as_str()))
            .maybe(attribute::PLATFORM, android)
            .maybe(attribute::INSTEAD, operation.map(text));
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("command"));
    }

    /// What came of a command.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn result(&self, id: DeviceId, uuid: CommandUuid) -> Result<Option<CommandResult>> {
        let key = layout::result(&self.scope, id, uuid);
        self.store.read(Table::Data, &key).await?.map(decode_result).transpose()
    }

    /// The answered commands, in the order of their UUIDs.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn results(&self, id: DeviceId, page: &Page) -> Result<Listed<CommandResult>> {
        self.store.listed(&layout::results(&self.scope, id), page, decode_result).await
    }

    /// Takes `result.uuid` out of the queue and keeps the result (whole members of it, up to 32 KB), in
    /// one conditional write, together with the header and the facts if they are given (see
    /// [`Self::save`]). `false` if it was not waiting any more: a repeat, without effect.
    ///
    /// # Errors
    /// A concurrent change if the header was changed since it was read; if the database does not
    /// answer.
    pub async fn answer_queued(
        &self,
        id: DeviceId,
        result: &CommandResult,
        header: Option<&Device>,
        facts: Option<(SlotKind, &[u8])>,
    ) -> Result<bool> {
        let mut tx = self.store.transaction();
        self.put_result(&mut tx, id, result);
        if let Some(device) = header {
            self.put_header(&mut tx, device);
        }
        if let Some((query, facts)) = facts {
            self.put_facts(&mut tx, id, query, facts);
        }
        self.committed_result(tx).await
    }

    /// Takes `result.uuid` out of the queue and keeps the result; first in its transaction, which ends
    /// with [`Self::committed_result`].
    pub(crate) fn put_result(&self, tx: &mut Transaction, id: DeviceId, result: &CommandResult) {
        let missing = Error::not_found("command");
        self.take_out(tx, id, result, Expression::present(), missing);
    }

    /// Takes a command back before it was answered, and keeps that; if it is not waiting any more, or
    /// Google has it as another operation than this, the transaction fails with the conflict
    /// `concurrent_change`.
    pub fn take_back(
        &self,
        tx: &mut Transaction,
        id: DeviceId,
        result: &CommandResult,
        operation: Option<&str>,
    ) {
        let unchanged = match operation {
            Some(name) => Expression::when("op = :op").value(":op", text(name)),
            None => Expression::when("attribute_exists(pk) AND attribute_not_exists(op)"),
        };
        self.take_out(tx, id, result, unchanged, failure::concurrent_change());
    }

    fn take_out(
        &self,
        tx: &mut Transaction,
        id: DeviceId,
        result: &CommandResult,
        waiting: Expression,
        not_waiting: Error,
    ) {
        let queued = layout::queued(&self.scope, id, result.uuid);
        tx.delete(Table::Data, &queued, waiting, not_waiting);
        let item = Item::at(&layout::result(&self.scope, id, result.uuid))
            .with("ki", text(result.kind.as_str()))
            .with(attribute::STATE, text(status_word(result.status)))
            .with("cr", moment(result.answered_at))
            .with("js", json(&fitting(&result.result)));
        tx.put(Table::Data, item, Expression::default(), Error::internal("unconditional"));
    }

    /// `false` if the command was not waiting any more.
    pub(crate) async fn committed_result(&self, tx: Transaction) -> Result<bool> {
        match tx.attempt().await {
            Ok(()) => Ok(true),
            Err(Refusal::Condition { index: 0, .. }) => Ok(false),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

pub(super) fn decode_queued(item: Map) -> Result<QueuedCommand> {
    decode_queued_fields(item.into())
}

fn decode_queued_fields(mut item: Fields) -> Result<QueuedCommand> {
    let issued = item.opt_text("op")?.is_some();
    Ok(QueuedCommand { uuid: decode_uuid(&mut item)?, kind: item.word("ki", kind_of)?, issued })
}

fn decode_result(mut item: Fields) -> Result<CommandResult> {
    Ok(CommandResult {
        uuid: decode_uuid(&mut item)?,
        kind: item.word("ki", kind_of)?,
        status: item.word(attribute::STATE, status_of)?,
        answered_at: item.moment("cr")?,
        result: item.json("js")?,
    })
}

/// Behind the `1#` or `R#` of the sort key.
fn decode_uuid(item: &mut Fields) -> Result<CommandUuid> {
    let sk = item.text(attribute::SK)?;
    let uuid = sk.split_once('#').and_then(|(_, uuid)| uuid.parse().ok());
    uuid.ok_or_else(|| Error::internal("stored command: its sort key is malformed"))
}

pub(crate) fn kind_of(word: &str) -> Option<CommandKind> {
    CommandKind::QUEUED.into_iter().find(|kind| kind.as_str() == word)
}

const STATUSES: [(CommandStatus, &str); 6] = [
    (CommandStatus::Queued, "queued"),
    (CommandStatus::Delivered, "delivered"),
    (CommandStatus::NotNow, "not_now"),
    (CommandStatus::Acknowledged, "acknowledged"),
    (CommandStatus::Error, "error"),
    (CommandStatus::Cancelled, "cancelled"),
];

fn status_of(word: &str) -> Option<CommandStatus> {
    STATUSES.iter().find(|(_, w)| *w == word).map(|(status, _)| *status)
}

fn status_word(status: CommandStatus) -> &'static str {
    STATUSES.iter().find(|(s, _)| *s == status).map_or("error", |(_, word)| word)
}

/// The members that fit, in order; `truncated` says that some did not.
fn fitting(result: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut room = MAX_RESULT_BYTES;
    let mut kept = BTreeMap::new();
    for (name, value) in result {
        // Escaping makes a text at most six times as long (`\u0000`); most is not escaped at all.
        let size = json_len(name) + json_len(value) + 2;
        if size > room {
            kept.insert("truncated".into(), "true".into());
            break;
        }
        room -= size;
        kept.insert(name.clone(), value.clone());
    }
    kept
}

fn json_len(text: &str) -> usize {
    let escaped = |c: u8| match c {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}

/// Header and first queue items out of what [`layout::connect_bounds`] spans.
pub(super) fn split_connect(items: Vec<Map>) -> Option<(Map, Vec<Map>)> {
    let mut items = items.into_iter();
    let header = items.next().filter(|item| sort_key(item) == Some("0"))?;
    Some((header, items.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_cut_at_a_member_and_says_so() {
        let small = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        assert_eq!(fitting(&small), small);
        let large = BTreeMap::from([
            ("a".to_owned(), "1".to_owned()),
            ("b".to_owned(), "\u{1}".repeat(MAX_RESULT_BYTES / 6)),
        ]);
        let kept = fitting(&large);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["a", "truncated"]);
        let escaped = serde_json::to_string(&"a\"\\\n\u{1}ä").unwrap();
        assert_eq!(json_len("a\"\\\n\u{1}ä"), escaped.len());
    }

    #[test]
    fn words_are_read_again() {
        for kind in CommandKind::ALL {
            assert_eq!(kind_of(kind.as_str()), Some(kind));
        }
        for (status, word) in STATUSES {
            assert_eq!(status_of(word), Some(status));
            assert_eq!(status_word(status), word);
            assert_eq!(serde_json::to_value(status).unwrap(), word);
        }
    }
}
