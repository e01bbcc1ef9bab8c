//! Signatures and addresses that are not the phone's.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::json;
use trennwand_domain::Duration;
use trennwand_pki::{
    DEVICE_LIFETIME, DeviceAuthority, DeviceShape, RsaKey, Subject, Usage, degenerate,
    sign_attached, sign_detached_like_device,
};

use super::{Channel, IDLE, send, send_bytes, xml};
use crate::world::{new_tenant, text};

#[tokio::test]
async fn signatures_that_are_not_the_phones_are_refused() {
    let channel = Channel::new().await;
    let phone = &channel.it.phone;
    let before = channel.seen().await;
    let (url, body) = (channel.url(), xml(IDLE));
    let good = phone.sign(&body).expect("a signature");
    assert_eq!(channel.put(&url, &good, &body).await.status, 200, "so it would be taken");

    let text = STANDARD.encode(&good);
    let (half, quoted) = (text[..text.len() / 2].to_owned(), format!("\"{text}\""));
    let long = "A".repeat(30_000);
    let headers: [Vec<(&str, &[u8])>; 9] = [
        vec![],
        vec![("mdm-signature", b"")],
        vec![("mdm-signature", b"!!!")],
        vec![("mdm-signature", b"\xff\xfe")],
        vec![("mdm-signature", half.as_bytes())],
        vec![("mdm-signature", quoted.as_bytes())],
        vec![("mdm-signature", long.as_bytes())],
        vec![("mdm-signature", text.as_bytes()), ("mdm-signature", text.as_bytes())],
        vec![("authorization", b"Bearer x"), ("x-mdm-signature", text.as_bytes())],
    ];
    for headers in headers {
        let reply = send(&channel.http, Method::PUT, &url, &headers, body.clone()).await;
        reply.is_bare("no signature");
        assert_eq!(reply.status, 400);
    }

    let transplanted = phone.sign(&xml("<key>Status</key><string>NotNow</string>")).expect("signs");
    let mut spaced = body.clone();
    spaced.push(b'\n');
    for (what, signature, body) in [
        ("of another body", &transplanted, &body),
        ("of a body without the last byte", &good, &spaced),
        ("of no body", &good, &Vec::new()),
    ] {
        let reply = channel.put(&url, signature, body).await;
        reply.is_bare(what);
        assert_eq!(reply.status, 400, "{what}");
    }

    // Every byte of the signature once, with one bit turned: never a failure, and the phone's
    // certificate is never taken for another's.
    for place in (0..good.len()).step_by(7) {
        let mut turned = good.clone();
        turned[place] ^= 1 << (place % 8);
        let reply = channel.put(&url, &turned, &body).await;
        if reply.status != 200 {
            reply.is_bare(&format!("bit turned at {place}"));
            assert!([400, 403].contains(&reply.status), "{place}: {}", reply.status);
        }
    }
    channel.nothing_was_written("signatures");
    assert_eq!(channel.seen().await, before);
}

