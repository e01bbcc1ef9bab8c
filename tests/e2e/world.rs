//! A server in memory with one tenant, clients of the API and simulated phones. Time stands still
//! until a test moves it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use trennwand::{Measured, Options, Running, start};
use trennwand_domain::{Clock, Duration, ManualClock, Timestamp};
use trennwand_simulator::{Exchange, Handset, Keys, Phone, Received, Seeded, Sent, Surroundings};

/// Tuesday, 2026-11-24, 09:00 UTC: where every test begins.
pub(crate) const START: Timestamp = Timestamp::from_unix_s(1_795_510_800);

/// One hour.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A program that speaks to the API with client credentials.
pub(crate) struct Api {
    http: reqwest::Client,
    base_url: String,
    id: String,
    secret: String,
    token: Mutex<Option<String>>,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    /// The body, if the status is the expected one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// Checks that it is a problem with this status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        assert!(body["request_id"].is_string(), "{body}");
    }
}

impl Api {
    pub(crate) fn new(base_url: &str, id: &str, secret: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            base_url: base_url.into(),
            id: id.into(),
            secret: secret.into(),
            token: Mutex::default(),
        }
    }

    /// A fresh access token.
    pub(crate) async fn sign_in(&self) -> String {
        let request = self.http.post(format!("{}/oauth/token", self.base_url));
        let form = [("grant_type", "client_credentials")];
        let request = request.basic_auth(&self.id, Some(&self.secret)).form(&form);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Sends a request; signs in when there is no token or it has expired.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Answer {
        let mut token = self.token.lock().await;
        for attempt in 0..2 {
            if token.is_none() {
                *token = Some(self.sign_in().await);
            }
            let url = format!("{}{path}", self.base_url);
            let mut request = self.http.request(method.clone(), url);
            request = request.bearer_auth(token.as_deref().unwrap_or_default());
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(tag) = if_match {
                request = request.header("if-match", tag);
            }
            let answer = request.send().await.expect("an answer");
            let status = answer.status();
            if status == StatusCode::UNAUTHORIZED && attempt == 0 {
                *token = None;
                continue;
            }
            let etag = answer.headers().get("etag").and_then(|t| t.to_str().ok());
            let etag = etag.map(str::to_owned);
            let body = answer.bytes().await.expect("a body");
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            return Answer { status, etag, body };
        }
        unreachable!("the second attempt answers")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&body), None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(&body), None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, None).await
    }
}

/// A phone with the identifier of its enrolment.
pub(crate) struct Enrolled {
    pub(crate) phone: Phone,
    pub(crate) device: String,
}

/// A server, a tenant and its client.
pub(crate) struct World {
    pub(crate) server: Running,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) operator: Api,
    pub(crate) reseller: Api,
    pub(crate) tenant: Api,
    pub(crate) tenant_id: String,
    keys: Keys,
    phones: AtomicUsize,
}

impl World {
    /// A server with an active tenant whose mail lives in Exchange Online.
    pub(crate) async fn new() -> Self {
        let world = Self::without_mail().await;
        let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
        world.tenant.put(&world.path("/mail"), mail).await.expect(200);
        world.settle().await;
        world
    }

    /// A server with an active tenant.
    pub(crate) async fn without_mail() -> Self {
        Self::with(|_| ()).await
    }

