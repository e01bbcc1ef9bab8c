//! The API's side.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Reply, send, send_bytes};
use crate::{
    authorization::{Ids, Operation, Walk, body_of, furnish},
    world::text,
};

const JSON: (&str, &[u8]) = ("content-type", b"application/json");

async fn walk() -> (Walk, Ids) {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    drop(walk.world.server.take_measured());
    (walk, ids)
}

/// Sends to an operation as someone who may.
async fn to(
    walk: &Walk,
    op: &Operation,
    ids: &Ids,
    headers: &[(&str, &[u8])],
    body: impl Into<Vec<u8>>,
) -> Reply {
    let url = format!("{}{}", walk.world.server.base_url(), op.filled(ids));
    let token = format!("Bearer {}", walk.token(op));
    let mut all = vec![("authorization", token.as_bytes())];
    if !headers.iter().any(|(name, _)| *name == "if-match") {
        all.push(("if-match", b"*"));
    }
    all.extend(headers);
    send(&walk.http, op.method.clone(), &url, &all, body).await
}

fn json_bodies(op: &Operation) -> bool {
    op.about["requestBody"]["content"]["application/json"].is_object()
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + &close.repeat(depth)
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused_by_every_operation() {
    let (walk, ids) = walk().await;
    let deep = nested("[", "]", 15_000);
    let deeper = nested("{\"a\":", "}", 200).replace(":}", ":1}");
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"}".to_vec(),
        b"nul".to_vec(),
        b"null".to_vec(),
        b"true".to_vec(),
        b"7".to_vec(),
        b"\"name\"".to_vec(),
        b"[]".to_vec(),
        b"[\"x\"]".to_vec(),
        b"{} {}".to_vec(),
        b"{\"a\":1,}".to_vec(),
        b"{'name':'x'}".to_vec(),
        b"{\"name\":\"\x00\"}".to_vec(),
        b"{\"name\":\"\xff\xfe\"}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\xff\xfe{\x00}\x00".to_vec(),
        b"\x00".to_vec(),
        b"{\"name\":\"\\ud800\"}".to_vec(),
        b"{\"name\":1e999}".to_vec(),
        b"{\"__proto__\":{}}".to_vec(),
        b"<?xml version=\"1.0\"?><a/>".to_vec(),
        deep.clone().into_bytes(),
        format!("{{\"name\":{deep}}}").into_bytes(),
        format!("{{\"document\":{deep}}}").into_bytes(),
        deeper.into_bytes(),
        vec![b' '; 60_000],
        format!("{{\"name\":\"{}\"}}", "x".repeat(70_000)).into_bytes(),
        vec![b'['; 3 << 20],
    ];
    let mut tried = 0;
    for op in walk.protected().filter(|op| json_bodies(op)) {
        for body in &bodies {
            let what = format!("{} of {:.60}", op.id, String::from_utf8_lossy(body));
            to(&walk, op, &ids, &[JSON], body.clone()).await.is_problem(&what);
        }
        if op.about["requestBody"]["required"] == true {
            to(&walk, op, &ids, &[JSON], "").await.is_problem(&op.id);
        }
        let known = body_of(&op.id).to_string();
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let headers = [("content-type", kind.as_bytes())];
            let reply = to(&walk, op, &ids, &headers, known.clone()).await;
            reply.is_problem(&format!("{} as {kind}", op.id));
            assert_eq!(reply.status, 415, "{} as {kind}", op.id);
        }
        tried += 1;
    }
    assert!(tried >= 10, "{tried} operations take JSON");
    walk.nothing_was_written("bodies that are no JSON objects");
}

