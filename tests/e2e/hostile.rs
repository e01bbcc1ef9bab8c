//! What strangers and broken clients send, on both sides: a clear refusal, never a panic or a 500,
//! nothing changed, and the server goes on.

mod api;
mod device;
mod pages;
mod scep;
mod slow;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use reqwest::{Client, Method};
use serde_json::Value;
use trennwand_domain::Duration;

/// An answer as it came.
#[derive(Debug)]
struct Reply {
    status: u16,
    content_type: String,
    allow: String,
    body: Vec<u8>,
}

impl Reply {
    /// A problem document that says what is wrong.
    #[track_caller]
    fn is_problem(&self, what: &str) {
        let text = String::from_utf8_lossy(&self.body);
        assert!((400..500).contains(&self.status), "{what:.300}: {} {text:.300}", self.status);
        assert_eq!(self.content_type, "application/problem+json", "{what:.300}: {text:.300}");
        let body: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(body["status"], self.status, "{what:.300}: {body}");
        let texts = ["code", "title", "detail", "request_id"];
        assert!(texts.iter().all(|member| body[member].is_string()), "{what:.300}: {body}");
    }

    /// A refusal as phones get it: a status and nothing else. Never 401, which can end management.
    #[track_caller]
    fn is_bare(&self, what: &str) {
        assert!((400..500).contains(&self.status), "{what:.300}: {}", self.status);
        assert_ne!(self.status, 401, "{what:.300}");
        let text = String::from_utf8_lossy(&self.body);
        assert!(self.body.is_empty(), "{what:.300}: {} {text:.300}", self.status);
    }
}

/// Sends a request with a body as it is.
async fn send(
    http: &Client,
    method: Method,
    url: &str,
    headers: &[(&str, &[u8])],
    body: impl Into<Vec<u8>>,
) -> Reply {
    let mut request = http.request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(body.into()).send().await;
    let answer = answer.unwrap_or_else(|e| panic!("no answer from {url:.200}: {e:?}"));
    let header = |name| {
        let value = answer.headers().get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (content_type, allow) = (header("content-type"), header("allow"));
    let status = answer.status().as_u16();
    Reply { status, content_type, allow, body: answer.bytes().await.expect("a body").into() }
}

/// Sends bytes that no HTTP library would send, and reads the answer; status 0 if the server only
/// closes the connection.
async fn send_bytes(address: SocketAddr, bytes: Vec<u8>) -> Reply {
    let exchange = move || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(&bytes)?;
        let mut answer = Vec::new();
        // A connection that is reset after the answer is fine.
        match stream.read_to_end(&mut answer) {
            Err(error) if answer.is_empty() => Err(error),
            _ => Ok(answer),
        }
    };
    let answer = tokio::task::spawn_blocking(exchange).await.expect("no panic").expect("an answer");
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    Reply {
        status: head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0),
        content_type: header("content-type"),
        allow: header("allow"),
        body: answer.get(end + 4..).unwrap_or_default().to_vec(),
    }
}
