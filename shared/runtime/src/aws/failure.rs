use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use trennwand_domain::Error;

/// The SDK's error as ours; `what` is the operation. Its words stay out of the log: they can quote
/// what was sent.
pub(super) fn from_sdk<E: ProvideErrorMetadata>(
    what: &str,
    error: &SdkError<E, HttpResponse>,
) -> Error {
    match error {
        SdkError::TimeoutError(_) => Error::unavailable(format_args!("{what}: timeout")),
        SdkError::DispatchFailure(_) => Error::unavailable(format_args!("{what}: no connection")),
        SdkError::ResponseError(_) => Error::unavailable(format_args!("{what}: garbled answer")),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no code");
            let status = service.raw().status().as_u16();
            match status >= 500 || status == 429 || is_passing(code) {
                true => Error::unavailable(format_args!("{what}: {code}")),
                false => Error::internal(format_args!("{what}: {code}")),
            }
        }
        _ => Error::internal(format_args!("{what}: the request could not be built")),
    }
}

fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException"
            | "Throttling"
            | "Throttled"
            | "ThrottledException"
            | "RequestThrottled"
            | "TooManyRequestsException"
            | "LimitExceededException"
            | "DependencyTimeoutException"
            | "KMSInternalException"
            | "KeyUnavailableException"
            | "KMSThrottling"
    )
}
