//! The stand-in over HTTP, on this machine.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::{Value, json};
use trennwand_domain::Duration;

use super::{
    devices::SetUp,
    refusal::Refusal,
    routes::{Query, Request},
    world::World,
};

/// How long an access token lasts.
const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

pub(super) type Shared = Arc<Mutex<World>>;

pub(super) fn router(world: Shared) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/oauth2/v3/certs", get(certificates))
        .route("/signup/{id}", get(signup))
        .route("/phones", post(set_up_phone))
        .route("/v1/{*path}", any(api))
        .with_state(world)
}

fn with<T>(world: &Shared, act: impl FnOnce(&mut World) -> T) -> T {
    act(&mut world.lock().unwrap_or_else(PoisonError::into_inner))
}

fn json_answer(code: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn api(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let request = Request {
        method: method.as_str(),
        path: uri.path().trim_start_matches("/v1/"),
        query: Query(pairs(uri.query().unwrap_or_default())),
        bearer: bearer.and_then(|b| b.strip_prefix("Bearer ")).unwrap_or_default(),
        body: &body,
    };
    match with(&world, |world| world.serve(&request)) {
        Ok(value) => json_answer(200, &value),
        Err(refusal) => json_answer(refusal.code, &refusal.body()),
    }
}

/// RFC 7523: an assertion of ours for an access token.
async fn token(State(world): State<Shared>, body: String) -> Response {
    let form = Query(pairs(&body));
    let refused = || json_answer(400, &json!({"error": "invalid_grant"}));
    if form.one("grant_type") != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return json_answer(400, &json!({"error": "unsupported_grant_type"}));
    }
    with(&world, |world| {
        let claims = form.one("assertion").and_then(|jwt| world.account.verify(jwt));
        let Some(claims) = claims else {
            return refused();
        };
        let now = world.now().unix_s();
        let at = |name: &str| claims[name].as_i64().unwrap_or(0);
        let in_time = at("iat") <= now && now < at("exp") && at("exp") - at("iat") <= 3_600;
        let right = claims["iss"] == super::ROBOT
            && claims["aud"] == format!("{}/token", world.base_url)
            && claims["scope"] == "https://www.googleapis.com/auth/androidmanagement";
        if !in_time || !right {
            return refused();
        }
        let token = format!("ya29.{}", world.draw());
        let until = world.now().plus(TOKEN_LIFE);
        world.access_tokens.insert(token.clone(), until);
        let life = TOKEN_LIFE.as_secs();
        json_answer(
            200,
            &json!({"access_token": token, "expires_in": life, "token_type": "Bearer"}),
        )
    })
}

async fn certificates(State(world): State<Shared>) -> Response {
    with(&world, |world| {
        world.log.push("GET certs".to_owned());
        json_answer(200, &world.jwks())
    })
}

/// The administrator opens the page and agrees to everything.
async fn signup(State(world): State<Shared>, Path(id): Path<String>) -> Response {
    match with(&world, |world| world.finish_signup(&id)) {
        Some(callback) => (StatusCode::FOUND, [(header::LOCATION, callback)]).into_response(),
        None => json_answer(404, &Refusal::not_found().body()),
    }
}

/// What nobody could ask Google for: a phone appears, and its user opens the link that is sent, or
/// scans the code. It comes online once.
async fn set_up_phone(State(world): State<Shared>, body: String) -> Response {
    let body = body.trim().to_owned();
    let set_up = if body.starts_with('{') { SetUp::Wizard(body) } else { SetUp::Link(body) };
    let made = with(&world, |world| world.new_phone(&set_up));
    match made {
        Ok(name) => json_answer(201, &json!({ "name": name })),
        Err(error) => json_answer(409, &json!({ "error": { "message": error.to_string() } })),
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let base = reqwest::Url::parse("http://localhost/").ok();
    let Some(mut url) = base else {
        return Vec::new();
    };
    url.set_query(Some(text));
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
