use serde::Deserialize;
use trennwand_domain::{Duration, Error, ErrorKind, ReasonCode};

use super::wire::{Answer, Request};

/// Why an attempt failed. Google's own words are not kept: they may quote what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Google said no.
    Answered {
        /// HTTP status.
        code: u16,
        /// `google.rpc.Code` as a word.
        status: String,
        /// Which members of the request it is about.
        fields: Vec<String>,
        /// `Retry-After`.
        after: Option<Duration>,
    },
    /// The request did not get there at all.
    Unreached,
    /// No whole answer came in time.
    Lost,
    /// Our own count says that it would be too much.
    OwnQuota {
        /// For how long.
        after: Duration,
    },
    /// There is no access token to be had.
    NoToken(TokenFailure),
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFailure {
    /// Google does not take our identity.
    Refused,
    /// Google did not answer.
    Unavailable,
}

/// The body of an error.
#[derive(Deserialize)]
struct Body {
    error: Said,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Said {
    status: String,
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    field_violations: Vec<Violation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Violation {
    field: String,
}

/// What is wrong with an answer; `None` for success.
pub(super) fn of(answer: &Answer) -> Option<Failure> {
    if (200..300).contains(&answer.code) {
        return None;
    }
    let said = serde_json::from_slice::<Body>(&answer.body).map(|body| body.error);
    let said = said.unwrap_or_default();
    let fields = said.details.into_iter().flat_map(|d| d.field_violations).map(|v| v.field);
    Some(Failure::Answered {
        code: answer.code,
        status: said.status.chars().filter(|c| c.is_ascii_uppercase() || *c == '_').collect(),
        fields: fields.filter(|f| is_path(f)).take(5).collect(),
        after: answer.retry_after,
    })
}

/// A member's path, as opposed to a value that was sent.
fn is_path(field: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.[]".contains(&b);
    field.len() <= 200 && field.bytes().all(plain)
}

impl Failure {
    pub(super) const fn own_quota(after: Duration) -> Self {
        Self::OwnQuota { after }
    }

    fn is(&self, wanted: u16) -> bool {
        matches!(self, Self::Answered { code, .. } if *code == wanted)
    }

    fn says(&self, wanted: &str) -> bool {
        matches!(self, Self::Answered { status, .. } if status == wanted)
    }

    pub(super) fn is_unauthenticated(&self) -> bool {
        self.is(401)
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.is(404)
    }

    /// Google counts 429 for the project; older services say 403 and `RESOURCE_EXHAUSTED`.
    pub(super) fn is_quota(&self) -> bool {
        self.is(429) || self.says("RESOURCE_EXHAUSTED")
    }

    /// Google refused before it did anything.
    pub(super) fn was_not_taken(&self) -> bool {
        self.is_quota()
            || self.is(503)
            || matches!(self, Self::Unreached | Self::NoToken(TokenFailure::Unavailable))
    }

    /// Google may have done it.
    pub(super) fn may_have_acted(&self) -> bool {
        let unwell = matches!(self, Self::Answered { code, .. } if *code >= 500 && *code != 503);
        unwell || self.says("ABORTED") || matches!(self, Self::Lost)
    }

    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answered { after, .. } => *after,
            _ => None,
        }
    }

    /// The error for the caller.
    pub(super) fn into_error(self, request: &Request<'_>) -> Error {
        let after = self.retry_after().unwrap_or(Duration::from_secs(100));
        let kind = match &self {
            Self::OwnQuota { after } => too_many(*after),
            // That we are not let in says nothing about what was asked: it can be asked again later.
            Self::Unreached | Self::Lost | Self::NoToken(_) => ErrorKind::Unavailable,
            Self::Answered { .. } if self.is_quota() => too_many(after),
            Self::Answered { code, status, .. } => match (code, status.as_str()) {
                (404, _) => ErrorKind::NotFound { what: request.about },
                (403, _) => ErrorKind::Forbidden { code: ReasonCode::AndroidNotAuthorized },
                (409, "ALREADY_EXISTS") => ErrorKind::AlreadyExists { what: request.about },
                (400, "FAILED_PRECONDITION") | (412, _) => {
                    ErrorKind::Conflict { code: ReasonCode::AndroidNotInThisState }
                }
                (401 | 408 | 409 | 425 | 500.., _) => ErrorKind::Unavailable,
                _ => ErrorKind::Internal,
            },
        };
        Error::from(kind).context(format!("google: {}: {}", request.what, self.short()))
    }

    fn short(&self) -> String {
        match self {
            Self::Answered { code, status, fields, .. } => {
                format!("{code} {status} {}", fields.join(" ")).trim_end().to_owned()
            }
            Self::Unreached => "not reached".to_owned(),
            Self::Lost => "no answer".to_owned(),
            Self::OwnQuota { .. } => "our own quota".to_owned(),
            Self::NoToken(TokenFailure::Refused) => "our identity is refused".to_owned(),
            Self::NoToken(TokenFailure::Unavailable) => "no access token".to_owned(),
        }
    }
}

fn too_many(after: Duration) -> ErrorKind {
    let seconds = u32::try_from(after.as_secs()).unwrap_or(u32::MAX).max(1);
    ErrorKind::TooMany { retry_after_s: seconds }
}
