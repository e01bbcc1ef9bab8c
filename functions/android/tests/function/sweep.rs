//! The daily look at all phones: Google's list, and ours.

use serde_json::Value;
use trennwand_domain::{
    Clock as _, CommandKind, Device, DeviceState, Duration, Ownership, Platform, Priority,
    QueuedCommand,
};
use trennwand_runtime::AndroidWork;

use crate::support::{World, invitation};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn the_sweep_moves_our_phones_and_touches_nobody_elses() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    let ours = world.report("1a", "COMPANY_OWNED");
    let of = |name: &str, data: Value| {
        let mut report = ours.clone();
        report["name"] = format!("enterprises/LC01/devices/{name}").into();
        report["enrollmentTokenData"] = data;
        report["policyName"] = "enterprises/LC01/policies/default".into();
        serde_json::from_value(report).unwrap()
    };
    let data = ours["enrollmentTokenData"].clone();
    let text = data.as_str().unwrap();
    let forged = format!("{}{}", &text[..text.len() - 1], if text.ends_with('0') { 1 } else { 0 });
    world.clock.advance(DAY);
    world.google.inner().devices = vec![
        of("1a", data.clone()),
        // A seal that is not ours; no reference; another phone with a token that was used up.
        of("2b", forged.into()),
        of("3c", Value::Null),
        of("4d", data),
    ];
    world.work(AndroidWork::Reconcile(None)).await;
    let moved: Vec<_> = {
        let inner = world.google.inner();
        let moved = inner.devices.iter().map(|device| {
            device.policy_name.as_ref().is_none_or(|policy| policy.id() != "default")
        });
        moved.collect()
    };
    assert_eq!(moved, [true, false, false, false]);
    assert_eq!(world.google.calls_of("devices.patch"), 1);
    assert_eq!(world.device(id).await.last_seen_at, Some(world.clock.now().minus(DAY)));
}

