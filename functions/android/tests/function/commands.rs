//! Commands whose messages get lost, whose phones move on, and of which Google knows nothing.

use axum::http::StatusCode;
use serde_json::{Value, json};
use trennwand_domain::{
    Clock as _, CommandKind, CommandResult, CommandStatus, CommandUuid, DeviceId, DeviceState,
    Duration, Ownership, Platform, Priority, QueuedCommand,
};
use trennwand_runtime::AndroidWork;

use crate::support::World;

const DAY: Duration = Duration::from_secs(86_400);

/// Queues a command as the API does.
async fn order(world: &World, id: DeviceId, kind: CommandKind) -> CommandUuid {
    let uuid = world.core.ids.command(Priority::Urgent);
    let device = world.device(id).await;
    let mut tx = world.core.store.transaction();
    let command = QueuedCommand { uuid, kind, issued: false };
    world.core.store.devices(&world.scope).enqueue(&mut tx, id, Platform::Android, &command);
    if kind != CommandKind::DeviceLock {
        let android = world.core.store.android(&world.scope);
        android.begin_removal(&mut tx, &device);
    }
    tx.commit().await.unwrap();
    uuid
}

async fn result(world: &World, id: DeviceId, uuid: CommandUuid) -> Option<CommandResult> {
    world.core.store.devices(&world.scope).result(id, uuid).await.unwrap()
}

/// Status and, if it failed, why.
async fn outcome(world: &World, id: DeviceId, uuid: CommandUuid) -> (CommandStatus, String) {
    let result = result(world, id, uuid).await.expect("it is over");
    (result.status, result.result.get("reason").cloned().unwrap_or_default())
}

fn failed(why: &str) -> (CommandStatus, String) {
    (CommandStatus::Error, format!("\"{why}\""))
}

fn operation(phone: &str, number: usize, code: Option<i32>) -> Value {
    let name = format!("enterprises/LC01/devices/{phone}/operations/{number}");
    let mut operation = json!({ "name": name, "done": true, "metadata": {} });
    if let Some(code) = code {
        operation["error"] = json!({ "code": code, "message": "" });
    }
    operation
}

#[tokio::test]
async fn what_a_removal_comes_to_late_does_not_bring_an_ended_enrolment_back() {
    use DeviceState::{Enrolled, Released, Superseded};
    let world = World::bound().await;
    let cases = [
        (None, Some(4), Enrolled),
        (None, None, Released),
        (Some(Released), Some(4), Released),
        (Some(Released), None, Released),
        (Some(Superseded), Some(4), Superseded),
        (Some(Superseded), None, Superseded),
    ];
    for (number, (meanwhile, code, expected)) in cases.into_iter().enumerate() {
        let name = format!("a{number}");
        let id = world.enrolled(&name).await;
        let uuid = order(&world, id, CommandKind::Release).await;
        world.work(AndroidWork::Command(id, uuid)).await;
        world.clock.advance(DAY);
        match meanwhile {
            Some(Superseded) => {
                world.core.store.devices(&world.scope).supersede(id).await.unwrap();
            }
            Some(_) => {
                // Its user reset it, and Google heard of that.
                let mut last = world.report(&name, "COMPANY_OWNED");
                last["state"] = "DELETED".into();
                last["appliedState"] = "DELETED".into();
                world.push("STATUS_REPORT", &last).await;
            }
            None => {}
        }
        let before = world.device(id).await.state;
        assert_eq!(before, meanwhile.unwrap_or(DeviceState::Releasing));
        let word = operation(&name, number + 1, code);
        for _ in 0..2 {
            assert_eq!(world.push("COMMAND", &word).await, StatusCode::NO_CONTENT);
            assert_eq!(world.device(id).await.state, expected, "{meanwhile:?} {code:?}");
            let ended = match code {
                Some(_) => failed("expired"),
                None => (CommandStatus::Acknowledged, String::new()),
            };
            assert_eq!(outcome(&world, id, uuid).await, ended, "{meanwhile:?}: it is kept");
        }
    }
}

