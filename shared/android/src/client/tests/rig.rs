use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use trennwand_domain::{Clock as _, Digest, Entropy, ManualClock, Timestamp};

use crate::client::{Google, ManualSleeper, Quota, ServiceAccount, Settings, Surroundings};

pub(super) const START: Timestamp = Timestamp::from_unix_s(1_795_000_000);

/// A committed test key; worthless, since everyone has it.
pub(super) const KEY: &str = include_str!("../../../../simulator/keys/00.pem");

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Such as `GET /v1/enterprises/LC1`.
    pub(super) line: String,
    pub(super) authorization: String,
    pub(super) body: String,
}

/// What the server does with a request.
pub(super) enum Reply {
    /// Status, further header lines and body.
    With(u16, &'static str, String),
    /// Closes the connection without a word.
    Hangs,
}

pub(super) fn reply(status: u16, body: impl Into<String>) -> Reply {
    Reply::With(status, "", body.into())
}

#[derive(Debug)]
struct Chance;

impl Entropy for Chance {
    fn fill(&self, out: &mut [u8]) {
        out.copy_from_slice(&Digest::of_parts(&[b"chance"]).as_bytes()[..out.len()]);
    }
}

/// A client and the server that it talks to.
pub(super) struct Rig {
    pub(super) google: Google,
    pub(super) clock: Arc<ManualClock>,
    pub(super) sleeper: Arc<ManualSleeper>,
    pub(super) base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Rig {
    /// `api` answers everything below `/v1`; access tokens are `token-1`, `token-2`, … for an hour.
    pub(super) async fn new(api: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        Self::with(Quota::default(), api).await
    }

    pub(super) async fn with(
        quota: Quota,
        mut api: impl FnMut(&Asked) -> Reply + Send + 'static,
    ) -> Self {
        let mut granted = 0;
        let serve = move |asked: &Asked| {
            if asked.line.starts_with("POST /token ") {
                granted += 1;
                let body = format!(r#"{{"access_token":"token-{granted}","expires_in":3600}}"#);
                return reply(200, body);
            }
            api(asked)
        };
        Self::raw(quota, serve).await
    }

    /// `serve` answers everything.
    pub(super) async fn raw(
        quota: Quota,
        serve: impl FnMut(&Asked) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::default();
        tokio::spawn(run(listener, Arc::clone(&asked), serve));
        let clock = Arc::new(ManualClock::new(START));
        let sleeper = Arc::new(ManualSleeper::new(Arc::clone(&clock)));
        let surroundings = Surroundings {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(Chance),
            sleeper: Arc::clone(&sleeper) as _,
        };
        let account = account(&format!("{base_url}/token"));
        let project = "our-project".into();
        let settings = Settings { account, project, base_url: base_url.clone(), quota };
        let google = Google::new(settings, surroundings).unwrap();
        Self { google, clock, sleeper, base_url, asked }
    }

    /// The requests to the API, without those for tokens.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let all = self.asked.lock().unwrap().clone();
        all.into_iter().filter(|a| !a.line.starts_with("POST /token ")).collect()
    }

    pub(super) fn tokens_asked(&self) -> usize {
        let all = self.asked.lock().unwrap().len();
        all - self.asked().len()
    }

    pub(super) fn waited_s(&self) -> u64 {
        self.clock.now().since(START).as_secs()
    }
}

pub(super) fn key_file(token_url: &str) -> String {
    serde_json::json!({
        "type": "service_account", "project_id": "our-project", "private_key_id": "kid-1",
        "private_key": KEY, "client_email": "robot@our-project.iam.gserviceaccount.com",
        "token_uri": token_url
    })
    .to_string()
}

pub(super) fn account(token_url: &str) -> ServiceAccount {
    ServiceAccount::from_key_file(&key_file(token_url)).unwrap()
}

async fn run(
    listener: TcpListener,
    seen: Arc<Mutex<Vec<Asked>>>,
    mut serve: impl FnMut(&Asked) -> Reply,
) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let Some(asked) = read(&mut stream).await else {
            continue;
        };
        seen.lock().unwrap().push(asked.clone());
        if let Reply::With(status, headers, body) = serve(&asked) {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body.as_bytes()).await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut part = [0; 16_384];
    loop {
        let length = stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned())
        };
        let length: usize = header("content-length").map_or(0, |v| v.parse().unwrap());
        if body.len() >= length {
            let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned() + " ";
            let authorization = header("authorization").unwrap_or_default();
            return Some(Asked { line, authorization, body: body.to_owned() });
        }
    }
}
