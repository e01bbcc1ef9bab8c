use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use trennwand_domain::{Error, ReasonCode};

/// The SDK's error as ours. What may pass by itself is `Unavailable`; the database's words go to
/// the log only if they speak of the request's form, never of its content.
pub(crate) fn from_sdk<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Error {
    match error {
        SdkError::TimeoutError(_) => Error::unavailable("database: timeout"),
        SdkError::DispatchFailure(_) => Error::unavailable("database: no connection"),
        SdkError::ResponseError(_) => Error::unavailable("database: garbled answer"),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no code");
            if is_passing(code) || service.raw().status().as_u16() >= 500 {
                return Error::unavailable(format_args!("database: {code}"));
            }
            let detail = match code {
                "ValidationException" => service.err().message().unwrap_or_default(),
                _ => "",
            };
            Error::internal(format_args!("database: {code} {detail}"))
        }
        _ => Error::internal("database: the request could not be built"),
    }
}

/// Whether a failure with this code may pass by itself.
pub(crate) fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "ThrottlingException"
            | "ThrottlingError"
            | "RequestLimitExceeded"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "TransactionConflictException"
            | "TransactionConflict"
            | "TransactionInProgressException"
    )
}

pub(crate) fn concurrent_change() -> Error {
    Error::conflict(ReasonCode::ConcurrentChange)
}
