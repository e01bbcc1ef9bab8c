//! `/scep/{tenant}/{token}`: SCEP (RFC 8894) for one invitation.

use axum::{
    body::Bytes,
    extract::{FromRequest as _, Path, RawQuery, Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use trennwand_domain::{Error, Platform};
use trennwand_pki::{
    Certificate, degenerate,
    scep::{MAX_MESSAGE_BYTES, parse_pki_message},
};

use crate::{EnrollmentState, authority::Authority, issue::answer, link::Link, query};

/// What a server of the modern algorithm set says about itself (RFC 8894 §3.5.2), and the digests and
/// ciphers of older clients, which are answered in kind. No `Renewal` before it is offered.
const CAPABILITIES: &str = "AES\nDES3\nPOSTPKIOperation\nSCEPStandard\nSHA-1\nSHA-256\n";

const STANDARD: GeneralPurpose = lenient(&alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = lenient(&alphabet::URL_SAFE);

const fn lenient(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// Why a request gets no SCEP answer.
#[derive(Debug)]
pub(crate) enum ScepFailure {
    /// No such tenant or link.
    Unknown,
    /// No such operation, or no readable message.
    Unreadable,
    /// More than [`MAX_MESSAGE_BYTES`].
    TooLarge,
    /// Our trouble.
    Ours(Error),
}

impl From<Error> for ScepFailure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl IntoResponse for ScepFailure {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND.into_response(),
            Self::Unreadable => StatusCode::BAD_REQUEST.into_response(),
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::Ours(error) => {
                tracing::error!(?error, "SCEP request could not be answered");
                let status = match error.retryable() {
                    true => StatusCode::SERVICE_UNAVAILABLE,
                    false => StatusCode::INTERNAL_SERVER_ERROR,
                };
                status.into_response()
            }
        }
    }
}

/// GET and POST of all operations.
pub(crate) async fn scep_operation(
    State(state): State<EnrollmentState>,
    Path((tenant, token)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, ScepFailure> {
    let method = request.method().clone();
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| {
        match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => ScepFailure::TooLarge,
            _ => ScepFailure::Unreadable,
        }
    })?;
    let query = query.unwrap_or_default();
    let link = Link::find(&state.core.store, &token).await?.ok_or(ScepFailure::Unknown)?;
    // No certificate is issued for an Android phone.
    let is_foreign = link.scope.tenant().to_string() != tenant;
    if is_foreign || link.enrollment.platform != Platform::Ios {
        return Err(ScepFailure::Unknown);
    }
    match query::value(&query, "operation").as_deref() {
        Some(b"GetCACaps") => Ok(typed("text/plain", CAPABILITIES.into())),
        Some(b"GetCACert") => {
            let [ra, ca] = certificates(&state, &link).await?;
            Ok(typed("application/x-x509-ca-ra-cert", degenerate(&[ra, ca])))
        }
        Some(b"PKIOperation") => {
            let message = message(&method, &query, &body).ok_or(ScepFailure::Unreadable)?;
            let authority = Authority::load(&state.core, &link.scope).await?;
            let message = parse_pki_message(&message, &authority.registration)
                .map_err(|_| ScepFailure::Unreadable)?;
            let reply = answer(&state, &link, &authority, &message).await?;
            Ok(typed("application/x-pki-message", reply))
        }
        _ => Err(ScepFailure::Unreadable),
    }
}

fn typed(content_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// The registration authority's certificate, to which clients encrypt, and the device CA's.
async fn certificates(
    state: &EnrollmentState,
    link: &Link,
) -> Result<[Certificate; 2], ScepFailure> {
    let keys = state.core.store.tenant(&link.scope).keys().await?.ok_or(ScepFailure::Unknown)?;
    let ra = Certificate::from_der(&keys.ra_certificate)?;
    Ok([ra, Certificate::from_der(&keys.ca_certificate)?])
}

/// The message of a PKIOperation. Some clients POST the body and repeat it in the query: the body
/// counts. GET carries base64 in either alphabet.
fn message(method: &Method, query: &str, body: &[u8]) -> Option<Vec<u8>> {
    if method == Method::POST {
        return (!body.is_empty() && body.len() <= MAX_MESSAGE_BYTES).then(|| body.to_vec());
    }
    let mut text = query::value(query, "message")?;
    if text.len() > MAX_MESSAGE_BYTES.div_ceil(3) * 4 + 64 {
        return None;
    }
    // A `+` that was taken for a space on the way, and line breaks.
    text.iter_mut().filter(|c| **c == b' ').for_each(|c| *c = b'+');
    text.retain(|c| !c.is_ascii_whitespace());
    STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_post_counts_and_not_what_the_query_repeats() {
        let query = "operation=PKIOperation&message=AAAA";
        assert_eq!(message(&Method::POST, query, b"body"), Some(b"body".to_vec()));
        assert_eq!(message(&Method::POST, query, b""), None);
        assert_eq!(message(&Method::POST, query, &vec![0; MAX_MESSAGE_BYTES + 1]), None);
    }

    #[test]
    fn a_get_carries_base64_in_either_alphabet() {
        let bytes = Some(vec![0xfb, 0xff, 0xbe, 0x01]);
        for text in ["%2B%2F%2B%2BAQ%3D%3D", "+/++AQ==", " / %2BAQ==", "-_--AQ", "%2B/%2B+AQ%0A"] {
            let query = format!("operation=PKIOperation&message={text}");
            assert_eq!(message(&Method::GET, &query, b""), bytes, "{text}");
        }
        assert_eq!(message(&Method::GET, "operation=PKIOperation&message=%ff%fe", b""), None);
        assert_eq!(message(&Method::GET, "operation=PKIOperation", b"body"), None);
    }
}
