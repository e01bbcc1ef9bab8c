//! A tenant on an embedded database, and a phone's end of the wire: only what tests of single
//! functions need. Whole lives of phones are played in the workspace's end-to-end tests.

#![expect(dead_code, reason = "each test binary uses a part")]

use std::sync::{Arc, Mutex};

use trennwand_domain::{
    Authenticator, ControlStates, Device, DeviceId, DeviceState, Digest, Duration, Enrollment,
    Entropy, IssuedCertificate, ManualClock, Method, OneTimeToken, Ownership, Platform, PushTarget,
    Reseller, ResellerId, Result, Sealed, SealedField, Secret, Slots, Target, Tenant, TenantId,
    TenantScope, TenantStatus, Timestamp,
};
use trennwand_fn_onboarding::{TestPortal, provision};
use trennwand_pki::{BoxFuture, Certificate, FileMasterKey, RsaKey, test_push_certificate};
use trennwand_runtime::{Core, Message, Publisher};
use trennwand_simulator::{Keys, Seeded};
use trennwand_store::{Authentication, Store, Tables, TokenUpdate, client};

pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
pub(crate) const TOPIC: &str = "com.apple.mgmt.External.test";
pub(crate) const CHALLENGE: &str = "correct horse";

#[derive(Debug)]
struct Portal;

impl TestPortal for Portal {
    fn certify(&self, key: &RsaKey, _: &TenantScope, now: Timestamp) -> Result<Certificate> {
        test_push_certificate(key, TOPIC, now)
    }
}

/// A provisioned tenant.
pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) scope: TenantScope,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = dynoxide::Database::memory().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let store = Store::new(client::connect(&endpoint, None), Tables::default());
        store.create_tables().await.unwrap();

        let clock = Arc::new(ManualClock::new(NOON));
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(1));
        let master = FileMasterKey::from_bytes(Secret::new([7; 32]), entropy.clone());
        let base_url = "https://mdm.example";
        let core = Core::new(store, Arc::new(master), clock.clone(), entropy, base_url);
        let scope = tenant(&core).await;
        Self { core, clock, scope }
    }

    /// An invitation as `POST /enrollments` makes it, and its link's token.
    pub(crate) async fn invite(&self, ownership: Ownership) -> (Enrollment, OneTimeToken) {
        let (id, device): (_, DeviceId) = (self.core.ids.mint(), self.core.ids.mint());
        let token = OneTimeToken::from_random(self.core.entropy.bytes());
        let field = SealedField::Challenge(id);
        let challenge = self.core.vault.seal(&self.scope, field, CHALLENGE.as_bytes()).await;
        let enrollment = Enrollment {
            id,
            device,
            user: None,
            platform: Platform::Ios,
            ownership,
            method: Method::Profile,
            target: Target::IosDevice,
            token_hash: token.hash(),
            challenge: challenge.unwrap(),
            created_at: self.now(),
            expires_at: self.now().plus(Duration::from_secs(86_400)),
            revoked: false,
            issued: None,
            used_at: None,
        };
        let header = invited(&enrollment, self.core.entropy.bytes());
        let mut tx = self.core.store.transaction();
        self.core.store.enrollments(&self.scope).insert(&mut tx, &enrollment, &header);
        tx.commit().await.unwrap();
        (enrollment, token)
    }

    /// A phone under management whose push token is this one byte.
    pub(crate) async fn enrolled(&self, token: u8) -> DeviceId {
        let (enrollment, _) = self.invite(Ownership::Personal).await;
        let certificate = Digest::of(enrollment.device.to_string().as_bytes());
        let issued = IssuedCertificate {
            transaction: "t".into(),
            public_key: certificate,
            certificate: Sealed::from_bytes(vec![]),
        };
        let mut tx = self.core.store.transaction();
        let enrollments = self.core.store.enrollments(&self.scope);
        enrollments.issue(&mut tx, &enrollment, &issued, certificate, self.now());
        tx.commit().await.unwrap();
        let (devices, at) = (self.core.store.devices(&self.scope), self.now());
        let (os_version, model, udid_hash) = (None, None, [token; 16]);
        let message = Authentication { certificate, udid_hash, os_version, model, at };
        devices.authenticate(enrollment.device, &message).await.unwrap();
        let push = PushTarget {
            token: Secret::new(vec![token]),
            magic: Secret::new("magic".into()),
            topic: TOPIC.into(),
        };
        let message = TokenUpdate { certificate, push, unlock_token: None, at };
        devices.token_update(enrollment.device, &message).await.unwrap();
        enrollment.device
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.core.clock.now()
    }

    pub(crate) async fn device(&self, id: DeviceId) -> Device {
        self.core.store.devices(&self.scope).get(id).await.unwrap().unwrap()
    }
}

async fn tenant(core: &Core) -> TenantScope {
    let (reseller, id): (ResellerId, TenantId) = (core.ids.mint(), core.ids.mint());
    let (_, wrapped) = core.vault.create_tenant_key(id).await.unwrap();
    let mut tx = core.store.transaction();
    let name = "Nordwand IT".to_owned();
    core.store.resellers().insert(&mut tx, &Reseller { id: reseller, name, created_at: NOON });
    let tenant = Tenant {
        id,
        reseller,
        name: "Müller & Söhne".into(),
        status: TenantStatus::Provisioning,
        created_at: NOON,
        revision: 0,
    };
    core.store.tenants().insert(&mut tx, &tenant, &wrapped);
    tx.commit().await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
    let scope = TenantScope::vouched(Authenticator::Timer, id);
    provision(core, &scope, Some(&Portal)).await.unwrap();
    scope
}

/// One of the committed test keys.
pub(crate) fn key(place: usize) -> RsaKey {
    Keys::of_pool(place).unwrap()
}

fn invited(enrollment: &Enrollment, query_key: [u8; 16]) -> Device {
    Device {
        id: enrollment.device,
        enrollment: enrollment.id,
        user: enrollment.user,
        platform: enrollment.platform,
        ownership: enrollment.ownership,
        target: enrollment.target,
        state: DeviceState::Invited,
        created_at: enrollment.created_at,
        enrolled_at: None,
        os_version: None,
        model: None,
        certificate: None,
        pending_certificate: None,
        query_key,
        udid_hash: None,
        push: None,
        claimed_by: None,
        former_push_tokens: Vec::new(),
        person: None,
        groups: Vec::new(),
        slots: Slots::default(),
        controls: ControlStates::default(),
        applied_version: None,
        applied_policy: None,
        last_seen_at: None,
        revision: 0,
    }
}

/// Keeps what is published.
#[derive(Debug, Default)]
pub(crate) struct Published(Mutex<Vec<(Message, Duration)>>);

impl Published {
    /// What was published since this was asked last.
    pub(crate) fn take(&self) -> Vec<(Message, Duration)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Publisher for Published {
    fn publish<'a>(&'a self, message: &'a Message, delay: Duration) -> BoxFuture<'a, Result<()>> {
        self.0.lock().unwrap().push((message.clone(), delay));
        Box::pin(async { Ok(()) })
    }
}