    /// A server with these options and an active tenant.
    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let mut options = Options::for_test(Arc::clone(&clock) as Arc<dyn Clock>);
        options.entropy = Arc::new(Seeded::new(1));
        change(&mut options);
        let server = start(options).await.expect("the server starts");
        Self::on(server, clock).await
    }

    /// A new tenant on this server.
    pub(crate) async fn on(server: Running, clock: Arc<ManualClock>) -> Self {
        let minted = server.credentials().expect("clients are minted").clone();
        let url = &minted.base_url;
        let operator = Api::new(url, &minted.operator.client_id, &minted.operator.client_secret);
        let reseller = Api::new(url, &minted.reseller.client_id, &minted.reseller.client_secret);
        let (tenant_id, tenant) = new_tenant(&server, &reseller, "Musterbau GmbH").await;
        let (keys, phones) = (Keys::pool(), AtomicUsize::new(0));
        Self { server, clock, operator, reseller, tenant, tenant_id, keys, phones }
    }

    /// A path under this world's tenant.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/tenants/{}{rest}", self.tenant_id)
    }

    /// Waits until everything that follows from what was written has happened.
    pub(crate) async fn settle(&self) {
        self.server.settle().await.expect("the stream is read");
    }

    /// Creates a user; returns its id.
    pub(crate) async fn user(&self, email: &str) -> String {
        let user = json!({ "email": email, "display_name": "Anna Albers" });
        let made = self.tenant.post(&self.path("/users"), user).await.expect(201);
        text(&made, "id")
    }

    /// Creates an invitation.
    pub(crate) async fn invite(&self, ownership: &str, user: Option<&str>) -> Value {
        let mut order = json!({ "platform": "ios", "ownership": ownership });
        if let Some(user) = user {
            order["user"] = user.into();
        }
        self.tenant.post(&self.path("/enrollments"), order).await.expect(201)
    }

    /// A phone out of its box.
    pub(crate) fn phone(&self) -> Phone {
        self.phone_of(None)
    }

    /// The same phone after it was wiped; the given one goes on like a ghost of its former life.
    pub(crate) fn wiped(&self, phone: &Phone) -> Phone {
        self.phone_of(Some(phone.handset().clone()))
    }

    fn phone_of(&self, handset: Option<Handset>) -> Phone {
        let place = self.phones.fetch_add(1, Ordering::SeqCst);
        let entropy = Arc::new(Seeded::new(1000 + place as u64));
        let handset = handset.unwrap_or_else(|| Handset::new("iPhone", &*entropy));
        let around = Surroundings {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy,
            keys: self.keys.clone(),
            apns: self.server.apns().clone(),
        };
        Phone::new(handset, around).expect("a phone")
    }

    /// Enrols a phone for a new user and settles; the phone has not connected yet.
    pub(crate) async fn enroll(&self, ownership: &str) -> Enrolled {
        let place = self.phones.load(Ordering::SeqCst);
        let user = self.user(&format!("user{place}@musterbau.example")).await;
        self.enroll_for(ownership, Some(&user)).await
    }

    /// Enrols a phone and settles; the phone has not connected yet.
    pub(crate) async fn enroll_for(&self, ownership: &str, user: Option<&str>) -> Enrolled {
        let invitation = self.invite(ownership, user).await;
        let phone = self.phone();
        phone.enroll(&text(&invitation, "url")).await.expect("the phone enrols");
        self.settle().await;
        let path = self.path(&format!("/enrollments/{}", text(&invitation, "id")));
        let device = text(&self.tenant.get(&path).await.expect(200), "device");
        Enrolled { phone, device }
    }

    /// Enrols a phone and lets it connect.
    pub(crate) async fn enroll_and_connect(&self, ownership: &str) -> Enrolled {
        let enrolled = self.enroll(ownership).await;
        enrolled.phone.connect().await.expect("the phone connects");
        self.settle().await;
        enrolled
    }

    /// A device as the API shows it.
    pub(crate) async fn device(&self, device: &str) -> Value {
        self.tenant.get(&self.path(&format!("/devices/{device}"))).await.expect(200)
    }

    /// A device's verdict.
    pub(crate) async fn verdict(&self, device: &str) -> String {
        text(&self.device(device).await, "verdict")
    }

    /// One control of a device.
    pub(crate) async fn control(&self, device: &str, control: &str) -> Value {
        let path = self.path(&format!("/devices/{device}/compliance"));
        let compliance = self.tenant.get(&path).await.expect(200);
        let controls = compliance["controls"].as_array().expect("controls");
        let found = controls.iter().find(|c| c["control"] == control);
        found.unwrap_or_else(|| panic!("{control} is missing in {compliance}")).clone()
    }

    /// Orders a command; returns its id.
    pub(crate) async fn order(&self, device: &str, kind: &str) -> Value {
        let path = self.path(&format!("/devices/{device}/commands"));
        let order = self.tenant.post(&path, json!({ "type": kind })).await.expect(202);
        self.settle().await;
        order
    }

    /// A command as the API shows it.
    pub(crate) async fn command(&self, device: &str, command: &str) -> Value {
        let path = self.path(&format!("/devices/{device}/commands/{command}"));
        self.tenant.get(&path).await.expect(200)
    }

    /// The tenant's policy with its ETag.
    pub(crate) async fn policy(&self) -> (Value, String) {
        let list = self.tenant.get(&self.path("/policies")).await.expect(200);
        let path = self.path(&format!("/policies/{}", text(&list["items"][0], "id")));
        let answer = self.tenant.get(&path).await;
        let tag = answer.etag.clone().expect("an ETag");
        (answer.expect(200), tag)
    }

    /// Changes a field of the policy and rolls it out.
    pub(crate) async fn change_policy(&self, field: &str, value: Value) {
        let (policy, tag) = self.policy().await;
        let path = self.path(&format!("/policies/{}", text(&policy, "id")));
        let mut document = policy["document"].clone();
        document[field] = value;
        let body = json!({ "document": document });
        let draft = self.tenant.send(Method::PUT, &path, Some(&body), Some(&tag)).await.expect(200);
        let order = json!({ "version": draft["version"] });
        self.tenant.post(&format!("{path}/rollouts"), order).await.expect(201);
        self.settle().await;
    }

    /// What the requests to paths that start with `prefix` cost since the last call.
    pub(crate) fn measured(&self, prefix: &str) -> Vec<Measured> {
        let mut all = self.server.take_measured();
        all.retain(|m| m.request.starts_with(prefix));
        all
    }
}

/// Creates a tenant and waits until it is active; returns its id and a client with all scopes.
pub(crate) async fn new_tenant(server: &Running, reseller: &Api, name: &str) -> (String, Api) {
    let made = reseller.post("/v1/tenants", json!({ "name": name })).await.expect(201);
    let id = text(&made, "id");
    server.settle().await.expect("the stream is read");
    let now = reseller.get(&format!("/v1/tenants/{id}")).await.expect(200);
    assert_eq!(now["status"], "active", "{now}");
    let path = format!("/v1/tenants/{id}/clients");
    let client = reseller.post(&path, json!({ "name": "test" })).await.expect(201);
    let (client_id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    (id, Api::new(server.base_url(), &client_id, &secret))
}

/// A text of an object.
#[track_caller]
pub(crate) fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {object}")).to_owned()
}

/// The commands that a phone received, by `RequestType`, with the install's identifier left out.
pub(crate) fn received(exchanges: &[Exchange]) -> Vec<&str> {
    let commands = exchanges.iter().filter_map(|e| match &e.received {
        Received::Command { request_type, .. } => Some(request_type.as_str()),
        _ => None,
    });
    commands.collect()
}

/// The reports that a phone sent: `RequestType` and status.
pub(crate) fn reported(exchanges: &[Exchange]) -> Vec<(&str, &str)> {
    let reports = exchanges.iter().filter_map(|e| match &e.sent {
        Sent::Report { request_type, status, .. } => Some((request_type.as_str(), status.as_str())),
        _ => None,
    });
    reports.collect()
}
