use trennwand_domain::{TenantId, Timestamp};
use trennwand_pki::{RsaKey, test_push_certificate};

use super::*;

const TOPIC: &str = "com.apple.mgmt.External.test";

fn identity() -> PushIdentity {
    let key = RsaKey::generate().unwrap();
    let now = Timestamp::from_unix_s(1_795_000_000);
    let leaf = test_push_certificate(&key, TOPIC, now).unwrap().der().to_vec();
    PushIdentity::new(TenantId::from_bits(7), TOPIC.into(), vec![leaf], key.to_pkcs8_der()).unwrap()
}

fn target() -> PushTarget {
    PushTarget {
        token: Secret::new(vec![0x0a, 0xff, b'/', b'?', 0]),
        magic: Secret::new("MAGIC-\"quoted\"".into()),
        topic: TOPIC.into(),
    }
}

/// Apple, "Setting up push notifications for your MDM customers": the body has `mdm` only.
#[test]
fn the_body_is_the_magic_and_nothing_else() {
    let (identity, target) = (identity(), target());
    let payload = Payload::new(&identity, &target);
    assert_eq!(payload.to_json_string().unwrap(), r#"{"mdm":"MAGIC-\"quoted\""}"#);
    assert_eq!(payload.get_device_token(), "0aff2f3f00");
    assert_eq!(payload.get_options().apns_topic, Some(TOPIC));
    assert_eq!(payload.get_options().apns_push_type, Some(PushType::Mdm));
}

#[test]
fn neither_token_nor_magic_is_shown() {
    let (identity, target) = (identity(), target());
    let payload = Payload::new(&identity, &target);
    let shown = format!("{payload:?} {target:?} {:?}", Apns::new());
    assert!(!shown.contains("MAGIC") && !shown.contains("0aff"), "{shown}");
}

#[test]
fn connections_are_kept_per_certificate() {
    let (apns, one, other) = (Apns::new(), identity(), identity());
    let first = apns.connection(&one).unwrap();
    assert!(Arc::ptr_eq(&first, &apns.connection(&one).unwrap()));
    assert!(!Arc::ptr_eq(&first, &apns.connection(&other).unwrap()));
    assert_eq!(apns.done(&one, Outcome::Dead), Err(PushFailure::Unavailable));
    assert!(!Arc::ptr_eq(&first, &apns.connection(&one).unwrap()));
}

#[test]
fn a_connection_is_dead_after_three_timeouts_in_a_row() {
    let connection = Connection::new(&identity(), 0).unwrap();
    let unavailable = Outcome::Answered(Err(PushFailure::Unavailable));
    let outcomes = [(); 3].map(|()| connection.timed_out());
    assert_eq!(outcomes, [unavailable, unavailable, Outcome::Dead]);
}

#[test]
fn answers_of_the_library_keep_their_class() {
    for (code, body, class) in [
        (410, r#"{"reason":"Unregistered","timestamp":1795000000123}"#, "TokenDead"),
        (410, r#"{"reason":"ExpiredToken","timestamp":1795000000123}"#, "TokenDead"),
        (400, r#"{"reason":"BadDeviceToken"}"#, "TokenDead"),
        (400, r#"{"reason":"DeviceTokenNotForTopic"}"#, "TokenDead"),
        (400, r#"{"reason":"TopicDisallowed"}"#, "IdentityRefused"),
        (403, r#"{"reason":"BadCertificate"}"#, "IdentityRefused"),
        (503, "", "Unavailable"),
    ] {
        let error = serde_json::from_str(body).ok();
        let failure = classify(&a2::Response { error, apns_id: None, code }).unwrap_err();
        assert!(format!("{failure:?}").starts_with(class), "{code} {body}: {failure:?}");
    }
}

#[test]
fn an_alert_about_the_certificate_is_found_below_other_errors() {
    fn nested(text: &'static str) -> impl std::error::Error {
        std::io::Error::other(std::io::Error::other(text))
    }
    assert!(refuses_certificate(&nested("received fatal alert: CertificateExpired")));
    assert!(refuses_certificate(&nested("received fatal alert: BadCertificate")));
    assert!(!refuses_certificate(&nested("received fatal alert: HandshakeFailure")));
    assert!(!refuses_certificate(&nested("invalid peer certificate: UnknownIssuer")));
}
