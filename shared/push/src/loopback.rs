use std::fmt;

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use trennwand_domain::{Duration, PushTarget};

use crate::{Answer, BoxFuture, PushFailure, PushIdentity, Pusher};

/// How long one push may take.
const PUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// An answer is a status and at most two fields.
const MAX_ANSWER_BYTES: u64 = 16 << 10;

/// A stand-in for Apple's push service on this machine, for an emulator of AWS: the same paths,
/// headers and bodies, in plain HTTP/1.1 and without a certificate.
pub struct Loopback {
    address: String,
}

impl Loopback {
    /// The stand-in at `url`, such as `http://127.0.0.1:2197`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { address: url.trim_start_matches("http://").trim_end_matches('/').to_owned() }
    }

    async fn send(&self, topic: &str, target: &PushTarget) -> Result<(), PushFailure> {
        let request = request(topic, target);
        let exchange = timeout(PUSH_TIMEOUT, self.exchange(&request));
        let answer = exchange.await.map_err(|_| PushFailure::Unavailable)?;
        outcome(&answer.map_err(|_| PushFailure::Unavailable)?)
    }

    async fn exchange(&self, request: &str) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

impl Pusher for Loopback {
    fn push<'a>(
        &'a self,
        identity: &'a PushIdentity,
        target: &'a PushTarget,
    ) -> BoxFuture<'a, Result<(), PushFailure>> {
        Box::pin(self.send(identity.topic(), target))
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loopback({})", self.address)
    }
}

#[derive(Serialize)]
struct Payload<'a> {
    mdm: &'a str,
}

fn request(topic: &str, target: &PushTarget) -> String {
    let token: String = target.token.expose().iter().map(|b| format!("{b:02x}")).collect();
    let body = serde_json::to_string(&Payload { mdm: target.magic.expose() }).unwrap_or_default();
    let length = body.len();
    format!(
        "POST /3/device/{token} HTTP/1.1\r\nhost: localhost\r\napns-topic: {topic}\r\n\
         apns-push-type: mdm\r\napns-priority: 10\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    timestamp: Option<u64>,
}

fn outcome(answer: &[u8]) -> Result<(), PushFailure> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or(PushFailure::Unavailable)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let code = status.ok_or(PushFailure::Unavailable)?;
    let refusal: Refusal = serde_json::from_str(body).unwrap_or_default();
    let reason = refusal.reason.as_deref();
    Answer { code, reason, timestamp_ms: refusal.timestamp }.outcome()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use trennwand_domain::{Secret, Timestamp};

    use super::*;

    fn target() -> PushTarget {
        PushTarget {
            token: Secret::new(vec![0xab, 0x01]),
            magic: Secret::new("M\"1".into()),
            topic: "com.apple.mgmt.x".into(),
        }
    }

    /// Answers one push with `answer`; says what was asked.
    async fn push(answer: &'static str) -> (Result<(), PushFailure>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Loopback::new(&format!("http://{}/", listener.local_addr().unwrap()));
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked[..length].to_vec()).unwrap()
        });
        let outcome = service.send("com.apple.mgmt.x", &target()).await;
        (outcome, served.await.unwrap())
    }

    #[tokio::test]
    async fn a_push_looks_as_apples_does() {
        let (outcome, asked) = push("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(outcome, Ok(()));
        assert!(asked.starts_with("POST /3/device/ab01 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("\r\napns-topic: com.apple.mgmt.x\r\napns-push-type: mdm\r\n"));
        assert!(asked.ends_with("\r\n\r\n{\"mdm\":\"M\\\"1\"}"), "{asked}");
    }

    #[tokio::test]
    async fn refusals_are_read_like_apples() {
        let gone = "HTTP/1.1 410 Gone\r\n\r\n{\"reason\":\"Unregistered\",\"timestamp\":1000}";
        let since = Some(Timestamp::from_unix_s(1));
        assert_eq!(push(gone).await.0, Err(PushFailure::TokenDead { since }));
        assert_eq!(push("HTTP/1.1 503 X\r\n\r\n").await.0, Err(PushFailure::Unavailable));
        for garbled in ["", "HTTP/1.1", "HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(push(garbled).await.0, Err(PushFailure::Unavailable), "{garbled}");
        }
    }

    #[tokio::test]
    async fn a_stand_in_that_is_not_there_is_unavailable() {
        let nobody = Loopback::new("http://127.0.0.1:1");
        assert_eq!(nobody.send("t", &target()).await, Err(PushFailure::Unavailable));
    }
}
