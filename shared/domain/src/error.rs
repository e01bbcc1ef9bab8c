use std::{borrow::Cow, fmt};

use crate::ReasonCode;

/// What went wrong, without a word about HTTP: `web` maps it to RFC 9457 once, the device channel
/// has its own mapper.
///
/// The `message` of a kind is for the client. The context is for the log and can never reach a
/// client: nothing but `Debug` shows it.
#[derive(thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: ErrorKind,
    because: Option<ReasonCode>,
    context: Option<String>,
}

/// The kinds of failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// Absent, or not the caller's to see: the two are never told apart.
    #[error("there is no such {what}")]
    NotFound {
        /// The kind of thing, in words.
        what: &'static str,
    },
    /// It exists already.
    #[error("{what} exists already")]
    AlreadyExists {
        /// The kind of thing, in words.
        what: &'static str,
    },
    /// A value that the caller sent is not acceptable.
    #[error("{field}: {message}")]
    Invalid {
        /// Path of the field in the caller's own terms.
        field: Cow<'static, str>,
        /// What is wrong and what would be right.
        message: Cow<'static, str>,
    },
    /// The state does not allow it now; the code says why.
    #[error("{}", code.english())]
    Conflict {
        /// Why.
        code: ReasonCode,
    },
    /// A precondition (`If-Match`) is not met.
    #[error("the object was changed in the meantime")]
    Stale,
    /// A precondition (`If-Match`) is missing.
    #[error("this operation needs If-Match")]
    PreconditionRequired,
    /// No valid credentials.
    #[error("a valid access token is required")]
    Unauthenticated,
    /// Valid credentials that do not allow this.
    #[error("{}", code.english())]
    Forbidden {
        /// Why.
        code: ReasonCode,
    },
    /// Too many requests.
    #[error("too many requests")]
    TooMany {
        /// Seconds until it may be tried again.
        retry_after_s: u32,
    },
    /// Something outside did not answer in time; nothing was changed, or repeating is safe.
    #[error("the service is unavailable for the moment")]
    Unavailable,
    /// Our fault.
    #[error("internal error")]
    Internal,
}

/// What fallible operations return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Absent, or not the caller's to see.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        ErrorKind::NotFound { what }.into()
    }

    /// It exists already.
    #[must_use]
    pub fn already_exists(what: &'static str) -> Self {
        ErrorKind::AlreadyExists { what }.into()
    }

    /// A value that the caller sent is not acceptable.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        ErrorKind::Invalid { field: field.into(), message: message.into() }.into()
    }

    /// The state does not allow it now.
    #[must_use]
    pub fn conflict(code: ReasonCode) -> Self {
        ErrorKind::Conflict { code }.into()
    }

    /// Valid credentials that do not allow this.
    #[must_use]
    pub fn forbidden(code: ReasonCode) -> Self {
        ErrorKind::Forbidden { code }.into()
    }

    /// Our fault; `context` goes to the log only.
    pub fn internal(context: impl fmt::Display) -> Self {
        Self::from(ErrorKind::Internal).context(context)
    }

    /// Something outside did not answer; `context` goes to the log only.
    pub fn unavailable(context: impl fmt::Display) -> Self {
        Self::from(ErrorKind::Unavailable).context(context)
    }

    /// Adds the reason behind the code, for the client: "not permitted" because the enrolment does
    /// not grant the right.
    #[must_use]
    pub const fn because(mut self, reason: ReasonCode) -> Self {
        self.because = Some(reason);
        self
    }

    /// The reason behind the code, if there is a finer one.
    #[must_use]
    pub const fn reason(&self) -> Option<ReasonCode> {
        self.because
    }

    /// Adds a line for the log; the client never sees it.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.context = Some(match self.context.take() {
            Some(inner) => format!("{context}: {inner}"),
            None => context.to_string(),
        });
        self
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The line for the log.
    #[must_use]
    pub fn log_context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// The stable code that API clients switch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            ErrorKind::NotFound { .. } => "not_found",
            ErrorKind::AlreadyExists { .. } => "already_exists",
            ErrorKind::Invalid { .. } => "invalid",
            ErrorKind::Conflict { code } | ErrorKind::Forbidden { code } => code.as_str(),
            ErrorKind::Stale => "stale",
            ErrorKind::PreconditionRequired => "precondition_required",
            ErrorKind::Unauthenticated => "unauthenticated",
            ErrorKind::TooMany { .. } => "too_many_requests",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Internal => "internal",
        }
    }

    /// Whether somebody else wrote what this rested on: worked out from fresh state, it may succeed at
    /// once.
    #[must_use]
    pub const fn is_concurrent_change(&self) -> bool {
        matches!(self.kind, ErrorKind::Conflict { code: ReasonCode::ConcurrentChange })
    }

    /// Whether the same request may succeed later without a change by the caller.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match &self.kind {
            ErrorKind::TooMany { .. } | ErrorKind::Unavailable => true,
            ErrorKind::NotFound { .. }
            | ErrorKind::AlreadyExists { .. }
            | ErrorKind::Invalid { .. }
            | ErrorKind::Conflict { .. }
            | ErrorKind::Stale
            | ErrorKind::PreconditionRequired
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden { .. }
            | ErrorKind::Internal => false,
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, because: None, context: None }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        self.context.as_ref().map_or(Ok(()), |context| write!(f, " ({context})"))
    }
}
