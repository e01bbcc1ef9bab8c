//! The timer against an embedded database.

#[path = "../../checkin/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use support::{NOON, Published, World};
use trennwand_domain::{DeviceId, Duration, Timestamp};
use trennwand_fn_schedule::{ScheduleState, tick};
use trennwand_runtime::{Audience, Message};

const MINUTE: Duration = Duration::from_secs(60);

/// The present day's moment at which this phone is due.
fn minute_of(device: DeviceId) -> Timestamp {
    let midnight = Timestamp::from_unix_s(NOON.unix_day() * 86_400);
    midnight.plus(MINUTE * u32::from(device.wake_minute()))
}

fn woken(published: &Published) -> Vec<DeviceId> {
    let mut devices = Vec::new();
    for (message, delay) in published.take() {
        let Message::Wake(wake) = message else { panic!("not a wake") };
        let Audience::Targets(targets) = wake.audience else { panic!("no targets") };
        assert_eq!(delay, Duration::ZERO);
        devices.extend(targets.iter().map(|target| target.device));
    }
    devices.sort_unstable();
    devices
}

#[tokio::test]
async fn every_phone_is_woken_at_its_minute_and_at_no_other() {
    let world = World::new().await;
    let published = Arc::new(Published::default());
    let state = ScheduleState { core: world.core.clone(), publisher: published.clone() };
    let phone = world.enrolled(1).await;
    world.invite(trennwand_domain::Ownership::Personal).await;
    let due = minute_of(phone);
    assert_eq!(tick(&state, due.minus(MINUTE), due.minus(MINUTE * 2)).await.unwrap(), 0);
    for _ in 0..2 {
        assert_eq!(tick(&state, due, due.minus(MINUTE)).await.unwrap(), 1);
        assert_eq!(woken(&published), [phone]);
    }
    assert_eq!(tick(&state, due.plus(MINUTE), due).await.unwrap(), 0);
}

#[tokio::test]
async fn after_a_pause_every_phone_is_woken_once() {
    let world = World::new().await;
    let published = Arc::new(Published::default());
    let state = ScheduleState { core: world.core.clone(), publisher: published.clone() };
    let mut phones = Vec::new();
    for token in 1..=6 {
        world.clock.advance(Duration::from_secs(1));
        phones.push(world.enrolled(token).await);
    }
    let week = Duration::from_secs(7 * 86_400);
    assert_eq!(tick(&state, NOON.plus(week), NOON).await.unwrap(), 6);
    assert_eq!(woken(&published), phones);
}

#[tokio::test]
async fn a_phone_with_a_dead_token_has_to_come_by_itself() {
    let world = World::new().await;
    let published = Arc::new(Published::default());
    let state = ScheduleState { core: world.core.clone(), publisher: published.clone() };
    let phone = world.enrolled(1).await;
    let devices = world.core.store.devices(&world.scope);
    let target = devices.push_targets(&[phone]).await.unwrap().remove(0);
    devices.mark_push_lost(&target).await.unwrap();
    tick(&state, NOON.plus(Duration::from_secs(86_400)), NOON).await.unwrap();
    assert_eq!(woken(&published), []);
}
