//! A server that can be killed, and a client for which it may be gone.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::{ARGUMENTS, PATIENCE, PAUSE};
use crate::world::text;

/// The server in a process of its own, and its data.
pub(super) struct Server {
    directory: TempDir,
    address: String,
    process: Option<Child>,
}

impl Server {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { directory, address: "127.0.0.1:0".into(), process: None }
    }

    fn credentials(&self) -> PathBuf {
        self.directory.path().join("credentials.json")
    }

    fn minted(&self) -> Value {
        let bytes = std::fs::read(self.credentials()).expect("credentials");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    pub(super) fn base_url(&self) -> String {
        text(&self.minted(), "base_url")
    }

    /// This life's client of the reseller.
    pub(super) fn reseller(&self) -> Api {
        let minted = self.minted();
        let client = &minted["reseller"];
        let client = (text(client, "client_id"), text(client, "client_secret"));
        Api::new(&text(&minted, "base_url"), client)
    }

    /// Starts it where it was and waits until it is ready.
    pub(super) async fn start(&mut self) {
        let data = self.directory.path().join("data");
        let (data, file) = (data.display().to_string(), self.credentials().display().to_string());
        let arguments = [
            "trennwand",
            "serve",
            "--listen",
            &self.address,
            "--data",
            &data,
            "--credentials",
            &file,
        ];
        drop(std::fs::remove_file(self.credentials()));
        let process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "crash::a_server_process", "--ignored", "--nocapture"])
            .env(ARGUMENTS, arguments.join("\n"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.expect("a process"));
        let started = Instant::now();
        while !self.credentials().exists() {
            assert!(started.elapsed() < PATIENCE, "the server does not start");
            sleep(PAUSE).await;
        }
        self.address = self.base_url().trim_start_matches("http://").to_owned();
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("killed");
            process.wait().expect("dead");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A client of the API for which the server may be gone.
pub(super) struct Api {
    http: reqwest::Client,
    base_url: String,
    client: (String, String),
    token: tokio::sync::Mutex<Option<String>>,
}

impl Api {
    pub(super) fn new(base_url: &str, client: (String, String)) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, base_url: base_url.to_owned(), client, token: tokio::sync::Mutex::default() }
    }

    async fn token(&self) -> Option<String> {
        let mut token = self.token.lock().await;
        if token.is_none() {
            let url = format!("{}/oauth/token", self.base_url);
            let request = self.http.post(url).basic_auth(&self.client.0, Some(&self.client.1));
            let request = request.form(&[("grant_type", "client_credentials")]);
            let answer: Value = request.send().await.ok()?.json().await.ok()?;
            *token = answer["access_token"].as_str().map(str::to_owned);
        }
        token.clone()
    }

    /// Status and body; `None` if there is no whole answer.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Option<(u16, Value)> {
        let token = self.token().await?;
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        let request = request.bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    /// Posts to a server that lives.
    pub(super) async fn insist(&self, path: &str, body: Value) -> Value {
        match self.call(Method::POST, path, body).await {
            Some((201, made)) => made,
            other => panic!("{path}: {other:?}"),
        }
    }

    /// Reads from a server that lives.
    pub(super) async fn see(&self, path: &str) -> Value {
        match self.call(Method::GET, path, Value::Null).await {
            Some((200, seen)) => seen,
            other => panic!("{path}: {other:?}"),
        }
    }
}