#[tokio::test]
async fn a_command_that_google_knows_nothing_of_does_not_wait_for_ever() {
    let world = World::bound().await;
    let (there, gone) = (world.enrolled("1a").await, world.enrolled("1b").await);
    let mut orders = Vec::new();
    for id in [there, gone] {
        let uuid = order(&world, id, CommandKind::WipeDevice).await;
        world.work(AndroidWork::Command(id, uuid)).await;
        orders.push((id, uuid));
    }
    world.google.inner().devices.retain(|device| device.name.to_string().ends_with("1a"));
    for (id, uuid) in &orders {
        world.work(AndroidWork::Command(*id, *uuid)).await;
        assert_eq!(
            result(&world, *id, *uuid).await,
            None,
            "Google may not have it in its lists yet"
        );
    }
    world.clock.advance(2 * DAY);
    for (id, uuid) in &orders {
        world.work(AndroidWork::Command(*id, *uuid)).await;
    }
    assert_eq!(outcome(&world, there, orders[0].1).await, failed("unknown"));
    assert_eq!(world.device(there).await.state, DeviceState::Enrolled);
    assert_eq!(outcome(&world, gone, orders[1].1).await, failed("not_enrolled"));
    assert_eq!(world.device(gone).await.state, DeviceState::Released);
}

#[tokio::test]
async fn a_command_is_good_from_its_order_on_however_late_it_is_handed_over() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let (early, late) = (order(&world, id, CommandKind::DeviceLock).await, CommandKind::DeviceLock);
    world.clock.advance(6 * DAY);
    let late = order(&world, id, late).await;
    world.clock.advance(DAY);
    world.work(AndroidWork::Command(id, early)).await;
    assert_eq!(outcome(&world, id, early).await, failed("expired"));
    assert!(world.google.inner().commands.is_empty(), "nobody expects that lock any more");
    world.work(AndroidWork::Command(id, late)).await;
    let wire = serde_json::to_value(&world.google.inner().commands[0].1).unwrap();
    assert_eq!(wire, json!({ "type": "LOCK", "duration": "518400s" }));
}

/// Two readers of the queue have the same message at the same time.
#[tokio::test]
async fn a_command_is_carried_out_once_however_often_it_is_handed_over() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let uuid = order(&world, id, CommandKind::Release).await;
    let hand_over = || world.work(AndroidWork::Command(id, uuid));
    tokio::join!(hand_over(), hand_over(), hand_over());
    let (issued, cancelled) =
        (world.google.calls_of("devices.issueCommand"), world.google.calls_of("operations.cancel"));
    assert!(issued > 1, "they did not meet");
    assert_eq!(issued - cancelled, 1);
}

#[tokio::test]
async fn a_phone_is_given_the_policy_that_it_should_have() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    let mut report = world.report("1a", "COMPANY_OWNED");
    let right = report["policyName"].as_str().unwrap().to_owned();
    report["policyName"] = "enterprises/LC01/policies/default".into();
    report["appliedPolicyName"] = report["policyName"].clone();
    world.push("ENROLLMENT", &report).await;
    let follows = |policy: &str| {
        let inner = world.google.inner();
        inner.devices[0].policy_name.as_ref().unwrap().to_string() == policy
    };
    world.google.inner().devices.push(serde_json::from_value(report.clone()).unwrap());
    let android = world.core.store.android(&world.scope);
    let phone = android.phone(enrollment.device).await.unwrap().unwrap();
    assert_eq!(phone.needs, Some(trennwand_domain::AndroidNeed::Place), "its report asks for it");
    world.work(AndroidWork::Place(enrollment.device)).await;
    assert!(follows(&right));

    // Nothing is done about a phone that Google does not know, nor about one that has ended.
    world.google.inner().devices[0].name = "enterprises/LC01/devices/2b".parse().unwrap();
    world.work(AndroidWork::Place(enrollment.device)).await;
    world.google.inner().calls.clear();
    world.core.store.devices(&world.scope).supersede(enrollment.device).await.unwrap();
    world.work(AndroidWork::Place(enrollment.device)).await;
    assert_eq!(world.google.calls_of("devices.patch"), 0);
}

