use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use trennwand_android::{BoxFuture, client::PublicKeys};
use trennwand_domain::{Clock, Duration, Error, Result, Timestamp};

/// How long keys are held; Google rotates them over days.
const LIFE: Duration = Duration::from_secs(6 * 3600);

/// The wait between two looks for keys, whatever the tokens name.
const PAUSE: Duration = Duration::from_secs(60);

/// The wait after a look that found none, while there are no keys at hand: every notification is
/// refused meanwhile.
const SHORT_PAUSE: Duration = Duration::from_secs(2);

/// More keys than an identity provider has at a time.
const MOST: usize = 32;

/// Where the keys come from: `https://www.googleapis.com/oauth2/v3/certs`.
pub trait KeySource: Send + Sync + fmt::Debug {
    /// The set of keys (RFC 7517), as JSON.
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<u8>>>;
}

impl KeySource for PublicKeys {
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<u8>>> {
        Box::pin(Self::fetch(self))
    }
}

/// The keys of Google's identity provider. They are held, and looked for again when they are old or a
/// token names one that is not among them, but at most once a minute; while there are none at all, every
/// two seconds. Cloning shares them.
#[derive(Clone)]
pub struct GoogleKeys {
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    keys: HashMap<String, Arc<DecodingKey>>,
    fetched: Option<Timestamp>,
    looked: Option<Timestamp>,
}

impl GoogleKeys {
    /// No keys yet; they are fetched when the first token comes.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, held: Arc::default() }
    }

    /// The key with this identifier; `None` if there is none.
    ///
    /// # Errors
    /// Unavailable if there are no keys and they cannot be fetched.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Arc<DecodingKey>>> {
        let now = self.clock.now();
        {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let key = held.keys.get(id).cloned();
            let fresh = held.fetched.is_some_and(|at| is_within(at, now, LIFE));
            if key.is_some() && fresh {
                return Ok(key);
            }
            let none_yet = held.keys.is_empty();
            let pause = if none_yet { SHORT_PAUSE } else { PAUSE };
            if held.looked.is_some_and(|at| is_within(at, now, pause)) {
                return match (key, none_yet) {
                    (None, true) => Err(Error::unavailable("no keys of the identity provider")),
                    (key, _) => Ok(key),
                };
            }
            // Whoever comes meanwhile does not look as well.
            held.looked = Some(now);
        }
        let fetched = self.source.fetch().await.and_then(|json| read(&json));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(keys) => {
                held.keys = keys;
                held.fetched = Some(now);
            }
            Err(error) if held.keys.is_empty() => return Err(error),
            // The keys at hand are good for longer than a failure of Google's.
            Err(error) => tracing::warn!(?error, "the identity provider's keys are old"),
        }
        Ok(held.keys.get(id).cloned())
    }
}

impl fmt::Debug for GoogleKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "GoogleKeys({} held)", held.keys.len())
    }
}

fn is_within(since: Timestamp, now: Timestamp, life: Duration) -> bool {
    now >= since && now.since(since) < life
}

/// The RSA keys of a set that are for signatures; others are passed over.
fn read(json: &[u8]) -> Result<HashMap<String, Arc<DecodingKey>>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Key>,
    }
    #[derive(Deserialize)]
    struct Key {
        #[serde(default)]
        kid: String,
        #[serde(default)]
        kty: String,
        #[serde(default)]
        n: String,
        #[serde(default)]
        e: String,
    }
    let set: Set = serde_json::from_slice(json)
        .map_err(|_| Error::unavailable("the identity provider's keys cannot be read"))?;
    let usable = set.keys.into_iter().filter(|key| key.kty == "RSA" && !key.kid.is_empty());
    let decoded = usable.take(MOST).filter_map(|key| {
        Some((key.kid, Arc::new(DecodingKey::from_rsa_components(&key.n, &key.e).ok()?)))
    });
    Ok(decoded.collect())
}
