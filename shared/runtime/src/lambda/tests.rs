use std::sync::Mutex;

use axum::{body::Body, extract::Request, routing::any};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use trennwand_domain::TenantId;

use super::*;

fn provision(tenant: u128) -> Message {
    Message::Provision { tenant: TenantId::from_bits(tenant) }
}

fn queue(bodies: &[&str]) -> String {
    let records: Vec<_> = (1..)
        .zip(bodies)
        .map(|(n, body)| json!({"messageId": format!("m{n}"), "body": body, "attributes": {}}))
        .collect();
    json!({ "Records": records }).to_string()
}

fn stream(sequence: &[&str]) -> String {
    let record = |number: &&str| {
        json!({
            "awsRegion": "eu-central-1",
            "eventID": number,
            "eventName": "INSERT",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_000_000,
                "Keys": {"pk": {"S": "T#x#O"}, "sk": {"S": "0"}},
                "SequenceNumber": number,
                "SizeBytes": 1,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        })
    };
    json!({"Records": sequence.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn failures(failures: &Failures) -> Value {
    serde_json::to_value(failures).unwrap()["batchItemFailures"].clone()
}

#[tokio::test]
async fn only_messages_that_failed_are_delivered_again() {
    let bodies = [
        provision(1).to_json().unwrap(),
        "POISON".to_owned(),
        provision(2).to_json().unwrap(),
        provision(3).to_json().unwrap(),
        provision(4).to_json().unwrap(),
    ];
    let event = queue(&bodies.each_ref().map(String::as_str));
    let seen = Mutex::new(Vec::new());
    let work = async |message: Message| {
        seen.lock().unwrap().push(message.clone());
        match message {
            message if message == provision(2) => Err(Error::unavailable("test")),
            message if message == provision(3) => panic!("test"),
            _ => Ok(()),
        }
    };
    let outcome = work_off(&event, &work).await.unwrap();
    let again = json!([
        {"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}, {"itemIdentifier": "m4"},
    ]);
    assert_eq!(failures(&outcome), again);
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4].map(provision));
}

/// Follows a stream in which the record `poison` cannot be followed; says what was handed over.
async fn followed(sequence: &[&str], poison: &str) -> (Value, Vec<String>) {
    let handed = Mutex::new(Vec::new());
    let follow = async |event: &dynamodb::Event| {
        let numbers: Vec<_> =
            event.records.iter().map(|r| r.change.sequence_number.clone().unwrap()).collect();
        handed.lock().unwrap().push(numbers.join(" "));
        match numbers.iter().any(|number| number == poison) {
            true => Err(Error::unavailable("test")),
            false => Ok(()),
        }
    };
    let outcome = batch::follow(read(&stream(sequence)).unwrap(), &follow).await;
    let handed = handed.lock().unwrap().clone();
    (failures(&outcome), handed)
}

#[tokio::test]
async fn the_stream_goes_on_with_the_first_record_that_cannot_be_followed() {
    let none = followed(&["1", "2", "3"], "").await;
    assert_eq!(none, (json!([]), vec!["1 2 3".to_owned()]));
    let (failed, handed) = followed(&["1", "2", "3"], "2").await;
    assert_eq!(failed, json!([{"itemIdentifier": "2"}]));
    assert_eq!(handed, ["1 2 3", "1", "2"], "records behind the one that failed have to wait");
}

#[test]
fn a_tick_is_for_its_own_time() {
    let event = r#"{"version":"0","time":"2026-11-18T10:05:00Z","detail":{}}"#;
    assert_eq!(Some(time_of(event).unwrap()), Timestamp::parse_rfc3339("2026-11-18T10:05:00Z"));
    for event in ["{}", r#"{"time":"POISON"}"#, "POISON"] {
        assert!(!format!("{:?}", time_of(event).unwrap_err()).contains("POISON"));
    }
}

#[test]
fn events_are_told_apart() {
    assert!(comes_of_a_queue(&queue(&[])));
    assert!(!comes_of_a_queue(r#"{"rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#));
}

mod before_the_database_answers {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::http::StatusCode;
    use trennwand_domain::{Clock, Entropy, IdGen, ManualClock, Secret};
    use trennwand_pki::FileMasterKey;
    use trennwand_store::{Store, Tables, client};
    use trennwand_web::Shell;

    use super::*;
    use crate::{Core, SystemEntropy};

    static MADE: AtomicUsize = AtomicUsize::new(0);

    /// Fails the first time.
    async fn make(_: Core, _: Shell) -> Result<Router> {
        match MADE.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Error::unavailable("POISON")),
            _ => Ok(Router::new().route("/a", any(async || "a"))),
        }
    }

    #[tokio::test]
    async fn requests_are_refused_in_the_usual_form_and_tried_again() {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_unix_s(0)));
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let core = Core::new(
            Store::new(client::connect("http://127.0.0.1:1", None), Tables::default()),
            Arc::new(FileMasterKey::from_bytes(Secret::new([0; 32]), Arc::clone(&entropy))),
            Arc::clone(&clock),
            Arc::clone(&entropy),
            "http://127.0.0.1",
        );
        let shell = Shell { ids: IdGen::new(clock, entropy), function: "test" };
        let routes = deferred(core, shell, make);
        let get = async || {
            let request = Request::get("/a").body(Body::empty()).unwrap();
            routes.clone().oneshot(request).await.unwrap()
        };
        let refused = get().await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        let body = axum::body::to_bytes(refused.into_body(), 9999).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["code"], "unavailable");
        assert!(!String::from_utf8_lossy(&body).contains("POISON"));
        assert_eq!(get().await.status(), StatusCode::OK);
        assert_eq!(get().await.status(), StatusCode::OK);
        assert_eq!(MADE.load(Ordering::SeqCst), 2);
    }
}
