//! Google's Android Management API and Pub/Sub, played on this machine, with simulated Android phones
//! behind it. Between such a phone and Google there is nothing of ours, so the phones live in here.

mod apply;
mod command;
mod devices;
mod enterprises;
mod handset;
mod jwt;
mod phone;
mod play;
mod pubsub;
mod refusal;
mod routes;
mod server;
#[cfg(test)]
mod tests;
mod world;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use trennwand_android::{
    DeviceName, PolicyName,
    client::{Google, Quota, ServiceAccount, Settings, Sleeper},
};
use trennwand_domain::{Clock, Entropy, Timestamp};

pub use self::{
    apply::ContactsAccess,
    devices::SetUp,
    handset::{AndroidBehaviour, AndroidHandset, AndroidVersion},
    phone::AndroidEvent,
    pubsub::{Delivery, ISSUER, PushRequest, Subscription},
};
use self::{jwt::TokenKey, phone::Phone, refusal::Refusal, server::Shared, world::World};
use crate::{Keys, SimulatorError, error::Result};

/// The Google Cloud project that owns all enterprises.
pub const PROJECT: &str = "trennwand-stand-in";

/// Our service account in it.
const ROBOT: &str = "robot@trennwand-stand-in.iam.gserviceaccount.com";

/// A stand-in for Google. Cloning shares it; it serves until its runtime ends.
#[derive(Clone)]
pub struct StandInGoogle {
    world: Shared,
    base_url: String,
}

