//! Failures that the embedded database never shows, injected below the SDK, for tests.

use std::sync::{Arc, Mutex};

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another transaction holds an item (`TransactionConflict`); no effect.
    Conflict,
    /// Too many requests (`ThrottlingException`); no effect.
    Throttle,
    /// The connection times out before the request has an effect.
    TimeoutBefore,
    /// The request has its effect, but its answer is lost.
    TimeoutAfter,
}

/// Which requests go wrong; shared with the client that was made with it.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan(Arc<Mutex<Vec<(u32, Fault)>>>);

impl FaultPlan {
    /// Lets the `nth` request from now on (1 is the next) go wrong. Retries by the SDK count.
    pub fn on_request(&self, nth: u32, fault: Fault) {
        let _ = (nth, fault, &self.0);
        todo!()
    }
}
