//! The SDK client as the store needs it: timeouts, the meter, and injected faults for tests.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Config, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::Builder;
use aws_types::SdkConfig;

use crate::{FaultPlan, Meter};

/// A client for a database that speaks plain HTTP, such as the embedded one; with `faults` for
/// tests of failure.
#[must_use]
pub fn connect(endpoint: &str, faults: Option<FaultPlan>) -> Client {
    let http = Builder::new().build_http();
    let http = match faults {
        Some(plan) => plan.around(http),
        None => http,
    };
    let config = base()
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(endpoint)
        .http_client(http)
        .build();
    Client::from_conf(config)
}

/// A client for the database at AWS; what `sdk` has to have beside its place and credentials is in
/// [`bounds`].
#[must_use]
pub fn connect_to_aws(sdk: &SdkConfig) -> Client {
    Client::from_conf(aws_sdk_dynamodb::config::Builder::from(sdk).interceptor(Meter).build())
}

/// What every client has, whatever it connects to: bounded time, few quick retries, the meter.
#[must_use]
pub fn base() -> aws_sdk_dynamodb::config::Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts())
        .retry_config(retries())
        .interceptor(Meter)
}

/// The same bounded time and few quick retries, for all services of AWS.
#[must_use]
pub fn bounds() -> aws_types::sdk_config::Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts())
        .retry_config(retries())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}
