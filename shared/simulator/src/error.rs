use std::fmt;

/// Why a simulated phone could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The phone refuses what it was given, as an iPhone would.
    #[error("the phone refuses: {0}")]
    Refused(String),
    /// The server answered with a status that the phone takes for a failure.
    #[error("{what} was answered with status {status}: {body}")]
    Status {
        /// Which request.
        what: &'static str,
        /// HTTP status.
        status: u16,
        /// The start of the body.
        body: String,
    },
    /// The server answered something that is no protocol of Apple's.
    #[error("{0}")]
    Protocol(String),
    /// The request did not get through, or its answer did not get back.
    #[error("no connection: {0}")]
    Connection(String),
    /// The phone is not under management.
    #[error("the phone is not under management")]
    NotEnrolled,
}

impl SimulatorError {
    pub(crate) fn refused(why: impl fmt::Display) -> Self {
        Self::Refused(why.to_string())
    }

    pub(crate) fn protocol(why: impl fmt::Display) -> Self {
        Self::Protocol(why.to_string())
    }

    /// The HTTP status that the server answered with, if that is what went wrong.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for SimulatorError {
    fn from(error: reqwest::Error) -> Self {
        Self::Connection(error.without_url().to_string())
    }
}

/// What fallible operations of a simulated phone return.
pub type Result<T, E = SimulatorError> = std::result::Result<T, E>;
