//! Failures that the embedded database never shows, injected below the SDK, for tests.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((nth, fault));
    }

    /// Whether every planned fault has happened.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Counts a request; says what goes wrong with it.
    fn next(&self) -> Option<Fault> {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = None;
        plan.retain_mut(|(nth, fault)| {
            *nth = nth.saturating_sub(1);
            if *nth == 0 {
                now = Some(*fault);
            }
            *nth > 0
        });
        now
    }

    /// `inner` with the planned faults.
    pub(crate) fn around(self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(FaultyClient { inner, plan: self })
    }
}

#[derive(Debug)]
struct FaultyClient {
    inner: SharedHttpClient,
    plan: FaultPlan,
}

impl HttpClient for FaultyClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, plan: self.plan.clone() })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    plan: FaultPlan,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.plan.next() {
            None => self.inner.call(request),
            Some(Fault::Conflict) => {
                let target = request.headers().get("x-amz-target").unwrap_or_default();
                HttpConnectorFuture::ready(refusal(if target.ends_with(".TransactWriteItems") {
                    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                        "Message":"injected","CancellationReasons":[{"Code":"TransactionConflict"}]}"#
                } else {
                    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException",
                        "message":"injected"}"#
                }))
            }
            Some(Fault::Throttle) => HttpConnectorFuture::ready(refusal(
                r#"{"__type":"com.amazon.coral.availability#ThrottlingException",
                    "message":"injected"}"#,
            )),
            Some(Fault::TimeoutBefore) => HttpConnectorFuture::ready(Err(timeout())),
            Some(Fault::TimeoutAfter) => {
                let effect = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    let _lost = effect.await;
                    Err(timeout())
                })
            }
        }
    }
}

fn timeout() -> ConnectorError {
    ConnectorError::timeout("injected".into())
}

fn refusal(body: &'static str) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(400).map_err(|e| ConnectorError::other(e.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
