//! Android on Lambda: requests, Google's notifications, and a queue of what is to be done at Google.

use std::sync::Arc;

use tokio::sync::OnceCell;
use trennwand_android::client::{
    BASE_URL, Google, KEYS_URL, PublicKeys, Quota, ServiceAccount, Settings, Surroundings,
    TokioSleeper,
};
use trennwand_domain::{Duration, Error, Result};
use trennwand_fn_android::{AndroidState, Expected, GoogleKeys, Platform, router, work};
use trennwand_runtime::{
    Core, Message,
    aws::{Aws, Queues},
    config, lambda, token_key,
};
use trennwand_web::{Shell, finish};

/// As what the service account's key file is sealed.
const PURPOSE: &str = "platform/google_account";

/// Google's quota is for the whole project: the queue has two readers, and few requests ask Google.
const SHARE: Quota = Quota { per_100_s: 250, burst: 50, longest_wait: Duration::from_secs(20) };

/// Google's first quota of phones.
const DEVICE_QUOTA: u32 = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Failure> {
    let config: config::Android = lambda::start()?;
    let aws = Aws::new(&config.common)?;
    let inbox = aws.inbox(config.android_queue.clone());
    let core = aws.core(Some(&config.master_key), Some(&config.base_url));
    let shell = Shell { ids: core.ids.clone(), function: "android" };
    let held = Arc::new(Held { aws, config, core: core.clone(), state: OnceCell::new() });
    let requests = Arc::clone(&held);
    let routes = lambda::deferred(core, shell, move |_, shell| {
        let held = Arc::clone(&requests);
        async move { Ok(finish(router(held.state().await?), shell)) }
    });
    lambda::serve_and_work(routes, &*inbox, async |message| match message {
        Message::Android { tenant, work: asked } => {
            work(&held.state().await?, tenant, &asked).await
        }
        _ => Err(Error::internal("a message for another function")),
    })
    .await
}

/// What the state is made of, with the first event: that takes a request to the master key.
struct Held {
    aws: Aws,
    config: config::Android,
    core: Core,
    state: OnceCell<AndroidState>,
}

impl Held {
    async fn state(&self) -> Result<AndroidState> {
        self.state.get_or_try_init(|| self.make()).await.cloned()
    }

    async fn make(&self) -> Result<AndroidState> {
        let Self { aws, config, core, .. } = self;
        let parts = (&config.google_account, &config.pubsub_topic, &config.push_account);
        let (Some(account), Some(topic), Some(email)) = parts else {
            // The platform has no Android: whoever looks for it finds nothing. On the way to it, which
            // begins with a stack that has a master key, one part may be there and another not yet.
            let there = [
                config.google_account.is_some(),
                config.pubsub_topic.is_some(),
                config.push_account.is_some(),
            ];
            if there.contains(&true) {
                tracing::warn!(
                    "of GOOGLE_ACCOUNT, PUBSUB_TOPIC and PUSH_ACCOUNT some are missing: no Android"
                );
            }
            return Err(Error::not_found("android"));
        };
        let gate = core.api(token_key::verifier(core).await?).gate;
        let key_file = aws.open(&config.master_key, PURPOSE, account).await?;
        let key_file = std::str::from_utf8(key_file.expose()).unwrap_or_default();
        let settings = Settings {
            account: ServiceAccount::from_key_file(key_file)?,
            project: topic.split('/').nth(1).unwrap_or_default().to_owned(),
            base_url: config.google.as_deref().unwrap_or(BASE_URL).to_owned(),
            quota: SHARE,
        };
        let surroundings = Surroundings {
            clock: Arc::clone(&core.clock),
            entropy: Arc::clone(&core.entropy),
            sleeper: Arc::new(TokioSleeper),
        };
        let stand_in = config.google.as_ref().map(|google| format!("{google}/oauth2/v3/certs"));
        let keys = PublicKeys::new(stand_in.as_deref().unwrap_or(KEYS_URL))?;
        let queue = Some(config.android_queue.clone());
        let number = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        let device_quota = number(&config.device_quota).map_err(Error::internal)?;
        let device_quota = device_quota.unwrap_or(DEVICE_QUOTA);
        let tenant_quota = number(&config.tenant_quota).map_err(Error::internal)?;
        let usual = Platform::usual_tenant_quota(device_quota);
        let audience = format!("{}/android/notifications", core.base_url);
        Ok(AndroidState {
            gate,
            google: Arc::new(Google::new(settings, surroundings)?),
            sender: Arc::new(Expected { audience, email: email.clone() }),
            keys: GoogleKeys::new(Arc::new(keys), Arc::clone(&core.clock)),
            publisher: aws.publisher(Queues { android_queue: queue, ..Queues::default() }),
            platform: Arc::new(Platform {
                topic: topic.clone(),
                device_quota,
                tenant_quota: tenant_quota.unwrap_or(usual),
                terms: config.terms_version.clone(),
            }),
            core: core.clone(),
        })
    }
}
