use trennwand_domain::{Duration, ErrorKind};

use super::rig::{Asked, Reply, Rig, reply};
use crate::{
    Class, Command, DeviceManagement as _, DeviceName, EnterpriseName, class,
    client::{Quota, failure::Failure, wire::Http},
};

fn enterprise() -> EnterpriseName {
    "enterprises/LC1".parse().unwrap()
}

fn phone() -> DeviceName {
    "enterprises/LC1/devices/d1".parse().unwrap()
}

/// Answers with these, the last one again and again.
fn one_by_one(mut answers: Vec<Reply>) -> impl FnMut(&Asked) -> Reply + Send {
    answers.reverse();
    move |_| match answers.len() {
        1 => match &answers[0] {
            Reply::With(status, headers, body) => Reply::With(*status, headers, body.clone()),
            Reply::Hangs => Reply::Hangs,
        },
        _ => answers.pop().unwrap(),
    }
}

fn fine() -> Reply {
    reply(200, r#"{"name":"enterprises/LC1"}"#)
}

fn error(code: u16, status: &str) -> Reply {
    reply(code, format!(r#"{{"error":{{"code":{code},"message":"m","status":"{status}"}}}}"#))
}

#[tokio::test]
async fn what_google_could_not_take_is_sent_again_after_growing_pauses() {
    let bad = || error(503, "UNAVAILABLE");
    let rig = Rig::new(one_by_one(vec![bad(), bad(), Reply::Hangs, fine()])).await;
    rig.google.enterprise(&enterprise()).await.unwrap();
    let slept = rig.sleeper.slept();
    assert_eq!(slept.len(), 3);
    for (pause, full_ms) in slept.iter().zip([500, 1_000, 2_000]) {
        let full = Duration::from_millis(full_ms);
        assert!(*pause >= full / 2 && *pause <= full, "{slept:?}");
    }
}

#[tokio::test]
async fn retry_after_is_kept_to_and_the_bucket_starts_from_nothing() {
    let much = Reply::With(429, "retry-after: 7\r\n", "{}".into());
    let rig = Rig::new(one_by_one(vec![much, fine()])).await;
    rig.google.enterprise(&enterprise()).await.unwrap();
    assert_eq!(rig.sleeper.slept()[0], Duration::from_secs(7));
}

#[tokio::test]
async fn five_attempts_are_enough_and_the_class_says_what_to_do() {
    for (bad, wanted) in [
        (error(503, "UNAVAILABLE"), Class::Retryable),
        (error(429, "RESOURCE_EXHAUSTED"), Class::Quota),
        (Reply::Hangs, Class::Retryable),
    ] {
        let rig = Rig::new(one_by_one(vec![bad])).await;
        let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
        assert_eq!((class(&error), rig.asked().len()), (wanted, 5), "{error:?}");
        assert!(error.retryable());
    }
}

#[tokio::test]
async fn a_command_is_not_issued_twice_for_a_lost_answer() {
    let command = Command::lock(Duration::from_secs(86_400));
    for (bad, sent) in [
        (error(500, "INTERNAL"), 1),
        (Reply::Hangs, 1),
        (error(429, "RESOURCE_EXHAUSTED"), 5),
        (error(503, "UNAVAILABLE"), 5),
    ] {
        let rig = Rig::new(one_by_one(vec![bad])).await;
        let error = rig.google.issue_command(&phone(), &command).await.unwrap_err();
        assert_eq!(rig.asked().len(), sent, "{error:?}");
    }
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_done() {
    let rig = Rig::new(one_by_one(vec![Reply::Hangs, error(404, "NOT_FOUND")])).await;
    rig.google.delete_device(&phone()).await.unwrap();
    let gone = Rig::new(one_by_one(vec![error(404, "NOT_FOUND")])).await;
    let error = gone.google.delete_device(&phone()).await.unwrap_err();
    assert_eq!(class(&error), Class::NotFound, "it was not there from the start");
}

#[tokio::test]
async fn answers_fall_into_classes_and_are_not_repeated() {
    for (bad, wanted, code) in [
        (error(404, "NOT_FOUND"), Class::NotFound, "not_found"),
        (error(400, "FAILED_PRECONDITION"), Class::Precondition, "android_not_in_this_state"),
        (error(409, "ALREADY_EXISTS"), Class::Precondition, "already_exists"),
        (error(403, "PERMISSION_DENIED"), Class::Forbidden, "android_not_authorized"),
        (error(400, "INVALID_ARGUMENT"), Class::Refused, "internal"),
        (error(408, ""), Class::Retryable, "unavailable"),
        (error(425, ""), Class::Retryable, "unavailable"),
        (reply(418, "not JSON"), Class::Refused, "internal"),
    ] {
        let rig = Rig::new(one_by_one(vec![bad])).await;
        let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
        assert_eq!((class(&error), error.code()), (wanted, code), "{error:?}");
        assert_eq!(rig.asked().len(), 1, "{error:?}");
    }
}

#[tokio::test]
async fn nothing_that_google_quotes_reaches_the_log() {
    let said = r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"anna@firma.de is bad",
        "details":[{"fieldViolations":[{"field":"applications[0].installType","description":"anna@firma.de"},
        {"field":"anna@firma.de"}]}]}}"#;
    let rig = Rig::new(one_by_one(vec![reply(400, said)])).await;
    let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
    assert_eq!(
        error.log_context().unwrap(),
        "google: enterprises.get: 400 INVALID_ARGUMENT applications[0].installType"
    );
}

#[tokio::test]
async fn malformed_and_endless_answers_are_refused() {
    for body in ["", "5", "{\"name\":5}", "{\"name\":\"enterprises/..\"}", &"[".repeat(100_000)] {
        let rig = Rig::new(one_by_one(vec![reply(200, body)])).await;
        let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
        assert_eq!(class(&error), Class::Retryable, "{error:?}");
    }
    let rig = Rig::new(one_by_one(vec![reply(200, " ".repeat((8 << 20) + 1))])).await;
    let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
    assert_eq!(class(&error), Class::Retryable, "{error:?}");
}

#[tokio::test]
async fn all_tenants_share_one_quota_and_wait_for_it_by_the_clock() {
    let rig = Rig::new(|_| fine()).await;
    let tenants: Vec<EnterpriseName> =
        (0..7).map(|i| format!("enterprises/LC{i}").parse().unwrap()).collect();
    for i in 0..1_000 {
        rig.google.enterprise(&tenants[i % 7]).await.unwrap();
    }
    // 100 at once, the others at 900 in 100 s.
    assert_eq!(rig.waited_s(), 100);
}

#[tokio::test]
async fn who_would_wait_too_long_is_told_when_to_come_back() {
    let quota = Quota { per_100_s: 11, burst: 1, longest_wait: Duration::from_secs(5) };
    let rig = Rig::with(quota, |_| fine()).await;
    rig.google.enterprise(&enterprise()).await.unwrap();
    let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TooMany { retry_after_s: 10 });
    assert_eq!(rig.asked().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn a_connection_that_was_never_made_carried_nothing() {
    let nobody = Http::new().unwrap().post_form("http://127.0.0.1:1/token", String::new()).await;
    assert_eq!(nobody.unwrap_err(), Failure::Unreached);
    let rig = Rig::new(one_by_one(vec![Reply::Hangs])).await;
    let error = rig.google.enterprise(&enterprise()).await.unwrap_err();
    assert!(error.log_context().unwrap().ends_with("no answer"), "{error:?}");
}
