//! Commands to Android phones that are off, change their minds, or whose answers get lost.

use super::*;
use crate::world::Answer;

const DAY: Duration = Duration::from_secs(86_400);

impl World {
    async fn release(&self, phone: &Phone) -> Answer {
        let path = self.path(&format!("/devices/{}/release", phone.device));
        let answer = self.tenant.post(&path, json!({})).await;
        self.settle().await;
        answer
    }

    async fn wipe(&self, phone: &Phone, scope: &str) -> Answer {
        let path = self.path(&format!("/devices/{}/wipe", phone.device));
        let order = json!({ "scope": scope, "confirm": phone.device, "reason": "left in a taxi " });
        let answer = self.tenant.post(&path, order).await;
        self.settle().await;
        answer
    }

    async fn state(&self, phone: &Phone) -> String {
        text(&self.device(&phone.device).await, "state")
    }

    /// What Google has to say gets lost.
    fn lose_notifications(&self) -> usize {
        let nobody = Subscription { audience: String::new(), email: String::new() };
        self.server.google().push_requests(Delivery::default(), &nobody).len()
    }

    async fn days_later(&self, days: u32) {
        self.clock.advance(DAY * days);
        self.server.tick().await.expect("the timer works");
        self.settle().await;
    }
}

/// Status of a command and, if it failed, why.
async fn outcome(world: &World, phone: &Phone, command: &Value) -> (String, Value) {
    let shown = world.command(&phone.device, &text(command, "id")).await;
    (text(&shown, "status"), shown["result"]["reason"].clone())
}

fn ended(status: &str, reason: Value) -> (String, Value) {
    (status.to_owned(), reason)
}

#[tokio::test]
async fn a_lock_waits_for_a_phone_that_is_off_and_is_answered_once() {
    let world = bound().await;
    for ownership in ["personal", "company"] {
        let phone = enroll(&world, ownership, 15).await;
        phone.phone.set_on(false);
        let order = world.order(&phone.device, "device_lock").await;
        assert_eq!(outcome(&world, &phone, &order).await, ended("delivered", Value::Null));
        world.clock.advance(6 * DAY);
        phone.phone.set_on(true);
        phone.sync(&world).await;
        assert_eq!(outcome(&world, &phone, &order).await, ended("acknowledged", Value::Null));
        let locks = phone.events().into_iter().filter(|e| *e == AndroidEvent::Locked).count();
        assert_eq!(locks, 1, "{ownership}");
        assert_eq!(world.state(&phone).await, "enrolled");
    }
}

#[tokio::test]
async fn what_became_of_a_command_is_asked_daily_when_the_answer_was_lost() {
    let world = bound().await;
    let (gone, idle) = (enroll(&world, "company", 15).await, enroll(&world, "personal", 14).await);
    let release = world.release(&gone).await.expect(202);
    let lock = world.order(&idle.device, "device_lock").await;
    world.clock.advance(MINUTE);
    gone.phone.sync();
    assert!(gone.events().contains(&AndroidEvent::WorkProfileRemoved));
    assert!(world.lose_notifications() >= 2, "what became of it, and the last report");
    world.settle().await;
    assert_eq!(world.state(&gone).await, "releasing", "nobody has heard of it");

    world.days_later(1).await;
    assert_eq!(world.state(&gone).await, "released");
    assert_eq!(outcome(&world, &gone, &release).await, ended("acknowledged", Value::Null));
    assert_eq!(outcome(&world, &idle, &lock).await, ended("delivered", Value::Null), "it waits");

    // A week is how long a lock is good for.
    idle.phone.set_on(false);
    world.days_later(7).await;
    assert_eq!(outcome(&world, &idle, &lock).await, ended("error", json!("expired")));
    assert_eq!(world.state(&idle).await, "enrolled");
}

#[tokio::test]
async fn a_release_that_no_phone_came_for_in_a_year_is_over() {
    let world = bound().await;
    let phone = enroll(&world, "personal", 15).await;
    phone.phone.set_on(false);
    let release = world.release(&phone).await.expect(202);
    world.days_later(364).await;
    assert_eq!(world.state(&phone).await, "releasing", "it may come yet");
    world.clock.advance(DAY);
    // Google says so when it is asked, and once more by a message that gets lost.
    world.lose_notifications();
    world.days_later(1).await;
    assert_eq!(world.state(&phone).await, "enrolled");
    assert_eq!(outcome(&world, &phone, &release).await, ended("error", json!("expired")));
    // So it can be ordered again.
    phone.phone.set_on(true);
    world.release(&phone).await.expect(202);
    phone.sync(&world).await;
    assert_eq!(world.state(&phone).await, "released");
}

