//! Bodies and their members.

use serde_json::{Value, json};

use super::{JSON, json_bodies, to, walk};
use crate::authorization::{Operation, Walk, body_of};

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
