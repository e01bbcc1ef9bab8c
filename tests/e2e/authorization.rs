//! Every operation of the API document, tried by everyone who may not: without a token, with a
//! broken one, without the scope, from another level, another reseller and another tenant. What a
//! caller may not see looks exactly like what does not exist, and no refusal writes anything.
//!
//! An operation that is added later is tried as well. If its path has a parameter that is unknown
//! here, the test fails and says so; if it needs a body, it goes into [`body_of`].

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use trennwand_domain::Duration;

use crate::world::{Api, World, new_tenant, text};

/// Operations that need no token. This list only shrinks.
const PUBLIC: [&str; 4] = ["authorization_server_get", "health_get", "jwks_get", "token_create"];

/// The scopes of each level, as the interface contract has them.
const OPERATOR: [&str; 1] = ["resellers"];
const RESELLER: [&str; 6] = ["setup", "tenants", "brand", "usage", "webhooks", "clients"];
const TENANT: [&str; 9] = [
    "setup",
    "users",
    "enrollments",
    "devices:read",
    "devices:command",
    "policies",
    "personal_data",
    "evidence",
    "audit",
];

/// Parameters of a path that name what may belong to someone else, besides `tenant`.
const OBJECTS: [&str; 9] = [
    "client",
    "user",
    "enrollment",
    "device",
    "command",
    "policy",
    "rollout",
    "version",
    "reseller",
];

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Everyone,
    Anyone,
    Operator,
    Reseller,
    /// The reseller, about one of its tenants.
    ResellerOfTenant,
    Tenant,
}

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    path: String,
    scope: Option<String>,
    pub(crate) who: Who,
    /// Its description in the document.
    pub(crate) about: Value,
}

impl Operation {
    fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }

    /// Its path with these values.
    pub(crate) fn filled(&self, values: &Ids) -> String {
        self.parameters().fold(self.path.clone(), |path, name| {
            let value = values.get(name);
            let value = value.unwrap_or_else(|| panic!("{name} of {} is unknown here", self.path));
            path.replace(&format!("{{{name}}}"), value)
        })
    }

    fn of(method: &str, path: &str, about: &Value) -> Self {
        let id = text(about, "operationId");
        let schemes = about["security"].as_array().cloned().unwrap_or_default();
        let scopes = schemes.first().map(|scheme| scheme["oauth2"].as_array().expect("oauth2"));
        let scope = scopes.and_then(|s| s.first()).map(|s| s.as_str().expect("a scope").to_owned());
        let who = match (&scope, scopes) {
            (_, None) => Who::Everyone,
            (None, Some(_)) => Who::Anyone,
            (Some(scope), _) => who_has(scope, path),
        };
        let method = method.to_uppercase().parse().expect("a method");
        Self { id, method, path: path.into(), scope, who, about: about.clone() }
    }
}

fn who_has(scope: &str, path: &str) -> Who {
    let in_tenant = path.contains("{tenant}");
    if TENANT.contains(&scope) && in_tenant {
        Who::Tenant
    } else if RESELLER.contains(&scope) {
        if in_tenant { Who::ResellerOfTenant } else { Who::Reseller }
    } else if OPERATOR.contains(&scope) && !in_tenant {
        Who::Operator
    } else {
        panic!("nobody has the scope {scope} for {path}")
    }
}

/// A body that would be accepted from someone who may, where an empty object would not be.
pub(crate) fn body_of(operation: &str) -> Value {
    match operation {
        "reseller_create" | "tenant_create" | "client_create" | "reseller_client_create" => {
            json!({ "name": "Other" })
        }
        "user_create" => json!({ "email": "berta@musterbau.example" }),
        "enrollment_create" => json!({ "platform": "ios", "ownership": "personal" }),
        "command_create" => json!({ "type": "security_info" }),
        "brand_replace" => json!({ "name": "Nordwand IT" }),
        "policy_replace" => json!({ "document": { "schema_version": 1 } }),
        "rollout_create" => json!({ "version": 1 }),
        "mail_replace" => json!({ "kind": "none" }),
        _ => json!({}),
    }
}

