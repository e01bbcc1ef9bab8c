use std::sync::Arc;

use tokio::sync::Mutex;
use trennwand_domain::{Duration, Result, Timestamp};
use trennwand_fn_schedule::{ScheduleState, tick};

/// The timer: knows up to when it has looked. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    state: ScheduleState,
    last: Arc<Mutex<Timestamp>>,
}

impl Timer {
    /// A timer that takes up what came after `last`.
    pub(crate) fn new(state: ScheduleState, last: Timestamp) -> Self {
        Self { state, last: Arc::new(Mutex::new(last)) }
    }

    /// Does what has become due since the last time; says how many phones it wakes.
    pub(crate) async fn tick(&self) -> Result<usize> {
        let mut last = self.last.lock().await;
        let now = self.state.core.clock.now();
        let woken = tick(&self.state, now, *last).await?;
        *last = now;
        Ok(woken)
    }

    /// Ticks for ever.
    pub(crate) async fn run(self, every: Duration) {
        loop {
            if let Err(error) = self.tick().await {
                tracing::warn!(?error, "the timer tries again");
            }
            tokio::time::sleep(every).await;
        }
    }
}
