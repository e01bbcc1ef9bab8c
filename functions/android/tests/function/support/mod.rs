//! A tenant on an embedded database, and Google's messages.

mod google;

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use trennwand_android::BoxFuture;
use trennwand_auth::{ClientSecret, Issuer, Scopes, SigningKey, Verifier};
use trennwand_domain::{
    AssignmentHead, Authenticator, Client, Clock, ControlStates, Device, DeviceId, DeviceState,
    Digest, Duration, Enrollment, Entropy, Error, MailSettings, ManualClock, Method, OneTimeToken,
    Owner, Ownership, Platform, Result, Sealed, Secret, Slots, Target, Tenant, TenantScope,
    TenantStatus, Timestamp,
};
use trennwand_fn_android::{AndroidState, Expected, GoogleKeys, KeySource, work};
use trennwand_fn_onboarding::{Terms, accept_for_demonstration, provision};
use trennwand_pki::{FileMasterKey, RsaKey};
use trennwand_policy::{PolicyDocument, Template, compile_offered};
use trennwand_runtime::{AndroidWork, Core, Message, Publisher};
use trennwand_simulator::Seeded;
use trennwand_store::{Store, Tables, client};
use trennwand_web::Shell;

pub(crate) use google::FakeGoogle;

pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
const AUDIENCE: &str = "https://mdm.example/android/notifications";
const EMAIL: &str = "push@platform.iam.example";

/// Messages of the function to itself, in order.
#[derive(Debug, Default)]
pub(crate) struct Sent(pub(crate) Mutex<Vec<Message>>);

impl Publisher for Sent {
    fn publish<'a>(&'a self, message: &'a Message, _: Duration) -> BoxFuture<'a, Result<()>> {
        self.0.lock().unwrap().push(message.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

/// An identity provider with one key.
#[derive(Debug)]
pub(crate) struct Provider {
    key: &'static RsaKey,
    pub(crate) fetched: AtomicUsize,
    pub(crate) is_away: AtomicBool,
}

impl KeySource for Provider {
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<u8>>> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(Error::unavailable("away"))));
        }
        let (n, e) = components(self.key.spki_der());
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = json!({ "kid": "k1", "kty": "RSA", "n": part(n), "e": part(e) });
        Box::pin(std::future::ready(Ok(json!({ "keys": [key] }).to_string().into_bytes())))
    }
}

/// Modulus and exponent at the end of a SubjectPublicKeyInfo of an RSA key of 2048 bits: 256 bytes, then
/// `02 03 01 00 01`.
fn components(spki: &[u8]) -> (&[u8], &[u8]) {
    let end = spki.len() - 5;
    assert_eq!(&spki[end..], [2, 3, 1, 0, 1]);
    (&spki[end - 256..end], &spki[end + 2..])
}

/// One key for all tests: making one takes a while.
fn key() -> &'static RsaKey {
    static KEY: OnceLock<RsaKey> = OnceLock::new();
    KEY.get_or_init(|| RsaKey::generate().unwrap())
}

pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) scope: TenantScope,
    pub(crate) google: Arc<FakeGoogle>,
    pub(crate) provider: Arc<Provider>,
    pub(crate) sent: Arc<Sent>,
    pub(crate) state: AndroidState,
    routes: Router,
    issuer: Issuer,
    token: String,
    messages: AtomicUsize,
}

impl World {
    /// A tenant that accepted the terms, and is not bound.
    pub(crate) async fn agreed() -> Self {
        let world = Self::new().await;
        let terms =
            Terms::new("1", "https://operator.example/terms", Digest::of(b"terms")).unwrap();
        accept_for_demonstration(&world.core, &world.scope, &terms).await.unwrap();
        world
    }

    /// A tenant that is bound, with its policies at Google.
    pub(crate) async fn bound() -> Self {
        let world = Self::agreed().await;
        world.bind().await;
        world
    }

    /// The sign-up from its beginning to its end, and what follows from it.
    pub(crate) async fn bind(&self) {
        self.call("POST", "/android/signup", Some(json!({ "devices": 20000 }))).await.expect(201);
        assert_eq!(self.get(&self.callback()).await, StatusCode::OK);
        self.work(AndroidWork::Align).await;
        self.work(AndroidWork::Settle(None)).await;
    }