#[tokio::test]
async fn members_that_are_odd_are_taken_or_refused_but_never_fail() {
    let (walk, ids) = walk().await;
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(u64::MAX),
        json!(1e300),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{1b}[31m"),
        json!("line\nbreak"),
        json!("\u{feff}\u{202e}\u{ffff}"),
        json!("<script>&amp;]]>"),
        json!("../../etc/passwd"),
        json!("' OR 1=1 --"),
        json!("ten_00000000000000000000000000"),
        json!("x".repeat(5_000)),
        json!("\u{1f3e2}".repeat(200)),
        json!("\u{10ffff}@\u{10ffff}"),
    ];
    for op in walk.protected().filter(|op| json_bodies(op)) {
        let members = members(&walk, op).await;
        for name in &members {
            for value in &strange {
                let mut body = body_of(&op.id);
                body[name] = value.clone();
                let reply = to(&walk, op, &ids, &[JSON], body.to_string()).await;
                let what = format!("{}: {name} = {value:.80}", op.id);
                assert!(reply.status < 500, "{what}: {}", String::from_utf8_lossy(&reply.body));
                if reply.status >= 300 {
                    reply.is_problem(&what);
                    let text = String::from_utf8_lossy(&reply.body);
                    assert!(!text.contains("passwd"), "{what}: nothing is repeated: {text}");
                }
            }
        }
        let mut more = body_of(&op.id);
        more["surely_not_known"] = json!(1);
        to(&walk, op, &ids, &[JSON], more.to_string()).await.is_problem(&op.id);
    }
    walk.world.settle().await;
    assert_eq!(walk.world.server.messages_given_up(), 0, "nothing that followed failed");
}

