//! The loops of Lambda functions: requests of a gateway, messages of a queue, records of the table's
//! stream, ticks of a timer.
//!
//! Architecture invariants: what fails is handed back alone, not with the batch it came in. An event
//! that cannot be read is never quoted.

mod batch;
mod deferred;
#[cfg(test)]
mod tests;

use std::{fmt, future::Future, pin::Pin};

use aws_lambda_events::event::{dynamodb, sqs::SqsEvent};
use axum::Router;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trennwand_domain::{Duration, Error, Result, Timestamp};
use trennwand_pki::BoxFuture;

pub use self::{batch::Failures, deferred::deferred};
use crate::{
    Message,
    config::{self, Config},
    telemetry,
};

/// Why a function ended.
pub type Failure = lambda_runtime::Error;

/// The queue whose messages a function carries out.
pub trait Inbox: fmt::Debug + Send + Sync {
    /// Lets a message that failed come again after `pause`, of at most 12 hours.
    fn deliver_later<'a>(&'a self, receipt: &'a str, pause: Duration) -> BoxFuture<'a, Result<()>>;
}

/// Starts logging and reads the function's environment.
///
/// # Errors
/// If the environment cannot be used.
pub fn start<C: Config>() -> Result<C, Failure> {
    let config = config::of_this_process::<C>();
    let log = config.as_ref().map_or("info", |config| config.common().log.as_str());
    telemetry::init(telemetry::Format::Json(C::FUNCTION), log);
    config.map_err(|error| {
        tracing::error!(function = C::FUNCTION, %error, "the environment cannot be used");
        error.into()
    })
}

/// Lets the routes answer a gateway's events, for ever.
///
/// # Errors
/// If Lambda cannot be reached.
pub async fn serve(routes: Router) -> Result<(), Failure> {
    run(async |event| trennwand_web::lambda::answer(routes.clone(), event).await).await
}

/// Lets the routes answer a gateway's events, and `work` carry out the messages of `inbox`, for ever.
/// What fails comes again after 15 seconds, then after longer and longer pauses.
///
/// # Errors
/// If Lambda cannot be reached.
pub async fn serve_and_work(
    routes: Router,
    inbox: &dyn Inbox,
    work: impl AsyncFn(Message) -> Result<()>,
) -> Result<(), Failure> {
    run(async |event| {
        if comes_of_a_queue(event) {
            return Ok(Either::Failures(work_off(event, Some(inbox), &work).await?));
        }
        trennwand_web::lambda::answer(routes.clone(), event).await.map(Either::Answer)
    })
    .await
}

/// Lets `work` carry out a queue's messages, for ever. What fails comes again when the queue says.
///
/// # Errors
/// If Lambda cannot be reached.
pub async fn work(work: impl AsyncFn(Message) -> Result<()>) -> Result<(), Failure> {
    run(async |event| work_off(event, None, &work).await).await
}

/// Lets `follow` do what the records of the table's stream ask for, for ever.
///
/// # Errors
/// If Lambda cannot be reached.
pub async fn follow(follow: impl AsyncFn(&dynamodb::Event) -> Result<()>) -> Result<(), Failure> {
    run(async |event| Ok(batch::follow(read(event)?, &follow).await)).await
}

/// Lets `tick` do what is due at the minute that the timer names, for ever.
///
/// # Errors
/// If Lambda cannot be reached.
pub async fn tick(tick: impl AsyncFn(Timestamp) -> Result<()>) -> Result<(), Failure> {
    run(async |event| tick(time_of(event)?).await).await
}

/// Answers calls by whoever may invoke the function, for ever.
///
/// # Errors
/// If Lambda cannot be reached.
pub async fn call<C, A>(call: impl AsyncFn(C) -> Result<A>) -> Result<(), Failure>
where
    C: for<'de> Deserialize<'de>,
    A: Serialize,
{
    run(async |event| call(read(event)?).await).await
}

#[derive(Serialize)]
#[serde(untagged)]
enum Either {
    Answer(trennwand_web::lambda::Answer),
    Failures(Failures),
}

/// The loop; an error or a panic ends the invocation, and an error's words go to the log only.
async fn run<A: Serialize>(handle: impl AsyncFn(&str) -> Result<A>) -> Result<(), Failure> {
    let handle = &handle;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let future: Pin<Box<dyn Future<Output = Result<A, String>>>> = Box::pin(async move {
            batch::caught(handle(event.payload.get())).await.map_err(|error| {
                tracing::error!(?error, "the invocation failed");
                error.code().to_owned()
            })
        });
        future
    }))
    .await
}

/// serde's messages can quote the text.
fn read<'a, T: Deserialize<'a>>(event: &'a str) -> Result<T> {
    serde_json::from_str(event).map_err(|_| Error::internal("unreadable event"))
}

async fn work_off(
    event: &str,
    inbox: Option<&dyn Inbox>,
    work: &impl AsyncFn(Message) -> Result<()>,
) -> Result<Failures> {
    let event: SqsEvent = read(event)?;
    Ok(batch::work(event, inbox, work).await)
}

fn comes_of_a_queue(event: &str) -> bool {
    #[derive(Deserialize)]
    struct Batch {
        #[serde(rename = "Records")]
        _records: serde::de::IgnoredAny,
    }
    serde_json::from_str::<Batch>(event).is_ok()
}

/// The time that a timer's event is for, not when it came.
fn time_of(event: &str) -> Result<Timestamp> {
    #[derive(Deserialize)]
    struct Tick {
        time: String,
    }
    let tick: Tick = read(event)?;
    Timestamp::parse_rfc3339(&tick.time).ok_or_else(|| Error::internal("unreadable time of a tick"))
}