#[tokio::test]
async fn what_waits_for_phones_of_an_enterprise_that_is_gone_is_answered() {
    let world = World::bound().await;
    let (first, second) = (world.enrolled("3a").await, world.enrolled("4b").await);
    let before = order(&world, first, CommandKind::DeviceLock).await;
    world.google.inner().enterprises.clear();
    world.work(AndroidWork::Reconcile(None)).await;
    let after = order(&world, second, CommandKind::Release).await;
    let orders = [(first, before), (second, after)];
    for (id, uuid) in orders {
        world.work(AndroidWork::Command(id, uuid)).await;
        assert_eq!(result(&world, id, uuid).await, None, "it may turn out not to be gone");
    }
    assert_eq!(world.device(second).await.state, DeviceState::Releasing);
    world.call("DELETE", "/android", None).await.expect(200);
    world.work(AndroidWork::Settle(None)).await;
    for (id, uuid) in orders {
        assert_eq!(outcome(&world, id, uuid).await, failed("not_enrolled"));
        assert_eq!(world.device(id).await.state, DeviceState::Released);
    }
    assert_eq!(world.google.calls_of("devices.issueCommand"), 0);
}

#[tokio::test]
async fn a_command_outlives_an_enterprise_that_was_not_gone_after_all() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let before = std::mem::take(&mut world.google.inner().enterprises);
    world.work(AndroidWork::Reconcile(None)).await;
    let uuid = order(&world, id, CommandKind::WipeDevice).await;
    world.work(AndroidWork::Command(id, uuid)).await;
    world.google.inner().enterprises = before;
    world.work(AndroidWork::Reconcile(None)).await;
    world.work(AndroidWork::Command(id, uuid)).await;
    assert_eq!(world.google.calls_of("devices.issueCommand"), 1);
    assert_eq!(world.device(id).await.state, DeviceState::Releasing);
}

/// The reader of the queue died between the end of the enrolment and the answer to what waited.
#[tokio::test]
async fn an_operation_of_a_former_enterprise_is_no_proof_and_not_asked_about() {
    for kind in [CommandKind::Release, CommandKind::WipeDevice, CommandKind::DeviceLock] {
        let world = World::bound().await;
        let id = world.enrolled("1a").await;
        let uuid = order(&world, id, kind).await;
        world.work(AndroidWork::Command(id, uuid)).await;
        world.google.inner().enterprises.clear();
        world.work(AndroidWork::Reconcile(None)).await;
        world.call("DELETE", "/android", None).await.expect(200);
        let over =
            trennwand_domain::Device { state: DeviceState::Released, ..world.device(id).await };
        world.core.store.devices(&world.scope).save(&over, None).await.unwrap();
        world.bind().await;
        world.work(AndroidWork::Command(id, uuid)).await;
        assert_eq!(outcome(&world, id, uuid).await, failed("not_enrolled"), "{kind:?}");
        assert_eq!(world.google.calls_of("operations.get"), 0);
        assert_eq!(world.device(id).await.state, DeviceState::Released);
    }
}

