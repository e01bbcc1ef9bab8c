//! The one log line per request.

use std::io;

use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::{fmt, layer::SubscriberExt as _};

use super::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_paths_tokens_or_values() {
    let api = api();
    let token = api.token(Owner::Tenant(TENANT), &[]);
    // With a single subscriber, tracing asks the thread that reaches a line first, which may be
    // another test's, whether anyone listens.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = fmt::layer().json().flatten_event(true).without_time();
    let subscriber = tracing_subscriber::registry().with(layer.with_writer(move || writer.clone()));
    let device = DeviceId::from_bits(5);
    async {
        let path = format!("/v1/tenants/{TENANT}/devices/{device}?q=POISON");
        api.get(&path, Some(&token)).await;
        api.get("/users/POISON", None).await;
        api.get("/POISON", None).await;
        let put = Request::put(format!("/mdm/{TENANT}/POISON")).body(Body::empty()).unwrap();
        assert_eq!(api.send(put).await.2, b"", "a phone gets no problem document");
        let body = Body::from(r#"{"POISON":"POISON"}"#);
        let post = Request::post("/things").header(header::CONTENT_TYPE, "application/json");
        assert_eq!(api.send(post.body(body).unwrap()).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        *api.table.down.lock().unwrap() = true;
        let down = api.send(
            Request::get("/v1/me")
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .body(Body::empty())
                .unwrap(),
        );
        assert_eq!(down.await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
    .with_subscriber(subscriber)
    .await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains(&token));
    let mut shown: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for line in &mut shown {
        assert!(line["request_id"].as_str().unwrap().starts_with("req_"));
        assert!(line["duration_ms"].is_u64());
        line["request_id"] = "req_…".into();
        line["duration_ms"] = 0.into();
    }
    // The context of our own errors is for the log; nothing that a caller sent is.
    assert_eq!(text.matches("POISON").count(), text.matches("POISON table name").count());
    assert_json_snapshot!(shown);
}
