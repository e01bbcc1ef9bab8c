//! The table's stream is the outbox; this is its only reader. A record of it becomes what has to
//! follow: keys for a new tenant, a reseller's new brand in its tenants' heads, wakes for phones,
//! hashes of persons in headers, the end of an enrolment whose phone enrolled again.
//!
//! Architecture invariants: every record may come twice, and out of date: what is done is the same
//! as done once, and is decided by what is stored now wherever that matters. A record that cannot
//! be read stops nothing.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use trennwand_runtime::{Core, Publisher};
//! # async fn example(
//! #     core: Core,
//! #     publisher: Arc<dyn Publisher>,
//! #     event: aws_lambda_events::event::dynamodb::Event,
//! # ) -> trennwand_domain::Result<()> {
//! use trennwand_domain::Duration;
//! use trennwand_fn_events::{EventsState, handle};
//!
//! let state = EventsState { core, publisher, head_delay: Duration::from_secs(10) };
//! handle(&state, &event).await
//! # }
//! ```

mod change;
mod follow;
mod wakes;

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use trennwand_domain::{Authenticator, Duration, Result, TenantScope};
use trennwand_runtime::{Core, Message, Publisher};

use crate::{change::Change, wakes::Wakes};

/// What the stream's reader needs; cheap to clone.
#[derive(Debug, Clone)]
pub struct EventsState {
    /// Store and clock.
    pub core: Core,
    /// The way to the queues.
    pub publisher: Arc<dyn Publisher>,
    /// How long wakes wait that a changed head causes: longer than the device channel caches heads
    /// (10 s in Lambda, none on a laptop).
    pub head_delay: Duration,
}

/// Does what a batch of records asks for.
///
/// # Errors
/// If the database or a queue does not answer; then the whole batch is to be handed over again.
pub async fn handle(state: &EventsState, event: &Event) -> Result<()> {
    for reseller in event.records.iter().filter_map(change::rebranded) {
        let message = Message::Rebrand { reseller, after: None };
        state.publisher.publish(&message, Duration::ZERO).await?;
    }
    let mut wakes = Wakes::default();
    for (tenant, change) in event.records.iter().filter_map(Change::of) {
        #[expect(clippy::disallowed_methods, reason = "the authenticator of the stream's records")]
        let scope = TenantScope::vouched(Authenticator::StreamRecord, tenant);
        follow::follow(state, scope, change, &mut wakes).await?;
    }
    wakes.publish(state).await
}

/// Whether [`handle`] has something to do about a record; the stream's filters in `infra/` are held
/// against it.
#[must_use]
pub fn follows(record: &EventRecord) -> bool {
    Change::of(record).is_some() || change::rebranded(record).is_some()
}
