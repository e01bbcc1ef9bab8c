//! The same raw requests through the local server's port and through the entry of the Lambda
//! functions: equal answers, whatever they hold.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use trennwand_web::lambda;

use crate::world::World;

/// A request as it stands on the wire.
#[derive(Debug, Clone)]
struct Raw {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn get(path: &str) -> Raw {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Raw {
        method: "GET",
        path: path.into(),
        query: query.into(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

impl Raw {
    fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The event that a gateway makes of it: it passes path, query and header values on, and what is
    /// no text as base64.
    fn event(&self, base64: bool) -> String {
        let headers: BTreeMap<_, _> = self.headers.iter().cloned().collect();
        let body = match base64 {
            true => STANDARD.encode(&self.body),
            false => String::from_utf8_lossy(&self.body).into_owned(),
        };
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "http": {"method": self.method, "path": self.path},
                "stage": "$default",
            },
            "body": body,
            "isBase64Encoded": base64,
        })
        .to_string()
    }

    fn wire(&self) -> Vec<u8> {
        let separator = if self.query.is_empty() { "" } else { "?" };
        let mut head = format!(
            "{} {}{separator}{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n",
            self.method, self.path, self.query
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        [head.as_bytes(), &self.body].concat()
    }
}

/// What a client can tell apart; dates, request ids and framing left aside.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Seen {
    fn new(status: u16, headers: BTreeMap<String, String>, body: &[u8]) -> Self {
        let passing = ["date", "x-request-id", "content-length", "connection", "transfer-encoding"];
        let headers = headers.into_iter().filter(|(name, _)| !passing.contains(&name.as_str()));
        let mut body: Value =
            serde_json::from_slice(body).unwrap_or_else(|_| json!(STANDARD.encode(body)));
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        Self { status, headers: headers.collect(), body }
    }
}

async fn over_the_wire(world: &World, raw: &Raw) -> Seen {
    let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
    stream.write_all(&raw.wire()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer with a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(':').expect("a header");
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let headers: BTreeMap<_, _> = lines.map(header).collect();
    assert!(!headers.contains_key("transfer-encoding"), "answers have a length: {raw:?}");
    Seen::new(status, headers, &answer[end + 4..])
}

async fn through_the_gateway(world: &World, raw: &Raw, base64: bool) -> Seen {
    let answer = lambda::answer(world.server.router(), &raw.event(base64)).await.unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let text = answer["body"].as_str().unwrap();
    let body = match answer["isBase64Encoded"].as_bool().unwrap() {
        true => STANDARD.decode(text).unwrap(),
        false => text.as_bytes().to_vec(),
    };
    let headers = serde_json::from_value(answer["headers"].clone()).unwrap();
    Seen::new(answer["statusCode"].as_u64().unwrap().try_into().unwrap(), headers, &body)
}

#[tokio::test]
async fn odd_requests_are_answered_alike_by_the_lambda_entry_and_the_local_server() {
    let world = World::new().await;
    let token = world.tenant.sign_in().await;
    let bearer = || format!("Bearer {token}");
    let tenant = world.tenant_id.as_str();
    let six_kilobytes = "A".repeat(6 << 10);
    let mut table = vec![
        get("/"),
        get("/openapi.json"),
        get("/.well-known/jwks.json"),
        get("/nowhere"),
        get("/v1/me").header("authorization", bearer()),
        get("/v1//me"),
        get("/v1/me/"),
        get("/v1/./me"),
        get("/v1/x/../me"),
        get("/v1/%2e%2E/me"),
        get("/v1/tenants%2Fx"),
        get("/v1/tenants%5Cx"),
        get("/v1/tenants/%00"),
        get("/v1/tenants/%0d%0ax"),
        get("/v1/tenants/%"),
        get("/v1/tenants/%zz"),
        get("/v1/tenants/%ff"),
        get("/v1/tenants/%C3%A4"),
        get("/v1/me;x=1"),
        get(&format!("/{}", "a".repeat(2000))),
        get("/mdm/%2e%2e/%00"),
        get("/scep/a/b?operation=%00"),
        get(&format!("/scep/{tenant}/x?operation=PKIOperation&message={six_kilobytes}")),
        get(&format!("/scep/{tenant}/x?operation=GetCACaps&operation=GetCACert")),
        get("/e/AAAA"),
        get("/e/AAAA/profile?signed=maybe"),
        get("/v1/me").method("DELETE"),
        get("/v1/me").method("BREW"),
        get("/v1/me").method("HEAD").header("authorization", bearer()),
        get("/v1/me").header("authorization", "Bearer x").header("accept-language", "de"),
        get("/v1/me").header("x-odd", "ä\"<>"),
        get("/oauth/token").method("POST").body("grant_type=client_credentials"),
        get("/oauth/token")
            .method("POST")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&grant_type=x"),
        get("/oauth/token").method("POST").body([0xff, 0xfe, 0]),
        get(&format!("/mdm/{tenant}/x")).method("PUT").body([0x62, 0x70, 0x6c, 0xff]),
        get(&format!("/mdm/{tenant}/x")).method("PUT").header("mdm-signature", "AAAA"),
        get(&format!("/v1/tenants/{tenant}/users"))
            .method("POST")
            .header("authorization", bearer())
            .header("content-type", "application/json")
            .body(r#"{"email": 1}"#),
    ];
    for query in [
        "limit=0",
        "limit=%31",
        "limit=1&limit=2",
        "cursor=%zz",
        "cursor='()*!$,;:@",
        "cursor=[]",
        "?&&==",
        "q=a+b%20c",
    ] {
        let users = format!("/v1/tenants/{tenant}/users?{query}");
        table.push(get(&users).header("authorization", bearer()));
    }
    for raw in &table {
        let wire = over_the_wire(&world, raw).await;
        assert_eq!(through_the_gateway(&world, raw, true).await, wire, "{raw:?}");
        if std::str::from_utf8(&raw.body).is_ok() {
            assert_eq!(through_the_gateway(&world, raw, false).await, wire, "{raw:?}");
        }
        assert!(wire.status < 500, "{raw:?}: {wire:?}");
    }
}

/// What the local server's HTTP library refuses by itself, or a gateway has decoded: no body to
/// compare, but a refusal on both sides, and nobody panics.
#[tokio::test]
async fn what_cannot_stand_on_a_wire_is_refused_by_the_lambda_entry_too() {
    let world = World::new().await;
    let me = || get("/v1/me");
    let raws = [
        Raw { query: "a b".into(), ..me() },
        Raw { query: "a\"b".into(), ..me() },
        Raw { query: "a={|}^`".into(), ..me() },
        Raw { query: "a\0b".into(), ..me() },
        Raw { query: "a\r\nb".into(), ..me() },
        Raw { query: "a<b>#c".into(), ..me() },
        Raw { path: "/v1/me\0".into(), ..me() },
        Raw { path: "/v1/a b".into(), ..me() },
        Raw { path: "/v1/ä".into(), ..me() },
        Raw { path: "/v1/me#x".into(), ..me() },
        Raw { path: "v1/me".into(), ..me() },
        Raw { path: String::new(), ..me() },
        me().header("x", "a\r\nb: c"),
        me().header("host", "a b/../"),
        me().header("x-forwarded-proto", "<>"),
        me().method("G T"),
    ];
    for raw in raws {
        let seen = through_the_gateway(&world, &raw, true).await;
        assert!((400..500).contains(&seen.status), "{raw:?}: {seen:?}");
        assert!(seen.body["code"].is_string(), "{raw:?}: {seen:?}");
        let wire = over_the_wire(&world, &raw).await;
        assert!((400..500).contains(&wire.status), "{raw:?}: {wire:?}");
    }
}
