use std::{fmt::Write as _, time::Duration};

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector as _, HttpConnectorSettings},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::HttpError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use trennwand_domain::{Error, Result};

use super::{failure::Failure, token::Bearer};

/// The authorities behind Google's own endpoints: GTS Root R1 to R4 and GlobalSign ECC Root CA R4,
/// which is Google's too. From pki.goog; they end in 2036 and 2038.
const AUTHORITIES: &[u8] = include_bytes!("authorities.pem");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How much an exchange may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For all of one attempt, body included.
    pub(super) time: Duration,
    /// The longest answer.
    pub(super) bytes: usize,
}

/// Of the API: a page of 100 phones that report everything stays below this.
const OF_THE_API: Limits = Limits { time: Duration::from_secs(30), bytes: 8 << 20 };

/// One request to the API.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// Google's name of the method.
    pub(super) what: &'static str,
    /// What it is about, for "there is no such …".
    pub(super) about: &'static str,
    pub(super) method: &'static str,
    /// Below `/v1/`.
    pub(super) path: String,
    pub(super) query: Vec<(&'a str, String)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// Whether a second time changes nothing that the first did not.
    pub(super) fn is_repeatable(&self) -> bool {
        self.method != "POST"
    }

    pub(super) fn is_delete(&self) -> bool {
        self.method == "DELETE"
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) const fn empty() -> Self {
        Self { code: 200, retry_after: None, body: Vec::new() }
    }
}

/// Connections: HTTPS, and plain HTTP for stand-ins on this machine.
#[derive(Debug)]
pub(super) struct Http {
    tls: Connector,
    plain: Connector,
}

impl Http {
    pub(super) fn new() -> Result<Self> {
        let builder = || {
            let settings =
                HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
            Connector::builder().connector_settings(settings).sleep_impl(TokioSleep::new())
        };
        let trust = TrustStore::empty().with_pem_certificate(AUTHORITIES);
        let context = TlsContext::builder().with_trust_store(trust).build();
        let tls = builder()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.map_err(Error::internal)?)
            .build();
        Ok(Self { tls, plain: builder().build_http() })
    }

    pub(super) async fn send(
        &self,
        base_url: &str,
        request: &Request<'_>,
        bearer: &Bearer,
    ) -> Result<Answer, Failure> {
        let mut url = format!("{base_url}/v1/{}", request.path);
        if !request.query.is_empty() {
            let query: Vec<_> = request.query.iter().map(|(k, v)| (*k, v.as_str())).collect();
            url = format!("{url}?{}", form(&query));
        }
        let headers = [
            ("authorization", format!("Bearer {}", bearer.expose())),
            ("content-type", JSON.into()),
        ];
        let body = request.body.clone();
        self.exchange(request.method, &url, &headers, body, OF_THE_API).await
    }

    pub(super) async fn post_form(&self, url: &str, body: String) -> Result<Answer, Failure> {
        let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        self.exchange("POST", url, &headers, Some(body.into_bytes()), OF_THE_API).await
    }

    /// What everybody may read.
    pub(super) async fn get(&self, url: &str, limits: Limits) -> Result<Answer, Failure> {
        self.exchange("GET", url, &[], None, limits).await
    }

    async fn exchange(
        &self,
        method: &str,
        url: &str,
        headers: &[(&'static str, String)],
        body: Option<Vec<u8>>,
        limits: Limits,
    ) -> Result<Answer, Failure> {
        // Addresses were checked at the start, and names are safe in a path: this cannot fail.
        let request = request(method, url, headers, body).map_err(|_| Failure::Unreached)?;
        let connector = if url.starts_with("https:") { &self.tls } else { &self.plain };
        let exchange = async {
            let response = connector.call(request).await.map_err(|e| failure(&e))?;
            read(response, limits.bytes).await
        };
        tokio::time::timeout(limits.time, exchange).await.unwrap_or(Err(Failure::Lost))
    }
}

const JSON: &str = "application/json";

fn request(
    method: &str,
    url: &str,
    headers: &[(&'static str, String)],
    body: Option<Vec<u8>>,
) -> Result<HttpRequest, HttpError> {
    let length = body.as_ref().map_or(0, Vec::len);
    let mut request = HttpRequest::new(body.map_or_else(SdkBody::empty, SdkBody::from));
    request.set_method(method)?;
    request.set_uri(url)?;
    for (name, value) in headers {
        request.headers_mut().try_insert(*name, value.clone())?;
    }
    request.headers_mut().try_insert("content-length", length.to_string())?;
    Ok(request)
}

/// A connection that was never made carried nothing; otherwise nobody knows.
fn failure(error: &ConnectorError) -> Failure {
    let refused = std::error::Error::source(error)
        .and_then(|source| std::error::Error::source(source).or(Some(source)))
        .is_some_and(|source| source.to_string().contains("tcp connect error"));
    if refused { Failure::Unreached } else { Failure::Lost }
}

async fn read(response: HttpResponse, most: usize) -> Result<Answer, Failure> {
    let code = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").and_then(|v| v.parse().ok());
    let mut stream = ByteStream::new(response.into_body());
    let mut body = Vec::new();
    while let Some(part) = stream.try_next().await.map_err(|_| Failure::Lost)? {
        if body.len() + part.len() > most {
            return Err(Failure::Lost);
        }
        body.extend_from_slice(&part);
    }
    Ok(Answer { code, retry_after: retry_after.map(Duration::from_secs), body })
}

/// Access tokens go to HTTPS only, or to a stand-in on this machine.
pub(super) fn check_address(url: &str) -> Result<()> {
    let plain = url.strip_prefix("http://").map(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit_once(':').map_or(host, |(host, _)| host)
    });
    let good = match plain {
        Some(host) => ["127.0.0.1", "localhost", "[::1]"].contains(&host),
        None => url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()),
    };
    let good = good && !url.contains(|c: char| c.is_ascii_whitespace() || c.is_control());
    good.then_some(()).ok_or_else(|| Error::internal("google: an address is not https"))
}

/// Pairs as in a query or a form.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(&mut out, name);
        out.push('=');
        escape(&mut out, value);
    }
    out
}

fn escape(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