#[tokio::test]
async fn a_hand_over_that_got_lost_is_made_up_for_page_by_page() {
    const PHONES: usize = 130;
    let world = World::bound().await;
    let core = &world.core;
    let mut ordered = Vec::new();
    for _ in 0..PHONES {
        let (enrollment, device, _) = invitation(core, Ownership::Company);
        let device = trennwand_domain::Device { state: DeviceState::Enrolled, ..device };
        let uuid = core.ids.command(Priority::Urgent);
        let command = QueuedCommand { uuid, kind: CommandKind::DeviceLock, issued: false };
        let mut tx = core.store.transaction();
        core.store.enrollments(&world.scope).insert(&mut tx, &enrollment, &device);
        let devices = core.store.devices(&world.scope);
        devices.enqueue(&mut tx, device.id, Platform::Android, &command);
        tx.commit().await.unwrap();
        ordered.push((device.id, uuid));
    }
    world.invite(Ownership::Company).await;
    let (mut asked, mut pages, mut next) = (Vec::new(), 0, Some(AndroidWork::FollowUp(None)));
    while let Some(page) = next.take() {
        world.work(page).await;
        pages += 1;
        let mut of_page = 0;
        for work in world.sent() {
            match work {
                AndroidWork::Command(device, uuid) => {
                    of_page += 1;
                    asked.push((device, uuid));
                }
                AndroidWork::FollowUp(_) => next = Some(work),
                AndroidWork::Token(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(of_page <= 100, "{of_page} in one message");
    }
    assert_eq!(pages, 2);
    asked.sort_unstable();
    ordered.sort_unstable();
    assert_eq!(asked, ordered);
}

/// Google refuses to move one phone; those behind it, on its page and on the next, are moved.
#[tokio::test]
async fn a_phone_that_google_refuses_for_good_is_in_nobodys_way() {
    let world = World::bound().await;
    for phone in ["1a", "2b", "3c"] {
        world.enrolled(phone).await;
    }
    {
        let mut inner = world.google.inner();
        inner.refused = Some("1a");
        for phone in &mut inner.devices {
            phone.policy_name = "enterprises/LC01/policies/default".parse().ok();
        }
        let mut strangers = vec![inner.devices[0].clone(); 100];
        for stranger in &mut strangers {
            stranger.enrollment_token_data = None;
        }
        let last = inner.devices.pop().unwrap();
        inner.devices.extend(strangers);
        inner.devices.push(last);
    }
    let first = AndroidWork::Reconcile(None);
    world.work(first).await;
    let next = world.sent();
    assert_eq!(next, [AndroidWork::Reconcile(Some("100".into()))]);
    for page in next {
        world.work(page).await;
    }
    let inner = world.google.inner();
    let moved = |phone: &&trennwand_android::DeviceReport| {
        phone.policy_name.as_ref().is_some_and(|policy| policy.id() != "default")
    };
    let moved: Vec<_> = inner.devices.iter().filter(moved).map(|p| p.name.to_string()).collect();
    assert_eq!(moved, ["enterprises/LC01/devices/2b", "enterprises/LC01/devices/3c"]);
}

/// The message that was to make or to take back a token was lost.
#[tokio::test]
async fn an_invitations_token_is_looked_at_again_as_long_as_it_may_be_good() {
    let world = World::bound().await;
    let (open, _) = world.invite(Ownership::Personal).await;
    let (taken_back, _) = world.invite(Ownership::Personal).await;
    let enrolled = world.enrolled("1a").await;
    let devices = world.core.store.devices(&world.scope);
    let over = Device { state: DeviceState::Released, ..world.device(taken_back.device).await };
    devices.save(&over, None).await.unwrap();
    for expected in [vec![open.id, taken_back.id], vec![open.id]] {
        world.work(AndroidWork::FollowUp(None)).await;
        let mut looked_at: Vec<_> = world
            .sent()
            .into_iter()
            .filter_map(|work| match work {
                AndroidWork::Token(id) => Some(id),
                AndroidWork::Seek(id) if id == enrolled => None,
                other => panic!("{other:?}"),
            })
            .collect();
        looked_at.sort_unstable();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(looked_at, expected);
        world.clock.advance(31 * DAY);
    }
}

/// Google says that it deleted a phone once; of a phone that it does not list nothing more is heard.
#[tokio::test]
async fn a_phone_that_google_has_no_more_is_found_though_its_last_report_was_lost() {
    let world = World::bound().await;
    let (there, gone) = (world.enrolled("1a").await, world.enrolled("2b").await);
    world.google.inner().devices.truncate(1);
    let asked = async || {
        world.work(AndroidWork::FollowUp(None)).await;
        let mut asked = world.sent();
        asked.sort_by_key(|work| work != &AndroidWork::Seek(there));
        asked
    };
    for days in 0..30 {
        let expected = match days {
            3 | 10 | 17 | 24 => vec![AndroidWork::Seek(there), AndroidWork::Seek(gone)],
            _ => Vec::new(),
        };
        assert_eq!(asked().await, expected, "{days}");
        world.clock.advance(DAY);
    }
    world.google.inner().calls.clear();
    // Google still has the first one, and what it says of it was missed.
    world.google.inner().devices[0].last_status_report_time = Some(world.clock.now());
    for phone in [there, gone, gone] {
        world.work(AndroidWork::Seek(phone)).await;
    }
    assert_eq!(world.device(there).await.last_seen_at, Some(world.clock.now()));
    assert_eq!(world.device(there).await.state, DeviceState::Enrolled);
    assert_eq!(world.device(gone).await.state, DeviceState::Released);
    assert_eq!(world.google.calls_of("devices.get"), 2);
}

/// It is the enterprise that is over then; what of its phones is over is decided with it.
#[tokio::test]
async fn a_phone_is_not_given_up_because_the_enterprise_is_out_of_reach() {
    let world = World::bound().await;
    let id = world.enrolled("1a").await;
    world.clock.advance(3 * DAY);
    {
        let mut inner = world.google.inner();
        inner.devices.clear();
        inner.enterprises.clear();
    }
    world.work(AndroidWork::Seek(id)).await;
    assert_eq!(world.device(id).await.state, DeviceState::Enrolled);
    let binding = world.core.store.android(&world.scope).binding().await.unwrap().unwrap();
    assert_eq!(binding.state, trennwand_domain::BindingState::EndedAtGoogle);
}

/// After the end of a binding each invitation's token is taken back, though Google refuses one: that one
/// is asked for again by itself.
#[tokio::test]
async fn a_token_that_is_not_taken_back_does_not_keep_the_others() {
    let world = World::bound().await;
    let mut invited = Vec::new();
    for _ in 0..3 {
        invited.push(world.invite(Ownership::Personal).await.0.id);
    }
    world.call("DELETE", "/android", None).await.expect(200);
    world.sent();
    world.google.inner().refused = Some("T2");
    world.work(AndroidWork::Settle(None)).await;
    assert_eq!(world.sent(), [AndroidWork::Token(invited[1])]);
    let left: Vec<_> = world.google.inner().tokens.iter().filter_map(|t| t.name.clone()).collect();
    let left: Vec<_> = left.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["enterprises/LC01/enrollmentTokens/T2"]);
}
