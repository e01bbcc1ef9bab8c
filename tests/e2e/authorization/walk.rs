//! A walk through all operations, and those who take it.

use std::collections::BTreeMap;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::operation::{Ids, Operation, Who, body_of, document};
use crate::world::{Api, World, new_tenant, text};

/// An answer, as far as two of them can be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Seen {
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(super) fn challenge(&self) -> &str {
        self.headers.get("www-authenticate").map_or("", String::as_str)
    }
}

pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) http: Client,
    pub(super) operations: Vec<Operation>,
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
    pub(super) async fn send(&self, op: &Operation, ids: &Ids, authorization: &[&str]) -> Seen {
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

    pub(super) async fn send_as(&self, op: &Operation, ids: &Ids, token: &str) -> Seen {
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
    let group = api.post(&path("/groups"), json!({ "name": "Drivers" })).await.expect(201);
    let group = text(&group, "id");
    let member = path(&format!("/groups/{group}/members/{device}"));
    api.put(&member, json!({})).await.expect(204);
    let assigned = json!({ "policy": policy, "group": group });
    let assignment = api.post(&path("/assignments"), assigned).await.expect(201);
    let client = owner.post(&path("/clients"), json!({ "name": "more" })).await.expect(201);
    world.settle().await;
    let offered = json!({ "name": "Trades", "document": { "schema_version": 1 } });
    let template = owner.post("/v1/templates", offered).await.expect(201);
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
        ("target", "ios-device".to_owned()),
        ("template", text(&template, "id")),
        ("rollout", text(&rollout, "id")),
        ("group", group),
        ("assignment", text(&assignment, "id")),
    ])
}

/// Names of the same shape that nothing has.
pub(super) fn absent(ids: &Ids) -> Ids {
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
pub(super) async fn stranger(world: &World) -> (Api, String, Api) {
    let name = json!({ "name": "Nebenan Telekom" });
    let reseller = text(&world.operator.post("/v1/resellers", name).await.expect(201), "id");
    let api = reseller_client(world, &reseller, None).await;
    let (tenant, client) = new_tenant(&world.server, &api, "Fremdbau GmbH").await;
    (api, tenant, client)
}

pub(super) async fn reseller_client(world: &World, reseller: &str, scopes: Option<&[&str]>) -> Api {
    let path = format!("/v1/resellers/{reseller}/clients");
    client(world, &world.operator, &path, scopes).await
}

pub(super) async fn client(world: &World, owner: &Api, path: &str, scopes: Option<&[&str]>) -> Api {
    let mut order = json!({ "name": "other" });
    if let Some(scopes) = scopes {
        order["scopes"] = scopes.iter().map(|s| (*s).to_owned()).collect();
    }
    let made = owner.post(path, order).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    Api::new(world.server.base_url(), &id, &secret)
}
