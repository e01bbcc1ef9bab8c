use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use a2::{
    Client, ClientConfig, Endpoint, NotificationOptions, Priority, PushType,
    request::payload::PayloadLike,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use tokio::{sync::Semaphore, time::timeout};
use trennwand_domain::{Digest, Duration, PushTarget, Secret};

use crate::{Answer, BoxFuture, PushFailure, PushIdentity, Pusher};

/// How long one push may take, connection and body included: `a2` bounds the wait for the headers
/// only.
const PUSH_TIMEOUT: Duration = Duration::from_secs(10);
/// After so many timeouts in a row the connection is taken for dead: it would stay pooled for
/// about 16 minutes, since nothing pings it.
const TIMEOUTS_BEFORE_REBUILD: u32 = 3;
/// Tenants whose connections one process keeps.
const CONNECTIONS: usize = 200;

/// Apple's push service over HTTP/2 with a client certificate per tenant, on `a2`.
///
/// What `a2` 0.10 leaves to its caller is done here: see the constants, [`PushIdentity::new`] and
/// [`Answer`]. A cold connection takes one push first; a burst before the server's settings are
/// known would be refused.
#[derive(Default)]
pub struct Apns {
    connections: Mutex<HashMap<Digest, Arc<Connection>>>,
    uses: AtomicU64,
}

impl Apns {
    /// An adapter without connections; each is made when it is needed first.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    async fn send(&self, identity: &PushIdentity, target: &PushTarget) -> Result<(), PushFailure> {
        let payload = Payload::new(identity, target);
        let connection = self.connection(identity)?;
        let first = connection.send(&payload).await;
        if first != Outcome::Broken {
            return self.done(identity, first);
        }
        // A connection that was closed under the push is not retried by a2; once is enough.
        let second = connection.send(&payload).await;
        self.done(identity, second)
    }

    fn done(&self, identity: &PushIdentity, outcome: Outcome) -> Result<(), PushFailure> {
        match outcome {
            Outcome::Answered(answer) => answer,
            Outcome::Broken => Err(PushFailure::Unavailable),
            Outcome::Dead => {
                tracing::warn!(tenant = %identity.tenant(), "push connection is rebuilt");
                self.lock().remove(&identity.fingerprint());
                Err(PushFailure::Unavailable)
            }
        }
    }

    fn connection(&self, identity: &PushIdentity) -> Result<Arc<Connection>, PushFailure> {
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        let mut connections = self.lock();
        if let Some(found) = connections.get(&identity.fingerprint()) {
            found.used.store(now, Ordering::Relaxed);
            return Ok(Arc::clone(found));
        }
        if connections.len() >= CONNECTIONS {
            let oldest = connections.iter().min_by_key(|(_, c)| c.used.load(Ordering::Relaxed));
            if let Some(oldest) = oldest.map(|(fingerprint, _)| *fingerprint) {
                connections.remove(&oldest);
            }
        }
        let made = Arc::new(Connection::new(identity, now)?);
        connections.insert(identity.fingerprint(), Arc::clone(&made));
        Ok(made)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Apns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Apns({} connections)", self.lock().len())
    }
}

impl Pusher for Apns {
    fn push<'a>(
        &'a self,
        identity: &'a PushIdentity,
        target: &'a PushTarget,
    ) -> BoxFuture<'a, Result<(), PushFailure>> {
        Box::pin(self.send(identity, target))
    }
}

/// What came of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The service answered, or the attempt could not even be made.
    Answered(Result<(), PushFailure>),
    /// The connection broke or the answer did not come in time.
    Broken,
    /// Too many answers in a row did not come in time.
    Dead,
}

struct Connection {
    client: Client,
    /// One permit: held by whoever makes the first push on this connection.
    first: Semaphore,
    warm: AtomicBool,
    dead: AtomicBool,
    timeouts: AtomicU32,
    used: AtomicU64,
}

