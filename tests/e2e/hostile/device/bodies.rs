//! Bodies that no phone sends.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Channel, IDLE, list, xml};
use crate::world::received;

/// A binary property list with references of one byte and offsets of four; the first object is the
/// root.
fn binary(objects: &[&[u8]]) -> Vec<u8> {
    let mut out = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for object in objects {
        offsets.extend(u32::try_from(out.len()).expect("short").to_be_bytes());
        out.extend(*object);
    }
    let table = out.len() as u64;
    out.extend(&offsets);
    out.extend([0, 0, 0, 0, 0, 0, 4, 1]);
    out.extend((objects.len() as u64).to_be_bytes());
    out.extend(0u64.to_be_bytes());
    out.extend(table.to_be_bytes());
    out
}

/// Bodies that no phone sends; each would be taken for Idle by a server that is careless.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str, times: usize| {
        let deep = open.repeat(times) + &close.repeat(times);
        xml(&format!("{IDLE}<key>x</key>{deep}"))
    };
    let entities = |declared: &str, used: &str| {
        let text = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE plist [{declared}]><plist version=\"1.0\"><dict>{IDLE}\
             <key>x</key><string>{used}</string></dict></plist>"
        );
        text.into_bytes()
    };
    let lol: String = (1..10)
        .map(|i| format!("<!ENTITY l{i} \"{}\">", format!("&l{};", i - 1).repeat(10)))
        .collect();
    let many = "<key>k</key><string>v</string>".repeat(30_000);
    let shared: Vec<Vec<u8>> =
        (0..30).map(|i| vec![0xa4, i + 1, i + 1, i + 1, i + 1]).chain([vec![0x08]]).collect();
    let shared: Vec<_> = shared.iter().map(Vec::as_slice).collect();
    let utf16: Vec<u8> = String::from_utf8(xml(IDLE))
        .expect("text")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let half = xml(IDLE);
    vec![
        ("150 KB of nested arrays", nested("<array>", "</array>", 10_000)),
        ("nested dictionaries", nested("<dict><key>a</key>", "</dict>", 6_000)),
        ("arrays that are never closed", xml(&format!("{IDLE}{}", "<array>".repeat(20_000)))),
        ("a billion laughs", entities(&format!("<!ENTITY l0 \"l\">{lol}"), "&l9;")),
        ("an external entity", entities("<!ENTITY e SYSTEM \"file:///etc/passwd\">", "&e;")),
        ("a parameter entity", entities("<!ENTITY % e SYSTEM \"http://127.0.0.1/\"> %e;", "x")),
        ("an unknown entity", xml(&format!("{IDLE}<key>x</key><string>&nope;</string>"))),
        ("60 000 members", xml(&format!("{IDLE}{many}"))),
        ("a binary list in itself", binary(&[&[0xd1, 1, 0], &[0x51, b'x']])),
        ("a binary list that unfolds", binary(&shared)),
        ("a binary reference beyond the end", binary(&[&[0xd1, 9, 9]])),
        (
            "a binary list of endless length",
            binary(&[&[0xdf, 0x13, 255, 255, 255, 255, 0, 0, 0, 0]]),
        ),
        ("a binary trailer of ones", [b"bplist00".as_slice(), &[255; 40]].concat()),
        ("only the magic", b"bplist00".to_vec()),
        ("another kind of binary list", b"bplist16\x00\x00".to_vec()),
        ("UTF-16", utf16),
        ("half of a message", half[..half.len() / 2].to_vec()),
        ("nothing", Vec::new()),
        ("zeros", vec![0; 4096]),
        ("JSON", b"{\"Status\":\"Idle\"}".to_vec()),
        ("not a dictionary", list("<array><string>Idle</string></array>")),
        ("no members", xml("")),
        ("an unknown status", xml("<key>Status</key><string>Wonderful</string>")),
        ("a status that is a number", xml("<key>Status</key><integer>1</integer>")),
        ("a status that is a list", xml("<key>Status</key><array/>")),
        (
            "a command that is no text",
            xml("<key>Status</key><string>Acknowledged</string><key>CommandUUID</key><dict/>"),
        ),
        ("an unknown check-in", xml("<key>MessageType</key><string>Hello</string>")),
        ("a check-in that is a number", xml("<key>MessageType</key><integer>1</integer>")),
        ("TokenUpdate of nothing", xml("<key>MessageType</key><string>TokenUpdate</string>")),
        ("Authenticate of nothing", xml("<key>MessageType</key><string>Authenticate</string>")),
        (
            "TokenUpdate with an endless token",
            xml(&format!(
                "<key>MessageType</key><string>TokenUpdate</string><key>Topic</key><string>t\
                 </string><key>PushMagic</key><string>m</string><key>Token</key><data>{}</data>",
                STANDARD.encode([7; 900])
            )),
        ),
        (
            "Authenticate with an endless name",
            xml(&format!(
                "<key>MessageType</key><string>Authenticate</string><key>UDID</key><string>{}\
                 </string><key>Topic</key><string>t</string>",
                "0".repeat(5000)
            )),
        ),
    ]
}

#[tokio::test]
async fn bodies_that_no_phone_sends_are_refused_with_an_empty_body() {
    let channel = Channel::new().await;
    let before = channel.seen().await;
    for (what, body) in bombs() {
        let reply = channel.signed(&body).await;
        reply.is_bare(what);
        assert!([400, 413].contains(&reply.status), "{what}: {}", reply.status);
    }
    for kib in [1025, 2048, 16 * 1024] {
        let reply = channel.signed(&vec![b' '; kib * 1024]).await;
        reply.is_bare("too large");
        assert_eq!(reply.status, 413, "{kib} KiB");
    }
    for user in ["UserID", "UserShortName"] {
        let channel_of_a_user = format!("{IDLE}<key>{user}</key><string>x</string>");
        assert_eq!(channel.signed(&xml(&channel_of_a_user)).await.status, 410, "{user}");
    }
    channel.nothing_was_written("bombs");
    assert_eq!(channel.seen().await, before);
    assert!(channel.it.phone.is_enrolled());
    let idle = channel.it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_answered_to_commands_that_never_were_has_no_effect() {
    let channel = Channel::new().await;
    let before = channel.seen().await;
    let long = "9".repeat(500);
    for uuid in [
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "0",
        "&#x1F3E2;",
        "../..",
        "T#ten#x",
        &long,
    ] {
        for status in ["Acknowledged", "Error", "NotNow", "CommandFormatError"] {
            let body = xml(&format!(
                "<key>Status</key><string>{status}</string><key>CommandUUID</key>\
                 <string>{uuid}</string><key>ProfileList</key><array/>"
            ));
            let reply = channel.signed(&body).await;
            assert_eq!((reply.status, reply.body.len()), (200, 0), "{status} of {uuid:.40}");
        }
    }
    channel.nothing_was_written("answers to nothing");
    assert_eq!(channel.seen().await, before);
}
