use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use trennwand_domain::{Clock, Duration, Entropy, ManualClock};

use crate::BoxFuture;

/// Waits. Production passes [`TokioSleeper`]; a test one that moves its clock instead.
pub trait Sleeper: Send + Sync + fmt::Debug {
    /// Comes back after `pause`.
    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()>;
}

/// Waits in real time.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleeper;

impl Sleeper for TokioSleeper {
    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(pause))
    }
}

/// What the client would otherwise reach for itself.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For tokens and the count of requests.
    pub clock: Arc<dyn Clock>,
    /// Spreads repeats.
    pub entropy: Arc<dyn Entropy>,
    /// For pauses between repeats.
    pub sleeper: Arc<dyn Sleeper>,
}

/// Waits in no time: moves a clock that stands still otherwise. For tests.
#[derive(Debug)]
pub struct ManualSleeper {
    clock: Arc<ManualClock>,
    slept: Mutex<Vec<Duration>>,
}

impl ManualSleeper {
    /// Moves `clock`.
    #[must_use]
    pub const fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, slept: Mutex::new(Vec::new()) }
    }

    /// The pauses so far.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sleeper for ManualSleeper {
    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.clock.advance(pause);
        self.slept.lock().unwrap_or_else(PoisonError::into_inner).push(pause);
        Box::pin(std::future::ready(()))
    }
}
