//! What is said to the token endpoint, and what is typed to be shown to people.

use reqwest::Method;
use serde_json::{Value, json};

use super::{JSON, Reply, send, to, walk};
use crate::world::text;

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
    world.settle().await;
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