/// What the parameters of paths stand for.
pub(crate) type Ids = BTreeMap<&'static str, String>;

/// An answer, as far as two of them can be compared.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Seen {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn challenge(&self) -> &str {
        self.headers.get("www-authenticate").map_or("", String::as_str)
    }
}

pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) http: Client,
    operations: Vec<Operation>,
    /// Of the operator, the reseller and the tenant.
    tokens: [String; 3],
}

impl Walk {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let http = Client::builder().no_proxy().build().expect("a client");
        let operations = document(&world, &http).await;
        let tokens = [
            world.operator.sign_in().await,
            world.reseller.sign_in().await,
            world.tenant.sign_in().await,
        ];
        Self { world, http, operations, tokens }
    }

    /// A token of someone who may; good for a quarter of an hour of the test's clock.
    pub(crate) fn token(&self, op: &Operation) -> &str {
        let [operator, reseller, tenant] = &self.tokens;
        match op.who {
            Who::Operator => operator,
            Who::Reseller | Who::ResellerOfTenant => reseller,
            Who::Everyone | Who::Anyone | Who::Tenant => tenant,
        }
    }

    /// Sends an operation with these `Authorization` headers.
    async fn send(&self, op: &Operation, ids: &Ids, authorization: &[&str]) -> Seen {
        let url = format!("{}{}", self.world.server.base_url(), op.filled(ids));
        let mut request = self.http.request(op.method.clone(), url);
        for value in authorization {
            request = request.header("authorization", *value);
        }
        if op.method != Method::GET {
            request = request.json(&body_of(&op.id)).header("if-match", "*");
        }
        seen(request.send().await.expect("an answer")).await
    }

    async fn send_as(&self, op: &Operation, ids: &Ids, token: &str) -> Seen {
        self.send(op, ids, &[&format!("Bearer {token}")]).await
    }

    /// Nothing was written since the last call.
    #[track_caller]
    pub(crate) fn nothing_was_written(&self, what: &str) {
        for measured in self.world.server.take_measured() {
            assert_eq!(measured.usage.wcu, 0.0, "{what}: {measured:?}");
        }
    }

    /// The operations that need a token.
    pub(crate) fn protected(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|op| op.who != Who::Everyone)
    }
}

async fn seen(answer: reqwest::Response) -> Seen {
    let status = answer.status().as_u16();
    let own = ["x-request-id", "date"];
    let headers = answer.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers
        .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    let body = answer.bytes().await.expect("a body");
    let mut body: Value = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    Seen { status, headers, body }
}

/// Every operation of the document that the server shows.
async fn document(world: &World, http: &Client) -> Vec<Operation> {
    let url = format!("{}/openapi.json", world.server.base_url());
    let document: Value = http.get(url).send().await.expect("200").json().await.expect("JSON");
    let methods = ["get", "put", "post", "patch", "delete"];
    let paths = document["paths"].as_object().expect("paths");
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let members = item.as_object().expect("a path item");
            let operations = members.iter().filter(|(method, _)| methods.contains(&&***method));
            operations.map(move |(method, about)| Operation::of(method, path, about))
        })
        .collect();
    assert!(operations.len() >= 45, "the document has all operations");
    operations
}

