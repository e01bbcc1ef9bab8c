//! The device channel against an embedded database.

mod phone;
mod support;

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use phone::{
    Command, Phone, authenticate, check_out, identity, leak, payload_value, status, token_update,
};
use support::World;
use trennwand_domain::{
    CommandKind, CommandStatus, CommandUuid, Control, Device, DeviceState, Duration, Ownership,
    Platform, Priority, QueuedCommand, SlotKind, SlotStatus, Verdict,
};
use trennwand_fn_checkin::{State, router};
use trennwand_store::Meter;

const DAY: Duration = Duration::from_secs(86_400);

async fn queue(world: &World, phone: &Phone, kind: CommandKind, priority: Priority) -> CommandUuid {
    let uuid = CommandUuid::queued(priority, world.now(), world.core.entropy.bytes());
    let mut tx = world.core.store.transaction();
    let devices = world.core.store.devices(&world.scope);
    devices.enqueue(&mut tx, phone.id, Platform::Ios, &QueuedCommand { uuid, kind, issued: false });
    tx.commit().await.unwrap();
    uuid
}

fn acknowledged(command: &Command) -> String {
    status("Acknowledged", Some(&command.uuid), "")
}

fn verdict(device: &Device, control: Control) -> Verdict {
    device.controls.of(control).verdict
}

#[tokio::test]
async fn the_first_conversation_puts_the_wall_up_and_asks_whether_it_stands() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    let asked = phone.converse().await;
    assert_eq!(
        asked,
        ["InstallProfile", "ProfileList", "Restrictions", "SecurityInfo", "ManagedApplicationList"]
    );
    let wall = &phone.installed[0];
    let open = payload_value(wall, "allowOpenFromManagedToUnmanaged");
    assert_eq!(open.and_then(|v| v.as_boolean()), Some(false));
    let device = world.device(phone.id).await;
    assert_eq!(verdict(&device, Control::ContactsClosed), Verdict::Proven);
    assert_eq!(verdict(&device, Control::PolicyCurrent), Verdict::Proven);
    // No user and no mail: nothing is known about the account.
    assert_eq!(device.controls.verdict(), Verdict::Unknown);
    assert_eq!(phone.converse().await, Vec::<String>::new());
    world.clock.advance(DAY);
    assert_eq!(phone.converse().await.len(), 4, "every phone is asked again");
}

#[tokio::test]
async fn what_a_personal_phone_says_of_itself_is_not_kept() {
    let world = World::new().await;
    let personal = Phone::enrolled(&world, Ownership::Personal).await;
    let device = world.device(personal.id).await;
    assert_eq!((device.os_version, device.model), (None, None));
    let company = Phone::enrolled(&world, Ownership::Company).await;
    let device = world.device(company.id).await;
    assert_eq!(device.os_version.as_deref(), Some("27.1"));
    assert_eq!(device.model.as_deref(), Some("iPhone17,3"));
}

#[tokio::test]
async fn before_token_update_there_is_nothing_to_do() {
    let world = World::new().await;
    let phone = Phone::issued(&world, Ownership::Personal).await;
    phone.put(&authenticate()).await;
    assert_eq!(world.device(phone.id).await.state, DeviceState::Enrolling);
    assert_eq!(phone.idle().await, None);
}

#[tokio::test]
async fn a_repeated_answer_gets_the_same_reply_and_changes_nothing() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    let install = phone.idle().await.unwrap();
    let answer = phone.obey(&install);
    let next = phone.report(&answer).await;
    let before = world.device(phone.id).await;
    let (again, usage) = Meter::measure(phone.report(&answer)).await;
    assert_eq!(again, next);
    assert_eq!(world.device(phone.id).await, before);
    assert_eq!(usage.wcu, 0.0);
}

#[tokio::test]
async fn idle_is_answered_alike_until_the_command_is_and_delivery_writes_nothing() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Personal).await;
    let first = phone.idle().await.unwrap();
    let before = world.device(phone.id).await;
    let (second, usage) = Meter::measure(phone.idle()).await;
    assert_eq!(second.unwrap(), first);
    assert_eq!(world.device(phone.id).await, before);
    assert_eq!((usage.requests, usage.wcu), (2, 0.0), "partition and head");
}

#[tokio::test]
async fn not_now_writes_nothing_and_the_command_comes_again_at_the_next_idle() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Personal).await;
    let install = phone.idle().await.unwrap();
    let before = world.device(phone.id).await;
    let not_now = status("NotNow", Some(&install.uuid), "");
    let (next, usage) = Meter::measure(phone.report(&not_now)).await;
    assert_eq!(next.unwrap().kind, "ProfileList");
    assert_eq!(usage.wcu, 0.0);
    assert_eq!(world.device(phone.id).await, before);
    assert_eq!(phone.idle().await.unwrap(), install);
}

