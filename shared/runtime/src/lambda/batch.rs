use std::{panic::AssertUnwindSafe, time::Instant};

use aws_lambda_events::event::{
    dynamodb::{Event, EventRecord},
    sqs::{SqsEvent, SqsMessage},
};
use futures_util::FutureExt as _;
use serde::Serialize;
use trennwand_domain::{Duration, Error, Result};
use trennwand_store::Meter;

use super::Inbox;
use crate::Message;

/// The pause before a message that failed comes again, doubled with each delivery. Without it, it would
/// stay hidden for as long as several invocations may take.
const FIRST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Which items of a batch failed (`ReportBatchItemFailures`); the others are done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    batch_item_failures: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    item_identifier: String,
}

impl Failures {
    fn add(&mut self, item: Option<&str>) {
        // An empty identifier stands for the whole batch.
        let item_identifier = item.unwrap_or_default().to_owned();
        self.batch_item_failures.push(Item { item_identifier });
    }
}

/// Carries out the messages one by one; the queue delivers those that failed again, of which `inbox` is
/// told when.
pub(super) async fn work(
    event: SqsEvent,
    inbox: Option<&dyn Inbox>,
    work: &impl AsyncFn(Message) -> Result<()>,
) -> Failures {
    let mut failures = Failures::default();
    for message in &event.records {
        let started = now();
        let (outcome, usage) = Meter::measure(caught(carry_out(message, work))).await;
        tracing::info!(
            target: "message",
            code = outcome.as_ref().map_or_else(Error::code, |()| "done"),
            duration_ms = started.elapsed().as_millis() as u64,
            ddb_requests = usage.requests,
            rcu = usage.rcu,
            wcu = usage.wcu,
        );
        if let Err(error) = outcome {
            tracing::warn!(?error, "a message is left to be delivered again");
            failures.add(message.message_id.as_deref());
            if let Some(inbox) = inbox {
                deliver_later(inbox, message).await;
            }
        }
    }
    failures
}

/// If the queue does not take it, the message comes again all the same, only later.
async fn deliver_later(inbox: &dyn Inbox, message: &SqsMessage) {
    let count = message.attributes.get("ApproximateReceiveCount").and_then(|n| n.parse().ok());
    let Some((receipt, count)) = message.receipt_handle.as_deref().zip(count) else { return };
    if let Err(error) = inbox.deliver_later(receipt, pause(count)).await {
        tracing::warn!(?error, "a message comes again later than it could");
    }
}

/// After how many deliveries a message waits how long.
fn pause(deliveries: u32) -> Duration {
    FIRST.saturating_mul(1 << deliveries.saturating_sub(1).min(16)).min(LONGEST)
}

async fn carry_out(message: &SqsMessage, work: &impl AsyncFn(Message) -> Result<()>) -> Result<()> {
    work(Message::from_json(message.body.as_deref().unwrap_or_default())?).await
}

/// Hands the records over together, since wakes are gathered per batch; if that fails, one by one up
/// to the one that fails. The stream goes on with that one: records are followed in their order.
pub(super) async fn follow(event: Event, follow: &impl AsyncFn(&Event) -> Result<()>) -> Failures {
    let mut failures = Failures::default();
    let Err(error) = measured(event.records.len(), follow(&event)).await else {
        return failures;
    };
    tracing::warn!(?error, "records are followed one by one");
    for record in &event.records {
        if let Err(error) = measured(1, follow(&alone(record))).await {
            tracing::warn!(?error, "a record is left to be followed again");
            failures.add(record.change.sequence_number.as_deref());
            break;
        }
    }
    failures
}

fn alone(record: &EventRecord) -> Event {
    let mut event = Event::default();
    event.records.push(record.clone());
    event
}

async fn measured(records: usize, work: impl Future<Output = Result<()>>) -> Result<()> {
    let started = now();
    let (outcome, usage) = Meter::measure(caught(work)).await;
    tracing::info!(
        target: "records",
        records,
        code = outcome.as_ref().map_or_else(Error::code, |()| "done"),
        duration_ms = started.elapsed().as_millis() as u64,
        ddb_requests = usage.requests,
        rcu = usage.rcu,
        wcu = usage.wcu,
    );
    outcome
}

/// A panic fails one item, or one invocation, and its words go nowhere.
pub(super) async fn caught<A>(work: impl Future<Output = Result<A>>) -> Result<A> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(Error::internal("panicked")))
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the duration in the log is measured here")]
    Instant::now()
}
