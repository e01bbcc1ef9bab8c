//! The routes over an embedded database, as clients use them.

#[path = "api/policies.rs"]
mod policies;
#[path = "api/rollouts.rs"]
mod rollouts;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use trennwand_auth::{ClientSecret, Issuer, Scopes, SigningKey, Verifier};
use trennwand_domain::{
    Authenticator, Client, Clock, Device, DeviceState, Entropy, ManualClock, OneTimeToken, Owner,
    Result, Secret, Tenant, TenantScope, TenantStatus, Timestamp,
};
use trennwand_fn_onboarding::{TestPortal, provision};
use trennwand_pki::{Certificate, FileMasterKey, RsaKey, test_push_certificate};
use trennwand_runtime::Core;
use trennwand_simulator::Seeded;
use trennwand_store::{Store, Tables, client};
use trennwand_web::Shell;

const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

#[derive(Debug)]
struct Portal;
impl TestPortal for Portal {
    fn certify(&self, key: &RsaKey, _: &TenantScope, now: Timestamp) -> Result<Certificate> {
        test_push_certificate(key, "com.apple.mgmt.External.test", now)
    }
}

struct World {
    /// What the store speaks to.
    database: dynoxide::Database,
    core: Core,
    scope: TenantScope,
    routes: Router,
    issuer: Issuer,
    token: String,
}

struct Answer {
    status: StatusCode,
    etag: String,
    body: Value,
}

impl World {
    async fn new() -> Self {
        Self::with_portal(Some(&Portal)).await
    }

    async fn with_portal(portal: Option<&dyn TestPortal>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let store = Store::new(client::connect(&endpoint, None), Tables::default());
        store.create_tables().await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOON));
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(1));
        let master = FileMasterKey::from_bytes(Secret::new([7; 32]), entropy.clone());
        let base = "https://mdm.example";
        let core = Core::new(store, Arc::new(master), clock.clone(), entropy.clone(), base);
        let scope = tenant(&core).await;
        provision(&core, &scope, portal).await.unwrap();
        let issuer = Issuer::new(SigningKey::generate().unwrap(), base, clock, entropy);
        let shell = Shell { ids: core.ids.clone(), function: "policy" };
        let state = core.api(Verifier::of(&issuer));
        let routes = trennwand_web::finish(trennwand_fn_policy::router(state), shell);
        let token = String::new();
        let mut world = Self { database, core, scope, routes, issuer, token };
        world.token = world.token(None).await;
        world
    }

    /// A token of a new client of the tenant with these scopes.
    async fn token(&self, scopes: Option<&[&str]>) -> String {
        let owner = Owner::Tenant(self.scope.tenant());
        let all = Scopes::of(owner.level());
        let scopes = scopes
            .map_or(all, |words| Scopes::from_words(owner.level(), words.iter().copied()).unwrap());
        let client = Client {
            id: self.core.ids.mint(),
            owner,
            name: "office".into(),
            secret_hash: ClientSecret::mint(&*self.core.entropy).hash(),
            scopes: scopes.to_words(),
            created_at: NOON,
            revoked: false,
        };
        let mut tx = self.core.store.transaction();
        self.core.store.clients().insert(&mut tx, &client);
        tx.commit().await.unwrap();
        self.issuer.issue(&client, scopes).unwrap().token.expose().clone()
    }

    async fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        if_match: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let path = format!("/v1/tenants/{}{path}", self.scope.tenant());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.routes.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let etag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, etag: etag.unwrap_or_default(), body }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send(&self.token, "GET", path, None, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(&self.token, "POST", path, None, Some(body)).await;
        (answer.status.as_u16(), answer.body)
    }

    async fn delete(&self, path: &str) -> u16 {
        self.send(&self.token, "DELETE", path, None, None).await.status.as_u16()
    }

    /// An invited phone of this ownership and user.
    async fn invite(&self, ownership: &str, user: Option<&str>) -> Value {
        let new = json!({"platform": "ios", "ownership": ownership, "user": user});
        let (status, made) = self.post("/enrollments", new).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    async fn header(&self, invitation: &Value) -> Device {
        let id = invitation["device"].as_str().unwrap().parse().unwrap();
        self.core.store.devices(&self.scope).get(id).await.unwrap().unwrap()
    }

    /// Brings an invited phone under management, as the check-in does.
    async fn enrol(&self, invitation: &Value) -> Device {
        let device = Device { state: DeviceState::Enrolled, ..self.header(invitation).await };
        self.core.store.devices(&self.scope).save(&device, None).await.unwrap();
        device
    }
}

