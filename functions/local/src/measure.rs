use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use trennwand_store::{Meter, Usage};

/// How many requests are remembered: a server that runs for long must not grow.
const CAPACITY: usize = 4096;

/// What a request cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Method and path; for tests, since paths hold tokens.
    pub request: String,
    /// HTTP status.
    pub status: u16,
    /// What it cost in the database.
    pub usage: Usage,
}

/// Remembers what the latest requests cost, for tests.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<VecDeque<Measured>>>);

/// Paths hold tokens.
impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Ledger {
    /// What was measured since the last call, in the order in which requests ended.
    pub(crate) fn take(&self) -> Vec<Measured> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }

    fn keep(&self, measured: Measured) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == CAPACITY {
            kept.pop_front();
        }
        kept.push_back(measured);
    }

    pub(crate) fn around(&self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self.clone(), measure))
    }
}

async fn measure(State(ledger): State<Ledger>, request: Request, next: Next) -> Response {
    let name = format!("{} {}", request.method(), request.uri().path());
    let (response, usage) = Meter::measure(next.run(request)).await;
    let measured = Measured { request: name, status: response.status().as_u16(), usage };
    ledger.keep(measured);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_requests_the_latest_are_remembered() {
        let ledger = Ledger::default();
        for n in 0..=CAPACITY {
            let request = format!("GET /{n}");
            ledger.keep(Measured { request, status: 200, usage: Usage::default() });
        }
        let kept = ledger.take();
        assert_eq!((kept.len(), kept[0].request.as_str()), (CAPACITY, "GET /1"));
        assert!(ledger.take().is_empty());
    }
}