/// A tenant with one of everything.
pub(crate) async fn furnish(world: &World, owner: &Api, api: &Api, tenant: &str) -> Ids {
    let path = |rest: &str| format!("/v1/tenants/{tenant}{rest}");
    let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
    api.put(&path("/mail"), mail).await.expect(200);
    world.settle().await;
    let person = json!({ "email": "anna@musterbau.example", "external_id": "4711" });
    let user = text(&api.post(&path("/users"), person).await.expect(201), "id");
    let order = json!({ "platform": "ios", "ownership": "company", "user": user });
    let invitation = api.post(&path("/enrollments"), order).await.expect(201);
    let phone = world.phone();
    phone.enroll(&text(&invitation, "url")).await.expect("the phone enrols");
    world.settle().await;
    phone.connect().await.expect("the phone connects");
    let enrollment = text(&invitation, "id");
    let shown = api.get(&path(&format!("/enrollments/{enrollment}"))).await.expect(200);
    let device = text(&shown, "device");
    let order = json!({ "type": "security_info" });
    let order = api.post(&path(&format!("/devices/{device}/commands")), order).await.expect(202);
    let list = api.get(&path("/policies")).await.expect(200);
    let policy = text(&list["items"][0], "id");
    let at = path(&format!("/policies/{policy}"));
    let before = api.get(&at).await;
    let tag = before.etag.clone().expect("an ETag");
    let mut draft = json!({ "document": before.expect(200)["document"] });
    draft["document"]["siri_while_locked"] = "blocked".into();
    api.send(Method::PUT, &at, Some(&draft), Some(&tag)).await.expect(200);
    let order_rollout = json!({ "version": 2 });
    let rollout = api.post(&format!("{at}/rollouts"), order_rollout).await.expect(201);
    let client = owner.post(&path("/clients"), json!({ "name": "more" })).await.expect(201);
    world.settle().await;
    let me = owner.get("/v1/me").await.expect(200);
    BTreeMap::from([
        ("reseller", text(&me, "reseller")),
        ("tenant", tenant.to_owned()),
        ("client", text(&client, "client_id")),
        ("user", user),
        ("enrollment", enrollment),
        ("device", device),
        ("command", text(&order, "id")),
        ("policy", policy),
        ("version", "2".to_owned()),
        ("rollout", text(&rollout, "id")),
    ])
}

/// Names of the same shape that nothing has.
fn absent(ids: &Ids) -> Ids {
    let swap = |c: char| if c == '0' { 'Z' } else { '0' };
    ids.iter()
        .map(|(name, id)| {
            let at = id.len().saturating_sub(3);
            let other = id.char_indices().map(|(i, c)| if i == at { swap(c) } else { c });
            (*name, if *name == "version" { "4711".into() } else { other.collect() })
        })
        .collect()
}

/// A reseller of its own with a tenant.
async fn stranger(world: &World) -> (Api, String, Api) {
    let name = json!({ "name": "Nebenan Telekom" });
    let reseller = text(&world.operator.post("/v1/resellers", name).await.expect(201), "id");
    let api = reseller_client(world, &reseller, None).await;
    let (tenant, client) = new_tenant(&world.server, &api, "Fremdbau GmbH").await;
    (api, tenant, client)
}

async fn reseller_client(world: &World, reseller: &str, scopes: Option<&[&str]>) -> Api {
    let path = format!("/v1/resellers/{reseller}/clients");
    client(world, &world.operator, &path, scopes).await
}

async fn client(world: &World, owner: &Api, path: &str, scopes: Option<&[&str]>) -> Api {
    let mut order = json!({ "name": "other" });
    if let Some(scopes) = scopes {
        order["scopes"] = scopes.iter().map(|s| (*s).to_owned()).collect();
    }
    let made = owner.post(path, order).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    Api::new(world.server.base_url(), &id, &secret)
}

#[tokio::test]
async fn no_operation_takes_a_caller_without_a_valid_token() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let token = world.tenant.sign_in().await;
    let elsewhere = World::with(|o| {
        o.entropy = std::sync::Arc::new(trennwand_simulator::Seeded::new(2));
    })
    .await;
    let foreign = elsewhere.tenant.sign_in().await;
    let broken = broken(&token, &foreign);
    drop(world.server.take_measured());

    let mut public = BTreeSet::new();
    for op in &walk.operations {
        if op.who == Who::Everyone {
            public.insert(op.id.as_str());
            let seen = walk.send(op, &ids, &[]).await;
            assert_ne!(seen.status, 401, "{} is public: {seen:?}", op.id);
            continue;
        }
        let seen = walk.send(op, &ids, &[]).await;
        assert_eq!((seen.status, seen.code()), (401, "unauthenticated"), "{}: {seen:?}", op.id);
        assert_eq!(seen.challenge(), "Bearer realm=\"trennwand\"", "{}", op.id);
        for values in &broken {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            let seen = walk.send(op, &ids, &values).await;
            let got = (seen.status, seen.code());
            assert_eq!(got, (401, "unauthenticated"), "{} with {values:?}: {seen:?}", op.id);
            assert!(seen.challenge().contains("invalid_token"), "{}: {seen:?}", op.id);
        }
        let query = Operation { path: format!("{}?access_token={token}", op.path), ..op.clone() };
        assert_eq!(walk.send(&query, &ids, &[]).await.status, 401, "{}: not in the URL", op.id);
    }
    assert_eq!(public, BTreeSet::from(PUBLIC), "what needs no token");
    walk.nothing_was_written("without a valid token");
}

