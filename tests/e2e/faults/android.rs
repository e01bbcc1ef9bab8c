//! Android phones at the stand-in for Google, while the database fails.

use std::cell::RefCell;

use trennwand_simulator::AndroidEvent;

use super::*;
use crate::{
    android::{Phone, bind, enroll},
    world::text,
};

/// A release, from the order to what came of it.
pub(super) async fn removal(it: Faulty) {
    bind(&it.world).await;
    let fresh = async || {
        let token = it.world.tenant.sign_in().await;
        (enroll(&it.world, "company", 15).await, token)
    };
    let current: RefCell<(Phone, String)> = RefCell::new(fresh().await);
    let order = RefCell::new(String::new());
    let act = async |_| {
        let (path, token) = {
            let current = current.borrow();
            (format!("/devices/{}/release", current.0.device), current.1.clone())
        };
        let (status, made) =
            it.insist(&token, Method::POST, &it.world.path(&path), &json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{made}");
        *order.borrow_mut() = text(&made, "id");
        it.settle().await;
        it.world.clock.advance(trennwand_domain::Duration::from_secs(60));
        current.borrow().0.phone.sync();
        it.settle().await;
    };
    let check = async |nth: u32| {
        // What was not taken is pushed again.
        it.settle().await;
        let (device, events) = {
            let current = current.borrow();
            (current.0.device.clone(), current.0.events())
        };
        let removed = events.iter().filter(|e| **e == AndroidEvent::WorkProfileRemoved).count();
        assert_eq!(removed, 1, "call {nth}: {events:?}");
        assert!(!events.contains(&AndroidEvent::FactoryReset), "call {nth}");
        assert_eq!(it.world.device(&device).await["state"], "released", "call {nth}");
        // Whatever was lost, the day's sweep finds.
        it.world.clock.advance(trennwand_domain::Duration::from_secs(86_400));
        it.world.server.tick().await.expect("the timer works");
        it.settle().await;
        let ordered = order.borrow().clone();
        let shown = it.world.command(&device, &ordered).await;
        assert_eq!(shown["status"], "acknowledged", "call {nth}: {shown}");
        let next = fresh().await;
        *current.borrow_mut() = next;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 10, "order, stream, hand-over, report and answer: {calls}");
}

/// A stage that is taken back: its phone is moved to the policy that is left.
pub(super) async fn moves(it: Faulty) {
    bind(&it.world).await;
    let group = it.world.group("Pilots").await;
    let phone = enroll(&it.world, "personal", 15).await;
    let member = format!("/groups/{group}/members/{}", phone.device);
    it.world.tenant.put(&it.world.path(&member), Value::Null).await.expect(204);
    it.settle().await;
    let rollouts = text(&it.world.policy().await.0, "id");
    let rollouts = it.world.path(&format!("/policies/{rollouts}/rollouts"));
    let begin = async || {
        let version = it.world.android_draft().await;
        let stages = json!([{ "group": group, "wait_s": 3600 }, 100]);
        let order = json!({ "version": version, "stages": stages });
        let made = it.world.tenant.post(&rollouts, order).await.expect(201);
        it.settle().await;
        let follows = phone.phone.policy().expect("it is under management");
        assert!(follows.ends_with(&format!("-v{version}")), "{follows}");
        format!("{rollouts}/{}/rollback", text(&made, "id"))
    };
    let order = RefCell::new((begin().await, it.world.tenant.sign_in().await));
    let act = async |_| {
        let (path, token) = order.borrow().clone();
        let (status, shown) = it.insist(&token, Method::POST, &path, &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{shown}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        let follows = phone.phone.policy().expect("it is under management");
        assert!(!follows.contains("-v"), "call {nth}: {follows}");
        // Google's quota fills with time.
        it.world.clock.advance(trennwand_domain::Duration::from_secs(60));
        let next = (begin().await, it.world.tenant.sign_in().await);
        *order.borrow_mut() = next;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 10, "order, stream, policies, the page of phones: {calls}");
}