#[tokio::test]
async fn the_same_removal_is_ordered_once_and_a_wipe_takes_the_place_of_a_release() {
    let world = bound().await;
    let phone = enroll(&world, "company", 15).await;
    phone.phone.set_on(false);
    let release = world.release(&phone).await.expect(202);
    world.release(&phone).await.refused(409, "removal_pending");
    world.wipe(&phone, "business").await.refused(409, "removal_pending");
    let path = world.path(&format!("/devices/{}", phone.device));
    world.tenant.delete(&path).await.refused(409, "device_enrolled");

    // It was stolen.
    let wipe = world.wipe(&phone, "whole_device").await.expect(202);
    assert_eq!(outcome(&world, &phone, &release).await, ended("cancelled", json!("replaced")));
    world.wipe(&phone, "whole_device").await.refused(409, "removal_pending");
    world.release(&phone).await.refused(409, "removal_pending");
    assert_eq!(world.state(&phone).await, "releasing");
    phone.phone.set_on(true);
    phone.sync(&world).await;
    let events = phone.events();
    assert!(events.contains(&AndroidEvent::FactoryReset), "{events:?}");
    assert!(!events.contains(&AndroidEvent::WorkProfileRemoved), "not the release first");
    assert_eq!(outcome(&world, &phone, &wipe).await, ended("acknowledged", Value::Null));
    assert_eq!(outcome(&world, &phone, &release).await, ended("cancelled", json!("replaced")));
    assert_eq!(world.state(&phone).await, "released");

    // The trail says who wanted it and why.
    let trail = world.tenant.get(&world.path("/audit-events?limit=100")).await.expect(200);
    let events = trail["items"].as_array().expect("events");
    let of = |operation: &str| {
        let found = events.iter().find(|event| event["operation"] == operation);
        found.unwrap_or_else(|| panic!("{operation} is missing in {trail}"))["reason"].clone()
    };
    assert_eq!((of("device_wipe"), of("device_release")), (json!("left in a taxi"), Value::Null));
}

/// Google has one word for both ways of wiping. On the phone of a person there is one way only.
#[tokio::test]
async fn no_path_resets_a_personal_phone() {
    let world = bound().await;
    let google = world.server.google();
    let check = |phone: &Phone, path: &str| {
        assert!(!phone.events().contains(&AndroidEvent::FactoryReset), "{path}");
        let deleted = google
            .requests()
            .into_iter()
            .find(|request| request.starts_with("DELETE") && request.contains("/devices/"));
        assert_eq!(deleted, None, "{path}: removing a record wipes the phone");
    };
    let mut left = Vec::new();
    for path in ["release", "business", "whole_device", "lock", "reconcile", "supersede"] {
        let entropy = Seeded::new(40 + left.len() as u64);
        let handset = AndroidHandset::new(AndroidVersion::new(15), &entropy);
        let mut phone = enroll_handset(&world, "personal", handset.clone()).await;
        match path {
            "release" => drop(world.release(&phone).await.expect(202)),
            "business" => drop(world.wipe(&phone, path).await.expect(202)),
            "whole_device" => {
                phone.phone.set_on(false);
                world.wipe(&phone, path).await.refused(403, "command_not_permitted");
                // Nor by the way of something that is pending.
                world.release(&phone).await.expect(202);
                world.wipe(&phone, path).await.refused(403, "command_not_permitted");
                phone.phone.set_on(true);
            }
            "lock" => drop(world.order(&phone.device, "device_lock").await),
            "reconcile" => world.days_later(1).await,
            _ => {
                // Its user takes the work profile off and sets it up anew.
                phone.phone.remove_work();
                let former = phone;
                let made = invite(&world, "personal").await;
                let link = set_up(&text(&made, "url"), "personal").await;
                former.phone.enroll(&link).expect("it enrols");
                world.settle().await;
                assert_eq!(world.state(&former).await, "superseded");
                phone = Phone { phone: former.phone.clone(), device: text(&made, "device") };
                check(&former, path);
                let path = world.path(&format!("/devices/{}", former.device));
                world.tenant.delete(&path).await.expect(204);
                world.settle().await;
            }
        }
        phone.sync(&world).await;
        check(&phone, path);
        left.push(phone);
    }
    // Forgetting, and giving the enterprise up.
    let unbind = world.path("/android");
    world.tenant.delete(&unbind).await.refused(409, "android_devices_enrolled");
    for phone in &left {
        if world.state(phone).await != "released" {
            world.release(phone).await.expect(202);
            phone.sync(&world).await;
        }
        assert_eq!(world.state(phone).await, "released");
        assert!(phone.events().contains(&AndroidEvent::WorkProfileRemoved));
        let path = world.path(&format!("/devices/{}", phone.device));
        world.tenant.delete(&path).await.expect(204);
    }
    world.tenant.delete(&unbind).await.expect(200);
    world.settle().await;
    world.days_later(1).await;
    left.iter().for_each(|phone| check(phone, "the end"));
}
