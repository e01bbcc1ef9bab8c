//! Links, profiles and SCEP.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method};
use serde_json::json;
use trennwand_domain::{Clock as _, Duration};
use trennwand_pki::{
    Certificate, RsaKey, build_csr, certificates_in,
    scep::{
        ClientRequest, MessageType, ReplyError, build_request, parse_reply, self_signed_identity,
    },
};
use trennwand_simulator::{Offer, Seeded};

use super::{Reply, send, send_bytes};
use crate::world::{World, new_tenant, text};

struct Desk {
    world: World,
    http: Client,
    key: RsaKey,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let http = Client::builder().no_proxy().build().expect("a client");
        Self { world, http, key: RsaKey::generate().expect("a key") }
    }

    async fn offer(&self) -> (Offer, String) {
        let invitation = self.world.invite("company", None).await;
        let url = text(&invitation, "url");
        (self.world.phone().open(&url).await.expect("the page leads to the profile"), url)
    }

    async fn ra(&self, scep: &str) -> Certificate {
        let url = format!("{scep}?operation=GetCACert");
        let reply = send(&self.http, Method::GET, &url, &[], "").await;
        certificates_in(&reply.body).expect("certificates").swap_remove(0)
    }

    /// A PKIOperation and what came of it.
    async fn ask(&self, scep: &str, ask: &Ask<'_>) -> (Reply, Option<Result<(), ReplyError>>) {
        let now = self.world.clock.now();
        let csr = build_csr(ask.key, "phone", ask.challenge).expect("a request");
        let signer = self_signed_identity(ask.key, "phone", now).expect("a certificate");
        let request = ClientRequest {
            message_type: ask.kind,
            csr_der: &csr,
            recipient: &ask.recipient,
            key: ask.key,
            signer: &signer,
            transaction_id: ask.transaction,
            nonce: [7; 16],
        };
        let message = build_request(&request, &Seeded::new(8)).expect("a message");
        let reply = self.post(scep, message).await;
        let said = (reply.status == 200).then(|| parse_reply(&reply.body, &request).map(drop));
        (reply, said)
    }

    async fn post(&self, scep: &str, message: Vec<u8>) -> Reply {
        let url = format!("{scep}?operation=PKIOperation");
        let kind = [("content-type", &b"application/x-pki-message"[..])];
        send(&self.http, Method::POST, &url, &kind, message).await
    }
}

struct Ask<'a> {
    key: &'a RsaKey,
    challenge: Option<&'a str>,
    recipient: Certificate,
    transaction: &'a str,
    kind: MessageType,
}

