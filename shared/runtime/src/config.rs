//! What a function is told by its environment: read once, at the start, with all errors at once.
//!
//! Architecture invariant: the only place that reads the environment. No value is ever shown.
//!
//! ```
//! use trennwand_runtime::config::{Config as _, Schedule};
//!
//! let faulty = Schedule::read(&|name| (name == "DATA_TABLE").then(|| "no/table".into()));
//! let complaint = faulty.unwrap_err().to_string();
//! assert!(complaint.starts_with("DATA_TABLE: not the name of a table; KEYS_TABLE: missing; "));
//! ```

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use trennwand_domain::Secret;
use trennwand_store::Tables;

/// What Lambda itself puts into every function's environment.
pub const GIVEN_BY_LAMBDA: &[&str] =
    &["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// What every function may be told besides: how much to log (as in `RUST_LOG=info`), and, for an
/// emulator, where all of AWS is and a PEM file of the authorities that vouch for it.
pub const OPTIONAL: &[&str] = &["RUST_LOG", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"];

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of one function.
pub trait Config: Sized {
    /// The function's name, in the log and in `infra/`.
    const FUNCTION: &'static str;
    /// The variables without which it does not start.
    const REQUIRED: &'static [&'static str];
    /// Further variables of its own, beside [`OPTIONAL`].
    const OPTIONAL: &'static [&'static str];

    /// Reads it.
    ///
    /// # Errors
    /// Everything that is missing or cannot be used.
    fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError>;

    /// What all functions have.
    fn common(&self) -> &Common;
}

/// Which variables a function takes, for whoever writes them down elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// [`Config::FUNCTION`].
    pub function: &'static str,
    /// [`Config::REQUIRED`].
    pub required: &'static [&'static str],
    /// [`Config::OPTIONAL`].
    pub optional: &'static [&'static str],
}

/// What all functions have.
#[derive(Debug, Clone)]
pub struct Common {
    /// How to reach AWS.
    pub aws: Aws,
    /// The two tables.
    pub tables: Tables,
    /// Log directives.
    pub log: String,
}

/// How to reach AWS.
#[derive(Debug, Clone)]
pub struct Aws {
    /// The region.
    pub region: String,
    /// The function's own credentials. They end with the execution environment.
    pub credentials: Credentials,
    /// Where all services are, if not at AWS.
    pub endpoint: Option<String>,
    /// A PEM file with the authorities to trust, if not Amazon's.
    pub authorities: Option<String>,
}

/// A function's own credentials.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub key_id: Secret<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub key: Secret<String>,
    /// `AWS_SESSION_TOKEN`.
    pub session: Option<Secret<String>>,
}

