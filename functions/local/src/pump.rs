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

/// How many handled records may wait for a checkpoint. Then the reader lets the queue get through,
/// or the stream of a server that is never idle would never be trimmed.
const AHEAD: usize = 1000;

/// Hands the table's stream to `events`. The checkpoint follows only once all messages that came of
/// a batch were worked off, so that a killed process repeats them. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Pump {
    events: EventsState,
    queue: Queue<Message>,
    /// Locked for a whole step: records are handled in their order.
    reader: Arc<Mutex<StreamReader>>,
    ahead: usize,
}

impl Pump {
    pub(crate) fn new(events: EventsState, queue: Queue<Message>, embedded: &Embedded) -> Self {
        Self { events, queue, reader: Arc::new(Mutex::new(embedded.stream())), ahead: AHEAD }
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
        if reader.unsaved() >= self.ahead {
            self.queue.idle().await;
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

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;
    use trennwand_domain::{Reseller, ResellerId, Secret, TenantId, Timestamp};
    use trennwand_pki::FileMasterKey;
    use trennwand_runtime::{Core, SystemClock};
    use trennwand_simulator::Seeded;
    use trennwand_store::{Store, Tables, client};

    use super::*;
    use crate::{Data, service};

    async fn core(embedded: &Embedded) -> Core {
        let store = Store::new(client::connect(embedded.endpoint(), None), Tables::default());
        store.create_tables().await.unwrap();
        let entropy = Arc::new(Seeded::new(1));
        let master = FileMasterKey::from_bytes(Secret::new([7; 32]), entropy.clone());
        Core::new(store, Arc::new(master), Arc::new(SystemClock), entropy, "http://localhost")
    }

    /// Makes two records.
    async fn write(core: &Core, bits: u128) {
        let mut tx = core.store.transaction();
        let reseller = Reseller {
            id: ResellerId::from_bits(bits),
            name: "Reseller".into(),
            created_at: Timestamp::from_unix_s(0),
        };
        core.store.resellers().insert(&mut tx, &reseller);
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_queue_that_is_never_idle_does_not_keep_the_stream_from_being_trimmed() {
        let embedded = Embedded::start(&Data::Memory).await.unwrap();
        let core = core(&embedded).await;
        let (queue, go_on) = (Queue::new(REST), Arc::new(Notify::new()));
        let waits = Arc::clone(&go_on);
        queue.serve(move |_| {
            let waits = Arc::clone(&waits);
            async move {
                waits.notified().await;
                Ok(())
            }
        });
        let events = service::events(&core, &queue);
        let pump = Pump { ahead: 4, ..Pump::new(events, queue.clone(), &embedded) };

        let message = Message::Provision { tenant: TenantId::from_bits(1) };
        queue.publish(message, Duration::ZERO).unwrap();
        write(&core, 1).await;
        assert_eq!(pump.advance().await.unwrap(), 2);
        assert_eq!(embedded.stream().stored().await.unwrap(), 2, "a message is being worked on");
        write(&core, 2).await;
        let (_, advanced) = tokio::join!(async { go_on.notify_one() }, pump.advance());
        assert_eq!(advanced.unwrap(), 2);
        assert_eq!(embedded.stream().stored().await.unwrap(), 1, "only the last record is left");
    }
}
