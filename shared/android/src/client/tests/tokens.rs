use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use trennwand_domain::Duration;

use super::rig::{Rig, START, account, key_file, reply};
use crate::{
    Class, DeviceManagement as _, EnterpriseName, class,
    client::{Quota, ServiceAccount, wire},
};

fn enterprise() -> EnterpriseName {
    "enterprises/LC1".parse().unwrap()
}

#[tokio::test]
async fn one_token_serves_many_requests_and_is_replaced_before_its_end() {
    let rig = Rig::new(|_| reply(200, r#"{"name":"enterprises/LC1"}"#)).await;
    for _ in 0..3 {
        rig.google.enterprise(&enterprise()).await.unwrap();
    }
    rig.clock.advance(Duration::from_secs(3_299));
    rig.google.enterprise(&enterprise()).await.unwrap();
    assert_eq!(rig.tokens_asked(), 1, "an hour less five minutes");
    rig.clock.advance(Duration::from_secs(1));
    rig.google.enterprise(&enterprise()).await.unwrap();
    assert_eq!(rig.tokens_asked(), 2);
    assert_eq!(rig.asked()[4].authorization, "Bearer token-2");
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_new_token() {
    let rig = Rig::new(|_| reply(200, r#"{"name":"enterprises/LC1"}"#)).await;
    let name = enterprise();
    let all = (0..8).map(|_| rig.google.enterprise(&name));
    let mut all: Vec<_> = all.collect();
    let (a, b) = (all.pop().unwrap(), all.pop().unwrap());
    let (a, b) = tokio::join!(a, b);
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(rig.tokens_asked(), 1);
}

#[tokio::test]
async fn a_token_that_google_no_longer_takes_is_replaced_once() {
    let rig = Rig::new(|asked| match asked.authorization.as_str() {
        "Bearer token-1" => reply(401, r#"{"error":{"status":"UNAUTHENTICATED"}}"#),
        _ => reply(200, r#"{"name":"enterprises/LC1"}"#),
    })
    .await;
    rig.google.enterprise(&enterprise()).await.unwrap();
    let used: Vec<_> = rig.asked().into_iter().map(|a| a.authorization).collect();
    assert_eq!(used, ["Bearer token-1", "Bearer token-2"]);
    assert!(rig.sleeper.slept().is_empty(), "without a pause");
}

#[tokio::test]
async fn if_the_new_token_is_refused_too_it_is_given_up() {
    let rig = Rig::new(|_| reply(401, "{}")).await;
    let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
    assert_eq!(class(&error), Class::Retryable, "what was asked is not refused");
    assert_eq!((rig.asked().len(), rig.tokens_asked()), (2, 2));
}

#[tokio::test]
async fn an_identity_that_google_refuses_is_tried_again_later_and_not_at_once() {
    let refuse = |_: &_| reply(400, r#"{"error":"invalid_grant"}"#);
    let rig = Rig::raw(Quota::default(), refuse).await;
    let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
    assert_eq!(class(&error), Class::Retryable, "what was asked is not refused");
    assert_eq!(rig.tokens_asked(), 1);
}

#[tokio::test]
async fn a_token_service_that_asks_for_patience_does_not_refuse_us() {
    for code in [408, 425, 429, 500] {
        let rig = Rig::raw(Quota::default(), move |_: &_| reply(code, "")).await;
        let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
        assert_eq!((class(&error), rig.tokens_asked()), (Class::Retryable, 5), "{code}");
    }
}

#[tokio::test]
async fn a_token_service_that_is_unwell_is_tried_again() {
    let mut asked = 0;
    let serve = move |_: &_| {
        asked += 1;
        match asked {
            1 => reply(503, ""),
            2 => reply(200, "not JSON"),
            3 => reply(200, r#"{"access_token":"t","expires_in":60}"#),
            _ => reply(200, r#"{"name":"enterprises/LC1"}"#),
        }
    };
    let rig = Rig::raw(Quota::default(), serve).await;
    rig.google.enterprise(&enterprise()).await.unwrap();
    assert_eq!(rig.sleeper.slept().len(), 2);
}

#[test]
fn the_assertion_says_who_asks_for_what_and_is_signed() {
    let assertion = account("https://oauth2.googleapis.com/token").assertion(START).unwrap();
    let parts: Vec<_> = assertion.split('.').collect();
    let json = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let header = serde_json::json!({"typ": "JWT", "alg": "RS256", "kid": "kid-1"});
    assert_eq!(json(parts[0]), header);
    assert_eq!(
        json(parts[1]),
        serde_json::json!({
            "iss": "robot@our-project.iam.gserviceaccount.com",
            "scope": "https://www.googleapis.com/auth/androidmanagement",
            "aud": "https://oauth2.googleapis.com/token",
            "iat": 1_795_000_000, "exp": 1_795_003_600
        })
    );
    assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap().len(), 256, "RSA of 2048 bits");
}

#[test]
fn a_key_file_without_a_usable_key_is_refused_and_never_shown() {
    let good = key_file("https://oauth2.googleapis.com/token");
    assert!(!format!("{:?}", ServiceAccount::from_key_file(&good)).contains("BEGIN"));
    let body = |text: &str| good.replace("MII", text);
    for bad in ["{}", "", &good.replace("private_key_id", "x"), &body("AAA"), &body("%")] {
        let error = ServiceAccount::from_key_file(bad).unwrap_err();
        assert!(!format!("{error:?}").contains("BEGIN"), "{error:?}");
    }
}

#[test]
fn tokens_go_to_https_or_to_this_machine_only() {
    for good in [
        "https://oauth2.googleapis.com/token",
        "http://127.0.0.1:9/x",
        "http://localhost",
        "http://[::1]:1/",
    ] {
        assert!(wire::check_address(good).is_ok(), "{good}");
    }
    for bad in [
        "http://androidmanagement.googleapis.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "ftp://127.0.0.1",
        "https://",
        "https://a b",
        "",
    ] {
        assert!(wire::check_address(bad).is_err(), "{bad}");
    }
}
