//! The device channel: bodies, signatures and paths that are not what a phone sends.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use trennwand_domain::Duration;
use trennwand_pki::{
    DEVICE_LIFETIME, DeviceAuthority, DeviceShape, RsaKey, Subject, Usage, degenerate,
    sign_attached, sign_detached_like_device,
};
use trennwand_simulator::Sent;

use super::{Reply, send, send_bytes};
use crate::world::{Enrolled, World, new_tenant, received, text};

const IDLE: &str = "<key>Status</key><string>Idle</string>";
const DOCTYPE: &str = "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">";

struct Channel {
    world: World,
    it: Enrolled,
    http: Client,
}

impl Channel {
    async fn new() -> Self {
        let world = World::new().await;
        let it = world.enroll_and_connect("company").await;
        let http = Client::builder().no_proxy().build().expect("a client");
        drop(world.server.take_measured());
        Self { world, it, http }
    }

    fn url(&self) -> String {
        self.url_of(&self.world.tenant_id, &self.it.device)
    }

    fn url_of(&self, tenant: &str, device: &str) -> String {
        format!("{}/mdm/{tenant}/{device}", self.world.server.base_url())
    }

    /// Sends a body with a signature.
    async fn put(&self, url: &str, signature: &[u8], body: &[u8]) -> Reply {
        let signature = STANDARD.encode(signature);
        let headers = [("mdm-signature", signature.as_bytes())];
        send(&self.http, Method::PUT, url, &headers, body).await
    }

    /// Sends a body that the phone signed.
    async fn signed(&self, body: &[u8]) -> Reply {
        let signature = self.it.phone.sign(body).expect("a signature");
        self.put(&self.url(), &signature, body).await
    }

    /// The device with its verdicts, as the tenant sees it.
    async fn seen(&self) -> [Value; 3] {
        let at = self.world.path(&format!("/devices/{}", self.it.device));
        let read =
            async |rest: &str| self.world.tenant.get(&format!("{at}{rest}")).await.expect(200);
        [read("").await, read("/compliance").await, read("/commands").await]
    }

    fn nothing_was_written(&self, what: &str) {
        for measured in self.world.measured("PUT /mdm") {
            assert_eq!(measured.usage.wcu, 0.0, "{what}: {measured:?}");
        }
    }
}

fn xml(members: &str) -> Vec<u8> {
    list(&format!("<dict>{members}</dict>"))
}

fn list(inside: &str) -> Vec<u8> {
    let head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{DOCTYPE}\n");
    format!("{head}<plist version=\"1.0\">{inside}</plist>").into_bytes()
}

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

/// A phone of good standing may say more than an item of the database holds.
#[tokio::test]
async fn answers_of_any_size_are_taken_and_never_block_the_conversation() {
    let channel = Channel::new().await;
    let world = &channel.world;
    // The most that is decoded, with the longest words; and more than is decoded.
    for (entries, word, status) in [(1000, 256, "acknowledged"), (3000, 40, "error")] {
        for kind in ["profile_list", "managed_application_list", "certificate_list", "restrictions"]
        {
            let order = world.order(&channel.it.device, kind).await;
            let told = told(&text(&order, "command_uuid"), &answer(kind, entries, word));
            assert!(told.len() < 1 << 20, "{kind}: {}", told.len());
            let reply = channel.signed(&told).await;
            assert_eq!(reply.status, 200, "{kind} with {entries} entries");
            let shown = world.command(&channel.it.device, &text(&order, "id")).await;
            // Restrictions beyond the limit are left out, lists beyond it are not read.
            let expected = if kind == "restrictions" { "acknowledged" } else { status };
            assert_eq!(shown["status"], expected, "{kind} with {entries} entries");
        }
    }
    for kind in ["security_info", "device_information"] {
        let order = world.order(&channel.it.device, kind).await;
        let told = told(&text(&order, "command_uuid"), &answer(kind, 1, 900_000));
        assert_eq!(channel.signed(&told).await.status, 200, "{kind}");
    }
    // Asked by the service itself a day later.
    world.clock.advance(Duration::from_secs(21 * 3600));
    let mut reply = channel.signed(&xml(IDLE)).await;
    let mut asked = 0;
    while let Some(uuid) = member(&String::from_utf8_lossy(&reply.body), "CommandUUID") {
        let kind = member(&String::from_utf8_lossy(&reply.body), "RequestType");
        let answer = match kind.as_deref() {
            Some("ProfileList") => answer("profile_list", 1000, 256),
            Some("ManagedApplicationList") => answer("managed_application_list", 1000, 256),
            Some("Restrictions") => answer("restrictions", 1000, 256),
            Some("SecurityInfo") => answer("security_info", 1, 900_000),
            _ => String::new(),
        };
        reply = channel.signed(&told(&uuid, &answer)).await;
        assert_eq!(reply.status, 200, "{kind:?}");
        asked += 1;
        assert!(asked < 20, "the conversation does not end");
    }
    assert!(asked >= 4, "{asked}");
    channel.seen().await;
    world.tenant.get(&world.path("/devices")).await.expect(200);
}

