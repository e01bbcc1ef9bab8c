//! The timer: wakes every iPhone once a day at its minute, so that a verdict has an age, has every
//! enterprise at Google reconciled, and takes roll-outs to their next stage.
//!
//! Architecture invariants: a tick may come twice, late, or after a long pause; each minute of the
//! day is then looked at once, and a phone that is woken twice only connects twice. A step of a
//! roll-out is one transaction, whose conditions make its repetition harmless.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # async fn example(
//! #     core: trennwand_runtime::Core,
//! #     publisher: Arc<dyn trennwand_runtime::Publisher>,
//! # ) -> trennwand_domain::Result<()> {
//! use trennwand_domain::Duration;
//! use trennwand_fn_schedule::{ScheduleState, tick};
//!
//! let state = ScheduleState { core, publisher };
//! let now = state.core.clock.now();
//! tick(&state, now, now.minus(Duration::from_secs(60))).await?;
//! # Ok(())
//! # }
//! ```

mod minutes;
mod rollouts;

use std::{collections::BTreeMap, sync::Arc};

use trennwand_domain::{DeviceState, Duration, Result, TenantId, Timestamp};
use trennwand_runtime::{AndroidWork, Audience, Core, Message, Publisher, Wake};
use trennwand_store::{Due, WakeTarget};

/// Targets in one message.
const PER_MESSAGE: usize = 500;

/// What the timer needs; cheap to clone.
#[derive(Debug, Clone)]
pub struct ScheduleState {
    /// The store.
    pub core: Core,
    /// The way to the `wake` queue.
    pub publisher: Arc<dyn Publisher>,
}

/// Wakes the phones whose minute (UTC) has come after `last` and up to `now`: at most a day's worth,
/// however long ago `last` is. Then takes roll-outs on that are due. Says how many phones it asked for.
///
/// # Errors
/// If the database or the queue does not answer; then the same tick is to be repeated.
pub async fn tick(state: &ScheduleState, now: Timestamp, last: Timestamp) -> Result<usize> {
    let mut woken = 0;
    for minutes in minutes::between(last, now) {
        // Once a day Google is asked about every phone and every command: what it said may have been
        // lost.
        for scope in state.core.store.due().enterprises(minutes.clone()).await? {
            for work in [AndroidWork::Reconcile(None), AndroidWork::FollowUp(None)] {
                let message = Message::Android { tenant: scope.tenant(), work };
                state.publisher.publish(&message, Duration::ZERO).await?;
            }
        }
        for shard in 0..Due::SHARDS {
            let mut cursor = None;
            loop {
                let due = state.core.store.due();
                let page = due.wakes(shard, minutes.clone(), cursor.take()).await?;
                woken += page.wakes.len();
                let mut tenants: BTreeMap<TenantId, Vec<WakeTarget>> = BTreeMap::new();
                // Where the token is dead, the phone has to come by itself.
                for wake in page.wakes {
                    if wake.target.state != DeviceState::PushLost {
                        tenants.entry(wake.scope.tenant()).or_default().push(wake.target);
                    }
                }
                publish(state, tenants).await?;
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
    }
    // Last, so that phones are woken however many roll-outs are due and whatever becomes of them.
    rollouts::advance_due(state, now).await?;
    Ok(woken)
}

async fn publish(
    state: &ScheduleState,
    tenants: BTreeMap<TenantId, Vec<WakeTarget>>,
) -> Result<()> {
    for (tenant, targets) in tenants {
        for some in targets.chunks(PER_MESSAGE) {
            let wake = Wake { tenant, audience: Audience::Targets(some.to_vec()) };
            state.publisher.publish(&Message::Wake(wake), Duration::ZERO).await?;
        }
    }
    Ok(())
}
