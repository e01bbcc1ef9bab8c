use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use trennwand_apple::PlistError;
use trennwand_domain::{Error, ErrorKind};

/// What a phone is told when its request is not carried out: a status and an empty body.
///
/// A phone is no API client. Never 401: to a phone that can mean that it is no longer managed.
#[derive(Debug)]
pub(crate) enum DeviceError {
    /// The signature is absent, unreadable or does not verify.
    Signature,
    /// The body is too large.
    TooLarge,
    /// The body is signed but is no message of the protocol.
    Message(PlistError),
    /// There is no such enrolment, it has ended, or the certificate is not its: never told apart.
    NotYours,
    /// A user channel, which is declined for good.
    UserChannel,
    /// A check-in that is not supported.
    Unsupported,
    /// Anything else.
    Other(Error),
}

impl DeviceError {
    /// The status. Everything but 200 makes a phone try again later.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Signature | Self::Message(_) | Self::Unsupported => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotYours => StatusCode::FORBIDDEN,
            Self::UserChannel => StatusCode::GONE,
            Self::Other(error) => match error.kind() {
                ErrorKind::NotFound { .. }
                | ErrorKind::Unauthenticated
                | ErrorKind::Forbidden { .. } => StatusCode::FORBIDDEN,
                ErrorKind::Invalid { .. } => StatusCode::BAD_REQUEST,
                ErrorKind::TooMany { .. }
                | ErrorKind::Unavailable
                | ErrorKind::Conflict { .. }
                | ErrorKind::Stale => StatusCode::SERVICE_UNAVAILABLE,
                ErrorKind::AlreadyExists { .. }
                | ErrorKind::PreconditionRequired
                | ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    /// The word for the log.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Signature => "bad_signature",
            Self::TooLarge => "too_large",
            Self::Message(_) => "bad_message",
            Self::NotYours => "not_yours",
            Self::UserChannel => "user_channel",
            Self::Unsupported => "unsupported",
            Self::Other(error) => error.code(),
        }
    }
}

impl From<Error> for DeviceError {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound { .. } => Self::NotYours,
            _ => Self::Other(error),
        }
    }
}

impl From<PlistError> for DeviceError {
    fn from(error: PlistError) -> Self {
        match error {
            PlistError::TooLarge => Self::TooLarge,
            error => Self::Message(error),
        }
    }
}

impl IntoResponse for DeviceError {
    fn into_response(self) -> Response {
        match &self {
            Self::Other(error) => tracing::warn!(code = self.code(), ?error, "phone refused"),
            Self::Message(error) => tracing::info!(code = self.code(), %error, "phone refused"),
            _ => tracing::info!(code = self.code(), "phone refused"),
        }
        self.status().into_response()
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::ReasonCode;

    use super::*;

    /// `apple-wire.md`: bad or missing signature 400, unknown enrolment or wrong certificate 403,
    /// never 401, and only 200 is success.
    #[test]
    fn no_error_reads_as_success_or_as_the_end_of_management() {
        let kinds = [
            ErrorKind::NotFound { what: "device" },
            ErrorKind::AlreadyExists { what: "device" },
            ErrorKind::Invalid { field: "body".into(), message: "no".into() },
            ErrorKind::Conflict { code: ReasonCode::ConcurrentChange },
            ErrorKind::Stale,
            ErrorKind::PreconditionRequired,
            ErrorKind::Unauthenticated,
            ErrorKind::Forbidden { code: ReasonCode::WrongLevel },
            ErrorKind::TooMany { retry_after_s: 1 },
            ErrorKind::Unavailable,
            ErrorKind::Internal,
        ];
        for kind in kinds {
            let status = DeviceError::Other(kind.clone().into()).status();
            assert!(status != StatusCode::UNAUTHORIZED && !status.is_success(), "{kind:?}");
        }
        assert_eq!(DeviceError::Signature.status(), 400);
        assert_eq!(DeviceError::NotYours.status(), 403);
        assert_eq!(DeviceError::UserChannel.status(), 410);
        assert_eq!(DeviceError::from(Error::not_found("device")).status(), 403);
        assert_eq!(DeviceError::from(Error::unavailable("busy")).status(), 503);
    }
}
