use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse as _, Response},
};
use trennwand_android::{Event, Notification, Operation};
use trennwand_domain::{CommandFailure, CommandResult, DeviceState, Error, Result, Timestamp};
use trennwand_store::Issued;

use crate::{AndroidState, authentic, report::take_in};

/// `POST /android/notifications`: a Pub/Sub push. 2xx is an acknowledgement; whatever else lets Pub/Sub
/// send it again, up to the subscription's dead-letter policy.
pub(crate) async fn notification(
    State(state): State<AndroidState>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match handle(&state, &headers, &body).await {
        Ok(status) => status.into_response(),
        Err(error) if error.retryable() => {
            tracing::warn!(?error, "a notification is to come again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(error) => {
            tracing::error!(?error, "a notification failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn handle(state: &AndroidState, headers: &HeaderMap, body: &[u8]) -> Result<StatusCode> {
    let now = state.core.clock.now();
    let Some(token) = bearer(headers) else { return Ok(StatusCode::UNAUTHORIZED) };
    if let Err(why) = authentic::check(&state.keys, &state.sender, token, now).await? {
        tracing::warn!(?why, "a notification whose sender is not believed");
        return Ok(StatusCode::UNAUTHORIZED);
    }
    let notification = match Notification::parse(body) {
        Ok(notification) => notification,
        Err(why) => {
            tracing::error!(%why, "a notification that cannot be read");
            return Ok(StatusCode::BAD_REQUEST);
        }
    };
    if notification.unread > 0 {
        tracing::error!(unread = notification.unread, "a batch holds what cannot be read");
    }
    let published_at = notification.publish_time.map_or(now, |at| at.min(now));
    let mut failed = None;
    // One event's trouble does not hold the others up; all come again, and those that had their
    // effect have no second one.
    for event in notification.events {
        if let Err(error) = follow(state, event, published_at).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(StatusCode::NO_CONTENT), Err)
}

/// The one bearer token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, more) = (values.next()?, values.next());
    let token = value.to_str().ok()?.strip_prefix("Bearer ")?;
    more.is_none().then_some(token)
}

async fn follow(state: &AndroidState, event: Event, published_at: Timestamp) -> Result<()> {
    match event {
        Event::Enrolled(report) | Event::Reported(report) => {
            // A write that was in the way is looked at again, once.
            match take_in(state, &report, published_at).await {
                Err(error) if error.is_concurrent_change() => {
                    let again = take_in(state, &report, published_at).await;
                    again.map_err(|e| {
                        if e.is_concurrent_change() { Error::unavailable("busy") } else { e }
                    })?;
                }
                outcome => drop(outcome?),
            }
            Ok(())
        }
        Event::Command(operation) => finish(state, &operation).await,
        Event::EnterpriseUpgraded(name) => {
            tracing::info!(enterprise = %name, "an enterprise became a managed Google domain");
            Ok(())
        }
        Event::Ignored(kind) => {
            tracing::debug!(?kind, "a notification that nobody follows");
            Ok(())
        }
    }
}

/// Keeps what became of a command.
async fn finish(state: &AndroidState, operation: &Operation) -> Result<()> {
    if !operation.done {
        return Ok(());
    }
    let found = state.core.store.directory().operation(&operation.name.to_string()).await?;
    let Some(issued) = found else { return Ok(()) };
    conclude(state, &issued, operation).await
}

/// Keeps what Google says about a command that is over.
pub(crate) async fn conclude(
    state: &AndroidState,
    issued: &Issued,
    operation: &Operation,
) -> Result<()> {
    let outcome = match &operation.error {
        _ if operation.succeeded() => Ok(()),
        Some(error) if error.is_expired() => Err(CommandFailure::Expired),
        Some(error) if error.is_cancelled() => Err(CommandFailure::Cancelled),
        _ => Err(CommandFailure::Refused),
    };
    answer(state, issued, outcome).await
}

/// Keeps what became of a command; with a removal, the phone's management ends or goes on.
pub(crate) async fn answer(
    state: &AndroidState,
    issued: &Issued,
    outcome: Result<(), CommandFailure>,
) -> Result<()> {
    let then = match outcome {
        _ if issued.kind.removal().is_none() => None,
        // Google does not know the phone (any more).
        Ok(()) | Err(CommandFailure::NotEnrolled) => Some(DeviceState::Released),
        Err(_) => Some(DeviceState::Enrolled),
    };
    let now = state.core.clock.now();
    let result = CommandResult::of_google(issued.command, issued.kind, outcome, now);
    let android = state.core.store.android(&issued.scope);
    android.finish(issued.device, &result, then).await.map(drop)
}