#[tokio::test]
async fn requests_for_certificates_that_are_not_due_are_refused() {
    let desk = Desk::new().await;
    let (offer, link) = desk.offer().await;
    let scep = offer.scep.url.to_string();
    let challenge = offer.scep.challenge.clone().expect("a challenge");
    let ra = desk.ra(&scep).await;
    let (other_offer, _) = desk.offer().await;
    let other_challenge = other_offer.scep.challenge.clone().expect("a challenge");
    let ask = |challenge, transaction| Ask {
        key: &desk.key,
        challenge,
        recipient: ra.clone(),
        transaction,
        kind: MessageType::PkcsReq,
    };

    let long = "c".repeat(1000);
    for wrong in [None, Some(""), Some("x"), Some(&*long), Some(&*other_challenge)] {
        let (_, said) = desk.ask(&scep, &ask(wrong, "t")).await;
        assert!(matches!(said, Some(Err(ReplyError::Refused(_)))), "{wrong:?}: {said:?}");
    }
    let renewal = Ask { kind: MessageType::RenewalReq, ..ask(Some(&challenge), "t") };
    let (_, said) = desk.ask(&scep, &renewal).await;
    assert!(matches!(said, Some(Err(ReplyError::Refused(_)))), "{said:?}");

    // Encrypted to another tenant's authority, and sent under another link or tenant.
    let (other_id, other) =
        new_tenant(&desk.world.server, &desk.world.reseller, "Nebenan GmbH").await;
    let order = json!({ "platform": "ios", "ownership": "company" });
    let order = other.post(&format!("/v1/tenants/{other_id}/enrollments"), order).await;
    let phone = desk.world.phone();
    let foreign = phone.open(&text(&order.expect(201), "url")).await.expect("a profile");
    let foreign_ra = desk.ra(foreign.scep.url.as_str()).await;
    let transplanted = Ask { recipient: foreign_ra, ..ask(Some(&challenge), "t") };
    let (_, said) = desk.ask(&scep, &transplanted).await;
    assert!(!matches!(said, Some(Ok(()))), "{said:?}");
    let swapped = scep.replace(&desk.world.tenant_id, &other_id);
    let (reply, _) = desk.ask(&swapped, &ask(Some(&challenge), "t")).await;
    reply.is_bare("under another tenant");
    assert_eq!(reply.status, 404);

    // None of this used the invitation up.
    assert_eq!(send(&desk.http, Method::GET, &link, &[], "").await.status, 200);
    let (first, said) = desk.ask(&scep, &ask(Some(&challenge), "mine")).await;
    assert_eq!(said, Some(Ok(())), "the right one is taken");
    let (_, said) = desk.ask(&scep, &ask(Some(&challenge), "mine")).await;
    assert_eq!(said, Some(Ok(())), "the same again gets the same");
    let (_, said) = desk.ask(&scep, &ask(Some(&challenge), "other")).await;
    assert!(matches!(said, Some(Err(ReplyError::Refused(_)))), "{said:?}");
    let thief = RsaKey::generate().expect("a key");
    let stolen = Ask { key: &thief, ..ask(Some(&challenge), "mine") };
    let (_, said) = desk.ask(&scep, &stolen).await;
    assert!(matches!(said, Some(Err(ReplyError::Refused(_)))), "{said:?}");
    assert!(!first.body.is_empty());

    // An invitation that has expired gives nothing.
    desk.world.clock.advance(Duration::from_secs(8 * 86_400));
    let other_scep = other_offer.scep.url.to_string();
    let (_, said) = desk.ask(&other_scep, &ask(Some(&other_challenge), "t")).await;
    assert!(!matches!(said, Some(Ok(()))), "{said:?}");
}

