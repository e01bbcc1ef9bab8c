use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use trennwand_domain::{Error, Result};

/// The answer to a write, in the bytes in which it is sent and kept. It becomes a response only by
/// [`crate::Write::commit`].
#[must_use = "only a committed answer is sent"]
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `None` if it did not serialise.
    pub(crate) body: Option<Vec<u8>>,
}

impl Answer {
    /// 200 with this body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with this body.
    pub fn created(body: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    /// 202 with this body.
    pub fn accepted(body: &impl Serialize) -> Self {
        Self::json(StatusCode::ACCEPTED, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        let headers = HeaderMap::new();
        Self { status: StatusCode::NO_CONTENT, headers, body: Some(Vec::new()) }
    }

    fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        Self { status, headers, body: serde_json::to_vec(body).ok() }
    }

    /// With an `ETag` made of the object's revision, as it is after the write.
    pub fn tagged(mut self, revision: u64) -> Self {
        if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
            self.headers.insert(ETAG, tag);
        }
        self
    }

    /// That no cache may keep: tokens and secrets.
    pub fn no_store(mut self) -> Self {
        self.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self
    }

    pub(crate) fn body(&self) -> Result<&[u8]> {
        self.body.as_deref().ok_or_else(|| Error::internal("an answer does not serialise"))
    }

    /// Names and values of the headers; all are ours and plain text.
    pub(crate) fn header_texts(&self) -> Vec<(String, String)> {
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
        self.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    pub(crate) fn restore(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Self {
        let header = |(name, value): &(String, String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        Self {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            headers: headers.iter().filter_map(header).collect(),
            body: Some(body),
        }
    }
}

/// The answer to a write that has happened.
#[must_use]
pub struct Written(pub(crate) Answer);

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        let Answer { status, headers, body } = self.0;
        (status, headers, body.unwrap_or_default()).into_response()
    }
}

/// Without the body: it may hold a secret.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