async fn tenant(core: &Core) -> TenantScope {
    let tenant = Tenant {
        id: core.ids.mint(),
        reseller: core.ids.mint(),
        name: "Müller".into(),
        status: TenantStatus::Provisioning,
        created_at: NOON,
        revision: 0,
    };
    let (_, wrapped) = core.vault.create_tenant_key(tenant.id).await.unwrap();
    let mut tx = core.store.transaction();
    core.store.tenants().insert(&mut tx, &tenant, &wrapped);
    tx.commit().await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "stands for the queue's consumer")]
    TenantScope::vouched(Authenticator::QueueMessage, tenant.id)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[tokio::test]
async fn a_user_is_sealed_and_what_artefacts_use_of_it_has_a_hash_that_changes_with_it() {
    let world = World::new().await;
    let new = json!({"external_id": "4711", "email": "anna@example.com", "locale": "de"});
    let (status, anna) = world.post("/users", new.clone()).await;
    assert_eq!((status, text(&anna["email"])), (201, "anna@example.com"));
    let (status, again) = world.post("/users", new).await;
    assert_eq!((status, text(&again["code"])), (409, "already_exists"));
    let path = format!("/users/{}", text(&anna["id"]));
    let invitation = world.invite("personal", anna["id"].as_str()).await;
    let users = world.core.store.users(&world.scope);
    let stored = async || users.get(text(&anna["id"]).parse().unwrap()).await.unwrap().unwrap();
    let before = stored().await;
    assert_eq!(world.header(&invitation).await.person, Some(before.variables));

    let change = Some(json!({"mail_login": "anna.b", "display_name": "Anna"}));
    let answer = world.send(&world.token, "PATCH", &path, None, change).await;
    assert_eq!((answer.status, text(&answer.body["mail_login"])), (StatusCode::OK, "anna.b"));
    let after = stored().await;
    assert_ne!(after.variables, before.variables);
    assert_eq!(world.get(&path).await, answer.body);
    assert_eq!(world.get("/users").await["items"], json!([answer.body]));

    let blind = world.token(Some(&["users"])).await;
    for path in [path.as_str(), "/users"] {
        let seen = world.send(&blind, "GET", path, None, None).await.body.to_string();
        assert!(!seen.contains("anna") && seen.contains(text(&anna["id"])), "{seen}");
    }
    assert!(!String::from_utf8_lossy(after.person.as_bytes()).contains("anna"));
}

#[tokio::test]
async fn a_user_with_managed_phones_stays_and_an_open_invitation_goes_with_its_user() {
    let world = World::new().await;
    let (_, user) = world.post("/users", json!({"email": "anna@example.com"})).await;
    let path = format!("/users/{}", text(&user["id"]));
    let invitation = world.invite("company", user["id"].as_str()).await;
    let managed = world.enrol(&world.invite("personal", user["id"].as_str()).await).await;
    let refusal = world.send(&world.token, "DELETE", &path, None, None).await;
    assert_eq!((refusal.status.as_u16(), text(&refusal.body["code"])), (409, "user_has_devices"));

    let devices = world.core.store.devices(&world.scope);
    let managed = devices.get(managed.id).await.unwrap().unwrap();
    devices.save(&Device { state: DeviceState::Released, ..managed }, None).await.unwrap();
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
    let shown = world.get(&format!("/enrollments/{}", text(&invitation["id"]))).await;
    assert_eq!(text(&shown["status"]), "revoked");
}