#[tokio::test]
async fn messages_that_are_no_scep_are_refused_with_an_empty_body() {
    let desk = Desk::new().await;
    let (offer, _) = desk.offer().await;
    let scep = offer.scep.url.to_string();
    let ra = desk.ra(&scep).await;
    let challenge = offer.scep.challenge.as_deref();
    let signer = self_signed_identity(&desk.key, "phone", desk.world.clock.now()).expect("signs");
    let csr = build_csr(&desk.key, "phone", challenge).expect("a request");
    let request = ClientRequest {
        message_type: MessageType::PkcsReq,
        csr_der: &csr,
        recipient: &ra,
        key: &desk.key,
        signer: &signer,
        transaction_id: "t",
        nonce: [7; 16],
    };
    let good = build_request(&request, &Seeded::new(9)).expect("a message");
    drop(desk.world.server.take_measured());

    for message in [
        Vec::new(),
        b"x".to_vec(),
        vec![0x30; 60_000],
        [0x30, 0x80].repeat(20_000),
        vec![0xff; 64 * 1024],
        [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &good[..]].concat(),
        good[..good.len() / 2].to_vec(),
        ra.der().to_vec(),
        STANDARD.encode(&good).into_bytes(),
        csr.clone(),
    ] {
        let reply = desk.post(&scep, message).await;
        reply.is_bare("no message");
        assert_eq!(reply.status, 400);
    }
    let reply = desk.post(&scep, vec![0; 70_000]).await;
    reply.is_bare("too large");
    assert_eq!(reply.status, 413);
    for query in [
        "",
        "operation",
        "operation=",
        "operation=Hello",
        "operation=getcacert",
        "OPERATION=GetCACert",
        "operation=GetCACert%00",
        "operation=PKIOperation",
        "operation=PKIOperation&message=",
        "operation=PKIOperation&message=%ff",
        "operation=PKIOperation&message=AAAA",
        "message=AAAA",
        "operation=%",
        "operation=GetCACert%",
        "%00",
    ] {
        let path = offer.scep.url.path();
        let request =
            format!("GET {path}?{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let reply = send_bytes(desk.world.server.address(), request.into_bytes()).await;
        reply.is_bare(query);
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let reply = send(&desk.http, method.clone(), &scep, &[], "").await;
        reply.is_bare(method.as_str());
        assert_eq!(reply.status, 405, "{method}");
    }
    for measured in desk.world.server.take_measured() {
        assert_eq!(measured.usage.wcu, 0.0, "{measured:?}");
    }
    let phone = desk.world.phone();
    phone.install(offer).await.expect("the invitation is as good as new");
}

/// Some bits of a message are not signed; whichever is turned, there is one certificate at most, and
/// it is for the key that asked.
#[tokio::test]
async fn messages_with_a_turned_bit_never_bring_a_certificate_for_something_else() {
    let desk = Desk::new().await;
    let (offer, _) = desk.offer().await;
    let scep = offer.scep.url.to_string();
    let ra = desk.ra(&scep).await;
    let csr = build_csr(&desk.key, "phone", offer.scep.challenge.as_deref()).expect("a request");
    let signer = self_signed_identity(&desk.key, "phone", desk.world.clock.now()).expect("signs");
    let request = ClientRequest {
        message_type: MessageType::PkcsReq,
        csr_der: &csr,
        recipient: &ra,
        key: &desk.key,
        signer: &signer,
        transaction_id: "t",
        nonce: [7; 16],
    };
    let good = build_request(&request, &Seeded::new(9)).expect("a message");
    let mut issued = BTreeSet::new();
    let mut refused = 0;
    for place in (0..good.len()).step_by(7) {
        let mut turned = good.clone();
        turned[place] ^= 1 << (place % 8);
        let reply = desk.post(&scep, turned).await;
        match parse_reply(&reply.body, &request) {
            Ok(certificates) => {
                assert_eq!(certificates[0].spki_der(), desk.key.spki_der(), "{place}");
                issued.insert(certificates[0].der().to_vec());
            }
            Err(_) if reply.status == 200 => refused += 1,
            Err(_) => {
                reply.is_bare(&format!("bit turned at {place}"));
                refused += 1;
            }
        }
    }
    assert!(issued.len() <= 1, "one certificate at most");
    assert!(refused > 200, "{refused}");
}

#[tokio::test]
async fn links_that_lead_nowhere_say_so() {
    let desk = Desk::new().await;
    let (_, link) = desk.offer().await;
    let token = link.rsplit('/').next().expect("a token").to_owned();
    let base = desk.world.server.base_url().to_owned();
    drop(desk.world.server.take_measured());
    let swapped: String = token.chars().rev().collect();
    let long = "a".repeat(5000);
    for wrong in [
        "x",
        &swapped,
        &token[1..],
        &token.to_lowercase(),
        &format!("{token}A"),
        &long,
        "%20",
        "%C3%A4",
        "-",
        "_",
        "'",
        "..x",
    ] {
        if wrong == token {
            continue;
        }
        for rest in ["", "/profile", "/profile?signed=false"] {
            let url = format!("{base}/e/{wrong}{rest}");
            let reply = send(&desk.http, Method::GET, &url, &[], "").await;
            assert_eq!(reply.status, 404, "{wrong:.50}{rest}");
            assert!(reply.content_type.starts_with("text/html"), "{wrong:.50}: {reply:?}");
            let text = String::from_utf8_lossy(&reply.body);
            assert!(wrong.len() < 8 || !text.contains(wrong), "{wrong:.50} is repeated");
        }
    }
    for path in [
        format!("/e/{token}%00"),
        format!("/e/%2e%2e/e/{token}"),
        format!("/e/../e/{token}"),
        format!("/e/{token}%2fprofile"),
        "/e/%ff".to_owned(),
        "/e/%".to_owned(),
        format!("/e/{token}?a=%00"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let reply = send_bytes(desk.world.server.address(), request.into_bytes()).await;
        assert_eq!(reply.status, 400, "{path}: {reply:?}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let reply = send(&desk.http, method.clone(), &link, &[], "").await;
        assert_eq!(reply.status, 405, "{method}");
    }
    for query in ["signed=%ff", "signed=false&signed=true", "lang=..%2f..", "lang=de&x=\"<>"] {
        let url = format!("{link}/profile?{query}");
        assert_eq!(send(&desk.http, Method::GET, &url, &[], "").await.status, 200, "{query}");
    }
    for measured in desk.world.server.take_measured() {
        assert_eq!(measured.usage.wcu, 0.0, "{measured:?}");
    }
}
