//! KMS, SNS and SQS against a stand-in that remembers what it is asked.

use std::sync::Mutex;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use trennwand_domain::{Duration, Secret, TenantId};
use trennwand_pki::DataKey;

use super::*;
use crate::{
    Audience, Message, Wake,
    config::{Credentials as Keys, GIVEN_BY_LAMBDA},
};

/// What was asked: the operation, or the content type of a form, and the body.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

async fn stand_in(
    State(asked): State<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    assert!(text("authorization").unwrap().contains("Credential=id/"));
    let operation = text("x-amz-target").or_else(|| text("content-type")).unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    asked.lock().unwrap().push((operation.clone(), body.clone()));
    let json: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = match operation.as_str() {
        "TrentService.Encrypt" => json!({"CiphertextBlob": json["Plaintext"], "KeyId": "k"}),
        "TrentService.Decrypt" if json["CiphertextBlob"] == "AAAA" => {
            let refusal = json!({"__type": "InvalidCiphertextException", "message": "POISON"});
            return (StatusCode::BAD_REQUEST, refusal.to_string());
        }
        "TrentService.Decrypt" => json!({"Plaintext": json["CiphertextBlob"], "KeyId": "k"}),
        "AmazonSQS.SendMessage" => json!({"MessageId": "m"}),
        _ => {
            let answer = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
            return (StatusCode::OK, answer.to_owned());
        }
    };
    (StatusCode::OK, answer.to_string())
}

async fn aws() -> (Aws, Asked) {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(stand_in).with_state(Arc::clone(&asked));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (Aws::new(&common(Some(endpoint), None)).unwrap(), asked)
}

fn common(endpoint: Option<String>, authorities: Option<String>) -> Common {
    let credentials = Keys {
        key_id: Secret::new("id".into()),
        key: Secret::new("POISON-key".into()),
        session: Some(Secret::new("POISON-session".into())),
    };
    let region = "eu-central-1".to_owned();
    let aws = config::Aws { region, credentials, endpoint, authorities };
    Common { aws, tables: trennwand_store::Tables::default(), log: "info".into() }
}

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/k";

#[tokio::test]
async fn a_tenants_key_goes_through_kms_bound_to_its_purpose() {
    let (aws, asked) = aws().await;
    let master = master_key::KmsKey::new(aws.sdk, KEY.to_owned());
    let key = DataKey::from_bytes(Secret::new([7; 32]));
    let wrapped = master.wrap("tenant/x/data_key", &key).await.unwrap();
    let opened = master.unwrap("tenant/x/data_key", &wrapped).await.unwrap();
    assert_eq!(opened.expose(), key.expose());
    let asked = asked.lock().unwrap().clone();
    for ((operation, body), expected) in asked.iter().zip(["Encrypt", "Decrypt"]) {
        assert_eq!(*operation, format!("TrentService.{expected}"));
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["KeyId"], KEY);
        assert_eq!(body["EncryptionContext"], json!({"trennwand": "tenant/x/data_key"}));
    }
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_quoted_and_a_key_of_another_length_is_none() {
    let (aws, _) = aws().await;
    let master = master_key::KmsKey::new(aws.sdk, KEY.to_owned());
    let refused = master.unwrap("c", &STANDARD.decode("AAAA").unwrap()).await.unwrap_err();
    assert_eq!(refused.log_context(), Some("KMS Decrypt: InvalidCiphertextException"));
    let short = master.unwrap("c", &[1; 31]).await.unwrap_err();
    assert!(!short.retryable());
    let key = DataKey::from_bytes(Secret::new([1; 32]));
    assert!(master_key::NoKey.wrap("c", &key).await.is_err());
}

#[tokio::test]
async fn a_sealed_value_opens_for_its_purpose_and_is_not_quoted() {
    let (aws, asked) = aws().await;
    let sealed = STANDARD.encode("POISON-account");
    let opened = aws.open(KEY, "platform/google_account", &sealed).await.unwrap();
    assert_eq!(opened.expose(), b"POISON-account");
    let body: Value = serde_json::from_str(&asked.lock().unwrap()[0].1).unwrap();
    assert_eq!(body["KeyId"], KEY);
    assert_eq!(body["EncryptionContext"], json!({"trennwand": "platform/google_account"}));
    for wrong in ["AAAA", "not Base64 but POISON"] {
        let error = aws.open(KEY, "platform/google_account", wrong).await.unwrap_err();
        assert!(!error.retryable() && !format!("{error:?}").contains("POISON"), "{error:?}");
    }
}

