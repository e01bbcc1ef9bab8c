use serde_json::{Value, json};
use trennwand_android::{AppliedState, Command, Event, Notification};

use super::*;

fn subscription() -> Subscription {
    Subscription { audience: "https://api.example/android".into(), email: "push@p.example".into() }
}

fn read(requests: &[PushRequest]) -> Vec<Notification> {
    requests.iter().map(|r| Notification::parse(r.body.as_bytes()).unwrap()).collect()
}

#[tokio::test]
async fn what_happens_is_published_in_its_order() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    let name = phone.name().unwrap();
    let lock = Command::lock(Duration::from_secs(600));
    rig.client.issue_command(&name, &lock).await.unwrap();
    phone.sync();
    rig.client.delete_device(&name).await.unwrap();
    phone.sync();
    let pushed = rig.google.push_requests(Delivery::default(), &subscription());
    let kinds: Vec<_> = pushed.iter().map(|p| p.kind.as_str()).collect();
    let expected =
        ["test", "ENROLLMENT", "STATUS_REPORT", "COMMAND", "STATUS_REPORT", "STATUS_REPORT"];
    assert_eq!(kinds, expected);
    let read = read(&pushed);
    let [Event::Reported(last)] = read[5].events.as_slice() else {
        panic!("{read:?}");
    };
    assert_eq!(last.applied_state, AppliedState::Deleted);
    let [Event::Command(operation)] = read[3].events.as_slice() else {
        panic!("{read:?}");
    };
    assert!(operation.succeeded());
    assert_eq!(rig.google.waiting(), 0);
}

#[tokio::test]
async fn messages_come_twice_backwards_late_or_together_on_demand() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    phone.sync();
    phone.sync();
    // test, ENROLLMENT and three reports wait.
    let late = Delivery { keeps_back: 2, is_reversed: true, repeats: 1, ..Delivery::default() };
    let came_late = rig.google.push_requests(late, &subscription());
    let ids: Vec<_> = came_late.iter().map(|pushed| pushed.message_id.as_str()).collect();
    assert_eq!(ids.len(), 6);
    assert!(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] > ids[2] && ids[2] > ids[4]);
    assert_eq!(rig.google.waiting(), 2);
    phone.sync();
    phone.sync();
    let batch = Delivery { is_batched: true, ..Delivery::default() };
    let together = read(&rig.google.push_requests(batch, &subscription()));
    let sizes: Vec<_> = together.iter().map(|n| n.events.len()).collect();
    assert_eq!(sizes, [1, 1, 2], "a probe, an enrolment, two reports in one");
}

#[tokio::test]
async fn push_tokens_are_signed_by_a_published_key_and_say_what_google_s_say() {
    let rig = Rig::new().await;
    let keys = |url: String| async move {
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["keys"].as_array().unwrap().clone()
    };
    let pushed = rig.google.push_requests(Delivery::default(), &subscription());
    let token = pushed[0].authorization.strip_prefix("Bearer ").unwrap();
    let claims = rig.google.world().signers[0].verify(token).unwrap();
    assert_eq!(claims["iss"], "https://accounts.google.com");
    assert_eq!(claims["aud"], "https://api.example/android");
    assert_eq!(claims["email"], "push@p.example");
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    let published = keys(rig.google.keys_url()).await;
    assert_eq!(published.len(), 1);
    assert_eq!(published[0]["e"], "AQAB");
    assert_eq!(published[0]["n"].as_str().unwrap().len(), 342, "2048 bits without a sign byte");
    rig.google.rotate_keys().unwrap();
    let published = keys(rig.google.keys_url()).await;
    assert_eq!(published[1]["kid"], "pubsub-key-2");
    let forged = rig.google.sign(&json!({"iss": "https://accounts.google.com"}));
    assert!(rig.google.world().signers[0].verify(&forged).is_none(), "signed with the new key");
    assert!(rig.google.world().signers[1].verify(&forged).is_some());
}

#[tokio::test]
async fn an_enterprise_gets_only_what_it_asked_for() {
    let rig = Rig::new().await;
    let only = Enterprise {
        enabled_notification_types: Some(vec![NotificationType::Command]),
        ..Enterprise::default()
    };
    rig.client.patch_enterprise(&rig.enterprise, &only).await.unwrap();
    rig.personal(16).await;
    let pushed = rig.google.push_requests(Delivery::default(), &subscription());
    let kinds: Vec<_> = pushed.iter().map(|p| p.kind.as_str()).collect();
    assert_eq!(kinds, ["test"]);
}

#[tokio::test]
async fn what_is_not_answered_with_success_is_pushed_again() {
    let rig = Rig::new().await;
    rig.personal(16).await;
    let answers = Arc::new(Mutex::new(vec![200, 200, 503, 200]));
    let answer = move || {
        let status = answers.lock().unwrap().pop().unwrap();
        async move { axum::http::StatusCode::from_u16(status).unwrap() }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let subscription = subscription();
    let deliver = || rig.google.deliver(&endpoint, Delivery::default(), &subscription);
    assert_eq!(deliver().await.unwrap(), [200, 503, 200], "a probe, an enrolment, a report");
    assert_eq!(deliver().await.unwrap(), [200]);
    assert!(deliver().await.unwrap().is_empty());
}