/// The names of the members that the body of an operation may have.
async fn members(walk: &Walk, op: &Operation) -> Vec<String> {
    let url = format!("{}/openapi.json", walk.world.server.base_url());
    let document: Value = walk.http.get(url).send().await.expect("200").json().await.expect("JSON");
    let schema = &op.about["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
    let schema = name.map_or(schema, |name| &document["components"]["schemas"][name]);
    schema["properties"].as_object().map_or_else(Vec::new, |p| p.keys().cloned().collect())
}

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

#[tokio::test]
async fn the_token_endpoint_refuses_in_the_words_of_oauth() {
    let (walk, _) = walk().await;
    let url = format!("{}/oauth/token", walk.world.server.base_url());
    let form = ("content-type", &b"application/x-www-form-urlencoded"[..]);
    let known = walk.world.server.credentials().expect("clients").operator.client_id.clone();
    let grant = "grant_type=client_credentials";
    let bodies: Vec<String> = vec![
        String::new(),
        "%".into(),
        "grant_type".into(),
        "grant_type=password&username=a&password=b".into(),
        grant.into(),
        format!("{grant}&{grant}&client_id={known}&client_secret=x"),
        format!("{grant}&client_id={known}"),
        format!("{grant}&client_id={known}&client_secret="),
        format!("{grant}&client_id={known}&client_secret=%00"),
        format!("{grant}&client_id={known}&client_secret={}", "x".repeat(50_000)),
        format!("{grant}&client_id={known}&client_secret={}", "x".repeat(70_000)),
        format!("{grant}&client_id=%00&client_secret=x"),
        format!("{grant}&client_id=cli_00000000000000000000000000&client_secret=x"),
        format!("{grant}&client_id={known}&client_secret=x&scope=%00"),
        format!("{{\"grant_type\":\"client_credentials\",\"client_id\":\"{known}\"}}"),
    ];
    for body in bodies {
        let reply = send(&walk.http, Method::POST, &url, &[form], body.clone()).await;
        is_oauth_refusal(&reply, &body);
    }
    for basic in ["", "x", "Og==", "AAAA", "OjpA", "Y2xpOg", "====", "\u{e4}"] {
        let value = format!("Basic {basic}");
        let header = ("authorization", value.as_bytes());
        let reply = send(&walk.http, Method::POST, &url, &[form, header], grant).await;
        is_oauth_refusal(&reply, basic);
    }
    let twice = [form, ("authorization", b"Basic Og=="), ("authorization", b"Basic Og==")];
    is_oauth_refusal(&send(&walk.http, Method::POST, &url, &twice, grant).await, "twice");
    walk.nothing_was_written("no tokens");
}

#[track_caller]
fn is_oauth_refusal(reply: &Reply, what: &str) {
    assert!([400, 401, 413].contains(&reply.status), "{what:.100}: {reply:?}");
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    assert!(body["error"].is_string() || body["code"].is_string(), "{what:.100}: {reply:?}");
    assert!(body["access_token"].is_null(), "{what:.100}");
}

#[tokio::test]
async fn what_is_typed_as_a_name_is_text_wherever_it_is_shown() {
    const TYPED: &str = "<script>alert(1)</script>\"'><img src=x>";
    let (walk, _) = walk().await;
    let world = &walk.world;
    let brand = json!({ "name": TYPED });
    world.reseller.send(Method::PUT, "/v1/brand", Some(&brand), Some("*")).await.expect(200);
    let at = format!("/v1/tenants/{}", world.tenant_id);
    let name = json!({ "name": TYPED });
    world.reseller.send(Method::PATCH, &at, Some(&name), None).await.expect(200);
    let person = json!({ "email": "\"<b>\"@musterbau.example", "display_name": TYPED });
    let user = text(&world.tenant.post(&world.path("/users"), person).await.expect(201), "id");
    world.settle().await;
    let url = text(&world.invite("personal", Some(&user)).await, "url");
    for address in [url.clone(), format!("{url}?lang=de"), format!("{url}x")] {
        let page = send(&walk.http, Method::GET, &address, &[], "").await;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        assert!(!page.contains("<script") && !page.contains("<img src=x"), "{page}");
    }
    // The profiles are still property lists, and a phone takes them.
    let phone = world.phone();
    phone.enroll(&url).await.expect("the phone enrols");
    world.settle().await;
    phone.connect().await.expect("the phone connects");
    assert_eq!(phone.accounts().len(), 1);
}

#[tokio::test]
async fn pictures_that_are_none_and_addresses_that_do_more_are_no_brand() {
    let (walk, ids) = walk().await;
    let png = b"\x89PNG\r\n\x1a\n";
    let header = |width: u32, height: u32| {
        let mut bytes = [&png[..], &[0, 0, 0, 13], b"IHDR"].concat();
        bytes.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        bytes
    };
    let pictures: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec(),
        b"GIF89a".to_vec(),
        b"<html>".to_vec(),
        png.to_vec(),
        header(0, 1),
        header(u32::MAX, 1),
        header(2049, 1),
        b"\xff\xd8".to_vec(),
        b"\xff\xd8\xff\xc0\x00".to_vec(),
        b"\xff\xd8\xff\xe0\x00\x00".repeat(50),
        [b"\xff\xd8".to_vec(), b"\xff\xe0\xff\xff".repeat(10_000)].concat(),
        [b"\xff\xd8".to_vec(), vec![0xff; 60_000]].concat(),
        vec![0x89; 70_000],
        vec![0; 2 << 20],
    ];
    for op in walk.protected().filter(|op| op.id == "brand_logo_replace") {
        for picture in &pictures {
            let kind = [("content-type", &b"image/png"[..])];
            let what = format!("{:.20?}", picture);
            to(&walk, op, &ids, &kind, picture.clone()).await.is_problem(&what);
        }
    }
    let addresses = [
        "javascript:alert(1)",
        "http://nordwand.example/",
        "data:text/html,x",
        "//nordwand.example/",
        "https://",
        "https://a@b.example/",
        "https://b.example/\"onclick=\"x",
        "https://b.example/<x>",
        "https://b.example/ x",
        "https://b.example/\n",
        "https://127.0.0.1:99999/",
        " https://b.example/",
    ];
    for op in walk.protected().filter(|op| op.id == "brand_replace") {
        for address in addresses {
            for name in ["imprint_url", "privacy_url"] {
                let body = json!({ "name": "Nordwand IT", name: address });
                let reply = to(&walk, op, &ids, &[JSON], body.to_string()).await;
                reply.is_problem(&format!("{name}: {address}"));
            }
        }
        for colour in ["red", "#fff", "#00000", "#gggggg", "#000000;}", "url(x)", "#0b57d0ff"] {
            let body = json!({ "name": "Nordwand IT", "colors": { "accent": colour } });
            to(&walk, op, &ids, &[JSON], body.to_string()).await.is_problem(colour);
        }
    }
    walk.nothing_was_written("no brand");
}
