//! What people's browsers may come with: links that were cut, folded, lengthened or made up.

use super::send_bytes;
use crate::world::{World, text};

#[tokio::test]
async fn a_link_that_is_odd_leads_to_a_page_that_says_so_and_nothing_else() {
    let world = World::new().await;
    let invitation = world.invite("personal", None).await;
    let url = text(&invitation, "url");
    let path = url.strip_prefix(world.server.base_url()).expect("a path").to_owned();
    drop(world.server.take_measured());
    let long = "A".repeat(20_000);
    let cases = [
        ("GET", format!("/e/{long}"), 404),
        ("GET", format!("/e/{long}/profile"), 404),
        ("GET", format!("{path}A"), 404),
        ("GET", format!("/e/{}", &path[4..]), 404),
        ("GET", "/e/".into(), 404),
        ("GET", format!("{path}/"), 404),
        ("GET", format!("{path}/profile/"), 404),
        ("GET", format!("{path}/../../v1/me"), 400),
        ("GET", format!("{path}%00"), 400),
        ("GET", format!("{path}%0d%0aset-cookie:%20a=b"), 400),
        ("GET", format!("{path}%2fprofile"), 400),
        ("GET", format!("{path}%"), 400),
        ("GET", format!("{path}?lang=%00"), 400),
        ("GET", "/e/%ff%fe".into(), 400),
        ("GET", "/e/\u{1f3e2}".into(), 400),
        ("GET", "/e/%3Cscript%3Ealert(1)%3C/script%3E".into(), 404),
        ("GET", "/e/%3Cscript%3Ealert(1)%3C%2Fscript%3E".into(), 400),
        ("GET", "/e/<script>alert(1)".into(), 400),
        ("POST", path.clone(), 405),
        ("PUT", format!("{path}/profile"), 405),
        ("DELETE", path.clone(), 405),
        ("OPTIONS", path.clone(), 405),
        ("PROPFIND", path.clone(), 405),
    ];
    for (method, target, status) in cases {
        let what = format!("{method} {target:.80}");
        let head = "host: x\r\naccept-language: de\r\ncontent-length: 0\r\nconnection: close";
        let request = format!("{method} {target} HTTP/1.1\r\n{head}\r\n\r\n");
        let reply = send_bytes(world.server.address(), request.into_bytes()).await;
        if reply.body.is_empty() {
            // What no URI may have is refused before it is a request.
            assert!(
                reply.status == 400 && target.contains(['<', '\u{1f3e2}']),
                "{what}: {reply:?}"
            );
            continue;
        }
        assert_eq!(reply.status, status, "{what}");
        assert_eq!(reply.content_type, "text/html; charset=utf-8", "{what}");
        let page = String::from_utf8_lossy(&reply.body);
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h1>"), "{what}: {page}");
        assert!(!page.contains("script") && !page.contains("AAAA"), "{what}: {page}");
        assert_eq!(status == 405, reply.allow.contains("GET"), "{what}: {reply:?}");
    }
    for measured in world.server.take_measured() {
        assert_eq!(measured.usage.wcu, 0.0, "{measured:?}");
    }
    world.phone().enroll(&url).await.expect("the link itself still works");
}
