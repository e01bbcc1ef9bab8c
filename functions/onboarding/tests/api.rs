//! The routes over an embedded database, as clients use them.

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
    ArtefactRef, AssignmentHead, Authenticator, Brand, Client, Clock, Entropy, Level, ManualClock,
    Owner, Purpose, Result, Secret, Target, TenantScope, Timestamp,
};
use trennwand_fn_onboarding::{Onboarding, TestPortal, provision, rebrand};
use trennwand_pki::{Certificate, FileMasterKey, RsaKey, test_push_certificate};
use trennwand_runtime::Core;
use trennwand_simulator::Seeded;
use trennwand_store::{Store, Tables, client};
use trennwand_web::Shell;

const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
const TOPIC: &str = "com.apple.mgmt.External.5d5d9d6a";

#[derive(Debug)]
struct Portal;
impl TestPortal for Portal {
    fn certify(&self, key: &RsaKey, _: &TenantScope, now: Timestamp) -> Result<Certificate> {
        test_push_certificate(key, TOPIC, now)
    }
}

struct World {
    core: Core,
    routes: Router,
}

impl World {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let store = Store::new(client::connect(&endpoint, None), Tables::default());
        store.create_tables().await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOON));
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(1));
        let master = FileMasterKey::from_bytes(Secret::new([7; 32]), entropy.clone());
        let base = "https://mdm.example";
        let core = Core::new(store, Arc::new(master), clock.clone(), entropy.clone(), base);
        let issuer = Issuer::new(SigningKey::generate().unwrap(), base, clock, entropy);
        let gate = core.api(Verifier::of(&issuer)).gate;
        let state = Onboarding { core: core.clone(), gate, issuer: Arc::new(issuer), terms: None };
        let shell = Shell { ids: core.ids.clone(), function: "onboarding" };
        let routes = trennwand_web::finish(trennwand_fn_onboarding::router(state), shell);
        Self { core, routes }
    }

    async fn operator(&self) -> (String, String) {
        let secret = ClientSecret::mint(&*self.core.entropy);
        let client = Client {
            id: self.core.ids.mint(),
            owner: Owner::Operator,
            name: "operator".into(),
            secret_hash: secret.hash(),
            scopes: Scopes::of(Level::Operator).to_words(),
            created_at: NOON,
            revoked: false,
        };
        let mut tx = self.core.store.transaction();
        self.core.store.clients().insert(&mut tx, &client);
        tx.commit().await.unwrap();
        (client.id.to_string(), secret.expose().clone())
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    async fn token(&self, client: &str, secret: &str) -> (StatusCode, Value) {
        let form =
            format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let request = Request::post("/oauth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form));
        self.send(request.unwrap()).await
    }

    async fn log_in(&self, client: &Value) -> String {
        let (id, secret) = (&client["client_id"], &client["client_secret"]);
        let (status, token) = self.token(id.as_str().unwrap(), secret.as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{token}");
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// A reseller's token and a new tenant's path.
    async fn tenant(&self) -> (String, String, TenantScope) {
        let (id, secret) = self.operator().await;
        let operator = self.log_in(&json!({"client_id": id, "client_secret": secret})).await;
        let (status, reseller) =
            self.call(&operator, "POST", "/v1/resellers", Some(json!({"name": "Nordwand"}))).await;
        assert_eq!(status, StatusCode::CREATED, "{reseller}");
        let path = format!("/v1/resellers/{}/clients", reseller["id"].as_str().unwrap());
        let (status, client) =
            self.call(&operator, "POST", &path, Some(json!({"name": "shop"}))).await;
        assert_eq!(status, StatusCode::CREATED, "{client}");
        let token = self.log_in(&client).await;
        let (status, tenant) =
            self.call(&token, "POST", "/v1/tenants", Some(json!({"name": "Müller"}))).await;
        assert_eq!((status, &tenant["status"]), (StatusCode::CREATED, &"provisioning".into()));
        let id = tenant["id"].as_str().unwrap();
        #[expect(clippy::disallowed_methods, reason = "stands for the queue's consumer")]
        let scope = TenantScope::vouched(Authenticator::QueueMessage, id.parse().unwrap());
        (token, format!("/v1/tenants/{id}"), scope)
    }
}

#[tokio::test]
async fn a_tenant_becomes_active_once_however_often_it_is_provisioned() {
    let world = World::new().await;
    let (token, path, scope) = world.tenant().await;
    let (once, again) = tokio::join!(
        provision(&world.core, &scope, Some(&Portal)),
        provision(&world.core, &scope, Some(&Portal)),
    );
    assert!(once.is_ok() && again.is_ok(), "{once:?} {again:?}");
    let keys = world.core.store.tenant(&scope).keys().await.unwrap().unwrap();
    provision(&world.core, &scope, None).await.unwrap();
    assert_eq!(world.core.store.tenant(&scope).keys().await.unwrap().unwrap(), keys);

    let (_, tenant) = world.call(&token, "GET", &path, None).await;
    assert_eq!(tenant["status"], "active");
    let (_, listed) = world.call(&token, "GET", "/v1/tenants", None).await;
    assert_eq!(listed["items"][0]["status"], "active");
    let head = world.core.store.tenant(&scope).head().await.unwrap().unwrap();
    assert_eq!((head.version, head.rules.len(), head.organization.as_str()), (1, 1, "Müller"));
    assert_eq!(head.push_topic.as_deref(), Some(TOPIC));
    assert_eq!(head.brand.as_ref().map(|brand| brand.name.as_str()), Some("Nordwand"));
    let policies = world.core.store.policies(&scope);
    let policy = policies.get(head.rules[0].policy).await.unwrap().unwrap();
    assert_eq!(policy.name, "contact isolation for privately used WhatsApp");
    for artefact in &head.rules[0].artefacts {
        world.core.templates.get(&scope, artefact.digest).await.unwrap();
    }
    let (_, apns) = world.call(&token, "GET", &format!("{path}/apns"), None).await;
    assert_eq!((&apns["status"], &apns["topic"]), (&"valid".into(), &TOPIC.into()));

    let renamed = json!({"name": "Müller & Söhne"});
    let (status, tenant) = world.call(&token, "PATCH", &path, Some(renamed)).await;
    assert_eq!((status, &tenant["name"]), (StatusCode::OK, &"Müller & Söhne".into()));
    let head = world.core.store.tenant(&scope).head().await.unwrap().unwrap();
    assert_eq!((head.version, head.organization.as_str()), (2, "Müller & Söhne"));
}

#[tokio::test]
async fn mail_settings_bring_the_account_template_and_leave_the_wall_alone() {
    let world = World::new().await;
    let (token, path, scope) = world.tenant().await;
    let path = format!("{path}/mail");
    let mail = json!({"kind": "exchange_online", "auth": "oauth"});
    let (status, early) = world.call(&token, "PUT", &path, Some(mail.clone())).await;
    assert_eq!((status, &early["code"]), (StatusCode::CONFLICT, &"tenant_not_ready".into()));
    provision(&world.core, &scope, None).await.unwrap();
    let before = world.core.store.tenant(&scope).head().await.unwrap().unwrap();
    assert_eq!(world.call(&token, "GET", &path, None).await.0, StatusCode::NOT_FOUND);

    let (status, stored) = world.call(&token, "PUT", &path, Some(mail.clone())).await;
    assert_eq!((status, &stored), (StatusCode::OK, &mail));
    let after = world.core.store.tenant(&scope).head().await.unwrap().unwrap();
    assert_eq!((before.version, after.version), (1, 2));
    // A wall, then an account too, for each of the three kinds of management that are offered.
    assert_eq!(before.rules[0].artefacts.len(), 3);
    assert_eq!(after.rules[0].artefacts.len(), 6);
    // An iPhone's wall is a profile of its own. Android's names the mail app and the accounts it takes.
    let walls = |head: &AssignmentHead| {
        let of_iphones =
            |a: &&ArtefactRef| a.target == Target::IosDevice && a.purpose == Purpose::Wall;
        head.rules[0].artefacts.iter().copied().filter(|a| of_iphones(&a)).collect::<Vec<_>>()
    };
    assert_eq!(walls(&before).len(), 1);
    assert_eq!(walls(&before), walls(&after));
    for artefact in &after.rules[0].artefacts {
        world.core.templates.get(&scope, artefact.digest).await.unwrap();
    }
    assert_eq!(world.call(&token, "GET", &path, None).await.1, mail);

    let wrong = json!({"kind": "exchange", "host": "m.example.com", "auth": "client_certificate"});
    let (status, refusal) = world.call(&token, "PUT", &path, Some(wrong)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refusal["errors"][0]["field"], "auth");
}

#[tokio::test]
async fn a_push_certificate_is_taken_with_its_key_only_and_keeps_its_topic() {
    let world = World::new().await;
    let (token, path, scope) = world.tenant().await;
    provision(&world.core, &scope, None).await.unwrap();
    let path = format!("{path}/apns");
    assert_eq!(world.call(&token, "GET", &path, None).await.1["status"], "missing");
    let request = format!("{path}/signing-request");
    let (status, made) = world.call(&token, "POST", &request, None).await;
    let pem = made["signing_request"].as_str().unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    assert_eq!(world.call(&token, "GET", &path, None).await.1["signing_request_pending"], true);

    let upload = format!("{path}/certificate");
    let key = RsaKey::generate().unwrap();
    let cert = |topic| test_push_certificate(&key, topic, NOON).unwrap().to_pem();
    let put = async |body| world.call(&token, "PUT", &upload, Some(body)).await;
    let (status, refusal) = put(json!({"certificate": cert(TOPIC)})).await;
    assert_eq!((status, &refusal["code"]), (StatusCode::CONFLICT, &"apns_key_mismatch".into()));
    let with_key =
        |topic| json!({"certificate": cert(topic), "private_key": key.to_pem().expose()});
    let (status, apns) = put(with_key(TOPIC)).await;
    assert_eq!((status, &apns["topic"]), (StatusCode::OK, &TOPIC.into()));
    assert!(!apns.to_string().contains("PRIVATE"));
    let head = world.core.store.tenant(&scope).head().await.unwrap().unwrap();
    assert_eq!((head.version, head.push_topic.as_deref()), (2, Some(TOPIC)));
    let (status, refusal) = put(with_key("com.apple.mgmt.External.other")).await;
    assert_eq!((status, &refusal["code"]), (StatusCode::CONFLICT, &"apns_topic_mismatch".into()));
    let (status, _) = put(json!({"certificate": cert(TOPIC)})).await;
    assert_eq!(status, StatusCode::OK, "a renewal may keep the key in use");
    for nonsense in
        [json!({"certificate": "x"}), json!({"certificate": cert(TOPIC), "private_key": "x"})]
    {
        assert_eq!(put(nonsense).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_rotated_secret_and_a_revoked_client_are_refused() {
    let world = World::new().await;
    let (token, path, _) = world.tenant().await;
    let clients = format!("{path}/clients");
    let new = json!({"name": "office", "scopes": ["users", "devices:read"]});
    let (status, client) = world.call(&token, "POST", &clients, Some(new)).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(client["scopes"], json!(["users", "devices:read"]));
    let tenants_token = world.log_in(&client).await;
    let (_, me) = world.call(&tenants_token, "GET", "/v1/me", None).await;
    assert_eq!((&me["level"], &me["name"]), (&"tenant".into(), &"office".into()));
    assert_eq!(path, format!("/v1/tenants/{}", me["tenant"].as_str().unwrap()));
    let (status, _) = world.call(&tenants_token, "GET", "/v1/tenants", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    let id = client["client_id"].as_str().unwrap();
    let rotate = format!("{clients}/{id}/rotate");
    let (status, rotated) = world.call(&token, "POST", &rotate, None).await;
    assert_eq!(status, StatusCode::OK);
    let old = client["client_secret"].as_str().unwrap();
    assert_eq!(world.token(id, old).await.1["error"], "invalid_client");
    world.log_in(&rotated).await;

    let one = format!("{clients}/{id}");
    assert_eq!(world.call(&token, "DELETE", &one, None).await.0, StatusCode::NO_CONTENT);
    let secret = rotated["client_secret"].as_str().unwrap();
    assert_eq!(world.token(id, secret).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(world.call(&token, "POST", &rotate, None).await.0, StatusCode::NOT_FOUND);
    let (_, listed) = world.call(&token, "GET", &clients, None).await;
    assert_eq!(listed["items"][0]["revoked"], true);
    let wrong = json!({"name": "x", "scopes": ["tenants"]});
    let (status, _) = world.call(&token, "POST", &clients, Some(wrong)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_brand_comes_into_heads_once_and_never_backwards() {
    let world = World::new().await;
    let (_, _, scope) = world.tenant().await;
    provision(&world.core, &scope, None).await.unwrap();
    let store = world.core.store.tenant(&scope);
    let before = store.head().await.unwrap().unwrap();
    let reseller = before.brand.clone().unwrap().reseller;
    let mut brand = before.brand.clone().unwrap();
    for name in ["Südwand", "Ostwand"] {
        let mut tx = world.core.store.transaction();
        brand = world.core.store.brands().put(&mut tx, Brand { name: name.into(), ..brand });
        tx.commit().await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(rebrand(&world.core, reseller, None).await.unwrap(), None);
    }
    let after = store.head().await.unwrap().unwrap();
    assert_eq!(after.brand.as_ref().map(|b| (b.name.as_str(), b.revision)), Some(("Ostwand", 2)));
    assert_eq!((after.version, after.wanted()), (before.version + 1, before.wanted()));
    // A tenant that was provisioned before is brought up to date by the repeated message, too.
    provision(&world.core, &scope, None).await.unwrap();
    assert_eq!(store.head().await.unwrap().unwrap(), after);
}

#[tokio::test]
async fn readiness_says_what_is_to_be_done_next() {
    let world = World::new().await;
    let (token, path, scope) = world.tenant().await;
    let path = format!("{path}/readiness");
    let states = |readiness: &Value| -> Vec<String> {
        let items = readiness["items"].as_array().unwrap();
        items
            .iter()
            .map(|step| format!("{}: {}", text(&step["code"]), text(&step["status"])))
            .collect()
    };
    let (status, newborn) = world.call(&token, "GET", &path, None).await;
    assert_eq!((status, &newborn["ready"]), (StatusCode::OK, &false.into()));
    assert_eq!(states(&newborn)[..2], ["keys: open", "push_certificate: open"]);
    assert_eq!(newborn["items"][0]["reason"], "tenant_not_ready");
    provision(&world.core, &scope, Some(&Portal)).await.unwrap();
    let (_, ready) = world.call(&token, "GET", &path, None).await;
    assert_eq!(ready["ready"], true);
    assert_eq!(
        states(&ready),
        [
            "keys: done",
            "push_certificate: done",
            "policy: done",
            "mail: open",
            "first_user: open",
            "first_device: open",
            "android_terms: open",
            "android_enterprise: open",
            "android_policies: open",
            "first_android_device: open"
        ]
    );
    assert_eq!(ready["platforms"], json!({ "ios": true, "android": false }));
    let android = ready["items"].as_array().unwrap().iter().filter(|s| s["platform"] == "android");
    assert!(android.clone().count() == 4 && android.clone().all(|step| step["required"] == false));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn the_catalogue_is_open_to_everyone_with_a_token() {
    let world = World::new().await;
    let (token, ..) = world.tenant().await;
    for (list, field, known) in [
        ("reasons", "code", "tenant_not_ready"),
        ("controls", "control", "contacts_closed"),
        ("commands", "type", "device_lock"),
        ("permissions", "scope", "devices:read"),
        ("apps", "ios", "net.whatsapp.WhatsApp"),
    ] {
        let path = format!("/v1/catalogue/{list}");
        let (status, all) = world.call(&token, "GET", &path, None).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let items = all["items"].as_array().unwrap();
        assert!(items.iter().any(|item| item[field] == known), "{all}");
        assert_eq!(world.call("x", "GET", &path, None).await.0, StatusCode::UNAUTHORIZED);
    }
}
