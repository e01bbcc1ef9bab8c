//! The services of AWS behind the seams: tables, the key above all tenants' keys, queues.
//!
//! One HTTPS client is shared by all; it trusts Amazon's authorities only, which are compiled in, and
//! a service's client is made when it is needed first, since most cold starts need the tables only.

mod failure;
mod inbox;
mod master_key;
mod publisher;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_types::{SdkConfig, region::Region};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use trennwand_domain::{Duration, Error, Result, Secret};
use trennwand_pki::MasterKey;
use trennwand_store::{Store, client};

pub use self::publisher::Queues;
use crate::{
    Core, Publisher, SystemClock, SystemEntropy,
    config::{self, Common},
    lambda::Inbox,
};

/// The authorities behind the certificates of AWS's own endpoints: Amazon Root CA 1 to 4, and the
/// Starfield Services Root CA G2 that signed the first of them. From Amazon Trust Services'
/// repository; they end between 2037 and 2040.
const AMAZON: &[u8] = include_bytes!("aws/authorities.pem");

/// The way to AWS; cheap to clone.
#[derive(Debug, Clone)]
pub struct Aws {
    sdk: SdkConfig,
    common: Common,
}

impl Aws {
    /// Prepares everything and connects to nothing.
    ///
    /// # Errors
    /// If the file of authorities cannot be used.
    pub fn new(common: &Common) -> Result<Self> {
        let config::Aws { region, credentials, endpoint, authorities } = &common.aws;
        let pem = match authorities {
            Some(path) => read_authorities(path)?,
            None => AMAZON.to_vec(),
        };
        let trust = TrustStore::empty().with_pem_certificate(pem);
        let tls = TlsContext::builder().with_trust_store(trust).build().map_err(Error::internal)?;
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(tls)
            .build_https();
        let credentials = Credentials::new(
            credentials.key_id.expose(),
            credentials.key.expose(),
            credentials.session.as_ref().map(|session| session.expose().clone()),
            None,
            "Lambda",
        );
        let mut sdk = client::bounds()
            .region(Region::new(region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(http);
        sdk.set_endpoint_url(endpoint.clone());
        Ok(Self { sdk: sdk.build(), common: common.clone() })
    }

    /// What all functions share, over AWS. Without `master_key` no sealed value opens; without a
    /// `base_url` no links can be made.
    #[must_use]
    pub fn core(&self, master_key: Option<&str>, base_url: Option<&str>) -> Core {
        let store = Store::new(client::connect_to_aws(&self.sdk), self.common.tables.clone());
        let master: Arc<dyn MasterKey> = match master_key {
            Some(arn) => Arc::new(master_key::KmsKey::new(self.sdk.clone(), arn.to_owned())),
            None => Arc::new(master_key::NoKey),
        };
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Core::new(store, master, clock, entropy, base_url.unwrap_or_default())
    }

    /// Opens what somebody sealed with the master key itself, as `purpose`; `sealed` is Base64, as
    /// `aws kms encrypt` says it.
    ///
    /// # Errors
    /// If it is something else, or the master key cannot be reached.
    pub async fn open(
        &self,
        master_key: &str,
        purpose: &str,
        sealed: &str,
    ) -> Result<Secret<Vec<u8>>> {
        let sealed = STANDARD.decode(sealed).map_err(|_| Error::internal("not Base64"))?;
        let key = master_key::KmsKey::new(self.sdk.clone(), master_key.to_owned());
        key.open(purpose, &sealed).await.map_err(|e| e.context(purpose))
    }

    /// The queue at this URL, for whoever carries its messages out.
    #[must_use]
    pub fn inbox(&self, queue: String) -> Arc<dyn Inbox> {
        Arc::new(inbox::SqsInbox::new(self.sdk.clone(), queue))
    }

    /// The way to these queues.
    #[must_use]
    pub fn publisher(&self, queues: Queues) -> Arc<dyn Publisher> {
        Arc::new(publisher::AwsPublisher::new(self.sdk.clone(), queues))
    }
}

/// The file comes from whoever runs the emulator; a broken one would make the TLS stack panic.
fn read_authorities(path: &str) -> Result<Vec<u8>> {
    let pem = std::fs::read(path).map_err(|e| Error::internal(format!("AWS_CA_BUNDLE: {e}")))?;
    let text = std::str::from_utf8(&pem).unwrap_or_default();
    trennwand_pki::Certificate::chain_from_pem(text).map_err(|e| e.context("AWS_CA_BUNDLE"))?;
    Ok(pem)
}

/// Rounded up; SQS delays by at most 15 minutes.
fn whole_seconds(delay: Duration) -> i32 {
    let seconds = delay.as_millis().div_ceil(1000).min(900);
    i32::try_from(seconds).unwrap_or(900)
}

/// A client that is made when it is needed first.
#[derive(Debug)]
struct Lazy<T> {
    sdk: SdkConfig,
    made: OnceLock<T>,
    make: fn(&SdkConfig) -> T,
}

impl<T> Lazy<T> {
    const fn new(sdk: SdkConfig, make: fn(&SdkConfig) -> T) -> Self {
        Self { sdk, made: OnceLock::new(), make }
    }

    fn client(&self) -> &T {
        self.made.get_or_init(|| (self.make)(&self.sdk))
    }
}
