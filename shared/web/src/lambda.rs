//! Requests as an API gateway hands them to a Lambda function (HTTP API, payload format 2.0), and
//! the way back.
//!
//! The gateway's text is turned into the request that a phone or a program would have made on the
//! wire, whatever it holds: nothing is repaired, folded or dropped on the way, so that the same layers
//! refuse the same requests here and on the local server. `lambda_http`, which does the same job,
//! panics on some query strings, hosts and bodies and folds dot segments before any layer sees them.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use axum::{Router, routing::get};
//! use trennwand_web::lambda::answer;
//!
//! let event = r#"{"rawPath": "/hello", "requestContext": {"http": {"method": "GET"}}}"#;
//! let routes = Router::new().route("/hello", get(async || "hello"));
//! let answer = serde_json::to_value(answer(routes, event).await?)?;
//! assert_eq!(answer["statusCode"], 200);
//! assert_eq!(answer["body"], "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;
use trennwand_domain::{Error, Result};

use crate::shell::{DEVICE_SIDE, PAGE_SIDE};

/// What a Lambda function may answer with, less what the rest of an answer takes: 6 MB.
const MAX_ANSWER_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, default)]
    raw_path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    raw_query_string: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    headers: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(borrow)]
    request_context: Context<'a>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    http: Http<'a>,
}

#[derive(Deserialize)]
struct Http<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
}

/// What the gateway is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

/// Lets the routes answer a gateway's event.
///
/// # Errors
/// If it is no such event, or the answer is larger than Lambda lets pass.
pub async fn answer(routes: Router, event: &str) -> Result<Answer> {
    // serde's messages can quote the text.
    let event: Event<'_> =
        serde_json::from_str(event).map_err(|_| Error::internal("not an event of a gateway"))?;
    let request = event.request();
    let Ok(response) = routes.oneshot(request).await;
    Answer::of(response).await
}

impl Event<'_> {
    /// The request on the wire. What could not have come over a wire becomes one to an odd address,
    /// which is refused like others of that kind.
    fn request(&self) -> Request {
        let method = Method::from_bytes(self.request_context.http.method.as_bytes());
        let parts = (method.ok(), self.headers(), self.body(), self.uri());
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.odd_uri();
        if let (Some(method), Some(headers), Some(body), Some(uri)) = parts {
            *request.method_mut() = method;
            *request.headers_mut() = headers;
            *request.body_mut() = body;
            *request.uri_mut() = uri;
        }
        request
    }

    fn uri(&self) -> Option<Uri> {
        let mut target = String::with_capacity(64);
        let path = self.raw_path.as_deref().unwrap_or("/");
        escape(path, b"\"#<>?[\\]^`{|}", &mut target);
        match self.raw_query_string.as_deref() {
            None | Some("") => {}
            // Over the wire it could not have come.
            Some(query) if query.bytes().any(|c| c.is_ascii_control()) => return None,
            Some(query) => {
                target.push('?');
                escape(query, b"\"#<>", &mut target);
            }
        }
        target.starts_with('/').then(|| target.parse().ok())?
    }

    /// An address that no layer takes for a good one, on the same side of the service.
    fn odd_uri(&self) -> Uri {
        let path = self.raw_path.as_deref().unwrap_or_default();
        Uri::from_static(if DEVICE_SIDE.iter().any(|start| path.starts_with(start)) {
            "/mdm/%00"
        } else if path.starts_with(PAGE_SIDE) {
            "/e/%00"
        } else {
            "/%00"
        })
    }

    /// The gateway joins the values of a header with commas.
    fn headers(&self) -> Option<HeaderMap> {
        let headers = self.headers.iter().flatten();
        let header = |(name, value): (&Cow<'_, str>, &Cow<'_, str>)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        };
        headers.map(header).collect()
    }

    fn body(&self) -> Option<Body> {
        let body = self.body.as_deref().unwrap_or_default();
        match self.is_base64_encoded {
            true => STANDARD.decode(body).ok().map(Body::from),
            false => Some(Body::from(body.to_owned())),
        }
    }
}