    /// Where Google leads the administrator at the end of the sign-up that was begun last.
    pub(crate) fn callback(&self) -> String {
        let callback = self.google.inner().callback.clone();
        let path = callback.strip_prefix("https://mdm.example").unwrap();
        format!("{path}?enterpriseToken=good")
    }

    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let store = Store::new(client::connect(&endpoint, None), Tables::default());
        store.create_tables().await.unwrap();
        let manual = Arc::new(ManualClock::new(NOON));
        let clock: Arc<dyn Clock> = manual.clone();
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(1));
        let master = FileMasterKey::from_bytes(Secret::new([7; 32]), entropy.clone());
        let base = "https://mdm.example";
        let core = Core::new(store, Arc::new(master), clock.clone(), entropy.clone(), base);
        let scope = tenant(&core).await;
        provision(&core, &scope, None).await.unwrap();
        let issuer = Issuer::new(SigningKey::generate().unwrap(), base, clock.clone(), entropy);
        let google = Arc::new(FakeGoogle::default());
        let (fetched, is_away) = (AtomicUsize::new(0), AtomicBool::new(false));
        let provider = Arc::new(Provider { key: key(), fetched, is_away });
        let sent = Arc::new(Sent::default());
        let state = AndroidState {
            core: core.clone(),
            gate: core.api(Verifier::of(&issuer)).gate,
            google: google.clone(),
            sender: Arc::new(Expected { audience: AUDIENCE.into(), email: EMAIL.into() }),
            keys: GoogleKeys::new(provider.clone(), clock),
            publisher: sent.clone(),
            platform: Arc::new(trennwand_fn_android::Platform {
                topic: "projects/p/topics/t".into(),
                device_quota: 20_000,
                tenant_quota: 25_000,
                terms: Some("1".into()),
            }),
        };
        let shell = Shell { ids: core.ids.clone(), function: "android" };
        let routes = trennwand_web::finish(trennwand_fn_android::router(state.clone()), shell);
        let token = token(&core, &issuer, &scope).await;
        let messages = AtomicUsize::new(0);
        let clock = manual;
        Self { core, clock, scope, google, provider, sent, state, routes, issuer, token, messages }
    }

    /// A fresh access token: they last for an hour.
    pub(crate) async fn sign_in_again(&mut self) {
        self.token = token(&self.core, &self.issuer, &self.scope).await;
    }

    /// Lets one tenant have this many phones at most.
    pub(crate) fn limit(&mut self, tenant_quota: u32) {
        let platform = trennwand_fn_android::Platform {
            tenant_quota,
            ..trennwand_fn_android::Platform::clone(&self.state.platform)
        };
        self.state.platform = Arc::new(platform);
        let shell = Shell { ids: self.core.ids.clone(), function: "android" };
        let routes = trennwand_fn_android::router(self.state.clone());
        self.routes = trennwand_web::finish(routes, shell);
    }

    pub(crate) async fn work(&self, order: AndroidWork) {
        work(&self.state, self.scope.tenant(), &order).await.unwrap();
    }

    /// An operation of the API.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/tenants/{}{path}", self.scope.tenant()))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// Changes where business mail lives; Google is not told.
    pub(crate) async fn set_mail(&self, mail: MailSettings) {
        let document = PolicyDocument::preset();
        let templates = compile_offered(&document, Some(&mail)).unwrap();
        let store = self.core.store.tenant(&self.scope);
        let mut tx = self.core.store.transaction();
        for template in &templates {
            store.put_template(&mut tx, template.digest(), &template.to_body());
        }
        tx.commit().await.unwrap();
        self.change_head(|head| {
            head.mail = Some(mail);
            head.rules[0].artefacts = templates.iter().map(Template::artefact_ref).collect();
        })
        .await;
    }

    /// Changes what phones shall have; Google is not told.
    pub(crate) async fn change_head(&self, change: impl FnOnce(&mut AssignmentHead)) {
        let store = self.core.store.tenant(&self.scope);
        let head = store.head().await.unwrap().unwrap();
        let mut changed = head.clone();
        changed.version += 1;
        change(&mut changed);
        let mut tx = self.core.store.transaction();
        store.put_head(&mut tx, &changed, Some(head.version));
        tx.commit().await.unwrap();
    }

    /// A page of the function.
    pub(crate) async fn get(&self, path: &str) -> StatusCode {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await.status
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let header = |name: &str| headers.get(name).map(|l| l.to_str().unwrap().to_owned());
        let page = || String::from_utf8_lossy(&bytes).into_owned().into();
        Answer {
            status,
            location: header("location"),
            policy: header("content-security-policy"),
            body: serde_json::from_slice(&bytes).unwrap_or_else(|_| page()),
        }
    }

    /// An invitation of an Android phone and its link; Google has a token for it.
    pub(crate) async fn invite(&self, ownership: Ownership) -> (Enrollment, OneTimeToken) {
        let core = &self.core;
        let (enrollment, device, link) = invitation(core, ownership);
        let mut tx = core.store.transaction();
        core.store.enrollments(&self.scope).insert(&mut tx, &enrollment, &device);
        core.store.android(&self.scope).take(&mut tx);
        tx.commit().await.unwrap();
        self.work(AndroidWork::Token(enrollment.id)).await;
        (enrollment, link)
    }

    /// A company phone under management, which Google knows.
    pub(crate) async fn enrolled(&self, phone: &str) -> DeviceId {
        let (enrollment, _) = self.invite(Ownership::Company).await;
        let report = self.report(phone, "COMPANY_OWNED");
        assert_eq!(self.push("ENROLLMENT", &report).await, StatusCode::NO_CONTENT);
        self.google.inner().devices.push(serde_json::from_value(report).unwrap());
        enrollment.device
    }

    /// Messages of the function to itself since the last call.
    pub(crate) fn sent(&self) -> Vec<AndroidWork> {
        let sent = std::mem::take(&mut *self.sent.0.lock().unwrap());
        let work = sent.into_iter().map(|message| match message {
            Message::Android { work, .. } => work,
            other => panic!("{other:?}"),
        });
        work.collect()
    }

    /// What a phone that was set up with the token made last reports.
    pub(crate) fn report(&self, phone: &str, ownership: &str) -> Value {
        let inner = self.google.inner();
        let token = inner.tokens.last().unwrap();
        let policy = token.policy_name.clone().unwrap();
        let version = inner.policies.iter().find(|(name, ..)| *name == policy).unwrap().1;
        json!({
            "name": format!("{}/devices/{phone}", policy.enterprise()),
            "ownership": ownership,
            "managementMode": "PROFILE_OWNER",
            "state": "ACTIVE",
            "appliedState": "ACTIVE",
            "policyCompliant": true,
            "policyName": policy.to_string(),
            "appliedPolicyName": policy.to_string(),
            "appliedPolicyVersion": version.to_string(),
            "apiLevel": 35,
            "lastStatusReportTime": self.clock.now().to_string(),
            "enrollmentTokenData": token.additional_data,
            "softwareInfo": { "androidVersion": "15" },
            "hardwareInfo": { "model": "Pixel 9", "enterpriseSpecificId": phone },
        })
    }

    /// A push request as Pub/Sub sends it.
    pub(crate) async fn push(&self, kind: &str, data: &Value) -> StatusCode {
        let id = self.messages.fetch_add(1, Ordering::SeqCst);
        self.push_as(&self.oidc(|_| ()), &envelope(id, kind, data, self.clock.now())).await
    }

    pub(crate) async fn push_as(&self, token: &str, body: &str) -> StatusCode {
        let request = Request::post("/android/notifications")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await.status
    }

    /// A token of Google's identity provider.
    pub(crate) fn oidc(&self, change: impl FnOnce(&mut Value)) -> String {
        self.oidc_as(&json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" }), change)
    }

    /// The same with another header.
    pub(crate) fn oidc_as(&self, header: &Value, change: impl FnOnce(&mut Value)) -> String {
        let now = self.clock.now().unix_s();
        let mut claims = json!({
            "iss": "https://accounts.google.com", "aud": AUDIENCE, "email": EMAIL,
            "email_verified": true, "iat": now, "exp": now + 3600, "sub": "1"
        });
        change(&mut claims);
        sign(header, &claims)
    }

    pub(crate) async fn device(&self, id: DeviceId) -> Device {
        self.core.store.devices(&self.scope).get(id).await.unwrap().unwrap()
    }
}

