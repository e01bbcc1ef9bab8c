//! Phones are asked again every day, and what they said grows old.

use trennwand_domain::Duration;

use crate::world::{HOUR, World, received};

const QUESTIONS: [&str; 4] =
    ["ProfileList", "Restrictions", "SecurityInfo", "ManagedApplicationList"];

#[tokio::test]
async fn every_phone_is_woken_once_a_day_and_asked_again() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    let before = world.server.apns().count().taken;
    for _ in 0..24 * 6 {
        world.clock.advance(Duration::from_secs(600));
        world.server.tick().await.expect("the timer works");
    }
    world.settle().await;
    assert_eq!(world.server.apns().count().taken, before + 1);
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&talk), QUESTIONS);
    assert_eq!(world.device(&it.device).await["fresh_until"], "2026-11-28T09:00:00Z");
}

#[tokio::test]
async fn an_answer_is_not_asked_for_again_within_20_hours() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    world.clock.advance(20 * HOUR - Duration::from_secs(1));
    assert_eq!(received(&it.phone.connect().await.expect("a talk")), Vec::<&str>::new());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(received(&it.phone.connect().await.expect("a talk")), QUESTIONS);
}

#[tokio::test]
async fn a_silent_phone_becomes_stale_after_72_hours_but_a_violation_stays() {
    let world = World::new().await;
    let good = world.enroll_and_connect("personal").await;
    let bad = world.enroll("personal").await;
    bad.phone.misbehave(|b| b.reports_open_in = true);
    bad.phone.connect().await.expect("the phone connects");
    world.clock.advance(72 * HOUR);
    assert_eq!(world.verdict(&good.device).await, "inferred");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.verdict(&good.device).await, "stale");
    assert_eq!(world.control(&good.device, "contacts_closed").await["verdict"], "stale");
    assert_eq!(world.verdict(&bad.device).await, "violated");
    for (verdict, device) in [("stale", &good.device), ("violated", &bad.device)] {
        let path = world.path(&format!("/devices?verdict={verdict}"));
        let list = world.tenant.get(&path).await.expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
        assert_eq!(list["items"][0]["id"], device.as_str());
    }
    good.phone.connect().await.expect("the phone connects");
    assert_eq!(world.verdict(&good.device).await, "inferred", "fresh again");
}

#[tokio::test]
async fn the_first_contact_of_a_day_is_written_and_later_ones_are_not() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    world.clock.advance(16 * HOUR);
    world.measured("");
    it.phone.connect().await.expect("the phone connects");
    it.phone.connect().await.expect("the phone connects");
    let cost: Vec<_> = world.measured("PUT /mdm/").iter().map(|m| m.usage.wcu).collect();
    assert_eq!(cost, [2.0, 0.0]);
    let seen = world.device(&it.device).await;
    assert!(seen["last_seen_at"].as_str().is_some_and(|t| t.starts_with("2026-11-25T")), "{seen}");
}
