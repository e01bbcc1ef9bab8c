use super::rig::{Reply, Rig, reply};
use crate::client::{PublicKeys, Quota};

const SET: &str = r#"{"keys":[{"kid":"1","kty":"RSA","n":"AQAB","e":"AQAB"}]}"#;

async fn keys(answer: impl Fn() -> Reply + Send + 'static) -> (Rig, PublicKeys) {
    let rig = Rig::raw(Quota::default(), move |_| answer()).await;
    let keys = PublicKeys::new(&format!("{}/oauth2/v3/certs", rig.base_url)).unwrap();
    (rig, keys)
}

#[tokio::test]
async fn keys_are_asked_for_without_saying_who_asks() {
    let (rig, keys) = keys(|| reply(200, SET)).await;
    assert_eq!(keys.fetch().await.unwrap(), SET.as_bytes());
    let asked = rig.asked();
    assert_eq!(asked[0].line, "GET /oauth2/v3/certs ");
    assert_eq!((asked[0].authorization.as_str(), asked[0].body.as_str()), ("", ""));
}

#[tokio::test]
async fn whatever_is_no_set_of_keys_is_looked_for_again_later() {
    for answer in [
        || reply(500, SET),
        || Reply::With(301, "location: http://127.0.0.1:1/\r\n", SET.into()),
        || Reply::Hangs,
        || reply(200, " ".repeat((64 << 10) + 1)),
    ] {
        let (_rig, keys) = keys(answer).await;
        assert!(keys.fetch().await.unwrap_err().retryable());
    }
    let nobody = PublicKeys::new("http://127.0.0.1:1/certs").unwrap();
    assert!(nobody.fetch().await.unwrap_err().retryable());
}

#[test]
fn keys_come_from_google_or_this_machine() {
    PublicKeys::new(crate::client::KEYS_URL).unwrap();
    assert!(PublicKeys::new("http://www.googleapis.com/oauth2/v3/certs").is_err());
}
