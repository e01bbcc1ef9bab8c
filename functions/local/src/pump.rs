use std::sync::Arc;

use tokio::sync::Mutex;
use trennwand_domain::{Duration, Result};
use trennwand_fn_events::{EventsState, handle};
use trennwand_runtime::Message;

use crate::{
    embedded::{Embedded, StreamReader},
    queue::Queue,
};

/// How often the stream is looked at.
const GLANCE: Duration = Duration::from_millis(25);

/// The wait after a failure.
const REST: Duration = Duration::from_secs(1);

/// Hands the table's stream to `events`. The checkpoint follows only once all messages that came of
/// a batch were worked off, so that a killed process repeats them. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Pump {
    events: EventsState,
    queue: Queue<Message>,
    /// Locked for a whole step: records are handled in their order.
    reader: Arc<Mutex<StreamReader>>,
}

impl Pump {
    pub(crate) fn new(events: EventsState, queue: Queue<Message>, embedded: &Embedded) -> Self {
        Self { events, queue, reader: Arc::new(Mutex::new(embedded.stream())) }
    }

    /// Handles what is new in the stream; says how many records that were.
    pub(crate) async fn advance(&self) -> Result<usize> {
        let mut reader = self.reader.lock().await;
        let event = reader.next().await?;
        let records = event.records.len();
        if records > 0 {
            handle(&self.events, &event).await?;
            reader.advance();
        }
        if self.queue.is_idle() {
            reader.checkpoint().await?;
        }
        Ok(records)
    }

    /// Handles the stream for ever.
    pub(crate) async fn run(self) {
        loop {
            match self.advance().await {
                Ok(0) => tokio::time::sleep(GLANCE).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(?error, "the stream's reader tries again");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}
