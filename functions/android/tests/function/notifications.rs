//! What Google sends, in any order and by anyone.

use crate::support::{World, envelope, sign};
use axum::http::StatusCode;
use serde_json::{Value, json};
use trennwand_domain::{
    Clock as _, CommandKind, CommandStatus, Control, DeviceState, Duration, Ownership, Platform,
    Priority, QueuedCommand, ReasonCode, Target, Verdict,
};
use trennwand_runtime::AndroidWork;
use trennwand_store::Meter;

const MINUTE: Duration = Duration::from_secs(60);

fn contacts(device: &trennwand_domain::Device) -> (Verdict, ReasonCode) {
    let state = device.controls.of(Control::ContactsClosed);
    (state.verdict, state.reason)
}

#[tokio::test]
async fn a_phone_is_bound_enrolled_heard_and_judged() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    let report = world.report("3a", "PERSONALLY_OWNED");
    assert_eq!(world.push("ENROLLMENT", &report).await, StatusCode::NO_CONTENT);
    let device = world.device(enrollment.device).await;
    assert_eq!(device.state, DeviceState::Enrolled);
    assert_eq!(contacts(&device), (Verdict::Proven, ReasonCode::PolicyApplied));
    assert_eq!(device.applied_version, Some(1));
    assert_eq!((device.os_version.as_deref(), device.model), (Some("15"), None));
    let used = world.core.store.enrollments(&world.scope).get(enrollment.id).await.unwrap();
    assert!(used.unwrap().is_used());
}

#[tokio::test]
async fn a_notification_costs_two_requests_to_the_database_cold_and_warm() {
    let world = World::bound().await;
    world.invite(Ownership::Personal).await;
    // Six minutes later no key is held any more.
    world.clock.advance(6 * MINUTE);
    for kind in ["ENROLLMENT", "STATUS_REPORT"] {
        let report = world.report("3a", "PERSONALLY_OWNED");
        let (status, usage) = Meter::measure(world.push(kind, &report)).await;
        assert_eq!((status, usage.requests), (StatusCode::NO_CONTENT, 2), "{kind}");
        world.clock.advance(MINUTE);
    }
}

#[tokio::test]
async fn duplicate_and_late_reports_change_nothing_and_batches_are_split() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    let first = world.report("3a", "COMPANY_OWNED");
    world.clock.advance(MINUTE);
    let mut second = world.report("3a", "COMPANY_OWNED");
    second["nonComplianceDetails"] = json!([{
        "settingName": "crossProfilePolicies", "nonComplianceReason": "INVALID_VALUE",
        "fieldPath": "crossProfilePolicies.showWorkContactsInPersonalProfile"
    }]);
    world.clock.advance(MINUTE);
    assert_eq!(world.push("STATUS_REPORT", &second).await, StatusCode::NO_CONTENT);
    let after = world.device(enrollment.device).await;
    assert_eq!(contacts(&after), (Verdict::Violated, ReasonCode::WorkContactsOpen));
    // The same once more, and the one before it, each alone and together.
    for data in [json!(second), json!(first), json!([first, second, first])] {
        for kind in ["ENROLLMENT", "STATUS_REPORT"] {
            assert_eq!(world.push(kind, &data).await, StatusCode::NO_CONTENT);
            assert_eq!(world.device(enrollment.device).await, after);
        }
    }
    world.clock.advance(MINUTE);
    let good = world.report("3a", "COMPANY_OWNED");
    assert_eq!(world.push("STATUS_REPORT", &json!([second, good])).await, StatusCode::NO_CONTENT);
    assert_eq!(contacts(&world.device(enrollment.device).await).0, Verdict::Proven);
}

