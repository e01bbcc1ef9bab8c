//! Failures that the embedded database never shows, injected below the SDK, for tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// What goes wrong with a request.
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
pub struct FaultPlan(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    /// How many requests from now, and what goes wrong then.
    requests: Vec<(u32, Fault)>,
    /// How many calls from now, and what goes wrong with all their attempts.
    calls: Vec<(u32, Fault)>,
    /// The calls that go wrong, by the identity that the SDK gives them.
    failing: Vec<(String, Fault)>,
}

impl FaultPlan {
    /// Lets the `nth` request from now on (1 is the next) go wrong. Retries by the SDK count.
    pub fn on_request(&self, nth: u32, fault: Fault) {
        self.plan().requests.push((nth, fault));
    }

    /// Lets the `nth` call from now on (1 is the next) go wrong however often the SDK tries.
    pub fn on_call(&self, nth: u32, fault: Fault) {
        self.plan().calls.push((nth, fault));
    }

    /// Whether every planned fault has happened.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.left() == 0
    }

    /// How many planned faults have not happened yet.
    #[must_use]
    pub fn left(&self) -> usize {
        let plan = self.plan();
        plan.requests.len() + plan.calls.len()
    }

    /// From now on nothing goes wrong.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
    }

    /// Counts a request; says what goes wrong with it.
    fn next(&self, request: &HttpRequest) -> Option<Fault> {
        let mut plan = self.plan();
        let by_request = count_down(&mut plan.requests);
        let header = |name| request.headers().get(name).unwrap_or_default();
        let call = header("amz-sdk-invocation-id");
        if header("amz-sdk-request").starts_with("attempt=1")
            && let Some(fault) = count_down(&mut plan.calls)
        {
            plan.failing.push((call.to_owned(), fault));
        }
        let by_call = plan.failing.iter().find(|(failing, _)| failing == call);
        by_request.or_else(|| by_call.map(|(_, fault)| *fault))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `inner` with the planned faults.
    pub(crate) fn around(self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(FaultyClient { inner, plan: self })
    }
}

/// One less for each; what has come due, the last of it.
fn count_down(planned: &mut Vec<(u32, Fault)>) -> Option<Fault> {
    let mut due = None;
    planned.retain_mut(|(nth, fault)| {
        *nth = nth.saturating_sub(1);
        if *nth == 0 {
            due = Some(*fault);
        }
        *nth > 0
    });
    due
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
        match self.plan.next(&request) {
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

#[cfg(test)]
mod tests {
    use trennwand_domain::{Reseller, ResellerId, Timestamp};

    use super::*;
    use crate::{Meter, Store, testing::store_with};

    async fn insert(store: &Store) -> trennwand_domain::Result<()> {
        let mut tx = store.transaction();
        let id = ResellerId::from_bits(1);
        let reseller = Reseller { id, name: "Telco".into(), created_at: Timestamp::from_unix_s(0) };
        store.resellers().insert(&mut tx, &reseller);
        tx.commit().await
    }

    #[tokio::test]
    async fn a_call_that_goes_wrong_does_so_however_often_it_is_tried() {
        for (fault, written) in
            [(Fault::Throttle, false), (Fault::TimeoutBefore, false), (Fault::TimeoutAfter, true)]
        {
            let plan = FaultPlan::default();
            let store = store_with(Some(plan.clone())).await;
            plan.on_call(1, fault);
            let (refused, usage) = Meter::measure(insert(&store)).await;
            assert_eq!(refused.unwrap_err().code(), "unavailable", "{fault:?}");
            assert_eq!(usage.requests, 3, "{fault:?}: all attempts");
            assert!(plan.is_done());
            assert_eq!(insert(&store).await.is_err(), written, "{fault:?}: the next call is whole");
            plan.on_call(1, fault);
            plan.clear();
            let read = store.resellers().get(ResellerId::from_bits(1)).await;
            assert!(read.unwrap().is_some(), "{fault:?}: the plan is forgotten");
        }
    }
}
