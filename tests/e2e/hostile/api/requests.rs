//! Addresses, methods and headers.

use reqwest::Method;

use super::{JSON, Reply, send, send_bytes, to, walk};
use crate::{
    authorization::{Ids, Operation, Walk, body_of},
    world::text,
};

#[tokio::test]
async fn queries_that_are_odd_are_refused_or_ignored() {
    let (walk, ids) = walk().await;
    let policy = ids["policy"].clone();
    let values = [
        "",
        "0",
        "-1",
        "101",
        "1.5",
        "99999999999999999999",
        "abc",
        "%20",
        "%F0%9F%8F%A2",
        "%ff",
        "a%0Ab",
        "null",
        "[]",
        "..%2f..%2f",
        "ten_00000000000000000000000000",
        "{\"pk\":\"x\"}",
        "a b",
        "\"<|>\"",
        &policy,
        &"x".repeat(300),
        &"9".repeat(5000),
    ];
    let broken = ["a=%00", "a=%", "a=%zz", "%00", "limit=%0"];
    let mut tried = 0;
    for op in walk.protected().filter(|op| op.method == Method::GET) {
        let parameters = op.about["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter(|p| p["in"] == "query").map(|p| text(p, "name"));
        let names: Vec<_> = names.collect();
        for name in &names {
            for value in values {
                let reply = asked(&walk, op, &ids, &format!("{name}={value}")).await;
                let what = format!("{}?{name}={value:.50}", op.id);
                assert!(reply.status < 500, "{what}: {}", String::from_utf8_lossy(&reply.body));
                // What no URI may have is refused before it is a request.
                let is_request = !reply.body.is_empty() || !value.contains(['"', '<', '>']);
                if reply.status != 200 && is_request {
                    reply.is_problem(&what);
                }
                tried += 1;
            }
        }
        if names.iter().any(|name| name == "limit") {
            for query in ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "cursor=x&cursor=y"]
            {
                asked(&walk, op, &ids, query).await.is_problem(&format!("{}?{query}", op.id));
            }
        }
        for query in broken {
            let reply = asked(&walk, op, &ids, query).await;
            reply.is_problem(&format!("{}?{query}", op.id));
            assert_eq!(reply.status, 400);
        }
    }
    assert!(tried > 100, "{tried}");
    walk.nothing_was_written("odd queries");
}

/// As bytes on the wire: HTTP libraries would escape.
async fn asked(walk: &Walk, op: &Operation, ids: &Ids, query: &str) -> Reply {
    let token = walk.token(op);
    // A space would end the address.
    let query = query.replace(' ', "%20");
    let request = format!(
        "GET {}?{query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n",
        op.filled(ids)
    );
    send_bytes(walk.world.server.address(), request.into_bytes()).await
}

#[tokio::test]
async fn paths_that_are_odd_are_refused() {
    let (walk, ids) = walk().await;
    let token = walk.world.tenant.sign_in().await;
    let (tenant, user) = (&ids["tenant"], &ids["user"]);
    let users = format!("/v1/tenants/{tenant}/users");
    let paths = [
        format!("{users}/%00"),
        format!("{users}/{user}%00"),
        format!("{users}/%00{user}"),
        format!("{users}%2F{user}"),
        format!("{users}%5c{user}"),
        format!("{users}/../users/{user}"),
        format!("{users}/./{user}"),
        format!("{users}/%2e%2e/users/{user}"),
        format!("{users}/.%2E/users/{user}"),
        format!("/v1/tenants/x/../{tenant}/users"),
        format!("/x/..{users}"),
        format!("{users}/%ff"),
        format!("{users}/%C0%AF"),
        format!("{users}/%zz"),
        format!("{users}/%"),
        format!("{users}/%4"),
        format!("{users}/{user}%0d%0aset-cookie:%20a=b"),
        format!("{users}/{user}%0a"),
        format!("{users}/{user}%20"),
        format!("{users}/{user};x=1"),
        format!("{users}/{user}/"),
        format!("{users}//{user}"),
        format!("//v1/tenants/{tenant}/users"),
        format!("{users}/{}", user.to_lowercase()),
        format!("{users}/{}", user.replacen('0', "O", 1)),
        format!("{users}/{}", &user[4..]),
        format!("{users}/{}", ids["device"]),
        format!("/v1/tenants/{}/users", tenant.to_lowercase()),
        format!("/V1/tenants/{tenant}/users"),
        format!("{users}/{}", "a".repeat(10_000)),
        format!("{users}/{}", "%41".repeat(10_000)),
        format!("{users}/\u{e4}"),
        "/v1".into(),
        "/".into(),
        "/v1/tenants/%".into(),
    ];
    for path in paths {
        let head = format!("authorization: Bearer {token}\r\nconnection: close\r\n\r\n");
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{head}");
        let reply = send_bytes(walk.world.server.address(), request.into_bytes()).await;
        reply.is_problem(&path);
        assert!([400, 404].contains(&reply.status), "{path}: {reply:?}");
    }
    walk.nothing_was_written("odd paths");
}