pub(crate) fn sign(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = key().sign_sha256(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn envelope(id: usize, kind: &str, data: &Value, published: Timestamp) -> String {
    json!({
        "message": {
            "attributes": { "notificationType": kind },
            "data": STANDARD.encode(data.to_string()),
            "messageId": (12_000 + id).to_string(),
            "publishTime": published.to_string(),
        },
        "subscription": "projects/p/subscriptions/s"
    })
    .to_string()
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) policy: Option<String>,
    /// JSON, or a page's text.
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

/// A further tenant, with its keys.
pub(crate) async fn another_tenant(core: &Core) -> TenantScope {
    let scope = tenant(core).await;
    provision(core, &scope, None).await.unwrap();
    scope
}

async fn tenant(core: &Core) -> TenantScope {
    let tenant = Tenant {
        id: core.ids.mint(),
        reseller: core.ids.mint(),
        name: "Musterbau GmbH".into(),
        status: TenantStatus::Provisioning,
        created_at: NOON,
        revision: 1,
    };
    let (_, wrapped) = core.vault.create_tenant_key(tenant.id).await.unwrap();
    let mut tx = core.store.transaction();
    core.store.tenants().insert(&mut tx, &tenant, &wrapped);
    tx.commit().await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
    TenantScope::vouched(Authenticator::ApiToken, tenant.id)
}

async fn token(core: &Core, issuer: &Issuer, scope: &TenantScope) -> String {
    let owner = Owner::Tenant(scope.tenant());
    let scopes = Scopes::of(owner.level());
    let client = Client {
        id: core.ids.mint(),
        owner,
        name: "office".into(),
        secret_hash: ClientSecret::mint(&*core.entropy).hash(),
        scopes: scopes.to_words(),
        created_at: NOON,
        revoked: false,
    };
    let mut tx = core.store.transaction();
    core.store.clients().insert(&mut tx, &client);
    tx.commit().await.unwrap();
    issuer.issue(&client, scopes).unwrap().token.expose().clone()
}

pub(crate) fn invitation(core: &Core, ownership: Ownership) -> (Enrollment, Device, OneTimeToken) {
    let link = OneTimeToken::from_random(core.entropy.bytes());
    let (method, target) = match ownership {
        Ownership::Personal => (Method::WorkProfile, Target::AndroidPersonal),
        Ownership::Company => (Method::SetupQr, Target::AndroidCompany),
    };
    let now = core.clock.now();
    let enrollment = Enrollment {
        id: core.ids.mint(),
        device: core.ids.mint(),
        user: None,
        platform: Platform::Android,
        ownership,
        method,
        target,
        token_hash: link.hash(),
        challenge: Sealed::from_bytes(vec![0]),
        created_at: now,
        expires_at: now.plus(Duration::from_secs(86_400)),
        revoked: false,
        issued: None,
        used_at: None,
    };
    let device = Device {
        id: enrollment.device,
        enrollment: enrollment.id,
        user: None,
        platform: Platform::Android,
        ownership,
        target,
        state: DeviceState::Invited,
        created_at: now,
        enrolled_at: None,
        os_version: None,
        model: None,
        certificate: None,
        pending_certificate: None,
        query_key: [0; 16],
        udid_hash: None,
        claimed_by: None,
        groups: Vec::new(),
        push: None,
        former_push_tokens: Vec::new(),
        person: None,
        slots: Slots::default(),
        controls: ControlStates::default(),
        applied_version: None,
        applied_policy: None,
        last_seen_at: None,
        revision: 0,
    };
    (enrollment, device, link)
}