#[tokio::test]
async fn an_invitation_has_a_link_that_can_be_renewed_and_taken_back() {
    let world = World::new().await;
    let made = world.invite("personal", None).await;
    assert_eq!(text(&made["target"]), "ios-device");
    assert_eq!(made["requires"], json!(["apns_certificate"]));
    assert_eq!(made["user_can_remove"], true);
    assert_eq!(text(&made["expected_best_verdict"]), "unknown");
    assert_eq!(text(&made["expires_at"]), "2026-11-25T11:06:40Z");
    assert!(text(&made["qr_code"]).starts_with("data:image/svg+xml;base64,"));
    let token = |made: &Value| {
        let token = text(&made["url"]).strip_prefix("https://mdm.example/e/").unwrap();
        OneTimeToken::parse(token).unwrap()
    };
    let directory = world.core.store.directory();
    let found = directory.enrollment(&token(&made)).await.unwrap().unwrap();
    assert_eq!(found.1.to_string(), text(&made["id"]));

    let path = format!("/enrollments/{}", text(&made["id"]));
    let (status, renewed) = world.post(&format!("{path}/renew"), json!({"expires_in_s": 60})).await;
    assert_eq!((status, &renewed["device"]), (200, &made["device"]));
    assert_eq!(text(&renewed["expires_at"]), "2026-11-18T11:07:40Z");
    assert!(directory.enrollment(&token(&made)).await.unwrap().is_none());
    assert!(directory.enrollment(&token(&renewed)).await.unwrap().is_some());
    assert_eq!(text(&world.get("/enrollments").await["items"][0]["status"]), "open");

    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 204);
    assert!(directory.enrollment(&token(&renewed)).await.unwrap().is_none());
    let (status, refusal) = world.post(&format!("{path}/renew"), json!({})).await;
    assert_eq!((status, text(&refusal["code"])), (409, "enrollment_revoked"));
}

#[tokio::test]
async fn what_an_enrolment_needs_is_said() {
    let world = World::with_portal(None).await;
    let new = |platform| json!({"platform": platform, "ownership": "personal"});
    let (status, refusal) = world.post("/enrollments", new("ios")).await;
    assert_eq!((status, text(&refusal["code"])), (409, "apns_certificate_required"));
    let (status, refusal) = world.post("/enrollments", new("android")).await;
    assert_eq!((status, text(&refusal["code"])), (409, "agreement_required"));
    let stranger = json!({"platform": "ios", "ownership": "personal",
                          "user": "usr_00000000000000000000000001"});
    let (status, refusal) = world.post("/enrollments", stranger).await;
    assert_eq!((status, text(&refusal["errors"][0]["field"])), (422, "user"));
}

#[tokio::test]
async fn phones_are_listed_filtered_shown_and_forgotten() {
    let world = World::new().await;
    let personal = world.invite("personal", None).await;
    let company = world.enrol(&world.invite("company", None).await).await;
    let all = world.get("/devices").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let listed = world.get("/devices?ownership=company&state=enrolled&verdict=unknown").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let path = format!("/devices/{}", company.id);
    let shown = world.get(&path).await;
    assert_eq!(shown, listed["items"][0]);
    let policy = &shown["policy"];
    assert_eq!((&policy["version"], &policy["applied_version"]), (&json!(1), &Value::Null));
    assert_eq!(text(&shown["reasons"][0]["code"]), "not_yet_asked");
    assert_eq!(world.get("/devices?state=released").await["items"], json!([]));

    let compliance = world.get(&format!("{path}/compliance")).await;
    assert_eq!(
        (text(&compliance["verdict"]), &compliance["policy_version"]),
        ("unknown", &json!(1))
    );
    let controls: Vec<_> = compliance["controls"].as_array().unwrap().iter().collect();
    assert_eq!((controls.len(), text(&controls[0]["control"])), (7, "contacts_closed"));

    let wrong = world.send(&world.token, "GET", "/devices?state=lost", None, None).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let refusal = world.send(&world.token, "DELETE", &path, None, None).await;
    assert_eq!((refusal.status.as_u16(), text(&refusal.body["code"])), (409, "device_enrolled"));
    let path = format!("/devices/{}", text(&personal["device"]));
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
}

#[tokio::test]
async fn who_forgets_an_invited_phone_takes_its_invitation_back() {
    let world = World::new().await;
    let made = world.invite("personal", None).await;
    let code = text(&made["url"]).strip_prefix("https://mdm.example/e/").unwrap();
    let code = OneTimeToken::parse(code).unwrap();
    assert_eq!(world.delete(&format!("/devices/{}", text(&made["device"]))).await, 204);
    let shown = world.get(&format!("/enrollments/{}", text(&made["id"]))).await;
    assert_eq!(text(&shown["status"]), "revoked");
    assert!(world.core.store.directory().enrollment(&code).await.unwrap().is_none());
}