#[tokio::test]
async fn bytes_that_are_no_http_end_the_connection_only() {
    let (walk, ids) = walk().await;
    let me = "/v1/me";
    let requests: Vec<Vec<u8>> = vec![
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET /v1/me\x00 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        b"GET /v1/me?\x01 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        b"GET /v1/m e HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        b"GET /v1/me HTTP/9.9\r\nhost: x\r\n\r\n".to_vec(),
        b"GET /v1/me HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n".to_vec(),
        b"GET /v1/me HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n".to_vec(),
        b"POST /v1/tenants HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"POST /v1/tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
            .to_vec(),
        b"POST /v1/tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
            .to_vec(),
        format!("GET {me} HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)).into_bytes(),
        format!("GET {me} HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(5000)).into_bytes(),
        format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000)).into_bytes(),
    ];
    for request in requests {
        let what = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        let mut request = request;
        let at = request.windows(2).position(|w| w == b"\r\n").unwrap_or(0);
        request.splice(at..at, b"\r\nconnection: close".iter().copied());
        let reply = send_bytes(walk.world.server.address(), request).await;
        let refused = reply.status == 0 || (400..500).contains(&reply.status);
        assert!(refused || reply.status == 505, "{what:?}: {reply:?}");
    }
    walk.nothing_was_written("no HTTP");
    walk.world.tenant.get(&format!("/v1/tenants/{}/users", ids["tenant"])).await.expect(200);
}

#[tokio::test]
async fn methods_that_a_path_does_not_have_are_refused() {
    let (walk, ids) = walk().await;
    let all = ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X"];
    let mut paths: Vec<_> = walk.protected().map(|op| op.filled(&ids)).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let known = walk.protected().filter(|op| op.filled(&ids) == path);
        let known: Vec<_> = known.map(|op| op.method.to_string()).collect();
        for method in all.iter().filter(|method| !known.iter().any(|k| k == *method)) {
            let url = format!("{}{path}", walk.world.server.base_url());
            let method: Method = method.parse().expect("a method");
            let reply = send(&walk.http, method.clone(), &url, &[JSON], "{}").await;
            let what = format!("{method} {path}");
            reply.is_problem(&what);
            assert_eq!(reply.status, 405, "{what}");
            assert!(known.iter().all(|k| reply.allow.contains(k)), "{what}: {reply:?}");
        }
    }
    walk.nothing_was_written("wrong methods");
}

#[tokio::test]
async fn headers_that_are_odd_change_nothing() {
    let (walk, ids) = walk().await;
    let longest = vec![b'x'; 30_000];
    let odd: Vec<(&str, &[u8])> = vec![
        ("accept-language", b"\xff\xfe"),
        ("accept-language", b"de;q=abc,,;;q=,*;q=-1"),
        ("accept-language", &longest),
        ("accept", b"text/none"),
        ("accept-encoding", b"\x80"),
        ("x-request-id", b"req_00000000000000000000000000"),
        ("x-forwarded-for", b"127.0.0.1"),
        ("x-forwarded-host", b"evil.example"),
        ("x-http-method-override", b"DELETE"),
        ("host", b"evil.example"),
        ("content-type", b"\xff"),
        ("expect", b"x"),
        ("range", b"bytes=0-1,5-"),
        ("if-none-match", b"\"\xff"),
        ("if-match", b"\"\xff\", W/\"1\", ***"),
        ("cookie", &longest),
    ];
    for op in walk.protected().filter(|op| op.method == Method::GET) {
        for header in &odd {
            let reply = to(&walk, op, &ids, &[*header], "").await;
            assert_eq!(reply.status, 200, "{} with {header:?}: {reply:?}", op.id);
            let text = String::from_utf8_lossy(&reply.body);
            assert!(!text.contains("evil.example"), "{}: {text}", op.id);
        }
    }
    for op in walk.protected().filter(|op| op.id == "policy_replace") {
        for tag in [&b"\"\xff\""[..], b"W/\"1\"", b"", b"\"1", b"\"99999999999999999999999\""] {
            let body = body_of(&op.id).to_string();
            let reply = to(&walk, op, &ids, &[JSON, ("if-match", tag)], body).await;
            assert_eq!(reply.status, 412, "{} with {tag:?}: {reply:?}", op.id);
            reply.is_problem(&op.id);
        }
    }
    walk.nothing_was_written("odd headers");
}
