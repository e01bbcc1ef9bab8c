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
        .map(|(n, body)| {
            json!({
                "messageId": format!("m{n}"),
                "receiptHandle": format!("r{n}"),
                "body": body,
                "attributes": {"ApproximateReceiveCount": n.to_string()},
            })
        })
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
    let inbox = Recorded::default();
    let outcome = work_off(&event, Some(&inbox), &work).await.unwrap();
    let again = json!([
        {"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}, {"itemIdentifier": "m4"},
    ]);
    assert_eq!(failures(&outcome), again);
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4].map(provision));
    // As often as they were delivered already: 2, 3 and 4 times. The queue takes none of it.
    let pauses = [("r2", 30), ("r3", 60), ("r4", 120)];
    let pauses = pauses.map(|(receipt, s)| (receipt.to_owned(), Duration::from_secs(s)));
    assert_eq!(*inbox.0.lock().unwrap(), pauses);
}

#[tokio::test]
async fn a_message_waits_longer_each_time_and_never_longer_than_15_minutes() {
    for (count, pause) in
        [("1", 15), ("2", 30), ("6", 480), ("7", 900), ("20", 900), ("4294967295", 900)]
    {
        let event = json!({"Records": [{
            "messageId": "m", "receiptHandle": "r", "body": "POISON",
            "attributes": {"ApproximateReceiveCount": count},
        }]});
        let inbox = Recorded::default();
        let work = async |_| Ok(());
        work_off(&event.to_string(), Some(&inbox), &work).await.unwrap();
        let expected = [("r".to_owned(), Duration::from_secs(pause))];
        assert_eq!(*inbox.0.lock().unwrap(), expected, "{count}");
    }
}

/// Keeps what it is told, and refuses it.
#[derive(Debug, Default)]
struct Recorded(Mutex<Vec<(String, Duration)>>);

impl Inbox for Recorded {
    fn deliver_later<'a>(&'a self, receipt: &'a str, pause: Duration) -> BoxFuture<'a, Result<()>> {
        self.0.lock().unwrap().push((receipt.to_owned(), pause));
        Box::pin(std::future::ready(Err(Error::unavailable("test"))))
    }
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

/// The whole loop in a process of its own, as on Lambda, whose side is played here.
mod in_a_process {
    use std::{
        env,
        process::{Child, Command, Stdio},
        sync::Arc,
    };

    use axum::{
        extract::{Path, State},
        http::{HeaderMap, StatusCode},
        routing::{get, post},
    };
    use tokio::{net::TcpListener, sync::mpsc};

    use super::*;

    /// What [`odd_events_end_invocations_not_the_function`] starts.
    #[test]
    #[ignore = "a function, not a test: it ends with whoever started it"]
    fn function() {
        #[expect(
            clippy::disallowed_methods,
            reason = "without Lambda's side there is nothing to do"
        )]
        if env::var("AWS_LAMBDA_RUNTIME_API").is_err() {
            return;
        }
        telemetry::init(telemetry::Format::Json("test"), "info");
        let routes = Router::new()
            .route("/good", any(async || "good"))
            .route("/length", any(async |body: String| body.len().to_string()))
            .route("/panic", any(async || -> &str { panic!("POISON") }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime
            .block_on(serve_and_work(routes, &Recorded::default(), async |_| panic!("POISON")))
            .unwrap();
    }

    /// Lambda's side: hands out events and passes on what came of them.
    #[derive(Clone)]
    struct Lambda {
        events: Arc<Mutex<Vec<String>>>,
        outcomes: mpsc::UnboundedSender<(String, String)>,
    }

    async fn next(State(lambda): State<Lambda>) -> (HeaderMap, String) {
        let event = lambda.events.lock().unwrap().pop();
        let Some(event) = event else { return std::future::pending().await };
        let mut headers = HeaderMap::new();
        headers.insert("lambda-runtime-aws-request-id", "r".parse().unwrap());
        headers.insert("lambda-runtime-deadline-ms", "4000000000000".parse().unwrap());
        let arn = "arn:aws:lambda:eu-central-1:1:function:f";
        headers.insert("lambda-runtime-invoked-function-arn", arn.parse().unwrap());
        (headers, event)
    }

    async fn outcome(
        State(lambda): State<Lambda>,
        Path((_, kind)): Path<(String, String)>,
        body: String,
    ) -> StatusCode {
        lambda.outcomes.send((kind, body)).unwrap();
        StatusCode::ACCEPTED
    }

    /// Ends the function with the test.
    struct Function(Child);

    impl Drop for Function {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn start(address: &str) -> Function {
        let function = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "lambda::tests::in_a_process::function"])
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "f")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Function(function.unwrap())
    }

    fn gateway(path: &str, body: &str) -> String {
        json!({"rawPath": path, "requestContext": {"http": {"method": "POST"}}, "body": body})
            .to_string()
    }

    #[tokio::test]
    async fn odd_events_end_invocations_not_the_function() {
        let six_megabytes = "x".repeat(6 << 20);
        let deep = format!(r#"{{"rawPath":{}0{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let poison = provision(1).to_json().unwrap();
        // The event, and what it ends in.
        let table = [
            (gateway("/good", ""), Ok((200, "good"))),
            ("null".into(), Err(())),
            ("{".into(), Err(())),
            ("[]".into(), Err(())),
            (r#""POISON""#.into(), Err(())),
            (r#"{"requestContext":"POISON"}"#.into(), Err(())),
            (deep, Err(())),
            (gateway("/panic", ""), Err(())),
            (gateway("/length", "12345"), Ok((200, "5"))),
            (gateway("/length", &six_megabytes), Ok((413, ""))),
            (queue(&[&poison]), Ok((0, r#"[{"itemIdentifier":"m1"}]"#))),
            (gateway("/good", ""), Ok((200, "good"))),
        ];
        let events = table.iter().rev().map(|(event, _)| event.clone()).collect();
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let lambda = Lambda { events: Arc::new(Mutex::new(events)), outcomes: sender };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(outcome))
            .with_state(lambda);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let mut function = start(&address);

        for (event, expected) in table {
            let event: String = event.chars().take(60).collect();
            let waited = tokio::time::timeout(std::time::Duration::from_secs(60), outcomes.recv());
            let (kind, body) = waited.await.expect(&event).unwrap();
            assert!(!body.contains("POISON"), "{event}: {body}");
            let Ok((status, text)) = expected else {
                assert_eq!(kind, "error", "{event}: {body}");
                continue;
            };
            assert_eq!(kind, "response", "{event}: {body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            if status == 0 {
                assert_eq!(body["batchItemFailures"].to_string(), text);
                continue;
            }
            assert_eq!(body["statusCode"], status, "{event}: {body}");
            assert!(body["body"].as_str().unwrap().starts_with(text), "{event}: {body}");
        }
        assert!(function.0.try_wait().unwrap().is_none(), "it waits for the next event");
    }
}
