use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use trennwand_store::{Meter, Usage};

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

/// Remembers what requests cost, for tests.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<Measured>>>);

/// Paths hold tokens.
impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Ledger {
    /// What was measured since the last call, in the order in which requests ended.
    pub(crate) fn take(&self) -> Vec<Measured> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn around(&self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self.clone(), measure))
    }
}

async fn measure(State(ledger): State<Ledger>, request: Request, next: Next) -> Response {
    let name = format!("{} {}", request.method(), request.uri().path());
    let (response, usage) = Meter::measure(next.run(request)).await;
    let measured = Measured { request: name, status: response.status().as_u16(), usage };
    ledger.0.lock().unwrap_or_else(PoisonError::into_inner).push(measured);
    response
}
