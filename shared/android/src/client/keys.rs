use std::time::Duration;

use trennwand_domain::{Error, Result};

use super::wire::{Http, Limits, check_address};

/// Where the keys are that Google's identity provider signs with: the `jwks_uri` of
/// `https://accounts.google.com`.
pub const KEYS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// Somebody waits with a notification; a set of keys has about 1.5 KB.
const LIMITS: Limits = Limits { time: Duration::from_secs(8), bytes: 64 << 10 };

/// The public keys of Google's identity provider, which signs for the senders of Pub/Sub pushes.
#[derive(Debug)]
pub struct PublicKeys {
    http: Http,
    url: String,
}

impl PublicKeys {
    /// Those at [`KEYS_URL`], or those of a stand-in on this machine; connects to nothing yet.
    ///
    /// # Errors
    /// If the address is neither HTTPS nor on this machine, or the authorities cannot be read.
    pub fn new(url: &str) -> Result<Self> {
        check_address(url)?;
        Ok(Self { http: Http::new()?, url: url.to_owned() })
    }

    /// The set of keys (RFC 7517), as JSON.
    ///
    /// # Errors
    /// Unavailable if they cannot be had.
    pub async fn fetch(&self) -> Result<Vec<u8>> {
        let answer = self.http.get(&self.url, LIMITS).await;
        let answer = answer.map_err(|_| Error::unavailable("google's keys: no answer"))?;
        match answer.code {
            200 => Ok(answer.body),
            code => Err(Error::unavailable(format_args!("google's keys: {code}"))),
        }
    }
}