impl Connection {
    fn new(identity: &PushIdentity, now: u64) -> Result<Self, PushFailure> {
        let certificates: String = identity.chain().iter().map(|c| pem("CERTIFICATE", c)).collect();
        let key = Secret::new(pem("PRIVATE KEY", identity.key().expose()));
        let config = ClientConfig {
            endpoint: Endpoint::Production,
            request_timeout_secs: Some(PUSH_TIMEOUT.as_secs()),
            pool_idle_timeout_secs: Some(600),
        };
        // The error may quote what it could not read, so it is dropped.
        let client =
            Client::certificate_parts(certificates.as_bytes(), key.expose().as_bytes(), config)
                .map_err(|_| PushFailure::IdentityRefused)?;
        Ok(Self {
            client,
            first: Semaphore::new(1),
            warm: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            timeouts: AtomicU32::new(0),
            used: AtomicU64::new(now),
        })
    }

    async fn send(&self, payload: &Payload<'_>) -> Outcome {
        let _first = match self.warm.load(Ordering::Acquire) {
            true => None,
            false => self.first.acquire().await.ok(),
        };
        // Whoever waited for the first push of a dead connection need not find that out again.
        if self.dead.load(Ordering::Acquire) {
            return Outcome::Answered(Err(PushFailure::Unavailable));
        }
        let Ok(answer) = timeout(PUSH_TIMEOUT, self.client.send(payload.clone())).await else {
            return self.timed_out();
        };
        let outcome = match answer {
            Ok(_) => Outcome::Answered(Ok(())),
            Err(a2::Error::ResponseError(response)) => Outcome::Answered(classify(&response)),
            Err(a2::Error::RequestTimeout(_)) => return self.timed_out(),
            Err(a2::Error::ClientError(error)) if refuses_certificate(&error) => {
                return Outcome::Answered(Err(PushFailure::IdentityRefused));
            }
            Err(a2::Error::ClientError(_) | a2::Error::ConnectionError(_)) => {
                return Outcome::Broken;
            }
            Err(_) => return Outcome::Answered(Err(PushFailure::Malformed)),
        };
        self.warm.store(true, Ordering::Release);
        self.timeouts.store(0, Ordering::Relaxed);
        outcome
    }

    fn timed_out(&self) -> Outcome {
        match self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 {
            n if n >= TIMEOUTS_BEFORE_REBUILD => {
                self.dead.store(true, Ordering::Release);
                Outcome::Dead
            }
            // A timed-out push may have been delivered; the caller's retry is soon enough.
            _ => Outcome::Answered(Err(PushFailure::Unavailable)),
        }
    }
}

fn classify(response: &a2::Response) -> Result<(), PushFailure> {
    // The reason's name is what `Debug` shows of the enumeration.
    let reason = response.error.as_ref().map(|e| format!("{:?}", e.reason));
    let timestamp_ms = response.error.as_ref().and_then(|e| e.timestamp);
    Answer { code: response.code, reason: reason.as_deref(), timestamp_ms }.outcome()
}

/// Whether a TLS alert about our certificate is behind the error. The alert's type belongs to a
/// TLS stack that only `a2` links, so it is recognised by its text, as in
/// `received fatal alert: CertificateExpired`.
fn refuses_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if text.contains("fatal alert")
            && (text.contains("Certificate") || text.contains("UnknownCA"))
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// Exactly `{"mdm": PushMagic}`.
#[derive(Clone, Serialize)]
struct Payload<'a> {
    mdm: &'a str,
    #[serde(skip)]
    token: Secret<String>,
    #[serde(skip)]
    options: NotificationOptions<'a>,
}

impl<'a> Payload<'a> {
    fn new(identity: &'a PushIdentity, target: &'a PushTarget) -> Self {
        let options = NotificationOptions {
            apns_push_type: Some(PushType::Mdm),
            apns_priority: Some(Priority::High),
            apns_topic: Some(identity.topic()),
            ..NotificationOptions::default()
        };
        // The token goes into the URL as it is: hexadecimal of whatever bytes cannot break it.
        let token = target.token.expose().iter().map(|b| format!("{b:02x}")).collect();
        Self { mdm: target.magic.expose(), token: Secret::new(token), options }
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload")
    }
}

impl PayloadLike for Payload<'_> {
    fn get_device_token(&self) -> &str {
        self.token.expose()
    }

    fn get_options(&self) -> &NotificationOptions<'_> {
        &self.options
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END ");
    out.push_str(label);
    out.push_str("-----\n");
    out
}

#[cfg(test)]
mod tests;
