use reqwest::{
    Client, Method,
    header::{ETAG, IF_MATCH},
};
use serde_json::{Value, json};
use trennwand_domain::{Duration, Secret};

/// Why the demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server refused or answered something else than promised.
    #[error("{0}")]
    Server(String),
    /// No answer.
    #[error("no answer from the server: {0}")]
    Connection(#[from] reqwest::Error),
    /// A simulated phone could not go on.
    #[error("a simulated phone could not go on: {0}")]
    Phone(#[from] trennwand_simulator::SimulatorError),
}

pub(crate) type Result<T> = std::result::Result<T, DemoError>;

/// A program of a reseller's or a customer's that speaks to the API: HTTP and nothing else.
pub(crate) struct ApiClient {
    http: Client,
    base_url: String,
    token: Secret<String>,
}

impl ApiClient {
    /// Signs in by OAuth 2.0 client credentials.
    pub(crate) async fn sign_in(base_url: &str, id: &str, secret: &str) -> Result<Self> {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let form = [("grant_type", "client_credentials")];
        let request = http.post(format!("{base_url}/oauth/token"));
        let response = request.basic_auth(id, Some(secret)).form(&form).send().await?;
        let status = response.status();
        let answer: Value = response.json().await?;
        let token = answer["access_token"].as_str().ok_or_else(|| {
            DemoError::Server(format!("the token endpoint answered {status}: {}", answer["error"]))
        })?;
        Ok(Self { http, base_url: base_url.into(), token: Secret::new(token.into()) })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.send(Method::GET, path, None, None).await?.0)
    }

    /// The object and its ETag.
    pub(crate) async fn get_tagged(&self, path: &str) -> Result<(Value, String)> {
        let (body, tag) = self.send(Method::GET, path, None, None).await?;
        let missing = || DemoError::Server(format!("{path} has no ETag"));
        Ok((body, tag.ok_or_else(missing)?))
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value> {
        Ok(self.send(Method::POST, path, Some(body), None).await?.0)
    }

    pub(crate) async fn put(&self, path: &str, body: Value, tag: Option<&str>) -> Result<Value> {
        Ok(self.send(Method::PUT, path, Some(body), tag).await?.0)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        tag: Option<&str>,
    ) -> Result<(Value, Option<String>)> {
        let operation = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base_url));
        request = request.bearer_auth(self.token.expose());
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(tag) = tag {
            request = request.header(IF_MATCH, tag);
        }
        let response = request.send().await?;
        let status = response.status();
        let tag = response.headers().get(ETAG).and_then(|t| t.to_str().ok()).map(str::to_owned);
        let body = response.bytes().await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_else(|_| json!({}));
        if status.is_success() {
            return Ok((body, tag));
        }
        let (code, detail) = (text(&body, "code"), text(&body, "detail"));
        Err(DemoError::Server(format!("{operation} was answered {status} {code}: {detail}")))
    }
}

/// A text of an answer; empty if it is missing.
pub(crate) fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_default()
}

/// The items of a list.
pub(crate) fn items(body: &Value) -> &[Value] {
    body["items"].as_array().map_or(&[], Vec::as_slice)
}
