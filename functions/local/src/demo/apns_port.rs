use std::net::SocketAddr;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use trennwand_domain::{PushTarget, Secret};
use trennwand_push::PushFailure;
use trennwand_simulator::StandInApns;

use super::{DemoError, client::Result};

/// Apple's push service as far as a service elsewhere sees it: `POST /3/device/{token}`, without TLS.
pub(crate) struct ApnsPort(JoinHandle<()>);

impl ApnsPort {
    /// Listens here for pushes to the phones of `apns`.
    pub(crate) async fn open(at: SocketAddr, apns: StandInApns) -> Result<Self> {
        let cannot =
            |e| DemoError::Server(format!("cannot play Apple's push service on {at}: {e}"));
        let listener = TcpListener::bind(at).await.map_err(cannot)?;
        let routes = Router::new().route("/3/device/{token}", post(push)).with_state(apns);
        Ok(Self(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the stand-in for Apple's push service ended");
            }
        })))
    }
}

impl Drop for ApnsPort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Deserialize)]
struct Payload {
    mdm: String,
}

async fn push(
    State(apns): State<StandInApns>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(payload) = serde_json::from_slice::<Payload>(&body) else {
        return refused(PushFailure::Malformed);
    };
    let topic = headers.get("apns-topic").and_then(|topic| topic.to_str().ok());
    let (Some(token), Some(topic)) = (bytes(&token), topic) else {
        return refused(PushFailure::Malformed);
    };
    let target = PushTarget {
        token: Secret::new(token),
        magic: Secret::new(payload.mdm),
        topic: topic.to_owned(),
    };
    apns.deliver(topic, &target).map_or_else(refused, IntoResponse::into_response)
}

fn refused(failure: PushFailure) -> Response {
    let (status, reason) = match failure {
        PushFailure::TokenDead { .. } => (StatusCode::GONE, "Unregistered"),
        PushFailure::IdentityRefused => (StatusCode::FORBIDDEN, "BadCertificate"),
        PushFailure::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
        PushFailure::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        PushFailure::Malformed => (StatusCode::BAD_REQUEST, "BadDeviceToken"),
    };
    (status, Json(json!({ "reason": reason }))).into_response()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> = hex.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
    // Two digits make a number below 256.
    Some(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_hexadecimal() {
        assert_eq!(bytes("00ff1A"), Some(vec![0, 255, 26]));
        for wrong in ["", "0", "0g", "zz"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
