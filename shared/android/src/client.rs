//! Google over HTTPS.

mod account;
mod backoff;
mod calls;
mod failure;
mod keys;
mod quota;
mod surroundings;
#[cfg(test)]
mod tests;
mod token;
mod wire;

use std::fmt;

use serde::de::DeserializeOwned;
use trennwand_domain::{Error, Result};

pub use self::{
    account::ServiceAccount,
    keys::{KEYS_URL, PublicKeys},
    quota::Quota,
    surroundings::{ManualSleeper, Sleeper, Surroundings, TokioSleeper},
};
use self::{
    backoff::Attempts,
    quota::Bucket,
    token::Tokens,
    wire::{Answer, Http, Request},
};

/// Where Google's service is.
pub const BASE_URL: &str = "https://androidmanagement.googleapis.com";

/// How to reach Google and as whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our identity.
    pub account: ServiceAccount,
    /// The Google Cloud project that owns all tenants' enterprises.
    pub project: String,
    /// [`BASE_URL`], or a stand-in on this machine.
    pub base_url: String,
    /// How many requests Google takes from this process.
    pub quota: Quota,
}

/// The Android Management API over HTTPS, for all tenants.
///
/// One process shares one of these: access token, connections and the count of requests are in it.
/// A request is repeated only if repeating it is safe: see [`Attempts`](backoff::Attempts). Nothing
/// that Google answers reaches a log, since it may quote what was sent.
pub struct Google {
    project: String,
    base_url: String,
    http: Http,
    tokens: Tokens,
    bucket: Bucket,
    surroundings: Surroundings,
}

impl Google {
    /// Prepares everything and connects to nothing.
    ///
    /// # Errors
    /// If an address is neither HTTPS nor on this machine, or the authorities cannot be read.
    pub fn new(settings: Settings, surroundings: Surroundings) -> Result<Self> {
        let Settings { account, project, base_url, quota } = settings;
        wire::check_address(&base_url)?;
        wire::check_address(account.token_url())?;
        Ok(Self {
            project,
            base_url: base_url.trim_end_matches('/').to_owned(),
            http: Http::new()?,
            tokens: Tokens::new(account),
            bucket: Bucket::new(quota, surroundings.clock.now()),
            surroundings,
        })
    }

    /// Sends a request until it is answered for good, and reads the answer.
    async fn call<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T> {
        let answer = self.send(&request).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|e| Error::unavailable(format!("google: answer not understood: {e}")))
            .map_err(|e| e.context(request.what))
    }

    /// Sends a request whose answer says nothing.
    async fn tell(&self, request: Request<'_>) -> Result<()> {
        self.send(&request).await.map(drop)
    }

    async fn send(&self, request: &Request<'_>) -> Result<Answer> {
        let mut attempts = Attempts::new(request.is_repeatable());
        loop {
            let failure = match self.attempt(request, &mut attempts).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if attempts.was_lost() && request.is_delete() && failure.is_not_found() {
                // The answer to an earlier attempt was lost, not the attempt.
                return Ok(Answer::empty());
            }
            if failure.is_quota() {
                self.bucket.drain(self.surroundings.clock.now());
            }
            match attempts.pause_after(&failure, &*self.surroundings.entropy) {
                Some(pause) => self.surroundings.sleeper.sleep(pause).await,
                None => return Err(failure.into_error(request)),
            }
        }
    }

    /// One attempt; a token that Google no longer takes is replaced once.
    async fn attempt(
        &self,
        request: &Request<'_>,
        attempts: &mut Attempts,
    ) -> Result<Answer, failure::Failure> {
        loop {
            self.wait_for_quota().await?;
            let token = self.tokens.bearer(&self.http, &self.surroundings).await?;
            let answer = self.http.send(&self.base_url, request, &token).await?;
            match failure::of(&answer) {
                None => return Ok(answer),
                Some(failure) if failure.is_unauthenticated() && attempts.may_renew_token() => {
                    self.tokens.forget(&token).await;
                }
                Some(failure) => return Err(failure),
            }
        }
    }

    async fn wait_for_quota(&self) -> Result<(), failure::Failure> {
        let wait = self.bucket.take(self.surroundings.clock.now());
        if let Some(wait) = wait.map_err(failure::Failure::own_quota)? {
            self.surroundings.sleeper.sleep(wait).await;
        }
        Ok(())
    }
}

impl fmt::Debug for Google {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Google({} at {})", self.project, self.base_url)
    }
}