#[tokio::test]
async fn the_first_contact_of_a_day_is_noted_and_no_other() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    world.clock.advance(DAY);
    let (_, first) = Meter::measure(phone.idle()).await;
    let (_, second) = Meter::measure(phone.idle()).await;
    assert!(first.wcu > 0.0 && second.wcu == 0.0, "{first:?} {second:?}");
    assert_eq!(world.device(phone.id).await.last_seen_at, Some(world.now()));
}

#[tokio::test]
async fn a_refused_wall_is_not_offered_again_the_same_day() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    let install = phone.idle().await.unwrap();
    let chain = "<key>ErrorChain</key><array><dict><key>ErrorDomain</key><string>D</string>\
                 <key>ErrorCode</key><integer>4001</integer></dict></array>";
    let next = phone.report(&status("Error", Some(&install.uuid), chain)).await.unwrap();
    assert_eq!(next.kind, "ProfileList");
    let slot = *world.device(phone.id).await.slots.of(SlotKind::Wall);
    assert_eq!(slot.status, SlotStatus::Error);
    assert!(!phone.converse().await.contains(&"InstallProfile".to_owned()));
    world.clock.advance(DAY);
    assert_eq!(phone.idle().await.unwrap().kind, "InstallProfile");
}

#[tokio::test]
async fn a_wall_that_vanished_is_put_up_again_in_the_same_conversation() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    world.clock.advance(DAY);
    phone.installed.clear();
    let asked = phone.converse().await;
    assert!(asked.contains(&"InstallProfile".to_owned()), "{asked:?}");
    assert_eq!(phone.installed.len(), 1);
    let device = world.device(phone.id).await;
    assert_eq!(verdict(&device, Control::PolicyCurrent), Verdict::Proven);
}

#[tokio::test]
async fn an_operators_question_is_answered_stored_and_judged() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    let uuid = queue(&world, &phone, CommandKind::Restrictions, Priority::Normal).await;
    let command = phone.idle().await.unwrap();
    assert_eq!((command.uuid.clone(), command.kind.as_str()), (uuid.to_string(), "Restrictions"));
    let answer = status("Acknowledged", Some(&command.uuid), &leak());
    assert_eq!(phone.report(&answer).await, None);
    let devices = world.core.store.devices(&world.scope);
    let result = devices.result(phone.id, uuid).await.unwrap().unwrap();
    assert_eq!(result.status, CommandStatus::Acknowledged);
    assert!(!result.result.is_empty());
    let device = world.device(phone.id).await;
    assert_eq!(verdict(&device, Control::ContactsClosed), Verdict::Violated);

    // Late and repeated: no effect, and no error.
    let before = world.device(phone.id).await;
    assert_eq!(phone.report(&status("Error", Some(&command.uuid), "")).await, None);
    assert_eq!(devices.result(phone.id, uuid).await.unwrap().unwrap(), result);
    assert_eq!(world.device(phone.id).await, before);
}

#[tokio::test]
async fn urgent_commands_come_before_the_wall_and_normal_ones_last() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Company).await;
    queue(&world, &phone, CommandKind::CertificateList, Priority::Normal).await;
    for _ in 0..4 {
        queue(&world, &phone, CommandKind::DeviceLock, Priority::Urgent).await;
    }
    let asked = phone.converse().await;
    assert_eq!(
        asked[..5],
        ["DeviceLock", "DeviceLock", "DeviceLock", "DeviceLock", "InstallProfile"]
    );
    assert_eq!(asked.last().unwrap(), "CertificateList");
    assert_eq!(asked.len(), 4 + 5 + 1);
}

#[tokio::test]
async fn a_forbidden_command_in_the_queue_is_cancelled_and_not_sent() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    let uuid = queue(&world, &phone, CommandKind::DeviceLock, Priority::Urgent).await;
    assert_eq!(phone.idle().await, None);
    let devices = world.core.store.devices(&world.scope);
    let result = devices.result(phone.id, uuid).await.unwrap().unwrap();
    assert_eq!(result.status, CommandStatus::Cancelled);
}

#[tokio::test]
async fn after_check_out_nothing_is_delivered() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Company).await;
    let install = phone.idle().await.unwrap();
    queue(&world, &phone, CommandKind::DeviceLock, Priority::Urgent).await;
    assert_eq!(phone.put(&check_out()).await, (StatusCode::OK, vec![]));
    let after = world.device(phone.id).await;
    assert_eq!((after.state, after.push.clone()), (DeviceState::Released, None));
    let idle = status("Idle", None, "");
    for body in [idle, acknowledged(&install), authenticate(), token_update()] {
        assert_eq!(phone.put(&body).await, (StatusCode::FORBIDDEN, vec![]));
    }
    assert_eq!(phone.put(&check_out()).await.0, StatusCode::OK, "a repeat, not an error");
    assert_eq!(world.device(phone.id).await, after);
}

#[tokio::test]
async fn a_replayed_authenticate_does_not_throw_a_live_phone_out() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    let before = world.device(phone.id).await;
    assert_eq!(phone.put(&authenticate()).await, (StatusCode::OK, vec![]));
    assert_eq!(world.device(phone.id).await, before);
}

