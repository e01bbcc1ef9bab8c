//! What a request's path and query may be made of, checked on the text as it came. Different parts
//! of a deployment read odd paths differently: a gateway decodes before it routes, an HTTP library
//! drops a NUL or folds `..`. What could be read in two ways is refused; what is merely unescaped in
//! a query is escaped.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{Uri, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::ApiError;

/// What is wrong with a path or query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Odd {
    /// A `.` or `..` segment, escaped or not.
    #[error("the path has a dot segment")]
    DotSegment,
    /// An escaped slash, or a backslash.
    #[error("the path has a separator inside a segment")]
    Separator,
    /// A control character, escaped or not; in a query only NUL and unescaped ones.
    #[error("there is a control character")]
    Control,
    /// `%` without two hexadecimal digits behind it.
    #[error("there is a broken escape")]
    Escape,
    /// A path that is not ASCII, or whose escapes are not UTF-8; a query that escaping makes too long.
    #[error("the path is not UTF-8")]
    Encoding,
}

/// Checks a path as it came, escapes and all.
///
/// # Errors
/// If it could be read in two ways.
pub fn check_path(path: &str) -> Result<(), Odd> {
    if !path.is_ascii() {
        return Err(Odd::Encoding);
    }
    path.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), Odd> {
    let decoded = decoded(segment)?;
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(Odd::Control);
    }
    if decoded.iter().any(|c| matches!(c, b'/' | b'\\')) {
        return Err(Odd::Separator);
    }
    if matches!(&*decoded, b"." | b"..") {
        return Err(Odd::DotSegment);
    }
    std::str::from_utf8(&decoded).map(drop).map_err(|_| Odd::Encoding)
}

/// A query as URIs may have it: bytes that must be escaped are.
///
/// # Errors
/// If it has a NUL, an unescaped control character or a broken escape.
pub fn clean_query(query: &str) -> Result<Cow<'_, str>, Odd> {
    if query.bytes().any(|c| c.is_ascii_control()) || decoded(query)?.contains(&0) {
        return Err(Odd::Control);
    }
    if query.bytes().all(may_stand_in_query) {
        return Ok(Cow::Borrowed(query));
    }
    let mut out = String::with_capacity(query.len() + 16);
    for byte in query.bytes() {
        if may_stand_in_query(byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(Cow::Owned(out))
}

/// RFC 3986 §3.4, and the escapes themselves.
const fn may_stand_in_query(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'[' | b'\\' | b']' | b'^' | b'`')
        && !matches!(byte, b'{' | b'|' | b'}')
}

fn decoded(text: &str) -> Result<Cow<'_, [u8]>, Odd> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || (bytes.next()? as char).to_digit(16);
                let value = digit().zip(digit()).ok_or(Odd::Escape)?;
                (value.0 << 4 | value.1) as u8
            }
            _ => byte,
        });
    }
    Ok(Cow::Owned(out))
}

/// The layer: refuses with 400 what is odd, and escapes what a query lacks.
pub(crate) async fn guard(mut request: Request, next: Next) -> Response {
    match clean(request.uri()) {
        Ok(None) => {}
        Ok(Some(uri)) => *request.uri_mut() = uri,
        Err(odd) => {
            tracing::debug!(%odd, "odd address");
            return ApiError::malformed("the path or query is not acceptable").into_response();
        }
    }
    next.run(request).await
}

/// The address with its query escaped; `None` if it stays as it is.
fn clean(uri: &Uri) -> Result<Option<Uri>, Odd> {
    check_path(uri.path())?;
    let Some(query) = uri.query() else { return Ok(None) };
    let Cow::Owned(query) = clean_query(query)? else { return Ok(None) };
    let mut parts = uri.clone().into_parts();
    let target = format!("{}?{query}", uri.path());
    parts.path_and_query = Some(PathAndQuery::try_from(target).map_err(|_| Odd::Encoding)?);
    Uri::from_parts(parts).map(Some).map_err(|_| Odd::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_that_can_be_read_in_one_way_only_are_let_through() {
        for path in [
            "/",
            "/v1/tenants/ten_01JCZ8X5T4N1V8Q0R2M3K4P5W6/devices",
            "/.well-known/oauth-authorization-server",
            "/e/abc-_~/profile",
            "/v1/a%20b/%C3%A4",
            "/v1//me",
            "/...",
            "/v1/me;x=1",
        ] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn paths_that_can_be_read_in_two_ways_are_refused() {
        for (path, odd) in [
            ("/v1/../me", Odd::DotSegment),
            ("/v1/./me", Odd::DotSegment),
            ("/v1/..", Odd::DotSegment),
            ("/v1/%2e%2E/me", Odd::DotSegment),
            ("/v1/.%2e/me", Odd::DotSegment),
            ("/mdm/%2e%2e/%00", Odd::DotSegment),
            ("/mdm/a/%00", Odd::Control),
            ("/mdm/a/b%0d%0aX:%20y", Odd::Control),
            ("/mdm/a/%7f", Odd::Control),
            ("/v1/tenants%2Fx", Odd::Separator),
            ("/v1/tenants%5cx", Odd::Separator),
            ("/v1/tenants\\x", Odd::Separator),
            ("/v1/%", Odd::Escape),
            ("/v1/%4", Odd::Escape),
            ("/v1/%zz", Odd::Escape),
            ("/v1/%+1", Odd::Escape),
            ("/v1/%ff", Odd::Encoding),
            ("/v1/%C0%AF", Odd::Encoding),
            ("/v1/ä", Odd::Encoding),
        ] {
            assert_eq!(check_path(path), Err(odd), "{path}");
        }
    }

    #[test]
    fn queries_are_escaped_and_not_changed_otherwise() {
        for (query, clean) in [
            ("", ""),
            ("limit=5&cursor=usr_1", "limit=5&cursor=usr_1"),
            ("message=+/A==&operation=PKIOperation", "message=+/A==&operation=PKIOperation"),
            ("message=%0A%ff", "message=%0A%ff"),
            ("q=a b", "q=a%20b"),
            ("q=\"<{|}>\\^`#[]", "q=%22%3C%7B%7C%7D%3E%5C%5E%60%23%5B%5D"),
            ("q=ä", "q=%C3%A4"),
        ] {
            assert_eq!(clean_query(query).as_deref(), Ok(clean), "{query}");
        }
        for (query, odd) in [
            ("a=%00", Odd::Control),
            ("a\0", Odd::Control),
            ("a=\r\n", Odd::Control),
            ("a=\u{7f}", Odd::Control),
            ("a=%", Odd::Escape),
            ("a=%g0", Odd::Escape),
        ] {
            assert_eq!(clean_query(query), Err(odd), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_the_guard_panic_and_cleaning_twice_changes_nothing(
            text in "(%[0-9a-fA-F]{2}|[ -~ä\u{0}-\u{1f}]){0,40}",
        ) {
            let _ = check_path(&text);
            if let Ok(clean) = clean_query(&text) {
                let again = clean_query(&clean);
                prop_assert_eq!(again.as_deref(), Ok(&*clean));
                let uri = format!("/?{clean}").parse::<Uri>();
                prop_assert!(uri.is_ok());
            }
        }
    }
}