impl StandInGoogle {
    /// Starts to listen on a free port of this machine.
    ///
    /// # Errors
    /// If there is none, or the committed test keys are damaged.
    pub async fn start(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self> {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), clock, entropy).await
    }

    /// Starts to listen at this address of this machine.
    ///
    /// # Errors
    /// If it is taken, or the committed test keys are damaged.
    pub async fn start_at(
        listen: SocketAddr,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self> {
        let account = TokenKey::new("account-key-1", Keys::of_pool(14)?);
        let signer = TokenKey::new("pubsub-key-1", Keys::of_pool(15)?);
        let connection = |e: std::io::Error| SimulatorError::Connection(e.to_string());
        let listener = TcpListener::bind(listen).await.map_err(connection)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(connection)?);
        let mut world = World::new(clock, entropy, account, signer);
        world.base_url.clone_from(&base_url);
        let world = Arc::new(Mutex::new(world));
        let router = server::router(Arc::clone(&world));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { world, base_url })
    }

    /// Where it listens.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where the keys are that its push tokens are signed with.
    #[must_use]
    pub fn keys_url(&self) -> String {
        format!("{}/oauth2/v3/certs", self.base_url)
    }

    /// Our service account's key file.
    #[must_use]
    pub fn key_file(&self) -> String {
        serde_json::json!({
            "type": "service_account", "project_id": PROJECT, "private_key_id": "account-key-1",
            "private_key": self.world().account.pem(), "client_email": ROBOT,
            "token_uri": format!("{}/token", self.base_url)
        })
        .to_string()
    }

    /// The production client, pointed at this stand-in.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn client(&self, sleeper: Arc<dyn Sleeper>) -> Result<Google> {
        let account =
            ServiceAccount::from_key_file(&self.key_file()).map_err(SimulatorError::protocol)?;
        let settings = Settings {
            account,
            project: PROJECT.to_owned(),
            base_url: self.base_url.clone(),
            quota: Quota::default(),
        };
        let world = self.world();
        let (clock, entropy) = (Arc::clone(&world.clock), Arc::clone(&world.entropy));
        let surroundings = trennwand_android::client::Surroundings { clock, entropy, sleeper };
        Google::new(settings, surroundings).map_err(SimulatorError::protocol)
    }

    /// A phone without management.
    #[must_use]
    pub fn phone(&self, handset: AndroidHandset) -> AndroidPhone {
        let mut world = self.world();
        world.phones.push(Phone::new(handset));
        AndroidPhone { google: self.clone(), place: world.phones.len() - 1 }
    }

    /// Every phone that is on goes online: carries out commands, fetches its policy and reports.
    pub fn sync_all(&self) {
        let mut world = self.world();
        for phone in 0..world.phones.len() {
            world.sync(phone);
        }
    }

    /// The customer's administrator goes through the sign-up page; the address that the browser is sent
    /// to. The same happens when the page is opened over HTTP.
    ///
    /// # Errors
    /// If there is no such sign-up, or it is finished.
    pub fn finish_signup(&self, url: &str) -> Result<String> {
        let id = url.rsplit('/').next().unwrap_or_default();
        let callback = self.world().finish_signup(id);
        callback.ok_or_else(|| SimulatorError::refused("no such sign-up"))
    }

    /// Someone changes a policy past us, in Google's console or with stolen credentials. Its version
    /// counts up as always.
    ///
    /// # Errors
    /// If there is no such policy.
    pub fn tamper(
        &self,
        policy: &PolicyName,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> Result<()> {
        let mut world = self.world();
        let (enterprise, id) = (policy.enterprise(), policy.id());
        let known = world.enterprises.get_mut(enterprise.id());
        let settings = known.and_then(|e| e.policies.get_mut(id));
        let settings = settings.ok_or_else(|| SimulatorError::refused("no such policy"))?;
        let version = settings.get("version").and_then(Value::as_str).and_then(|v| v.parse().ok());
        change(settings);
        settings.insert("version".into(), (version.unwrap_or(0_i64) + 1).to_string().into());
        Ok(())
    }

    /// Contact sharing of a policy is set back to Google's default, which is open.
    ///
    /// # Errors
    /// If there is no such policy.
    pub fn reset_contact_sharing(&self, policy: &PolicyName) -> Result<()> {
        self.tamper(policy, |settings| {
            let cross = settings.get_mut("crossProfilePolicies").and_then(Value::as_object_mut);
            if let Some(cross) = cross {
                cross.remove("showWorkContactsInPersonalProfile");
                cross.remove("exemptionsToShowWorkContactsInPersonalProfile");
            }
        })
    }

    /// The customer ends the binding in Google's console: the enterprise and its phones are unknown from
    /// then on.
    pub fn forget_enterprise(&self, enterprise: &trennwand_android::EnterpriseName) {
        self.world().enterprises.remove(enterprise.id());
    }

    /// What the Play store says about an app from now on: `None` is an app that it does not have.
    pub fn set_application(&self, package: &str, application: Option<Value>) {
        let applications = &mut self.world().applications;
        match application {
            Some(application) => applications.insert(package.to_owned(), application),
            None => applications.remove(package),
        };
    }

    /// How many phones Google lets the project have; 500 at first.
    pub fn set_device_quota(&self, phones: usize) {
        self.world().device_quota = phones;
    }

    /// The next request is answered with this status and word, such as 503 and `UNAVAILABLE`.
    pub fn fail_next(&self, code: u16, status: &'static str) {
        self.world().failures.push_back(Refusal::ordered(code, status));
    }

    /// The next `enterprises.create` has its effect, and its answer is lost.
    pub fn lose_next_enterprise(&self) {
        self.world().loses_next_enterprise = true;
    }

    /// How many enrolment tokens of an enterprise can still be used.
    #[must_use]
    pub fn open_tokens(&self, enterprise: &trennwand_android::EnterpriseName) -> usize {
        let world = self.world();
        let known = world.enterprises.get(enterprise.id());
        let tokens = known.into_iter().flat_map(|enterprise| enterprise.tokens.values());
        tokens.filter(|token| !token.used && token.expires > world.now()).count()
    }

    /// How many enterprises there are.
    #[must_use]
    pub fn enterprises(&self) -> usize {
        self.world().enterprises.len()
    }

    /// No access token that was given out is taken any more.
    pub fn revoke_access_tokens(&self) {
        self.world().access_tokens.clear();
    }

    /// The requests so far, such as `PATCH enterprises/LC1/policies/p`, and `GET certs`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.world().log.clone()
    }

    /// How many notifications wait for their delivery.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.world().outbox.len()
    }

    /// Takes what waits, as push requests ready to be sent.
    #[must_use]
    pub fn push_requests(
        &self,
        delivery: Delivery,
        subscription: &Subscription,
    ) -> Vec<PushRequest> {
        self.world().push_requests(delivery, subscription)
    }

    /// Pushes what waits to `endpoint` and says with which statuses it was answered. What was not
    /// answered with success waits again, behind what came since.
    ///
    /// # Errors
    /// If the endpoint cannot be reached.
    pub async fn deliver(
        &self,
        endpoint: &str,
        delivery: Delivery,
        subscription: &Subscription,
    ) -> Result<Vec<u16>> {
        #[expect(clippy::disallowed_methods, reason = "pushes to this machine only")]
        let http = reqwest::Client::new();
        let mut answers = Vec::new();
        for push in self.push_requests(delivery, subscription) {
            let request = http
                .post(endpoint)
                .header("authorization", &push.authorization)
                .header("content-type", "application/json")
                .body(push.body.clone());
            let status = request.send().await?.status();
            if !status.is_success() {
                self.world().outbox.push_back(push.message);
            }
            answers.push(status.as_u16());
        }
        Ok(answers)
    }

    /// A push token with any claims, signed with the newest published key: for forgeries.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.world().sign(claims)
    }

    /// Publishes a new key and signs with it from now on; the old one stays published.
    ///
    /// # Errors
    /// If the committed test keys are damaged.
    pub fn rotate_keys(&self) -> Result<()> {
        let mut world = self.world();
        let place = world.signers.len() + 1;
        world.signers.push(TokenKey::new(format!("pubsub-key-{place}"), Keys::of_pool(place)?));
        Ok(())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for StandInGoogle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StandInGoogle({})", self.base_url)
    }
}