#[tokio::test]
async fn a_phone_whose_management_ended_was_reset_only_if_google_says_so() {
    let cases = [
        (CommandKind::Release, false, (CommandStatus::Acknowledged, String::new())),
        (CommandKind::WipeBusiness, false, (CommandStatus::Acknowledged, String::new())),
        (CommandKind::WipeDevice, false, failed("unknown")),
        (CommandKind::WipeDevice, true, (CommandStatus::Acknowledged, String::new())),
    ];
    for (kind, succeeded, expected) in cases {
        let world = World::bound().await;
        let id = world.enrolled("1a").await;
        let uuid = order(&world, id, kind).await;
        world.work(AndroidWork::Command(id, uuid)).await;
        world.clock.advance(DAY);
        let mut last = world.report("1a", "COMPANY_OWNED");
        last["state"] = "DELETED".into();
        last["appliedState"] = "DELETED".into();
        world.push("STATUS_REPORT", &last).await;
        assert_eq!(world.device(id).await.state, DeviceState::Released);
        world.work(AndroidWork::Command(id, uuid)).await;
        if kind == CommandKind::WipeDevice {
            assert_eq!(result(&world, id, uuid).await, None, "Google may be about to say it");
        }
        if succeeded {
            let said = serde_json::from_value(operation("1a", 1, None)).unwrap();
            world.google.inner().operations.push(said);
        }
        world.clock.advance(2 * DAY);
        world.work(AndroidWork::Command(id, uuid)).await;
        assert_eq!(outcome(&world, id, uuid).await, expected, "{kind:?} {succeeded}");
        assert_eq!(world.device(id).await.state, DeviceState::Released);
    }
}

#[tokio::test]
async fn an_operation_that_google_did_not_give_up_at_once_is_cancelled_later() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let release = order(&world, id, CommandKind::Release).await;
    // Two have the message at the same time, and Google has it twice.
    world.google.inner().is_away = true;
    world.sent();
    let hand_over = || world.work(AndroidWork::Command(id, release));
    tokio::join!(hand_over(), hand_over());
    assert_eq!(world.google.calls_of("devices.issueCommand"), 2, "they did not meet");
    assert!(world.google.inner().cancelled.is_empty());
    assert_eq!(world.sent(), [AndroidWork::Command(id, release)]);
    let android = world.core.store.android(&world.scope);
    let waiting = android.waiting(id, release).await.unwrap().unwrap();
    let extra = waiting.instead_of.unwrap();
    assert_ne!(extra, waiting.operation.unwrap().0);
    world.google.inner().is_away = false;
    world.work(AndroidWork::Command(id, release)).await;
    assert_eq!(world.google.inner().cancelled, [extra]);
}

/// Whether the wipe is ordered before or after its hand-over, a release that got to Google meanwhile
/// does not stay there.
#[tokio::test]
async fn a_release_that_was_replaced_while_it_was_handed_over_is_called_off() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let release = order(&world, id, CommandKind::Release).await;
    world.google.inner().is_away = true;
    let hand_over = world.work(AndroidWork::Command(id, release));
    let wiped = async {
        // Its hand-over has read it as waiting by then, and waits for the database.
        while world.google.calls_of("devices.issueCommand") == 0 {
            tokio::task::yield_now().await;
        }
        let devices = world.core.store.devices(&world.scope);
        let mut tx = world.core.store.transaction();
        let taken = CommandResult {
            uuid: release,
            kind: CommandKind::Release,
            status: CommandStatus::Cancelled,
            answered_at: world.clock.now(),
            result: std::collections::BTreeMap::new(),
        };
        devices.take_back(&mut tx, id, &taken, None);
        let uuid = world.core.ids.command(Priority::Urgent);
        let command = QueuedCommand { uuid, kind: CommandKind::WipeDevice, issued: false };
        devices.enqueue(&mut tx, id, Platform::Android, &command);
        (tx.commit().await, uuid)
    };
    let ((), (replaced, wipe)) = tokio::join!(hand_over, wiped);
    world.google.inner().is_away = false;
    let operation = "enterprises/LC01/devices/1a/operations/1".to_owned();
    if replaced.is_ok() {
        assert!(world.sent().contains(&AndroidWork::Command(id, wipe)));
        world.work(AndroidWork::Command(id, wipe)).await;
        assert_eq!(world.google.inner().cancelled, [operation]);
    } else {
        // Its operation was noted first: then whoever orders is told to look again, and finds it.
        let waiting = world.core.store.android(&world.scope).waiting(id, release).await;
        assert_eq!(waiting.unwrap().unwrap().operation.unwrap().0, operation);
    }
}