/// Escapes what cannot stand in an address; escapes that are there stay.
fn escape(text: &str, reserved: &[u8], out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !reserved.contains(&byte) {
            out.push(byte.into());
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

impl Answer {
    async fn of(response: Response) -> Result<Self> {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, MAX_ANSWER_BYTES).await.map_err(Error::internal)?;
        let (body, is_base64_encoded) = match String::from_utf8(bytes.into()) {
            Ok(text) => (text, false),
            Err(binary) => (STANDARD.encode(binary.as_bytes()), true),
        };
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let all = headers.entry(name.as_str().to_owned()).or_default();
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(&value);
        }
        Ok(Self { status_code: parts.status.as_u16(), headers, body, is_base64_encoded })
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Bytes, http::StatusCode, response::AppendHeaders, routing::any};
    use serde_json::{Value, json};

    use super::*;

    /// Says what it was asked.
    fn mirror() -> Router {
        Router::new().fallback(any(async |request: Request| {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 9999).await.unwrap();
            let header = |name| parts.headers.get(name).map(|v| v.as_bytes().to_vec());
            json!({
                "method": parts.method.as_str(),
                "uri": parts.uri.to_string(),
                "x": header("x").map(|v| String::from_utf8(v).unwrap()),
                "body": body.to_vec(),
            })
            .to_string()
        }))
    }

    async fn seen(event: Value) -> Value {
        let answer = answer(mirror(), &event.to_string()).await.unwrap();
        serde_json::from_str(&answer.body).unwrap()
    }

    fn event(path: &str, query: &str) -> Value {
        let http = json!({"method": "GET"});
        json!({"rawPath": path, "rawQueryString": query, "requestContext": {"http": http}})
    }

    #[tokio::test]
    async fn a_request_arrives_as_it_was_made() {
        let event = json!({
            "version": "2.0",
            "routeKey": "PUT /mdm/{tenant}/{device}",
            "rawPath": "/mdm/ten_1/dev_2",
            "rawQueryString": "a=1&a=%20",
            "cookies": ["c=1"],
            "headers": {"x": "a\"b,ä", "Content-Type": "application/x-apple-aspen-mdm"},
            "requestContext": {"http": {"method": "PUT", "path": "/"}, "stage": "$default"},
            "body": "AP8B",
            "isBase64Encoded": true,
        });
        let seen = seen(event).await;
        assert_eq!(seen["method"], "PUT");
        assert_eq!(seen["uri"], "/mdm/ten_1/dev_2?a=1&a=%20");
        assert_eq!(seen["x"], "a\"b,ä");
        assert_eq!(seen["body"], json!([0, 255, 1]));
    }

    #[tokio::test]
    async fn nothing_is_folded_or_dropped_on_the_way() {
        for (path, query, uri) in [
            ("/mdm/%2e%2e/%00", "", "/mdm/%2e%2e/%00"),
            ("/a/../b", "", "/a/../b"),
            ("/a//b/", "", "/a//b/"),
            ("/a\0b", "", "/a%00b"),
            ("/a b?c#d", "", "/a%20b%3Fc%23d"),
            ("/ä", "", "/%C3%A4"),
            ("/%zz", "", "/%zz"),
            ("/a", "q=a b\"<{|>'", "/a?q=a%20b%22%3C{|%3E'"),
            ("/a", "ä=%zz&%00", "/a?%C3%A4=%zz&%00"),
            ("/a", "?&?", "/a??&?"),
        ] {
            assert_eq!(seen(event(path, query)).await["uri"], uri, "{path} {query}");
        }
    }

    #[tokio::test]
    async fn what_could_not_come_over_a_wire_goes_to_an_odd_address() {
        let mut odd = vec![event("a", ""), event("", ""), event("/a", "b\nc")];
        odd.push(event(&"/a".repeat(40_000), ""));
        let mut change = |change: fn(&mut Value)| {
            let mut event = event("/a", "");
            change(&mut event);
            odd.push(event);
        };
        change(|e| e["requestContext"]["http"]["method"] = json!("G T"));
        change(|e| e["headers"] = json!({"a b": "c"}));
        change(|e| e["headers"] = json!({"a": "b\r\nc"}));
        for event in odd {
            assert_eq!(seen(event.clone()).await["uri"], "/%00", "{event}");
        }
        let mut from_a_phone = event("/scep/a/b", "");
        from_a_phone["body"] = json!("not base64!");
        from_a_phone["isBase64Encoded"] = json!(true);
        assert_eq!(seen(from_a_phone).await["uri"], "/mdm/%00");
    }

    #[tokio::test]
    async fn text_goes_back_as_text_and_bytes_as_base64() {
        let routes = Router::new()
            .route("/text", any(async || (StatusCode::CREATED, [("x", "ä")], "grün")))
            .route("/bytes", any(async || Bytes::from_static(&[0x30, 0x82, 0xff])))
            .route("/twice", any(async || AppendHeaders([("a", "1"), ("a", "2")])));
        let answered = async |path| {
            let event = event(path, "").to_string();
            serde_json::to_value(answer(routes.clone(), &event).await.unwrap()).unwrap()
        };
        let text = answered("/text").await;
        assert_eq!((&text["statusCode"], &text["body"]), (&json!(201), &json!("grün")));
        assert_eq!(text["headers"]["x"], "ä");
        assert_eq!(text["isBase64Encoded"], false);
        let bytes = answered("/bytes").await;
        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("MIL/"), &json!(true)));
        assert_eq!(answered("/twice").await["headers"]["a"], "1, 2");
    }

    #[tokio::test]
    async fn what_is_no_event_of_a_gateway_is_not_quoted() {
        for text in ["", "{}", "null", r#"{"POISON": 1}"#, r#"{"requestContext": "POISON"}"#] {
            let error = answer(mirror(), text).await.unwrap_err();
            assert!(!format!("{error:?}").contains("POISON"), "{error:?}");
        }
    }
}
