use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{
        HeaderMap, HeaderValue,
        header::{ETAG, IF_MATCH},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use trennwand_domain::{Error, ErrorKind};

use crate::ApiError;

/// An answer with an `ETag` made of the object's revision.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<T>(pub u64, pub T);

impl<T: IntoResponse> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.0)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// The `If-Match` of a request; a request without one is refused with 428.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Vec<Option<u64>>);

impl IfMatch {
    /// That the object still has a revision the caller knows.
    ///
    /// # Errors
    /// `Stale` if not.
    pub fn check(&self, revision: u64) -> Result<(), Error> {
        let matches = self.0.iter().any(|known| known.is_none_or(|known| known == revision));
        if matches { Ok(()) } else { Err(ErrorKind::Stale.into()) }
    }

    /// Tags that are none of ours match nothing; `*` matches everything (RFC 9110 §13.1.1).
    fn parse(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(IF_MATCH).iter().peekable();
        values.peek()?;
        let tags = values.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).take(16);
        let known = tags.map(str::trim).filter_map(|tag| match tag {
            "*" => Some(None),
            _ => tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok().map(Some),
        });
        Some(Self(known.collect()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::parse(&parts.headers)
            .ok_or_else(|| Error::from(ErrorKind::PreconditionRequired).into())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Ok(Self::parse(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_present_revision_matches() {
        for (header, fits) in [
            ("\"7\"", true),
            ("\"6\", \"7\"", true),
            ("*", true),
            ("\"6\"", false),
            ("7", false),
            ("W/\"7\"", false),
            ("\"\"", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(header))]);
            assert_eq!(IfMatch::parse(&headers).unwrap().check(7).is_ok(), fits, "{header}");
        }
        assert_eq!(IfMatch::parse(&HeaderMap::new()), None);
    }
}