#[tokio::test]
async fn signatures_of_others_are_refused_alike() {
    let channel = Channel::new().await;
    let world = &channel.world;
    let now = trennwand_domain::Clock::now(&*world.clock);
    let body = xml(IDLE);
    let before = channel.seen().await;

    // Another phone of the same tenant, and one of another tenant.
    let neighbour = world.enroll_and_connect("company").await;
    let (other_id, other) = new_tenant(&world.server, &world.reseller, "Nebenan GmbH").await;
    let order = json!({ "platform": "ios", "ownership": "company" });
    let invited = other.post(&format!("/v1/tenants/{other_id}/enrollments"), order).await;
    let foreigner = world.phone();
    foreigner.enroll(&text(&invited.expect(201), "url")).await.expect("the phone enrols");
    world.settle().await;

    // A certificate that looks like the phone's, of a CA of one's own.
    let key = RsaKey::generate().expect("a key");
    let subject =
        Subject::new().organization(world.tenant_id.clone()).common_name(channel.it.device.clone());
    let own_ca =
        DeviceAuthority::self_signed_ca(key.clone(), &subject, now, [1; 16]).expect("a CA");
    let until = now.plus(DEVICE_LIFETIME);
    let forged = own_ca.issue(&subject, key.spki_der(), now, until, [2; 16], Usage::Device);
    let forged = forged.expect("a certificate");
    let real = channel.it.phone.certificate().expect("a certificate");
    let like = |certificate| {
        sign_detached_like_device(&body, &key, certificate, DeviceShape::Genuine).expect("signs")
    };
    let strangers = [
        neighbour.phone.sign(&body).expect("signs"),
        foreigner.sign(&body).expect("signs"),
        like(&forged),
        sign_detached_like_device(&body, &key, &forged, DeviceShape::Library).expect("signs"),
    ];
    drop(world.server.take_measured());
    for signature in &strangers {
        let reply = channel.put(&channel.url(), signature, &body).await;
        reply.is_bare("a stranger");
        assert_eq!(reply.status, 403);
    }
    let others = [
        ("the phone's certificate with another key", like(&real)),
        (
            "an attached signature",
            sign_attached(&body, &key, std::slice::from_ref(&forged)).expect("signs"),
        ),
        ("certificates only", degenerate(&[real])),
    ];
    for (what, signature) in &others {
        let reply = channel.put(&channel.url(), signature, &body).await;
        reply.is_bare(what);
        assert_eq!(reply.status, 400, "{what}");
    }

    // The phone itself at addresses that are not its own: all the same refusal.
    let good = channel.it.phone.sign(&body).expect("signs");
    let (tenant, device) = (&world.tenant_id, &channel.it.device);
    let none = "dev_00000000000000000000000000";
    for url in [
        channel.url_of(tenant, &neighbour.device),
        channel.url_of(tenant, none),
        channel.url_of(&other_id, device),
        channel.url_of("ten_00000000000000000000000000", device),
        channel.url_of("ten_", "dev_"),
        channel.url_of(tenant, &device.to_lowercase()),
        channel.url_of(device, tenant),
        channel.url_of("%20", "%C3%A4"),
    ] {
        let reply = channel.put(&url, &good, &body).await;
        reply.is_bare(&url);
        assert_eq!(reply.status, 403, "{url}");
    }
    channel.nothing_was_written("others");
    assert_eq!(channel.seen().await, before);

    // After a year and a day the certificate has expired.
    world.clock.advance(DEVICE_LIFETIME + Duration::from_secs(86_400));
    let reply = channel.signed(&body).await;
    reply.is_bare("expired");
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn addresses_and_methods_that_are_odd_are_refused_with_an_empty_body() {
    let channel = Channel::new().await;
    let body = xml(IDLE);
    let signature = STANDARD.encode(channel.it.phone.sign(&body).expect("signs"));
    let (tenant, device) = (&channel.world.tenant_id, &channel.it.device);
    let put = |method: &str, path: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nmdm-signature: {signature}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        send_bytes(channel.world.server.address(), [head.as_bytes(), &body].concat())
    };
    assert_eq!(put("PUT", &format!("/mdm/{tenant}/{device}")).await.status, 200);
    for path in [
        format!("/mdm/{tenant}/{device}%00"),
        format!("/mdm/%00{tenant}/{device}"),
        format!("/mdm/{tenant}%2f{device}"),
        format!("/mdm/{tenant}/x/../{device}"),
        format!("/mdm/{tenant}/%2e%2e/{tenant}/{device}"),
        format!("/mdm/{tenant}/./{device}"),
        "/mdm/%2e%2e/%00".into(),
        format!("/mdm/{tenant}/%ff"),
        format!("/mdm/{tenant}/%"),
        format!("/mdm/{tenant}/{device}%0d%0ax:y"),
        format!("/mdm/{tenant}/{device}?x=%00"),
        format!("/mdm/{tenant}/{device}/"),
        format!("/mdm/{tenant}//{device}"),
        format!("/mdm/{tenant}"),
        "/mdm/".into(),
    ] {
        put("PUT", &path).await.is_bare(&path);
    }
    for method in ["GET", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"] {
        let reply = put(method, &format!("/mdm/{tenant}/{device}")).await;
        reply.is_bare(method);
        assert_eq!(reply.status, 405, "{method}");
    }
    channel.nothing_was_written("odd addresses");
}
