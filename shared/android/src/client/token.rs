use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::Mutex;
use trennwand_domain::{Duration, Secret, Timestamp};

use super::{
    account::ServiceAccount,
    failure::{Failure, TokenFailure},
    surroundings::Surroundings,
    wire::{Http, form},
};

/// A token is replaced this long before it ends, or at half of its life if that is shorter.
const MARGIN: Duration = Duration::from_secs(300);

/// What may be sent in `Authorization`.
pub(super) type Bearer = Arc<Secret<String>>;

/// The access token, shared by all requests. Whoever finds it missing gets a new one while the
/// others wait.
#[derive(Debug)]
pub(super) struct Tokens {
    account: ServiceAccount,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    bearer: Bearer,
    until: Timestamp,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Tokens {
    pub(super) fn new(account: ServiceAccount) -> Self {
        Self { account, held: Mutex::default() }
    }

    /// A token that is good for a while yet.
    pub(super) async fn bearer(
        &self,
        http: &Http,
        surroundings: &Surroundings,
    ) -> Result<Bearer, Failure> {
        let mut held = self.held.lock().await;
        let now = surroundings.clock.now();
        if let Some(held) = held.as_ref().filter(|held| now < held.until) {
            return Ok(Arc::clone(&held.bearer));
        }
        let new = self.grant(http, now).await?;
        Ok(Arc::clone(&held.insert(new).bearer))
    }

    /// Google did not take this token. A newer one stays.
    pub(super) async fn forget(&self, refused: &Bearer) {
        let mut held = self.held.lock().await;
        held.take_if(|held| Arc::ptr_eq(&held.bearer, refused));
    }

    async fn grant(&self, http: &Http, now: Timestamp) -> Result<Held, Failure> {
        let refused = Failure::NoToken(TokenFailure::Refused);
        let assertion = self.account.assertion(now).map_err(|_| refused.clone())?;
        let body = form(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ]);
        let answer = http.post_form(self.account.token_url(), body).await;
        let answer = answer.map_err(|_| Failure::NoToken(TokenFailure::Unavailable))?;
        match answer.code {
            200 => {}
            // Too slow, too early and too often are no word about who we are.
            408 | 425 | 429 => return Err(Failure::NoToken(TokenFailure::Unavailable)),
            400..=499 => {
                tracing::error!(code = answer.code, "google refuses the service account");
                return Err(refused);
            }
            _ => return Err(Failure::NoToken(TokenFailure::Unavailable)),
        }
        let granted: Granted = serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::NoToken(TokenFailure::Unavailable))?;
        let life = Duration::from_secs(granted.expires_in.min(86_400));
        let until = now.plus(life.saturating_sub(MARGIN).max(life / 2));
        Ok(Held { bearer: Arc::new(Secret::new(granted.access_token)), until })
    }
}