/// What a phone says to a question, with so many entries and words of so many bytes.
fn answer(kind: &str, entries: usize, word: usize) -> String {
    let word = |i: usize| format!("{i:05}{}", "x".repeat(word - 5));
    let all = |entry: &dyn Fn(usize) -> String| (0..entries).map(entry).collect::<String>();
    match kind {
        "profile_list" => {
            let entries = all(&|i| {
                let (name, uuid) = (word(i), word(i));
                format!(
                    "<dict><key>PayloadIdentifier</key><string>{name}</string><key>PayloadUUID</key>\
                     <string>{uuid}</string></dict>"
                )
            });
            format!("<key>ProfileList</key><array>{entries}</array>")
        }
        "managed_application_list" => {
            let entries = all(&|i| {
                let (bundle, status) = (word(i), word(i));
                format!(
                    "<key>{bundle}</key><dict><key>Status</key><string>{status}</string></dict>"
                )
            });
            format!("<key>ManagedApplicationList</key><dict>{entries}</dict>")
        }
        "certificate_list" => {
            let entries = all(&|i| {
                let name = word(i);
                format!(
                    "<dict><key>CommonName</key><string>{name}</string><key>IsIdentity</key><false/>\
                     <key>Data</key><data>AAAA</data></dict>"
                )
            });
            format!("<key>CertificateList</key><array>{entries}</array>")
        }
        "restrictions" => {
            let entries =
                all(&|i| format!("<key>{}</key><dict><key>value</key><false/></dict>", word(i)));
            format!(
                "<key>GlobalRestrictions</key><dict><key>restrictedBool</key><dict>{entries}</dict>\
                 </dict>"
            )
        }
        "security_info" => format!(
            "<key>SecurityInfo</key><dict><key>PasscodePresent</key><true/>\
             <key>HardwareEncryptionCaps</key><integer>3</integer><key>x</key><string>{}</string></dict>",
            word(0)
        ),
        _ => format!(
            "<key>QueryResponses</key><dict><key>OSVersion</key><string>{}</string></dict>",
            word(0)
        ),
    }
}

fn told(uuid: &str, answer: &str) -> Vec<u8> {
    xml(&format!(
        "<key>Status</key><string>Acknowledged</string><key>CommandUUID</key><string>{uuid}</string>\
         {answer}"
    ))
}

/// A text member of an XML property list.
fn member(list: &str, key: &str) -> Option<String> {
    let rest = list.split_once(&format!("<key>{key}</key>"))?.1;
    Some(rest.split_once("<string>")?.1.split_once("</string>")?.0.to_owned())
}

#[tokio::test]
async fn messages_that_are_sent_again_change_nothing_for_a_live_phone() {
    let channel = Channel::new().await;
    let before = channel.seen().await;
    let pushes = channel.world.server.apns().count().taken;
    let exchanges = channel.it.phone.exchanges();
    assert!(exchanges.iter().any(|e| e.sent == Sent::Authenticate));
    for exchange in exchanges.iter().rev().filter(|e| !e.body.is_empty()) {
        let (status, _) = channel.it.phone.replay(exchange).await.expect("an answer");
        assert_eq!(status, 200, "{:?}", exchange.sent);
    }
    channel.world.settle().await;
    assert_eq!(channel.seen().await, before);
    assert_eq!(channel.it.phone.connect().await.map(|t| t.len()).ok(), Some(1), "idle");
    assert!(channel.world.server.apns().count().taken <= pushes + 1, "no flood of pushes");
}
