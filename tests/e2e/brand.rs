//! A reseller's brand: from the API to what phone users see.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::world::{Api, World, new_tenant, text};

/// 1 by 1 pixels.
pub(crate) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// What a browser gets: status, headers, body.
async fn browse(url: &str) -> (StatusCode, header::HeaderMap, Vec<u8>) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.get(url).header("accept-language", "de");
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("a body").to_vec())
}

async fn page(url: &str) -> String {
    let (status, _, body) = browse(url).await;
    assert_eq!(status, 200);
    String::from_utf8(body).expect("text")
}

async fn put_brand(reseller: &Api, body: Value, tag: &str) -> (Value, String) {
    let answer = reseller.send(Method::PUT, "/v1/brand", Some(&body), Some(tag)).await;
    let tag = answer.etag.clone().expect("an ETag");
    (answer.expect(200), tag)
}

pub(crate) async fn put_logo(world: &World, picture: &[u8]) -> StatusCode {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http
        .put(format!("{}/v1/brand/logo", world.server.base_url()))
        .bearer_auth(world.reseller.sign_in().await)
        .header("content-type", "image/png");
    request.body(picture.to_vec()).send().await.expect("an answer").status()
}

#[tokio::test]
async fn a_brand_reaches_the_pages_and_profiles_of_all_tenants() {
    let world = World::new().await;
    let (_, other) = new_tenant(&world.server, &world.reseller, "Zweitbau AG").await;
    drop(other);
    let url = text(&world.invite("personal", None).await, "url");
    let before = page(&url).await;
    assert!(!before.contains("Nordwand"), "{before}");

    let brand = world.reseller.get("/v1/brand").await;
    assert_eq!(brand.etag.as_deref(), Some("\"0\""));
    let mut brand = brand.expect(200);
    brand["name"] = "Nordwand IT".into();
    brand["colors"] = json!({ "accent": "#ffcc00" });
    brand["support"] = json!({ "email": "help@nordwand.example", "phone": "+49 30 123" });
    brand["imprint_url"] = "https://nordwand.example/imprint".into();
    let (shown, tag) = put_brand(&world.reseller, brand.clone(), "\"0\"").await;
    assert_eq!(shown["colors"]["on_accent"], "#000000");
    assert_eq!(tag, "\"1\"");
    world.settle().await;

    let after = page(&url).await;
    for seen in ["Nordwand IT", "#ffcc00", "mailto:help@nordwand.example", "Impressum"] {
        assert!(after.contains(seen), "{seen} in {after}");
    }
    let profile = page(&format!("{url}/profile?signed=false&lang=de")).await;
    assert!(profile.contains("Bereitgestellt von Nordwand IT. Hilfe: help@nordwand.example"));

    // A tenant that is born later has it too.
    let (id, late) = new_tenant(&world.server, &world.reseller, "Drittbau KG").await;
    let order = json!({ "platform": "ios", "ownership": "company" });
    let path = format!("/v1/tenants/{id}/enrollments");
    let invited = late.post(&path, order).await.expect(201);
    assert!(page(&text(&invited, "url")).await.contains("Nordwand IT"));
}

#[tokio::test]
async fn a_brand_is_changed_only_by_who_knows_it() {
    let world = World::without_mail().await;
    let body = json!({ "name": "Nordwand" });
    world.reseller.put("/v1/brand", body.clone()).await.refused(428, "precondition_required");
    let put = |tag| world.reseller.send(Method::PUT, "/v1/brand", Some(&body), Some(tag));
    put("\"7\"").await.refused(412, "stale");
    put("\"0\"").await.expect(200);
    put("\"0\"").await.refused(412, "stale");
    world.tenant.get("/v1/brand").await.refused(403, "wrong_level");
    let unreadable = json!({ "name": "N", "colors": { "accent": "#fff", "on_accent": "#eee" } });
    let answer =
        world.reseller.send(Method::PUT, "/v1/brand", Some(&unreadable), Some("\"1\"")).await;
    answer.refused(422, "invalid");
}

#[tokio::test]
async fn a_logo_is_shown_by_its_own_address_and_nothing_else_is_taken() {
    let world = World::without_mail().await;
    assert_eq!(put_logo(&world, PNG).await, 200);
    world.settle().await;
    let shown = world.reseller.get("/v1/brand").await.expect(200);
    assert_eq!(shown["logo"]["content_type"], "image/png");
    let (status, headers, body) = browse(&text(&shown["logo"], "url")).await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, PNG));
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["x-content-type-options"], "nosniff");

    let url = text(&world.invite("company", None).await, "url");
    let (_, headers, body) = browse(&url).await;
    let path = text(&shown["logo"], "url").replace(world.server.base_url(), "");
    let page = String::from_utf8(body).expect("text");
    assert!(page.contains(&format!("src=\"{path}\"")), "{page}");
    let policy = headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("img-src 'self'"), "{policy}");

    for wrong in [b"<svg/>".as_slice(), b"", b"GIF89a", &[PNG, &[0; 65_536]].concat()] {
        assert!([413, 422].contains(&put_logo(&world, wrong).await.as_u16()), "{}", wrong.len());
    }
    world.reseller.delete("/v1/brand/logo").await.expect(204);
    world.settle().await;
    assert!(!self::page(&url).await.contains("<img"));
}

#[tokio::test]
async fn page_and_profile_need_two_requests() {
    let world = World::new().await;
    let url = text(&world.invite("personal", None).await, "url");
    world.measured("");
    page(&url).await;
    browse(&format!("{url}/profile")).await;
    let measured = world.measured("GET /e/");
    assert_eq!(measured.len(), 2, "{measured:?}");
    for request in measured {
        assert!(request.usage.requests <= 2, "{request:?}");
        assert!(request.usage.rcu <= 2.0 && request.usage.wcu == 0.0, "{request:?}");
    }
}

#[tokio::test]
async fn another_brand_wakes_no_phone() {
    let world = World::new().await;
    world.enroll_and_connect("personal").await;
    world.settle().await;
    let pushed = world.server.apns().count();
    put_brand(&world.reseller, json!({ "name": "Nordwand" }), "\"0\"").await;
    world.settle().await;
    assert_eq!(world.server.apns().count(), pushed);
}
