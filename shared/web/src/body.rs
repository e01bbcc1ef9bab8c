use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Request, rejection::BytesRejection,
    },
    http::{StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{ApiError, FieldError};

/// The largest body that [`Json`] reads; routes with other needs set their own `DefaultBodyLimit`.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// Longest message about a field; serde's lists of expected words stay below.
const MAX_MESSAGE_CHARS: usize = 300;

/// A JSON body, in and out. Nesting is limited to 128 levels (by serde_json), the length to
/// [`MAX_JSON_BYTES`]. Types say `#[serde(deny_unknown_fields)]` themselves; what does not fit is
/// answered with the field's path and without the value that came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(req: Request, state: &S) -> Result<Self, ApiError> {
        if !says_json(&req) {
            return Err(ApiError::unsupported_media_type());
        }
        let Raw(bytes) = Raw::from_request(req, state).await?;
        parse(&bytes).map(Self)
    }
}

/// A body that may be left out.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(req: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let says_json = says_json(&req);
        let Raw(bytes) = Raw::from_request(req, state).await?;
        match (bytes.is_empty(), says_json) {
            (true, _) => Ok(None),
            (false, true) => parse(&bytes).map(|value| Some(Self(value))),
            (false, false) => Err(ApiError::unsupported_media_type()),
        }
    }
}

/// A body as it came, of at most the route's limit.
#[derive(Debug, Clone, Default)]
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = ApiError;

    async fn from_request(req: Request, state: &S) -> Result<Self, ApiError> {
        Bytes::from_request(req, state).await.map(Self).map_err(unreadable)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would read a list as a struct by position.
    if bytes.trim_ascii_start().first().is_some_and(|first| b"[\"tfn-0123456789".contains(first)) {
        return Err(wrong_field("", "invalid type: other, expected a map"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => wrong_field(&path, &inner.to_string()),
            _ => ApiError::malformed("the body is not well-formed JSON"),
        }
    })?;
    json.end().map_err(|_| ApiError::malformed("the body is more than one JSON value"))?;
    Ok(value)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query string as a struct. Lists read their filters with it and `limit` and `cursor` with
/// [`crate::Paging`], so these structs do not deny unknown fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        type Inner = serde_path_to_error::Error<serde::de::value::Error>;

        let parsed = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        parsed.map(|q| Self(q.0)).map_err(|rejection| {
            let mut cause = std::error::Error::source(&rejection);
            while let Some(error) = cause {
                if let Some(error) = error.downcast_ref::<Inner>() {
                    return wrong_field(&error.path().to_string(), &error.inner().to_string());
                }
                cause = error.source();
            }
            ApiError::malformed("the query string is not readable")
        })
    }
}

fn says_json(req: &Request) -> bool {
    let content_type = req.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Why a body could not be read to its end.
pub(crate) fn unreadable(rejection: BytesRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
        _ => ApiError::malformed("the body could not be read"),
    }
}

/// Serde's message about a field, brought into our words and freed from the value that came.
fn wrong_field(path: &str, message: &str) -> ApiError {
    let message = message.split(" at line ").next().unwrap_or_default();
    let (name, message) = reword(message);
    let path = if path == "." || path == "?" { "" } else { path };
    let field =
        match name {
            Some(name)
                if path.is_empty() || path == name || path.ends_with(&format!(".{name}")) =>
            {
                if path.is_empty() { name.to_owned() } else { path.to_owned() }
            }
            Some(name) => format!("{path}.{name}"),
            None if path.is_empty() => "body".to_owned(),
            None => path.to_owned(),
        };
    let cut = |text: &str| text.chars().take(MAX_MESSAGE_CHARS).collect::<String>();
    ApiError::invalid(vec![FieldError { field: cut(&field), message: cut(&message) }])
}

/// The field that the message names, and the message without what the caller sent.
fn reword(message: &str) -> (Option<&str>, String) {
    let named = |prefix: &str| message.strip_prefix(prefix)?.split_once('`').map(|(name, _)| name);
    let expected = || {
        let words = message.rsplit_once(", expected ").map(|(_, words)| plain(words));
        words.map_or_else(String::new, |words| format!("; expected {words}"))
    };
    if let Some(name) = named("missing field `") {
        return (Some(name), "is missing".to_owned());
    }
    if let Some(name) = named("duplicate field `") {
        return (Some(name), "is there twice".to_owned());
    }
    if let Some(name) = named("unknown field `") {
        return (Some(name), format!("is not a known field{}", expected()));
    }
    let echoes = ["unknown variant ", "invalid type: ", "invalid value: ", "invalid length "];
    if echoes.iter().any(|prefix| message.starts_with(prefix)) {
        return (None, format!("is not acceptable{}", expected()));
    }
    if message == "invalid digit found in string" {
        return (None, "is not acceptable; expected a whole number".to_owned());
    }
    (None, message.to_owned())
}

/// What serde expected, without Rust's names for it.
fn plain(words: &str) -> &str {
    match words {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "a whole number in range",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if words.starts_with("struct ") => "an object",
        _ if words.contains("enum ") => "one of the known words",
        _ => words,
    }
}