/// `Authorization` headers that say nothing true.
fn broken(token: &str, foreign: &str) -> Vec<Vec<String>> {
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let (head, rest) = token.split_once('.').expect("a JWT");
    let (claims, signature) = rest.split_once('.').expect("a JWT");
    let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let decode = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice::<Value>(&bytes).expect("JSON")
    };
    let none = encoded(r#"{"alg":"none","typ":"at+jwt"}"#);
    let mut wider = decode(claims);
    wider["scope"] = "resellers setup users audit".into();
    let mut symmetric = decode(head);
    symmetric["alg"] = "HS256".into();
    let mut id_token = decode(head);
    id_token["typ"] = "JWT".into();
    let mut last = signature.to_owned();
    let first = if last.starts_with('A') { "B" } else { "A" };
    last.replace_range(..1, first);
    vec![
        bearer(""),
        bearer("x"),
        bearer("a.b.c"),
        bearer(foreign),
        bearer(&format!("{head}.{claims}.{last}")),
        bearer(&format!("{head}.{claims}.")),
        bearer(&format!("{none}.{claims}.")),
        bearer(&format!("{none}.{claims}.{signature}")),
        bearer(&format!("{head}.{}.{signature}", encoded(&wider.to_string()))),
        bearer(&format!("{}.{claims}.{signature}", encoded(&symmetric.to_string()))),
        bearer(&format!("{}.{claims}.{signature}", encoded(&id_token.to_string()))),
        bearer(&format!("{token}.{token}")),
        bearer(&"A".repeat(20_000)),
        vec!["Bearer".to_owned()],
        vec![token.to_owned()],
        vec![format!("Basic {token}")],
        vec![format!("Bearer {token}"), format!("Bearer {token}")],
    ]
}

#[tokio::test]
async fn tokens_end_with_their_time_and_with_their_client() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let path = world.path("/clients");
    let made = world.reseller.post(&path, json!({ "name": "short-lived" })).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let short_lived = Api::new(world.server.base_url(), &id, &secret);
    let revoked = short_lived.sign_in().await;
    short_lived.get(&world.path("/users")).await.expect(200);
    world.reseller.delete(&format!("{path}/{id}")).await.expect(204);
    world.clock.advance(Duration::from_secs(31));
    let tokens = [world.operator.sign_in(), world.reseller.sign_in(), world.tenant.sign_in()];
    let mut late = Vec::new();
    for token in tokens {
        late.push(token.await);
    }
    drop(world.server.take_measured());
    for op in walk.protected() {
        let seen = walk.send_as(op, &ids, &revoked).await;
        assert_eq!((seen.status, seen.code()), (401, "unauthenticated"), "{}: revoked", op.id);
    }
    world.clock.advance(Duration::from_secs(901));
    for op in walk.protected() {
        for token in &late {
            let seen = walk.send_as(op, &ids, token).await;
            assert_eq!((seen.status, seen.code()), (401, "unauthenticated"), "{}: late", op.id);
        }
    }
    walk.nothing_was_written("with tokens that have ended");
}