/// A simulated Android phone. Cloning shares it.
#[derive(Debug, Clone)]
pub struct AndroidPhone {
    google: StandInGoogle,
    place: usize,
}

impl AndroidPhone {
    /// Its user sets it up for work; then it goes online.
    ///
    /// # Errors
    /// If the token is not good, or not for this kind of phone.
    pub fn enroll(&self, set_up: &SetUp) -> Result<()> {
        let mut world = self.google.world();
        world.enroll(self.place, set_up)?;
        world.sync(self.place);
        Ok(())
    }

    /// It goes online: carries out commands, fetches its policy and reports. Does nothing while it is off.
    pub fn sync(&self) {
        self.google.world().sync(self.place);
    }

    /// Whether Google would wake it: a command waits, its policy has another version, or another one
    /// is meant for it.
    #[must_use]
    pub fn is_called(&self) -> bool {
        self.google.world().is_called(self.place)
    }

    /// Switches it off or on. On does not yet mean online.
    pub fn set_on(&self, is_on: bool) {
        self.of_phone(|phone| phone.is_on = is_on);
    }

    /// Makes it misbehave, from its next time online.
    pub fn behave(&self, change: impl FnOnce(&mut AndroidBehaviour)) {
        self.of_phone(|phone| change(&mut phone.behaviour));
    }

    /// Its user removes the work profile, or resets the phone: Google is not told.
    pub fn remove_work(&self) {
        let now = self.google.world().now();
        self.of_phone(|phone| phone.drop_work(now, AndroidEvent::WorkProfileRemoved));
    }

    /// Its name at Google, while it is under management.
    #[must_use]
    pub fn name(&self) -> Option<DeviceName> {
        self.of_phone(|phone| {
            let work = phone.work.as_ref()?;
            DeviceName::new(work.enterprise.clone(), work.device.clone()).ok()
        })
    }

    /// The last part of the name of the policy that Google wants it to follow, while it is under
    /// management.
    #[must_use]
    pub fn policy(&self) -> Option<String> {
        let name = self.name()?;
        let world = self.google.world();
        let devices = &world.enterprises.get(name.enterprise().id())?.devices;
        Some(devices.get(name.id())?.policy.clone())
    }

    /// Who on the personal side can get at the contacts of the work side; `None` without a work side.
    #[must_use]
    pub fn contacts_access(&self) -> Option<ContactsAccess> {
        self.of_phone(|phone| phone.contacts().cloned())
    }

    /// What happened on it.
    #[must_use]
    pub fn events(&self) -> Vec<(Timestamp, AndroidEvent)> {
        self.of_phone(|phone| phone.events.clone())
    }

    /// Its hardware and system.
    #[must_use]
    pub fn handset(&self) -> AndroidHandset {
        self.of_phone(|phone| phone.handset.clone())
    }

    fn of_phone<T>(&self, act: impl FnOnce(&mut Phone) -> T) -> T {
        act(&mut self.google.world().phones[self.place])
    }
}
