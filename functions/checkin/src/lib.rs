//! The device channel: check-ins and the command loop of managed phones at
//! `PUT /mdm/{tenant}/{device}`.
//!
//! Architecture invariants: the signature is verified over the bytes as received, before they are
//! decoded. What a phone is told follows from stored state and time only, so a repeated or late
//! message has no second effect, and delivering a command, or hearing NotNow, writes nothing. No
//! error is a 401.
//!
//! ```no_run
//! # fn example(core: trennwand_runtime::Core) -> axum::Router {
//! use trennwand_domain::Duration;
//! use trennwand_fn_checkin::{State, router};
//!
//! router(State::new(core, Duration::ZERO))
//! # }
//! ```

mod checkins;
mod connect;
mod deliver;
mod device_error;
mod heads;
mod record;
mod signed;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{self, DefaultBodyLimit, FromRequest, Path, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::put,
};
use trennwand_apple::{Request as Message, plist_guard};
use trennwand_domain::{Authenticator, DeviceId, Duration, TenantId, TenantScope};
use trennwand_runtime::Core;

use crate::{
    checkins::device_checkin, connect::device_report, device_error::DeviceError, heads::Heads,
    signed::signer,
};

/// What the device channel needs; cheap to clone.
#[derive(Debug, Clone)]
pub struct State {
    core: Core,
    heads: Arc<Heads>,
}

impl State {
    /// `keep_heads_for`: how long assignment heads are cached (5 s in Lambda, none on a laptop); the
    /// wakes that a changed head causes must be delayed by more.
    #[must_use]
    pub fn new(core: Core, keep_heads_for: Duration) -> Self {
        Self { core, heads: Arc::new(Heads::new(keep_heads_for)) }
    }
}

/// The device channel.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/mdm/{tenant}/{device}", put(device_request))
        .layer(DefaultBodyLimit::max(plist_guard::MAX_BODY))
        .with_state(state)
}

async fn device_request(
    extract::State(state): extract::State<State>,
    Path((tenant, device)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    // The body of a refused request is still read, up to the limit.
    let body = Bytes::from_request(request, &()).await.map_err(|_| DeviceError::TooLarge);
    let answer = match body {
        Ok(body) => answer(&state, &tenant, &device, &headers, &body).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(command) if command.is_empty() => StatusCode::OK.into_response(),
        Ok(command) => ([(header::CONTENT_TYPE, "application/xml")], command).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(
    state: &State,
    tenant: &str,
    device: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<u8>, DeviceError> {
    let certificate = signer(headers, body, state.core.clock.now())?;
    let tenant: TenantId = tenant.parse().map_err(|_| DeviceError::NotYours)?;
    let device: DeviceId = device.parse().map_err(|_| DeviceError::NotYours)?;
    #[expect(clippy::disallowed_methods, reason = "the authenticator of the device channel")]
    let scope = TenantScope::vouched(Authenticator::DeviceCertificate, tenant);
    match Message::parse(body)? {
        Message::Checkin(message) => {
            device_checkin(state, scope, device, certificate, message).await?;
            Ok(Vec::new())
        }
        Message::Report(report) => device_report(state, scope, device, certificate, &report).await,
    }
}