#[tokio::test]
async fn messages_take_the_way_of_their_kind() {
    let (aws, asked) = aws().await;
    let queues = Queues {
        wake_topic: Some("arn:aws:sns:eu-central-1:1:wake".into()),
        wake_queue: Some("http://127.0.0.1/1/wake".into()),
        provision_queue: Some("http://127.0.0.1/1/provision".into()),
        android_queue: None,
    };
    let publisher = aws.publisher(queues);
    let tenant = TenantId::from_bits(1);
    let wake = Message::Wake(Wake { tenant, audience: Audience::Tenant });
    publisher.publish(&wake, Duration::ZERO).await.unwrap();
    publisher.publish(&wake, Duration::from_millis(9_001)).await.unwrap();
    publisher.publish(&Message::Provision { tenant }, Duration::ZERO).await.unwrap();
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked[0].0, "application/x-www-form-urlencoded");
    assert!(asked[0].1.starts_with("Action=Publish&"), "{}", asked[0].1);
    assert!(asked[0].1.contains("TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A1%3Awake"));
    let sent = |n: usize| serde_json::from_str::<Value>(&asked[n].1).unwrap();
    assert_eq!(sent(1)["QueueUrl"], "http://127.0.0.1/1/wake");
    assert_eq!(sent(1)["DelaySeconds"], 10);
    assert_eq!(sent(1)["MessageBody"], wake.to_json().unwrap());
    assert_eq!(sent(2)["QueueUrl"], "http://127.0.0.1/1/provision");
    assert_eq!(asked.len(), 3);

    let silent = aws.publisher(Queues::default());
    assert!(silent.publish(&wake, Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn a_message_is_hidden_for_as_long_as_it_is_to_wait() {
    let (aws, asked) = aws().await;
    let inbox = aws.inbox("http://127.0.0.1/1/android".into());
    inbox.deliver_later("receipt", Duration::from_secs(30)).await.unwrap();
    let asked: Value = serde_json::from_str(&asked.lock().unwrap()[0].1).unwrap();
    let expected = json!({
        "QueueUrl": "http://127.0.0.1/1/android", "ReceiptHandle": "receipt", "VisibilityTimeout": 30,
    });
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn who_is_not_there_is_unavailable() {
    let aws = Aws::new(&common(Some("http://127.0.0.1:1".into()), None)).unwrap();
    let master = master_key::KmsKey::new(aws.sdk.clone(), KEY.to_owned());
    assert!(master.unwrap("c", &[1; 32]).await.unwrap_err().retryable());
    let queues = Queues { wake_topic: Some("t".into()), ..Queues::default() };
    let wake = Message::Wake(Wake { tenant: TenantId::from_bits(1), audience: Audience::Tenant });
    let error = aws.publisher(queues).publish(&wake, Duration::ZERO).await.unwrap_err();
    assert!(error.retryable(), "{error:?}");
}

#[test]
fn amazons_authorities_are_five_and_good_for_years() {
    let text = std::str::from_utf8(AMAZON).unwrap();
    let chain = trennwand_pki::Certificate::chain_from_pem(text).unwrap();
    let names: Vec<_> = chain.iter().map(|c| c.subject_cn().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Amazon Root CA 1",
            "Amazon Root CA 2",
            "Amazon Root CA 3",
            "Amazon Root CA 4",
            "Starfield Services Root Certificate Authority - G2",
        ]
    );
    let far = trennwand_domain::Timestamp::parse_rfc3339("2037-01-01T00:00:00Z").unwrap();
    assert!(chain.iter().all(|c| c.is_valid_at(far)));
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_told_at_the_start() {
    let missing = common(None, Some("/nonexistent/ca.pem".into()));
    assert!(Aws::new(&missing).is_err());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(Aws::new(&common(None, Some(manifest.into()))).is_err());
}

#[test]
fn nothing_shows_credentials() {
    let aws = Aws::new(&common(None, None)).unwrap();
    let shown =
        format!("{aws:?} {:?} {:?}", aws.core(Some(KEY), None), aws.publisher(Queues::default()));
    assert!(!shown.contains("POISON"), "{shown}");
    assert!(GIVEN_BY_LAMBDA.contains(&"AWS_SESSION_TOKEN"));
}