#[tokio::test]
async fn a_forged_sender_is_refused_without_effect() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    let before = world.device(enrollment.device).await;
    let report = world.report("3a", "PERSONALLY_OWNED");
    let body = envelope(1, "ENROLLMENT", &report, world.clock.now());
    let mut tampered = world.oidc(|_| ());
    tampered.pop();
    for forged in [
        world.oidc(|c| c["iss"] = "https://evil.example".into()),
        world.oidc(|c| c["aud"] = "https://other.example".into()),
        world.oidc(|c| c["email"] = "evil@platform.iam.example".into()),
        world.oidc(|c| c["email_verified"] = false.into()),
        world.oidc(|c| c["exp"] = (c["iat"].as_i64().unwrap() - 3600).into()),
        world.oidc_as(&json!({ "alg": "none", "kid": "k1" }), |_| ()),
        world.oidc_as(&json!({ "alg": "HS256", "kid": "k1" }), |_| ()),
        world.oidc_as(&json!({ "alg": "RS256" }), |_| ()),
        tampered,
        String::new(),
        "a.b.c".into(),
        "x".repeat(100_000),
    ] {
        assert_eq!(world.push_as(&forged, &body).await, StatusCode::UNAUTHORIZED, "{forged:.60}");
    }
    assert_eq!(world.device(enrollment.device).await, before);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_at_most_once_a_minute() {
    let world = World::bound().await;
    world.invite(Ownership::Personal).await;
    let report = world.report("3a", "PERSONALLY_OWNED");
    assert_eq!(world.push("ENROLLMENT", &report).await, StatusCode::NO_CONTENT);
    let fetched = || world.provider.fetched.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(fetched(), 1);
    let stranger = sign(&json!({ "alg": "RS256", "kid": "k2" }), &json!({}));
    for _ in 0..20 {
        assert_eq!(world.push_as(&stranger, "{}").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(fetched(), 1, "the keys were looked for less than a minute ago");
    world.clock.advance(MINUTE);
    for _ in 0..20 {
        assert_eq!(world.push_as(&stranger, "{}").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(fetched(), 2);
    // Known keys are held meanwhile.
    assert_eq!(world.push("STATUS_REPORT", &report).await, StatusCode::NO_CONTENT);
    assert_eq!(fetched(), 2);
}

#[tokio::test]
async fn a_report_without_our_seal_or_of_another_enterprise_has_no_effect() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    let before = world.device(enrollment.device).await;
    let good = world.report("3a", "PERSONALLY_OWNED");
    let data = good["enrollmentTokenData"].as_str().unwrap().to_owned();
    let other = if data.ends_with('0') { '1' } else { '0' };
    let forged = [
        Value::Null,
        "".into(),
        "trennwand1.x".into(),
        format!("{}{other}", &data[..data.len() - 1]).into(),
        data.replacen(".ten_0", ".ten_1", 1).into(),
    ];
    for reference in forged {
        let mut report = good.clone();
        report["enrollmentTokenData"] = reference;
        assert_eq!(world.push("ENROLLMENT", &report).await, StatusCode::NO_CONTENT);
        assert_eq!(world.device(enrollment.device).await, before);
    }
    let mut foreign = good;
    foreign["name"] = "enterprises/LC02/devices/3a".into();
    assert_eq!(world.push("ENROLLMENT", &foreign).await, StatusCode::NO_CONTENT);
    assert_eq!(world.device(enrollment.device).await, before);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let world = World::bound().await;
    let token = world.oidc(|_| ());
    let nested = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let of = |data: Value| envelope(1, "STATUS_REPORT", &data, world.clock.now());
    for body in [
        String::new(),
        "{}".into(),
        nested,
        of(json!("text")),
        of(json!({ "name": "enterprises/../devices/x" })),
        of(json!(vec![json!({}); 101])),
        of(json!({})).replace("STATUS_REPORT", "COMMAND"),
    ] {
        assert_eq!(world.push_as(&token, &body).await, StatusCode::BAD_REQUEST, "{body:.80}");
    }
    // What nobody asked for is no trouble.
    for kind in ["USAGE_LOGS", "test", "SOMETHING_NEW"] {
        assert_eq!(world.push(kind, &json!({})).await, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn a_phone_that_says_it_is_personal_is_treated_as_one_whatever_was_ordered() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    let report = world.report("3a", "PERSONALLY_OWNED");
    world.push("ENROLLMENT", &report).await;
    let device = world.device(enrollment.device).await;
    assert_eq!((device.ownership, device.target), (Ownership::Personal, Target::AndroidPersonal));
    assert_eq!(device.model, None, "of a personal phone the model is not kept");
    // Its record says so to every command from now on; and if it did not, Google is asked.
    let company = trennwand_domain::Device { ownership: Ownership::Company, ..device.clone() };
    world.core.store.devices(&world.scope).save(&company, None).await.unwrap();
    world.google.inner().devices.push(serde_json::from_value(report).unwrap());
    let command = order(&world, device.id, CommandKind::WipeDevice).await;
    world.work(AndroidWork::Command(device.id, command.uuid)).await;
    assert!(world.google.inner().commands.is_empty());
    let devices = world.core.store.devices(&world.scope);
    let result = devices.result(device.id, command.uuid).await.unwrap().unwrap();
    assert_eq!(result.status, CommandStatus::Error);
}

async fn order(
    world: &World,
    device: trennwand_domain::DeviceId,
    kind: CommandKind,
) -> QueuedCommand {
    let uuid = world.core.ids.command(Priority::Urgent);
    let command = QueuedCommand { uuid, kind, issued: false };
    let mut tx = world.core.store.transaction();
    let devices = world.core.store.devices(&world.scope);
    devices.enqueue(&mut tx, device, Platform::Android, &command);
    tx.commit().await.unwrap();
    command
}

#[tokio::test]
async fn a_command_lives_as_long_as_a_phone_is_off_and_its_end_is_kept_in_two_requests() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    let report = world.report("3a", "COMPANY_OWNED");
    world.push("ENROLLMENT", &report).await;
    world.google.inner().devices.push(serde_json::from_value(report).unwrap());
    let id = enrollment.device;
    let command = order(&world, id, CommandKind::Release).await;
    // The message came twice: the phone is told once.
    for _ in 0..2 {
        world.work(AndroidWork::Command(id, command.uuid)).await;
    }
    let issued = world.google.inner().commands.clone();
    assert_eq!(issued.len(), 1);
    let wire = serde_json::to_value(&issued[0].1).unwrap();
    assert_eq!(wire["type"], "RELINQUISH_OWNERSHIP");
    assert_eq!(wire["duration"], "31536000s", "a year, not Google's ten minutes");
    let waiting = world.core.store.devices(&world.scope).queued(id, command.uuid).await.unwrap();
    assert!(waiting.unwrap().issued);

    let operation = json!({
        "name": "enterprises/LC01/devices/3a/operations/1", "done": true,
        "metadata": { "type": "RELINQUISH_OWNERSHIP" }, "response": {}
    });
    let (status, usage) = Meter::measure(world.push("COMMAND", &operation)).await;
    assert_eq!((status, usage.requests), (StatusCode::NO_CONTENT, 2));
    assert_eq!(world.device(id).await.state, DeviceState::Released);
    let devices = world.core.store.devices(&world.scope);
    let result = devices.result(id, command.uuid).await.unwrap().unwrap();
    assert_eq!(result.status, CommandStatus::Acknowledged);
    // A repeat, and a late report, change nothing.
    let over = world.device(id).await;
    world.push("COMMAND", &operation).await;
    world.clock.advance(MINUTE);
    world.push("STATUS_REPORT", &world.report("3a", "COMPANY_OWNED")).await;
    assert_eq!(world.device(id).await, over);
}

#[tokio::test]
async fn a_policy_that_somebody_else_changed_is_found_and_mended() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    world.push("ENROLLMENT", &world.report("3a", "PERSONALLY_OWNED")).await;
    // Back to Google's default, by somebody with access to the project.
    for (_, version, policy) in &mut world.google.inner().policies {
        *version += 1;
        policy.settings.remove("crossProfilePolicies");
    }
    world.clock.advance(MINUTE);
    let leaking = world.report("3a", "PERSONALLY_OWNED");
    world.push("STATUS_REPORT", &leaking).await;
    let device = world.device(enrollment.device).await;
    assert_eq!(contacts(&device), (Verdict::Unknown, ReasonCode::PolicyChangedElsewhere));
    world.work(AndroidWork::Verify(device.id)).await;
    let device = world.device(enrollment.device).await;
    assert_eq!(contacts(&device), (Verdict::Violated, ReasonCode::WorkContactsOpen));
    assert!(world.google.inner().policies.iter().any(|(name, _, policy)| {
        name.to_string().contains("android-personal")
            && policy.settings.contains_key("crossProfilePolicies")
    }));
    world.clock.advance(MINUTE);
    world.push("STATUS_REPORT", &world.report("3a", "PERSONALLY_OWNED")).await;
    assert_eq!(contacts(&world.device(device.id).await).0, Verdict::Proven);
}