#[tokio::test]
async fn a_phone_leaves_a_group_that_is_gone() {
    let world = World::new().await;
    let phone = text(&world.invite("company", None).await["device"]).to_owned();
    let (_, group) = world.post("/groups", json!({"name": "Docks"})).await;
    let group = format!("/groups/{}", text(&group["id"]));
    let member = format!("{group}/members/{phone}");
    let put = async || world.send(&world.token, "PUT", &member, None, None).await.status;
    assert_eq!(put().await, 204);
    assert_eq!(world.delete(&group).await, 204);
    // Nobody follows what was written here: it is still in the phone's list.
    let groups = async || world.get(&format!("/devices/{phone}")).await["groups"].clone();
    assert_eq!(groups().await.as_array().unwrap().len(), 1);
    assert_eq!(world.delete(&member).await, 204);
    assert_eq!(groups().await, json!([]));
    assert_eq!(world.delete(&member).await, 404);
    assert_eq!(put().await, 404);
}

#[tokio::test]
async fn phones_are_found_by_policy_by_silence_and_by_whose_they_are() {
    let world = World::new().await;
    let anna = json!({"external_id": "4711", "email": "Anna@example.com"});
    let (_, anna) = world.post("/users", anna).await;
    let (_, bert) = world.post("/users", json!({"email": "bert@example.com"})).await;
    let hers = world.enrol(&world.invite("personal", anna["id"].as_str()).await).await;
    let his = world.invite("company", bert["id"].as_str()).await;
    let (hers, his) = (hers.id.to_string(), text(&his["device"]).to_owned());
    let found = async |query: &str| {
        let listed = world.get(&format!("/devices?{query}")).await;
        let items = listed["items"].as_array().unwrap().clone();
        items.iter().map(|item| text(&item["id"]).to_owned()).collect::<Vec<_>>()
    };
    let id = text(&anna["id"]);
    for query in [
        "q=anna%40EXAMPLE.com".to_owned(),
        "q=4711".to_owned(),
        format!("q={id}"),
        format!("q={hers}"),
        format!("user={id}&q=4711"),
        format!("q={hers}&state=enrolled&ownership=personal"),
    ] {
        assert_eq!(found(&query).await, std::slice::from_ref(&hers), "{query}");
    }
    for query in [
        "q=anna".to_owned(),
        "q=47".to_owned(),
        "q=".to_owned(),
        "q=usr_00000000000000000000000001".to_owned(),
        "q=dev_00000000000000000000000001".to_owned(),
        format!("q={hers}&ownership=company"),
        format!("user={}&q=4711", text(&bert["id"])),
    ] {
        assert_eq!(found(&query).await, Vec::<String>::new(), "{query}");
    }

    let policies = world.get("/policies").await;
    let policy = text(&policies["items"][0]["id"]);
    let both = [hers.clone(), his.clone()];
    assert_eq!(found(&format!("policy={policy}")).await, both);
    assert_eq!(found("policy=pol_00000000000000000000000001").await, Vec::<String>::new());
    // Both phones were never heard of.
    assert_eq!(found("last_seen_before=2026-11-19T00:00:00Z").await, both);

    let narrow = world.token(Some(&["devices:read"])).await;
    let path = "/devices?q=4711";
    let refusal = world.send(&narrow, "GET", path, None, None).await;
    assert_eq!((refusal.status.as_u16(), text(&refusal.body["code"])), (403, "insufficient_scope"));
    let path = format!("/devices?q={hers}");
    assert_eq!(world.send(&narrow, "GET", &path, None, None).await.status, StatusCode::OK);
    for wrong in ["/devices?policy=preset", "/devices?last_seen_before=yesterday"] {
        let refusal = world.send(&world.token, "GET", wrong, None, None).await;
        assert_eq!(refusal.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn commands_wait_in_order_and_what_the_enrolment_forbids_is_refused_with_the_reason() {
    let world = World::new().await;
    let invited = world.invite("personal", None).await;
    let path = format!("/devices/{}/commands", text(&invited["device"]));
    let ask = |word: &str| json!({"type": word});
    let (status, refusal) = world.post(&path, ask("security_info")).await;
    assert_eq!((status, text(&refusal["code"])), (409, "device_not_enrolled"));
    world.enrol(&invited).await;
    let (status, refusal) = world.post(&path, ask("device_lock")).await;
    assert_eq!((status, text(&refusal["code"])), (403, "command_not_permitted"));
    assert!(refusal.to_string().contains("not_granted_by_enrollment"), "{refusal}");
    assert_eq!(world.post(&path, ask("erase_device")).await.0, 422);

    let company = world.enrol(&world.invite("company", None).await).await;
    let path = format!("/devices/{}/commands", company.id);
    let (status, first) = world.post(&path, ask("device_information")).await;
    assert_eq!((status, text(&first["status"])), (202, "queued"));
    let (_, lock) = world.post(&path, ask("device_lock")).await;
    assert_eq!(world.get(&path).await["items"], json!([lock, first]));
    let page = world.get(&format!("{path}?limit=1")).await;
    let next = text(&page["next_cursor"]);
    assert_eq!(world.get(&format!("{path}?cursor={next}")).await["items"], json!([first]));
    assert_eq!(world.get(&format!("{path}/{}", text(&lock["id"]))).await, lock);
    let foreign = format!("{path}/cmd_00000000000000000000000001");
    assert_eq!(world.send(&world.token, "GET", &foreign, None, None).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_draft_reaches_the_head_only_by_a_rollout() {
    let world = World::new().await;
    let listed = world.get("/policies").await;
    let path = format!("/policies/{}", text(&listed["items"][0]["id"]));
    let known = world.send(&world.token, "GET", &path, None, None).await;
    let mut document = known.body["document"].clone();
    document["lock_screen_previews"] = "hidden".into();
    let draft = json!({"document": document});
    let put = async |tag: Option<&str>, body: &Value| {
        world.send(&world.token, "PUT", &path, tag, Some(body.clone())).await
    };
    assert_eq!(put(None, &draft).await.status.as_u16(), 428);
    let changed = put(Some(&known.etag), &draft).await;
    assert_eq!((changed.status.as_u16(), &changed.body["version"]), (200, &json!(2)));
    assert_eq!(changed.body["version_in_force"], 1);
    assert_eq!(put(Some(&known.etag), &draft).await.status.as_u16(), 412);
    let again = world.send(&world.token, "GET", &path, None, None).await;
    assert_eq!((&again.etag, &again.body), (&changed.etag, &changed.body));
    assert_eq!(world.get(&format!("{path}/versions/1")).await["document"], known.body["document"]);
    let wrong = json!({"document": {"schema_version": 1, "backup": "none"}});
    let refusal = put(Some(&changed.etag), &wrong).await;
    assert_eq!(refusal.status.as_u16(), 422);
    assert_eq!(text(&refusal.body["errors"][0]["field"]), "document.backup");

    let tenant = world.core.store.tenant(&world.scope);
    let before = tenant.head().await.unwrap().unwrap();
    assert_eq!((before.version, before.rules[0].version), (1, 1));
    let rollouts = format!("{path}/rollouts");
    for (version, status) in [(1, 409), (3, 422)] {
        assert_eq!(world.post(&rollouts, json!({"version": version})).await.0, status);
    }
    let (status, rollout) = world.post(&rollouts, json!({"version": 2})).await;
    assert_eq!(status, 201, "{rollout}");
    let after = tenant.head().await.unwrap().unwrap();
    assert_eq!((after.version, after.rules[0].version), (2, 2));
    assert_ne!(after.rules[0].artefacts, before.rules[0].artefacts);
    assert_eq!(world.get(&rollouts).await["items"], json!([rollout]));
    let mut shown = world.get(&format!("{rollouts}/{}", text(&rollout["id"]))).await;
    let nobody = json!({"targeted": 0, "applied": 0, "failed": 0, "pending": 0});
    assert_eq!(shown["progress"].take(), nobody);
    assert_eq!(shown, rollout);
    assert_eq!(world.get(&path).await["version_in_force"], 2);
}