#[tokio::test]
async fn a_wrong_signature_is_400_and_a_wrong_certificate_403() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Personal).await;
    let idle = status("Idle", None, "");
    for signature in ["", "AAAA", "not base64 ä", &STANDARD.encode([0x30; 40])] {
        let refused = phone.put_signed(signature, &idle).await;
        assert_eq!(refused, (StatusCode::BAD_REQUEST, vec![]), "{signature}");
    }
    let (other_key, other) = identity(2);
    for body in [idle.clone(), authenticate(), token_update(), check_out()] {
        let refused = phone.put_as(&other_key, &other, &body).await;
        assert_eq!(refused, (StatusCode::FORBIDDEN, vec![]));
    }
    let garbage = phone.put("<plist").await;
    assert_eq!(garbage, (StatusCode::BAD_REQUEST, vec![]));
    assert_eq!(world.device(phone.id).await.state, DeviceState::Enrolled);
}

#[tokio::test]
async fn heads_are_kept_for_phones_and_not_for_strangers() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    phone.router = router(State::new(world.core.clone(), Duration::from_secs(5)));
    let (key, stranger) = identity(2);
    let idle = status("Idle", None, "");
    for (is_phone, requests) in [(false, 2), (false, 2), (true, 2), (true, 1), (false, 1)] {
        let usage = if is_phone {
            let ((status, _), usage) = Meter::measure(phone.put(&idle)).await;
            assert_eq!(status, StatusCode::OK);
            usage
        } else {
            let asked = phone.put_as(&key, &stranger, &idle);
            let ((status, _), usage) = Meter::measure(asked).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
            usage
        };
        assert_eq!(usage.requests, requests, "header, and the head unless it is kept");
    }
}

#[tokio::test]
async fn an_unknown_enrolment_or_foreign_tenant_is_403() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Personal).await;
    let idle = status("Idle", None, "");
    let signature = phone.signature(&idle);
    let tenant = world.scope.tenant();
    for path in [
        format!("/mdm/{tenant}/dev_00000000000000000000000001"),
        format!("/mdm/ten_00000000000000000000000001/{}", phone.id),
        format!("/mdm/{tenant}/x"),
        format!("/mdm/%00/{}", phone.id),
    ] {
        let refused = phone.put_to(&path, &signature, &idle).await;
        assert_eq!(refused, (StatusCode::FORBIDDEN, vec![]), "{path}");
    }
}

#[tokio::test]
async fn foreign_command_uuids_end_the_conversation_without_effect() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Personal).await;
    let before = world.device(phone.id).await;
    for uuid in [None, Some("x"), Some("F0000000-0000-4000-8000-000000000000")] {
        assert_eq!(phone.report(&status("Acknowledged", uuid, "")).await, None);
    }
    assert_eq!(world.device(phone.id).await, before);
}

#[tokio::test]
async fn two_connections_at_once_lose_and_duplicate_nothing() {
    let world = World::new().await;
    let mut phone = Phone::enrolled(&world, Ownership::Personal).await;
    phone.converse().await;
    let uuid = queue(&world, &phone, CommandKind::Restrictions, Priority::Urgent).await;
    world.clock.advance(DAY);
    let urgent = phone.idle().await.unwrap();
    let answer = status("Acknowledged", Some(&urgent.uuid), &leak());
    let replies = tokio::join!(phone.report(&answer), phone.report(&answer), phone.report(&answer));
    assert!(replies.0 == replies.1 && replies.1 == replies.2);
    let devices = world.core.store.devices(&world.scope);
    assert!(devices.queued(phone.id, uuid).await.unwrap().is_none());
    let next = replies.0.unwrap();
    let answer = phone.obey(&next);
    let replies = tokio::join!(phone.report(&answer), phone.report(&answer), phone.report(&answer));
    assert!(replies.0 == replies.1 && replies.1 == replies.2);
    let slot = *world.device(phone.id).await.slots.of(SlotKind::ProfileList);
    assert_eq!(slot.round, 2);
}

#[tokio::test]
async fn once_the_renewed_certificate_was_used_the_old_one_stops_working() {
    let world = World::new().await;
    let phone = Phone::enrolled(&world, Ownership::Personal).await;
    let (renewed_key, renewed) = identity(2);
    let header = world.device(phone.id).await;
    let pending = Device { pending_certificate: Some(renewed.hash()), ..header };
    world.core.store.devices(&world.scope).save(&pending, None).await.unwrap();
    let idle = status("Idle", None, "");
    let (old, command) = phone.put(&idle).await;
    assert_eq!(old, StatusCode::OK, "both are accepted until the new one was used");
    let first = phone.put_as(&renewed_key, &renewed, &idle).await;
    assert_eq!(first, (StatusCode::OK, command.clone()));
    assert_eq!(phone.put(&idle).await, (StatusCode::FORBIDDEN, vec![]));
    let again = phone.put_as(&renewed_key, &renewed, &idle).await;
    assert_eq!(again, (StatusCode::OK, command));
    assert_eq!(world.device(phone.id).await.certificate, Some(renewed.hash()));
}