/// A variable that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// All that is wrong with an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Fault>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Fault { name, problem }) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{name}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Declares the environments: `field: parser = "NAME"`, the required ones, then the others.
macro_rules! configs {
    ($($(#[$doc:meta])* $config:ident = $function:literal {
        $($(#[$about:meta])* $field:ident: $parse:ident = $name:literal,)*
    } {
        $($(#[$may:meta])* $option:ident: $parse_option:ident = $option_name:literal,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone)]
            pub struct $config {
                /// What all functions have.
                pub common: Common,
                $($(#[$about])* pub $field: String,)*
                $($(#[$may])* pub $option: Option<String>,)*
            }

            impl Config for $config {
                const FUNCTION: &'static str = $function;
                const REQUIRED: &'static [&'static str] =
                    &["DATA_TABLE", "KEYS_TABLE", $($name,)*];
                const OPTIONAL: &'static [&'static str] = &[$($option_name,)*];

                fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
                    let mut reader = parse::Reader::new(lookup);
                    let config = Self {
                        common: reader.common(),
                        $($field: reader.required($name, parse::$parse),)*
                        $($option: reader.optional($option_name, parse::$parse_option),)*
                    };
                    reader.finish(config)
                }

                fn common(&self) -> &Common {
                    &self.common
                }
            }
        )*

        /// What every function needs.
        pub const FUNCTIONS: &[Needs] = &[$(Needs {
            function: $config::FUNCTION,
            required: $config::REQUIRED,
            optional: $config::OPTIONAL,
        },)*];
    };
}

configs! {
    /// Of `onboarding`.
    Onboarding = "onboarding" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
        /// Where the service is reached.
        base_url: base_url = "BASE_URL",
        /// Its own SQS queue, for work that is too much for one message.
        provision_queue: queue_url = "PROVISION_QUEUE_URL",
    } {
        /// The version of the operator's terms; without terms nobody can be bound to Google.
        terms_version: version = "TERMS_VERSION",
        /// Where they can be read.
        terms_url: base_url = "TERMS_URL",
        /// SHA-256 of their text, in hexadecimal.
        terms_sha256: sha256 = "TERMS_SHA256",
    }
    /// Of `policy`.
    Policy = "policy" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
        /// Where the service is reached; part of links.
        base_url: base_url = "BASE_URL",
    } {}
    /// Of `enrollment`.
    Enrollment = "enrollment" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
        /// Where the service is reached; part of profiles, so phones keep it for life.
        base_url: base_url = "BASE_URL",
    } {}
    /// Of `checkin`.
    Checkin = "checkin" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
    } {}
    /// Of `push`.
    Push = "push" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
        /// The SNS topic that takes the parts of a large audience.
        wake_topic: topic_arn = "WAKE_TOPIC_ARN",
    } {
        /// A stand-in for Apple's push service, for an emulator.
        apns: loopback_url = "APNS_URL",
    }
    /// Of `events`.
    Events = "events" {
        /// The SNS topic for wakes.
        wake_topic: topic_arn = "WAKE_TOPIC_ARN",
        /// The SQS queue behind it, for wakes that have to wait: a topic knows no delay.
        wake_queue: queue_url = "WAKE_QUEUE_URL",
        /// The SQS queue of `onboarding`: new tenants, changed brands.
        provision_queue: queue_url = "PROVISION_QUEUE_URL",
    } {
        /// The SQS queue of `android`, if the platform has Android.
        android_queue: queue_url = "ANDROID_QUEUE_URL",
    }
    /// Of `schedule`.
    Schedule = "schedule" {
        /// The SNS topic for wakes.
        wake_topic: topic_arn = "WAKE_TOPIC_ARN",
    } {
        /// The SQS queue of `android`, if the platform has Android.
        android_queue: queue_url = "ANDROID_QUEUE_URL",
    }
    /// Of `android`. Without account, topic and pusher the platform has no Android.
    Android = "android" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
        /// Where the service is reached; where Google sends browsers and notifications.
        base_url: base_url = "BASE_URL",
        /// Its own SQS queue, for what is to be done at Google.
        android_queue: queue_url = "ANDROID_QUEUE_URL",
    } {
        /// The key file of the service account, sealed with the KMS key, in Base64.
        google_account: base64 = "GOOGLE_ACCOUNT",
        /// The Pub/Sub topic that Google publishes to, in the project that owns the enterprises:
        /// `projects/…/topics/…`.
        pubsub_topic: topic = "PUBSUB_TOPIC",
        /// The service account as which Pub/Sub pushes: its e-mail address.
        push_account: email = "PUSH_ACCOUNT",
        /// How many phones Google lets the platform manage; 500 if nothing is said.
        device_quota: count = "DEVICE_QUOTA",
        /// How many of them one tenant may have kept for itself; a fifth if nothing is said.
        tenant_quota: count = "TENANT_QUOTA",
        /// The version of the operator's terms; without terms nobody can be bound to Google.
        terms_version: version = "TERMS_VERSION",
        /// A stand-in for Google, for an emulator.
        google: loopback_url = "GOOGLE_URL",
    }
    /// Of `setup`.
    Setup = "setup" {
        /// The KMS key above all tenants' keys.
        master_key: key_arn = "MASTER_KEY_ARN",
    } {}
}

/// Reads the environment of this process.
///
/// # Errors
/// As [`Config::read`].
pub fn of_this_process<C: Config>() -> Result<C, ConfigError> {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the environment")]
    C::read(&|name| std::env::var(name).ok())
}