#[tokio::test]
async fn no_operation_takes_a_caller_without_its_scope() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let mut tokens = BTreeMap::new();
    for scope in TENANT {
        let rest: Vec<_> = TENANT.into_iter().filter(|s| *s != scope).collect();
        let api = client(world, &world.reseller, &world.path("/clients"), Some(&rest)).await;
        tokens.insert((Who::Tenant as u8, scope), api.sign_in().await);
    }
    for scope in RESELLER {
        let rest: Vec<_> = RESELLER.into_iter().filter(|s| *s != scope).collect();
        let token = reseller_client(world, &ids["reseller"], Some(&rest)).await.sign_in().await;
        tokens.insert((Who::Reseller as u8, scope), token.clone());
        tokens.insert((Who::ResellerOfTenant as u8, scope), token);
    }
    drop(world.server.take_measured());
    for op in walk.protected() {
        // The operator has one scope only, so no client of its can lack it.
        let Some(scope) = op.scope.as_deref().filter(|_| op.who != Who::Operator) else { continue };
        let token = tokens.get(&(op.who as u8, scope)).expect("a client without the scope");
        let mut expect_refusal = vec![token];
        if scope == "setup" {
            // The reseller's way in is closed as well.
            expect_refusal.push(&tokens[&(Who::Reseller as u8, scope)]);
        }
        for token in expect_refusal {
            let seen = walk.send_as(op, &ids, token).await;
            let got = (seen.status, seen.code());
            assert_eq!(got, (403, "insufficient_scope"), "{}: {seen:?}", op.id);
            assert!(seen.challenge().contains(&format!("scope=\"{scope}\"")), "{}", op.id);
        }
    }
    walk.nothing_was_written("without the scope");
}

#[tokio::test]
async fn what_belongs_to_others_looks_like_what_does_not_exist() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let (resellers, tenants) = (&world.reseller, &world.tenant);
    let ids = furnish(world, resellers, tenants, &world.tenant_id).await;
    let (sibling_id, sibling) = new_tenant(&world.server, resellers, "Schwesterbau GmbH").await;
    let sibling_ids = furnish(world, resellers, &sibling, &sibling_id).await;
    let (other_reseller, other_id, other) = stranger(world).await;
    let other_ids = furnish(world, &other_reseller, &other, &other_id).await;
    let before = everything(&walk, &ids).await;
    drop(world.server.take_measured());

    let [operator, reseller, tenant] = [&world.operator, resellers, tenants];
    let callers = [
        ("the operator", operator, Who::Operator, false),
        ("the reseller", reseller, Who::Reseller, true),
        ("another reseller", &other_reseller, Who::Reseller, false),
        ("the tenant", tenant, Who::Tenant, true),
        ("a tenant of the same reseller", &sibling, Who::Tenant, false),
        ("a tenant of another reseller", &other, Who::Tenant, false),
    ];
    let nothing = absent(&ids);
    for (name, api, level, own) in callers {
        let token = api.sign_in().await;
        for op in walk.protected() {
            let what = format!("{} by {name}", op.id);
            match expected(op, level, own) {
                Expected::Allowed => {}
                Expected::WrongLevel => {
                    let seen = walk.send_as(op, &ids, &token).await;
                    assert_eq!((seen.status, seen.code()), (403, "wrong_level"), "{what}");
                    // Only a reseller is told so about its own tenant, and about no other.
                    let elsewhere = walk.send_as(op, &nothing, &token).await;
                    let same = !(op.who == Who::Tenant && own);
                    assert_eq!(elsewhere == seen, same, "{what}: {elsewhere:?}");
                }
                Expected::NotThere => {
                    let real = walk.send_as(op, &ids, &token).await;
                    assert_eq!((real.status, real.code()), (404, "not_found"), "{what}: {real:?}");
                    let other_tenant = walk.send_as(op, &nothing, &token).await;
                    assert_eq!(real, other_tenant, "{what}: absent looks different");
                    let mut unreadable = ids.clone();
                    unreadable.insert("tenant", "ten_none".into());
                    let unreadable = walk.send_as(op, &unreadable, &token).await;
                    assert_eq!(real, unreadable, "{what}: unreadable looks different");
                }
            }
        }
    }
    walk.nothing_was_written("by others");

    let attackers = [(&sibling, resellers, &sibling_ids), (&other, &other_reseller, &other_ids)];
    for (api, owner, own) in attackers {
        foreign_objects(&walk, api, owner, own, &ids).await;
    }
    assert_eq!(everything(&walk, &ids).await, before, "nothing of the tenant changed");
}

