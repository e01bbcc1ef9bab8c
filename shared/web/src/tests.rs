//! Requests as a client would make them, and every answer that is not a success.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU8, Ordering},
};

use axum::{
    Extension, Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
    response::IntoResponse as _,
    routing::{get, post, put},
};
use http_body_util::BodyExt as _;
use insta::assert_json_snapshot;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use trennwand_auth::{BoxFuture, Issuer, Principals, Scopes, SigningKey, TokenResponse, Verifier};
use trennwand_domain::{
    Client, ClientId, Clock as _, DeviceId, Digest, Duration, Entropy, Error, ErrorKind, IdGen,
    ManualClock, Owner, ReasonCode, ResellerId, TenantId, Timestamp, UserId,
};

use crate::*;

const TENANT: TenantId = TenantId::from_bits(1);
const FOREIGN: TenantId = TenantId::from_bits(2);
const RESELLER: ResellerId = ResellerId::from_bits(3);

#[derive(Debug, Default)]
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// One client per owner; the tenant is the reseller's, the foreign one is not.
#[derive(Debug, Default)]
struct Table {
    clients: Mutex<Vec<Client>>,
    down: Mutex<bool>,
}

impl Principals for Table {
    fn current(
        &self,
        owner: Owner,
        id: ClientId,
    ) -> BoxFuture<'_, trennwand_domain::Result<Option<Client>>> {
        let found = self.clients.lock().unwrap().iter().find(|c| c.id == id).cloned();
        let down = *self.down.lock().unwrap();
        Box::pin(async move {
            if down {
                return Err(Error::unavailable("POISON table name"));
            }
            Ok(found.filter(|c| c.owner == owner))
        })
    }

    fn owns(
        &self,
        reseller: ResellerId,
        tenant: TenantId,
    ) -> BoxFuture<'_, trennwand_domain::Result<bool>> {
        Box::pin(async move { Ok(reseller == RESELLER && tenant == TENANT) })
    }
}

struct Api {
    clock: Arc<ManualClock>,
    issuer: Issuer,
    table: Arc<Table>,
    router: Router,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    #[serde(default)]
    mail: Option<Mail>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct Mail {
    kind: Kind,
    past_days: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Exchange,
    Google,
}

#[derive(Debug, Deserialize)]
struct Filter {
    #[serde(default)]
    kind: Option<Kind>,
}

fn api() -> Api {
    api_within(REQUEST_LIFE)
}

/// [`api`] whose requests may take this long.
fn api_within(life: Duration) -> Api {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_s(1_795_000_000)));
    let entropy = Arc::new(Counting::default());
    let key = SigningKey::generate().unwrap();
    let issuer = Issuer::new(key, "http://localhost", clock.clone(), entropy.clone());
    let table = Arc::<Table>::default();
    let gate = Gate {
        verifier: Arc::new(Verifier::of(&issuer)),
        principals: table.clone(),
        clock: clock.clone(),
    };
    let routes = Router::new()
        .route("/v1/me", get(async |me: Anyone| me.caller().client.to_string()))
        .route("/v1/resellers", get(async |_: ForOperator| "operator"))
        .route("/v1/brand", get(async |r: ForReseller<need::Brand>| r.reseller().to_string()))
        .route(
            "/v1/tenants/{tenant}/suspend",
            post(async |t: ForTenantOfReseller<need::Tenants>| t.scope().tenant().to_string()),
        )
        .route(
            "/v1/tenants/{tenant}/readiness",
            get(async |t: ForTenant<need::Setup>| t.scope().tenant().to_string()),
        )
        .route(
            "/v1/tenants/{tenant}/devices/{device}",
            get(async |_: ForTenant<need::DevicesRead>, Id(device): Id<DeviceId>| {
                device.to_string()
            }),
        )
        .route("/things", post(async |Json(thing): Json<Thing>| Json(thing)))
        .route(
            "/things",
            get(async |Paging(page): Paging, Query(filter): Query<Filter>| {
                format!("{} {:?} {:?}", page.limit, page.cursor, filter.kind)
            }),
        )
        .route("/perhaps", post(async |body: Option<Json<Thing>>| format!("{}", body.is_some())))
        .route("/raw", post(async |Raw(bytes): Raw| bytes.len().to_string()))
        .route("/users/{user}", get(async |Id(user): Id<UserId>| user.to_string()))
        .route(
            "/things/1",
            put(async |tags: IfMatch| -> Result<_> {
                tags.check(7)?;
                Ok(Tagged(8, Json(json!({}))))
            }),
        )
        .route(
            "/mdm/{tenant}/{token}",
            put(async || {
                let note = LogNote { code: "not_yours", cause: Some("certificate".into()) };
                (StatusCode::FORBIDDEN, Extension(note))
            }),
        )
        .route("/panic", get(async || -> StatusCode { panic!("POISON") }))
        .route("/slow", get(std::future::pending::<StatusCode>))
        .route(
            "/token",
            post(async |TokenRequest(credentials): TokenRequest| {
                NoStore(format!("{:?} {:?}", credentials.client, credentials.scope))
            }),
        )
        .with_state(gate);
    let ids = IdGen::new(clock.clone(), entropy);
    let router = shell::finish_within(life, routes, Shell { ids, function: "test" });
    Api { clock, issuer, table, router }
}

impl Api {
    /// A token of a client of this owner with these scopes, all of the level if none.
    fn token(&self, owner: Owner, scopes: &[&str]) -> String {
        let all = Scopes::of(owner.level());
        let mut clients = self.table.clients.lock().unwrap();
        let client = Client {
            id: ClientId::from_bits(clients.len() as u128 + 1),
            owner,
            name: String::new(),
            secret_hash: Digest::of(b""),
            scopes: if scopes.is_empty() {
                all.to_words()
            } else {
                scopes.iter().map(|s| (*s).to_owned()).collect()
            },
            created_at: self.clock.now(),
            revoked: false,
        };
        clients.push(client.clone());
        self.issuer.issue(&client, all).unwrap().token.expose().clone()
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Value {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.shown(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: impl Into<Body>) -> Value {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.shown(request.body(body.into()).unwrap()).await
    }

    /// An answer for a snapshot: status, the headers that matter, and the body.
    async fn shown(&self, request: Request<Body>) -> Value {
        let (status, headers, body) = self.send(request).await;
        let id = headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(id.parse::<trennwand_domain::RequestId>().is_ok());
        let text = String::from_utf8(body).unwrap();
        assert!(!text.contains("POISON"), "{text}");
        let mut body = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text));
        let problem = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|t| t.as_bytes() == b"application/problem+json");
        assert_eq!(problem, body.get("code").is_some(), "problems are labelled as such");
        if let Some(in_body) = body.get_mut("request_id") {
            assert_eq!(*in_body, id.as_str(), "the same in body and header");
            *in_body = "req_…".into();
        }
        let mut shown = json!({ "status": status.as_u16(), "body": body });
        for name in ["www-authenticate", "retry-after", "etag", "allow", "cache-control"] {
            if let Some(value) = headers.get(name) {
                shown[name] = value.to_str().unwrap().into();
            }
        }
        shown
    }
}

mod access;
mod log;
mod shape;
