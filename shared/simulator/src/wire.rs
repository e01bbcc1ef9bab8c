use base64::{Engine, prelude::BASE64_STANDARD};
use plist::{Dictionary, Value};
use reqwest::{
    Client, Method, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use trennwand_domain::Duration;

use crate::{SimulatorError, error::Result};

/// Longer than any answer of a healthy server on the same machine.
const PATIENCE: Duration = Duration::from_secs(30);

const MDM_SIGNATURE: HeaderName = HeaderName::from_static("mdm-signature");

/// One phone's connections. Real phones keep one open for a conversation, as this does.
#[derive(Debug, Clone)]
pub(crate) struct Wire(Client);

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The body, if the status is 200: to a phone only that is success.
    pub(crate) fn success(self, what: &'static str) -> Result<Self> {
        if self.status == StatusCode::OK {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        Err(SimulatorError::Status { what, status: self.status.as_u16(), body })
    }

    /// The media type without its parameters.
    pub(crate) fn media_type(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default().trim()
    }
}

impl Wire {
    pub(crate) fn new() -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("MDM-OSX/1.0 mdmd/1.0")
            .build()?;
        Ok(Self(client))
    }

    pub(crate) async fn get(&self, url: Url) -> Result<Reply> {
        self.send(Method::GET, url, HeaderMap::new(), Vec::new()).await
    }

    pub(crate) async fn post(
        &self,
        url: Url,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Reply> {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(content_type))];
        self.send(Method::POST, url, headers.into_iter().collect(), body).await
    }

    /// A check-in or a connect.
    pub(crate) async fn put(
        &self,
        url: Url,
        content_type: Option<&'static str>,
        signature: Option<&[u8]>,
        body: Vec<u8>,
    ) -> Result<Reply> {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(signature) = signature {
            let text = HeaderValue::try_from(BASE64_STANDARD.encode(signature));
            headers.insert(MDM_SIGNATURE, text.map_err(SimulatorError::protocol)?);
        }
        self.send(Method::PUT, url, headers, body).await
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Reply> {
        let response = self.0.request(method, url).headers(headers).body(body).send().await?;
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|t| t.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let status = response.status();
        Ok(Reply { status, content_type, body: response.bytes().await?.to_vec() })
    }
}

/// A body as a phone sends it.
pub(crate) fn encode(body: Dictionary, binary: bool) -> Result<Vec<u8>> {
    let (value, mut out) = (Value::Dictionary(body), Vec::new());
    let written =
        if binary { value.to_writer_binary(&mut out) } else { value.to_writer_xml(&mut out) };
    written.map_err(SimulatorError::protocol)?;
    Ok(out)
}

pub(crate) fn decode(body: &[u8]) -> Result<Dictionary> {
    Value::from_reader(std::io::Cursor::new(body))
        .ok()
        .and_then(Value::into_dictionary)
        .ok_or_else(|| SimulatorError::protocol("the answer is not a property list"))
}
