use std::sync::Arc;

use tokio::sync::Mutex;
use trennwand_android::{
    DeviceManagement,
    client::{PublicKeys, TokioSleeper},
};
use trennwand_domain::{Clock, Digest, Duration, Entropy, Error, Result};
use trennwand_fn_android::{AndroidState, Expected, GoogleKeys, Platform};
use trennwand_fn_onboarding::Terms;
use trennwand_runtime::{Core, Publisher};
use trennwand_simulator::{Delivery, StandInGoogle, Subscription};
use trennwand_web::Gate;

/// Who pushes notifications here.
pub(crate) const EMAIL: &str = "push@trennwand-stand-in.iam.gserviceaccount.com";

/// Where the stand-in publishes to.
const TOPIC: &str = "projects/trennwand-stand-in/topics/android";

/// Google's first quota of phones.
const DEVICE_QUOTA: u32 = 500;

/// How often the stand-in is looked at for notifications.
pub(crate) const GLANCE: Duration = Duration::from_millis(25);

/// The operator's terms on a machine where things are tried out.
pub(crate) fn terms() -> Terms {
    Terms {
        version: "demonstration".to_owned(),
        url: "https://example.com/terms".to_owned(),
        digest: Digest::of(b"These terms are for demonstration; nobody agrees to anything."),
    }
}

/// A stand-in for Google beside the server, and the way to it. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct LocalAndroid {
    google: StandInGoogle,
    client: Arc<dyn DeviceManagement>,
    keys: GoogleKeys,
    publisher: Arc<dyn Publisher>,
    /// One delivery at a time, as of one subscription in order.
    delivering: Arc<Mutex<()>>,
}

impl LocalAndroid {
    /// Starts the stand-in on a port of its own.
    ///
    /// # Errors
    /// If it cannot listen.
    pub(crate) async fn start(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        publisher: Arc<dyn Publisher>,
    ) -> Result<Self> {
        let google = StandInGoogle::start(Arc::clone(&clock), entropy).await;
        let google = google.map_err(Error::internal)?;
        let client = google.client(Arc::new(TokioSleeper)).map_err(Error::internal)?;
        let keys = GoogleKeys::new(Arc::new(PublicKeys::new(&google.keys_url())?), clock);
        let delivering = Arc::default();
        Ok(Self { google, client: Arc::new(client), keys, publisher, delivering })
    }

    /// The stand-in.
    pub(crate) const fn google(&self) -> &StandInGoogle {
        &self.google
    }

    /// What the function needs.
    pub(crate) fn state(&self, core: &Core, gate: Gate) -> AndroidState {
        let audience = endpoint(&core.base_url);
        AndroidState {
            core: core.clone(),
            gate,
            google: Arc::clone(&self.client),
            sender: Arc::new(Expected { audience, email: EMAIL.to_owned() }),
            keys: self.keys.clone(),
            publisher: Arc::clone(&self.publisher),
            platform: Arc::new(Platform {
                topic: TOPIC.to_owned(),
                device_quota: DEVICE_QUOTA,
                tenant_quota: Platform::usual_tenant_quota(DEVICE_QUOTA),
                terms: Some(terms().version),
            }),
        }
    }

    /// Pushes what the stand-in has published; says how many messages were taken.
    pub(crate) async fn deliver(&self, base_url: &str) -> Result<usize> {
        let _one = self.delivering.lock().await;
        if self.google.waiting() == 0 {
            return Ok(0);
        }
        let audience = endpoint(base_url);
        push_to(&self.google, &audience).await
    }

    /// Pushes for ever.
    pub(crate) async fn run(self, base_url: Arc<str>) {
        loop {
            if let Err(error) = self.deliver(&base_url).await {
                tracing::warn!(?error, "a notification was not delivered");
            }
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// Pushes what waits to this endpoint; says how many messages were taken.
pub(crate) async fn push_to(google: &StandInGoogle, endpoint: &str) -> Result<usize> {
    let subscription = Subscription { audience: endpoint.to_owned(), email: EMAIL.to_owned() };
    let answers = google.deliver(endpoint, Delivery::default(), &subscription).await;
    let taken = |status: &&u16| (200..300).contains(*status);
    Ok(answers.map_err(Error::unavailable)?.iter().filter(taken).count())
}

/// Where notifications go, and whom they are for.
pub(crate) fn endpoint(base_url: &str) -> String {
    format!("{base_url}/android/notifications")
}