enum Expected {
    Allowed,
    WrongLevel,
    NotThere,
}

/// What a caller of this level is to be answered about a tenant that is its own or not.
fn expected(op: &Operation, level: Who, own: bool) -> Expected {
    let setup = op.scope.as_deref() == Some("setup");
    match (op.who, level) {
        (Who::Everyone | Who::Anyone, _)
        | (Who::Operator, Who::Operator)
        | (Who::Reseller, Who::Reseller) => Expected::Allowed,
        (Who::Tenant, Who::Tenant) | (Who::ResellerOfTenant, Who::Reseller) if own => {
            Expected::Allowed
        }
        (Who::Tenant, Who::Reseller) if own && setup => Expected::Allowed,
        (Who::Tenant, Who::Reseller) if own => Expected::WrongLevel,
        (Who::Tenant, _) | (Who::ResellerOfTenant, Who::Reseller) => Expected::NotThere,
        _ => Expected::WrongLevel,
    }
}

/// A tenant or its reseller names things of someone else under its own tenant: one at a time, with
/// everything else its own.
async fn foreign_objects(walk: &Walk, tenant: &Api, owner: &Api, own: &Ids, foreign: &Ids) {
    let absent = absent(foreign);
    let (tenant, owner) = (tenant.sign_in().await, owner.sign_in().await);
    let mut tried = 0;
    for op in walk.protected() {
        let token = match op.who {
            Who::Tenant => &tenant,
            Who::ResellerOfTenant => &owner,
            _ => continue,
        };
        for name in op.parameters().filter(|name| OBJECTS.contains(name)) {
            // Versions are numbers and have no owner of their own.
            if name == "version" {
                continue;
            }
            let with = |others: &Ids| {
                let mut ids = own.clone();
                ids.extend(
                    others.iter().filter(|(n, _)| **n == name).map(|(n, v)| (*n, v.clone())),
                );
                ids
            };
            let real = walk.send_as(op, &with(foreign), token).await;
            let what = format!("{} with the {name} of someone else", op.id);
            assert_eq!((real.status, real.code()), (404, "not_found"), "{what}: {real:?}");
            let none = walk.send_as(op, &with(&absent), token).await;
            assert_eq!(real, none, "{what}: absent looks different");
            tried += 1;
        }
    }
    assert!(tried >= 20, "objects were tried: {tried}");
}

/// Everything that the tenant and its reseller can read about the tenant.
async fn everything(walk: &Walk, ids: &Ids) -> Vec<(String, Seen)> {
    let tenant = walk.world.tenant.sign_in().await;
    let reseller = walk.world.reseller.sign_in().await;
    let mut all = Vec::new();
    for op in walk.protected().filter(|op| op.method == Method::GET) {
        let token = match op.who {
            Who::Tenant => &tenant,
            Who::ResellerOfTenant => &reseller,
            _ => continue,
        };
        let seen = walk.send_as(op, ids, token).await;
        assert_eq!(seen.status, 200, "{} by its own: {seen:?}", op.id);
        all.push((op.id.clone(), seen));
    }
    all
}

/// Without this the walks would prove nothing: the same requests of those who may are taken.
#[tokio::test]
async fn those_who_may_are_let_in() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let mut order: Vec<_> = walk.protected().collect();
    order.sort_by_key(|op| op.method == Method::DELETE);
    for op in order {
        let seen = walk.send_as(op, &ids, walk.token(op)).await;
        let refused = [401, 403, 404, 405].contains(&seen.status) || seen.status >= 500;
        assert!(!refused, "{}: {seen:?}", op.id);
        if op.method == Method::GET {
            assert_eq!(seen.status, 200, "{}: {seen:?}", op.id);
        }
    }
}
