//! A POST with an `Idempotency-Key` happens once and is answered the same way each time.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use trennwand::Data;
use trennwand_domain::Duration;
use trennwand_store::{Fault, FaultPlan};

use crate::world::{Api, HOUR, World, text};

/// An answer as it came.
#[derive(Debug, Clone, PartialEq)]
struct Raw {
    status: StatusCode,
    etag: Option<String>,
    cache_control: Option<String>,
    content_type: Option<String>,
    again: bool,
    body: Vec<u8>,
}

impl Raw {
    #[track_caller]
    fn json(&self, status: u16) -> Value {
        let shown = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{shown}");
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {shown}"))
    }

    #[track_caller]
    fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.json(status)["code"], code);
    }

    /// The same answer, told to be the same.
    #[track_caller]
    fn repeats(&self, first: &Self) {
        assert!(!first.again && self.again, "{first:?} {self:?}");
        assert_eq!(Self { again: false, ..self.clone() }, *first);
    }
}

/// A program that sends keys; its token is fetched once.
struct Caller {
    http: reqwest::Client,
    base_url: String,
    token: String,
}

impl Caller {
    async fn new(world: &World, api: &Api) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, base_url: world.server.base_url().to_owned(), token: api.sign_in().await }
    }

    async fn send(&self, method: Method, path: &str, keys: &[&str], body: Option<&Value>) -> Raw {
        let url = format!("{}{path}", self.base_url);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        for key in keys {
            request = request.header("idempotency-key", *key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let header = |name| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        Raw {
            status: answer.status(),
            etag: header("etag"),
            cache_control: header("cache-control"),
            content_type: header("content-type"),
            again: header("idempotency-replayed").is_some(),
            body: answer.bytes().await.expect("a body").to_vec(),
        }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Raw {
        self.send(Method::POST, path, &[key], Some(body)).await
    }
}

async fn users(world: &World) -> usize {
    let all = world.tenant.get(&world.path("/users?limit=100")).await.expect(200);
    all["items"].as_array().expect("users").len()
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_happens_once() {
    let world = World::without_mail().await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    let anna = json!({ "email": "anna@musterbau.example", "external_id": "4711" });
    let first = caller.post(&path, "key-1", &anna).await;
    first.json(201);
    for _ in 0..2 {
        caller.post(&path, "key-1", &anna).await.repeats(&first);
    }
    assert_eq!(users(&world).await, 1);
    caller.post(&path, "key-2", &anna).await.refused(409, "already_exists");
    let unkeyed = world.tenant.post(&path, json!({ "email": "anna@musterbau.example" })).await;
    unkeyed.expect(201);
    assert_eq!(users(&world).await, 2);
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_client() {
    let world = World::without_mail().await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    let user = |email: &str| json!({ "email": email });
    let first = caller.post(&path, "key", &user("anna@musterbau.example")).await;
    first.json(201);
    let other = caller.post(&path, "key", &user("bert@musterbau.example")).await;
    other.refused(422, "idempotency_key_reused");
    let order = json!({ "platform": "ios", "ownership": "personal" });
    let elsewhere = caller.post(&world.path("/enrollments"), "key", &order).await;
    elsewhere.refused(422, "idempotency_key_reused");
    let unreadable = caller.post(&path, "key", &json!({ "email": 7 })).await;
    unreadable.refused(422, "idempotency_key_reused");
    assert_eq!(users(&world).await, 1);

    let clients = world.path("/clients");
    let made = world.reseller.post(&clients, json!({ "name": "second" })).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let second = Api::new(world.server.base_url(), &id, &secret);
    let second = Caller::new(&world, &second).await;
    let fresh = second.post(&path, "key", &user("anna@musterbau.example")).await;
    fresh.json(201);
    assert!(!fresh.again);
    assert_ne!(fresh.body, first.body);
}

#[tokio::test]
async fn who_may_not_do_it_is_not_told_what_was_answered() {
    let world = World::without_mail().await;
    let clients = world.path("/clients");
    let order = json!({ "name": "narrow", "scopes": ["users", "devices:read"] });
    let made = world.reseller.post(&clients, order).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let narrow = Api::new(world.server.base_url(), &id, &secret);
    let mut caller = Caller::new(&world, &narrow).await;
    let anna = json!({ "email": "anna@musterbau.example" });
    caller.post(&world.path("/users"), "key", &anna).await.json(201);

    // The same client with less, and nobody.
    let form = [("grant_type", "client_credentials"), ("scope", "devices:read")];
    let url = format!("{}/oauth/token", caller.base_url);
    let token = caller.http.post(url).basic_auth(&id, Some(&secret)).form(&form);
    let token: Value = token.send().await.expect("an answer").json().await.expect("JSON");
    caller.token = text(&token, "access_token");
    let refused = caller.post(&world.path("/users"), "key", &anna).await;
    refused.refused(403, "insufficient_scope");
    caller.token = "nonsense".into();
    caller.post(&world.path("/users"), "key", &anna).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_has_a_form_and_counts_for_posts_only() {
    let world = World::without_mail().await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    let anna = json!({ "email": "anna@musterbau.example" });
    let long = "k".repeat(256);
    for keys in [&[""][..], &["two words"], &["schlüssel"], &[&long], &["one", "two"]] {
        let refused = caller.send(Method::POST, &path, keys, Some(&anna)).await;
        refused.refused(422, "invalid");
    }
    let stranger = Caller { token: "nonsense".into(), ..Caller::new(&world, &world.tenant).await };
    stranger.post(&path, "two words", &anna).await.refused(401, "unauthenticated");
    assert_eq!(users(&world).await, 0);
    caller.post(&path, &long[..255], &anna).await.json(201);

    let (one, two) = (json!({ "locale": "de" }), json!({ "locale": "en" }));
    let listed = world.tenant.get(&path).await.expect(200);
    let user = format!("{path}/{}", text(&listed["items"][0], "id"));
    for (change, locale) in [(one, "de"), (two, "en")] {
        let changed = caller.send(Method::PATCH, &user, &["key"], Some(&change)).await;
        assert_eq!(changed.json(200)["locale"], locale);
    }
}

#[tokio::test]
async fn what_failed_can_be_tried_again_with_its_key() {
    let world = World::without_mail().await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    let taken = json!({ "email": "a@musterbau.example", "external_id": "4711" });
    let first = text(&world.tenant.post(&path, taken).await.expect(201), "id");
    let anna = json!({ "email": "anna@musterbau.example", "external_id": "4711" });
    caller.post(&path, "key", &anna).await.refused(409, "already_exists");
    world.tenant.delete(&format!("{path}/{first}")).await.expect(204);
    caller.post(&path, "key", &anna).await.json(201);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = World::without_mail().await;
    let path = world.path("/users");
    let anna = json!({ "email": "anna@musterbau.example" });
    let first = Caller::new(&world, &world.tenant).await.post(&path, "key", &anna).await;
    world.clock.advance(HOUR * 24);
    Caller::new(&world, &world.tenant).await.post(&path, "key", &anna).await.repeats(&first);
    world.clock.advance(Duration::from_secs(1));
    let fresh = Caller::new(&world, &world.tenant).await.post(&path, "key", &anna).await;
    assert!(!fresh.again && fresh.body != first.body);
}

#[tokio::test]
async fn of_requests_at_the_same_time_one_happens() {
    let world = World::without_mail().await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    let anna = json!({ "email": "anna@musterbau.example" });
    let one = || caller.post(&path, "key", &anna);
    let answers = tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
    let (a, b, c, d, e, f, g, h) = answers;
    let mut bodies = BTreeSet::new();
    for answer in [a, b, c, d, e, f, g, h] {
        match answer.status.as_u16() {
            201 => drop(bodies.insert(answer.body)),
            _ => answer.refused(409, "idempotency_in_flight"),
        }
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(users(&world).await, 1);
}

#[tokio::test]
async fn a_request_that_is_still_being_worked_on_is_refused() {
    let plan = FaultPlan::default();
    let world = World::with(|options| options.faults = Some(plan.clone())).await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    let anna = json!({ "email": "anna@musterbau.example" });
    world.tenant.post(&path, json!({ "email": "warm@musterbau.example" })).await.expect(201);
    caller.post(&path, "warm", &json!({ "email": "warmer@musterbau.example" })).await.json(201);
    for nth in 1..=4 {
        plan.on_request(nth, Fault::Conflict);
    }
    caller.post(&path, "key", &anna).await.refused(409, "idempotency_in_flight");
    caller.post(&path, "key", &anna).await.json(201);
    assert_eq!(users(&world).await, 3);
}

#[tokio::test]
async fn an_answer_that_was_lost_on_its_way_is_found_again() {
    let plan = FaultPlan::default();
    let world = World::with(|options| options.faults = Some(plan.clone())).await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path("/users");
    caller.post(&path, "warm", &json!({ "email": "warm@musterbau.example" })).await.json(201);
    for lost in 1..=4 {
        let anna = json!({ "email": format!("anna{lost}@musterbau.example") });
        let key = format!("key-{lost}");
        for nth in 1..=lost {
            plan.on_request(nth, Fault::TimeoutAfter);
        }
        let first = caller.post(&path, &key, &anna).await;
        assert!(plan.is_done());
        let second = caller.post(&path, &key, &anna).await;
        second.json(201);
        if first.status == StatusCode::CREATED {
            assert_eq!(second.body, first.body);
        } else {
            first.refused(503, "unavailable");
        }
        assert_eq!(users(&world).await, 1 + lost as usize);
    }
}

#[tokio::test]
async fn a_key_costs_no_request_and_an_answer_is_found_with_one() {
    let world = World::without_mail().await;
    let enrolled = world.enroll_and_connect("personal").await;
    let caller = Caller::new(&world, &world.tenant).await;
    let path = world.path(&format!("/devices/{}/commands", enrolled.device));
    let order = json!({ "type": "security_info" });
    caller.post(&path, "warm", &order).await.json(202);
    let cost = || {
        let measured = world.measured("POST /v1/");
        measured.last().expect("a request").usage
    };
    cost();
    caller.send(Method::POST, &path, &[], Some(&order)).await.json(202);
    let without = cost();
    caller.post(&path, "key", &order).await.json(202);
    let with = cost();
    assert_eq!(with.requests, without.requests);
    assert_eq!(with.rcu, without.rcu);
    assert_eq!(with.wcu - without.wcu, 2.0, "a record of less than 1 KB in a transaction");
    let again = caller.post(&path, "key", &order).await;
    assert!(again.again);
    assert_eq!(cost().requests, without.requests + 1);
}

#[tokio::test]
async fn every_post_of_the_document_takes_a_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let kept = Data::Directory(directory.path().to_owned());
    let world = World::with(|options| options.data = kept).await;
    let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
    world.tenant.put(&world.path("/mail"), mail).await.expect(200);
    world.settle().await;
    let enrolled = world.enroll_and_connect("personal").await;
    let (operator, reseller, tenant) = (
        Caller::new(&world, &world.operator).await,
        Caller::new(&world, &world.reseller).await,
        Caller::new(&world, &world.tenant).await,
    );
    let document = world.tenant.get("/openapi.json").await.expect(200);
    let mut secrets = vec!["poisoned-address@musterbau.example".to_owned()];
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["post"];
        let reads = operation["x-read-only"] == true;
        if !path.starts_with("/v1/") || operation.is_null() || reads {
            continue;
        }
        let name = text(operation, "operationId");
        let mut device = enrolled.device.clone();
        let Some((caller, body)) = (match name.as_str() {
            "reseller_create" => Some((&operator, json!({ "name": "Telco" }))),
            "reseller_client_create" => Some((&operator, json!({ "name": "key" }))),
            "tenant_create" => Some((&reseller, json!({ "name": "Holz & Söhne" }))),
            "client_create" => Some((&reseller, json!({ "name": "office" }))),
            "client_rotate" => Some((&reseller, Value::Null)),
            "template_create" => {
                Some((&reseller, json!({ "name": "Trades", "document": { "schema_version": 1 } })))
            }
            "policy_create" => {
                Some((&tenant, json!({ "name": "Trades", "document": { "schema_version": 1 } })))
            }
            "apns_signing_request_create" => Some((&tenant, Value::Null)),
            "user_create" => Some((&tenant, json!({ "email": secrets[0] }))),
            "enrollment_create" => {
                Some((&tenant, json!({ "platform": "ios", "ownership": "company" })))
            }
            "enrollment_renew" => Some((&tenant, Value::Null)),
            "command_create" => Some((&tenant, json!({ "type": "security_info" }))),
            "agreement_create" => Some((&tenant, json!({ "version": "demonstration" }))),
            "android_signup_create" => Some((&tenant, Value::Null)),
            "device_release" => {
                device = android_phone(&world).await;
                Some((&tenant, Value::Null))
            }
            "device_wipe" => {
                device = android_phone(&world).await;
                let wipe = json!({ "scope": "business", "confirm": device, "reason": "lost" });
                Some((&tenant, wipe))
            }
            "rollout_create" => Some((&tenant, json!({ "version": draft(&world).await }))),
            "rollout_pause" | "rollout_resume" | "rollout_roll_back" => {
                Some((&tenant, Value::Null))
            }
            "group_create" => Some((&tenant, json!({ "name": "Drivers" }))),
            "assignment_create" => {
                let policy = text(&world.policy().await.0, "id");
                Some((&tenant, json!({ "policy": policy, "scope": "everyone" })))
            }
            _ => None,
        }) else {
            panic!("{name}: say here how it is called, so that its key is tried");
        };
        let path = filled(&world, path, &device).await;
        let body = Some(&body).filter(|body| !body.is_null());
        let key = format!("every-{name}");
        let first = caller.send(Method::POST, &path, &[&key], body).await;
        assert!(first.status.is_success(), "{name}: {}", String::from_utf8_lossy(&first.body));
        caller.send(Method::POST, &path, &[&key], body).await.repeats(&first);
        let shown: Value = serde_json::from_slice(&first.body).expect("JSON");
        // The address of Google's page is good for nobody but the company's administrator.
        let shown = if name == "android_signup_create" { json!({}) } else { shown };
        for secret in ["client_secret", "url"] {
            secrets.extend(shown[secret].as_str().map(str::to_owned));
        }
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
    assert!(secrets.len() > 5, "{}", secrets.len());

    let World { server, .. } = world;
    server.shutdown().await;
    let mut database = Vec::new();
    for entry in std::fs::read_dir(directory.path()).expect("a directory").flatten() {
        if !entry.file_name().to_string_lossy().contains("credentials") {
            database.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    for secret in &secrets {
        let secret = secret.rsplit('/').next().expect("the link's token");
        let found = database.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "a stored answer shows what it should seal");
    }
}

/// A company phone under management, of a tenant that is bound to Google by then.
async fn android_phone(world: &World) -> String {
    let stands = world.tenant.get(&world.path("/android")).await.expect(200);
    if stands["status"] != "bound" {
        crate::android::bind(world).await;
    }
    crate::android::enroll(world, "company", 15).await.device
}

/// A fresh draft of the tenant's policy; its version.
async fn draft(world: &World) -> Value {
    let (policy, tag) = world.policy().await;
    let path = world.path(&format!("/policies/{}", text(&policy, "id")));
    let mut document = policy["document"].clone();
    document["siri_while_locked"] = "blocked".into();
    let body = json!({ "document": document });
    let made = world.tenant.send(Method::PUT, &path, Some(&body), Some(&tag)).await.expect(200);
    made["version"].clone()
}

/// The path with things of this world in place of its parameters.
async fn filled(world: &World, path: &str, device: &str) -> String {
    let mut path = path.replace("{tenant}", &world.tenant_id).replace("{device}", device);
    if path.contains("{reseller}") {
        let listed = world.operator.get("/v1/resellers").await.expect(200);
        path = path.replace("{reseller}", &text(&listed["items"][0], "id"));
    }
    if path.contains("{client}") {
        let made = world.reseller.post(&world.path("/clients"), json!({ "name": "old" })).await;
        path = path.replace("{client}", &text(&made.expect(201), "client_id"));
    }
    if path.contains("{enrollment}") {
        let invitation = world.invite("personal", None).await;
        path = path.replace("{enrollment}", &text(&invitation, "id"));
    }
    if path.contains("{policy}") {
        path = path.replace("{policy}", &text(&world.policy().await.0, "id"));
    }
    if let Some((rollouts, _)) = path.split_once("/{rollout}") {
        let open = json!({ "version": draft(world).await, "stages": [10, 100] });
        let made = world.tenant.post(rollouts, open).await;
        let id = match made.status {
            StatusCode::CREATED => text(&made.body, "id"),
            _ => {
                let listed = world.tenant.get(rollouts).await.expect(200);
                let all = listed["items"].as_array().expect("roll-outs");
                text(all.last().expect("the open one"), "id")
            }
        };
        path = path.replace("{rollout}", &id);
    }
    assert!(!path.contains('{'), "{path}: say here what stands for it");
    path
}
