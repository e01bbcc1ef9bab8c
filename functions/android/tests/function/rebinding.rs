//! Enterprises that come to an end, or to nothing, and tenants that are bound again.

use std::sync::atomic::Ordering;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use trennwand_domain::{DeviceState, Duration, OneTimeToken, Ownership};
use trennwand_runtime::AndroidWork;

use crate::support::World;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

impl World {
    async fn status(&self) -> Value {
        self.call("GET", "/android", None).await.expect(200)["status"].clone()
    }

    /// Where the sign-in page leads with an invitation's code.
    async fn sign_in(&self, code: &OneTimeToken) -> String {
        let request = Request::post(format!("/android/signin/{}", self.scope.tenant()))
            .header("content-type", "application/x-www-form-urlencoded");
        let body = Body::from(format!("code={}", code.expose()));
        self.send(request.body(body).unwrap()).await.location.unwrap()
    }

    async fn settle(&self) {
        self.work(AndroidWork::Settle(None)).await;
    }
}

const INVALID: &str = "https://enterprise.google.com/android/enroll/invalid";

fn link(value: &str) -> String {
    format!("https://enterprise.google.com/android/enroll?et={value}")
}

#[tokio::test]
async fn a_tenant_bound_anew_has_policies_and_tokens_there_and_none_of_the_former_enterprise() {
    let world = World::bound().await;
    let (enrollment, code) = world.invite(Ownership::Personal).await;
    assert_eq!(world.sign_in(&code).await, link("VALUE1"));
    let former = world.report("3a", "PERSONALLY_OWNED");

    let unbound = world.call("DELETE", "/android", None).await.expect(200);
    assert_eq!(unbound["customer_steps"][0]["code"], "delete_enterprise");
    assert_eq!(world.sign_in(&code).await, INVALID, "at once, whatever Google knows");
    for _ in 0..2 {
        // The message may come twice.
        world.settle().await;
    }
    assert_eq!(world.google.calls_of("enrollmentTokens.delete"), 1);
    assert!(world.google.inner().tokens.is_empty());
    assert_eq!(world.push("ENROLLMENT", &former).await, StatusCode::NO_CONTENT);
    assert_eq!(world.device(enrollment.device).await.state, DeviceState::Invited);

    world.bind().await;
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!(shown["enterprise"], "enterprises/LC02");
    let at = |enterprise: &str| {
        let inner = world.google.inner();
        inner.policies.iter().filter(|(name, ..)| name.enterprise().id() == enterprise).count()
    };
    assert_eq!((at("LC01"), at("LC02")), (2, 2));
    assert_eq!(world.sign_in(&code).await, link("VALUE2"));
    // The token of the former enterprise was used before it was deleted.
    world.clock.advance(MINUTE);
    let mut late = former;
    late["lastStatusReportTime"] =
        world.report("3a", "PERSONALLY_OWNED")["lastStatusReportTime"].clone();
    assert_eq!(world.push("ENROLLMENT", &late).await, StatusCode::NO_CONTENT);
    assert_eq!(world.device(enrollment.device).await.state, DeviceState::Invited);
    let good = world.report("4b", "PERSONALLY_OWNED");
    assert_eq!(good["name"], "enterprises/LC02/devices/4b");
    assert_eq!(world.push("ENROLLMENT", &good).await, StatusCode::NO_CONTENT);
    assert_eq!(world.device(enrollment.device).await.state, DeviceState::Enrolled);
}

#[tokio::test]
async fn of_two_messages_for_one_invitation_one_token_is_left_and_it_is_the_known_one() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    let android = world.core.store.android(&world.scope);
    let former = android.token(enrollment.id).await.unwrap().unwrap();
    android.remove_token(enrollment.id, &former.name).await.unwrap();
    world.google.inner().tokens.clear();
    let message = AndroidWork::Token(enrollment.id);
    let tenant = world.scope.tenant();
    let read = || trennwand_fn_android::work(&world.state, tenant, &message);
    let (one, two) = tokio::join!(read(), read());
    one.unwrap();
    two.unwrap();
    let stored = android.token(enrollment.id).await.unwrap().unwrap();
    let known: Vec<_> = world.google.inner().tokens.iter().map(|t| t.name.clone()).collect();
    assert_eq!(known, [Some(stored.name.parse().unwrap())]);
}

#[tokio::test]
async fn a_token_is_taken_back_however_late_the_message_comes() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    world.call("DELETE", "/android", None).await.expect(200);
    // The next sign-up was begun already.
    world.call("POST", "/android/signup", None).await.expect(201);
    world.work(AndroidWork::Token(enrollment.id)).await;
    assert!(world.google.inner().tokens.is_empty());
    let stored = world.core.store.android(&world.scope).token(enrollment.id).await.unwrap();
    assert_eq!(stored, None);

    // One that only the former enterprise knows is gone with it.
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Company).await;
    world.call("DELETE", "/android", None).await.expect(200);
    world.google.inner().enterprises.clear();
    world.settle().await;
    let stored = world.core.store.android(&world.scope).token(enrollment.id).await.unwrap();
    assert_eq!(stored, None);

    // But if Google lets us do nothing, it is tried again.
    let world = World::bound().await;
    let (enrollment, code) = world.invite(Ownership::Company).await;
    world.call("DELETE", "/android", None).await.expect(200);
    world.google.inner().is_locked = true;
    let tenant = world.scope.tenant();
    let tried = trennwand_fn_android::work(&world.state, tenant, &AndroidWork::Settle(None)).await;
    assert!(tried.is_err());
    world.google.inner().is_locked = false;
    world.settle().await;
    assert!(world.google.inner().tokens.is_empty());
    let stored = world.core.store.android(&world.scope).token(enrollment.id).await.unwrap();
    assert_eq!(stored, None);
    assert_eq!(world.sign_in(&code).await, INVALID);
}

/// A tenant whose enterprise was made at Google, but nobody heard of it.
async fn with_a_lost_enterprise() -> World {
    let world = World::agreed().await;
    world.call("POST", "/android/signup", None).await.expect(201);
    world.google.inner().loses_enterprises = true;
    world.google.inner().is_locked = true;
    assert_eq!(world.get(&world.callback()).await, StatusCode::SERVICE_UNAVAILABLE);
    world.google.inner().is_locked = false;
    world
}

#[tokio::test]
async fn an_enterprise_whose_making_nobody_heard_of_is_found_and_no_second_one_made() {
    let world = World::agreed().await;
    world.call("POST", "/android/signup", None).await.expect(201);
    world.google.inner().loses_enterprises = true;
    for _ in 0..2 {
        assert_eq!(world.get(&world.callback()).await, StatusCode::OK);
    }
    assert_eq!(world.status().await, "bound");
    assert_eq!(world.google.inner().enterprises.len(), 1);

    // Google does not answer to that either, and the administrator closes the window.
    let world = with_a_lost_enterprise().await;
    assert_eq!(world.status().await, "signing_up");
    world.work(AndroidWork::Reconcile(None)).await;
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!(
        (&shown["status"], &shown["enterprise"]),
        (&json!("bound"), &json!("enterprises/LC01"))
    );
    assert_eq!(world.get(&world.callback()).await, StatusCode::OK, "the page is loaded again");
    assert_eq!(world.google.inner().enterprises.len(), 1);

    // Or the sign-up is begun anew before anybody looked.
    let world = with_a_lost_enterprise().await;
    let again = world.call("POST", "/android/signup", None).await.expect(409);
    assert_eq!(again["code"], "android_bound");
    assert_eq!(world.status().await, "bound");
    assert_eq!(world.google.inner().enterprises.len(), 1);
}

#[tokio::test]
async fn another_sign_ups_enterprise_is_not_taken_for_this_ones() {
    let world = World::bound().await;
    world.call("DELETE", "/android", None).await.expect(200);
    world.call("POST", "/android/signup", None).await.expect(201);
    // The former one is still at Google, with the same name.
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(world.status().await, "signing_up");
    let refused = world.callback().replace("=good", "=bad");
    assert_eq!(world.get(&refused).await, StatusCode::CONFLICT);
    assert_eq!(world.status().await, "signing_up");
}

#[tokio::test]
async fn a_sign_up_that_nobody_finishes_gives_its_phones_back() {
    let mut world = World::agreed().await;
    world.call("POST", "/android/signup", Some(json!({ "devices": 700 }))).await.expect(201);
    let (store, scope) = (world.core.store.clone(), world.scope);
    let android = store.android(&scope);
    world.clock.advance(DAY.saturating_sub(MINUTE));
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(android.reserved().await.unwrap(), 700);
    world.clock.advance(MINUTE);
    let due = world.core.store.due().enterprises(0..=1439).await.unwrap();
    assert_eq!(due, [world.scope], "the timer comes by");
    for _ in 0..2 {
        world.work(AndroidWork::Reconcile(None)).await;
    }
    assert_eq!(android.reserved().await.unwrap(), 0);
    world.sign_in_again().await;
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!((&shown["status"], &shown["customer_steps"]), (&json!("unbound"), &json!([])));
    // Whoever comes back late makes nothing.
    assert_eq!(world.get(&world.callback()).await, StatusCode::NOT_FOUND);
    assert!(world.google.inner().enterprises.is_empty());
    world.bind().await;
    assert_eq!(world.status().await, "bound");
}

#[tokio::test]
async fn no_fewer_phones_are_kept_for_a_new_sign_up_than_are_invited() {
    let mut world = World::bound().await;
    for _ in 0..2 {
        world.invite(Ownership::Personal).await;
    }
    world.call("DELETE", "/android", None).await.expect(200);
    let order = |devices: u32| Some(json!({ "devices": devices }));
    let refused = world.call("POST", "/android/signup", order(1)).await.expect(409);
    assert_eq!(refused["code"], "android_reservation_exhausted");
    world.call("POST", "/android/signup", order(2)).await.expect(201);
    // Nor by beginning anew.
    let refused = world.call("POST", "/android/signup", order(1)).await.expect(409);
    assert_eq!(refused["code"], "android_reservation_exhausted");
    // Invitations that ran out count no more.
    world.clock.advance(DAY);
    world.sign_in_again().await;
    world.call("POST", "/android/signup", order(1)).await.expect(201);
}

#[tokio::test]
async fn one_tenant_does_not_get_the_whole_platform() {
    let mut world = World::agreed().await;
    world.limit(4_000);
    let many = json!({ "devices": 4_001 });
    let refused = world.call("POST", "/android/signup", Some(many.clone())).await.expect(409);
    assert_eq!(refused["code"], "android_quota_exhausted");
    world.call("POST", "/android/signup", Some(json!({ "devices": 4_000 }))).await.expect(201);
    let refused = world.call("PATCH", "/android", Some(many)).await.expect(409);
    assert_eq!(refused["code"], "android_quota_exhausted");
    let shown = world.call("GET", "/android", None).await.expect(200);
    let numbers =
        json!({ "platform_quota": 20_000, "tenant_quota": 4_000, "reserved": 4_000, "taken": 0 });
    assert_eq!(shown["devices"], numbers);
    let usual = trennwand_fn_android::Platform::usual_tenant_quota;
    assert_eq!([usual(500), usual(30), usual(20_000)], [100, 10, 4_000]);
}

#[tokio::test]
async fn an_enterprise_that_was_ended_at_google_shows_as_such_and_makes_room_for_another() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    world.push("ENROLLMENT", &world.report("3a", "PERSONALLY_OWNED")).await;
    world.google.inner().enterprises.clear();
    world.work(AndroidWork::Reconcile(None)).await;
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!(shown["status"], "ended_at_google");
    assert_eq!(shown["customer_steps"][0]["code"], "sign_up_again");
    let calls = world.google.inner().calls.len();
    for work in
        [AndroidWork::Align, AndroidWork::Place(enrollment.device), AndroidWork::Settle(None)]
    {
        world.work(work).await;
    }
    assert_eq!(world.google.inner().calls.len(), calls, "nothing is tried any more");
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(world.google.inner().calls.len(), calls + 1, "but for once a day");

    world.bind().await;
    assert_eq!(world.status().await, "bound");
    assert_eq!(world.device(enrollment.device).await.state, DeviceState::Released);
    let former = world.core.store.directory().enterprise("LC01").await.unwrap();
    assert_eq!(former, None);
    let reserved = world.core.store.android(&world.scope).reserved().await.unwrap();
    assert_eq!(reserved, 20_000, "not twice");
}

#[tokio::test]
async fn what_was_ended_at_google_can_be_given_up_here_though_phones_were_enrolled() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    world.push("ENROLLMENT", &world.report("3a", "PERSONALLY_OWNED")).await;
    let before = std::mem::take(&mut world.google.inner().enterprises);
    world.work(AndroidWork::Align).await;
    assert_eq!(world.status().await, "bound", "nothing was to be done");
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(world.status().await, "ended_at_google");
    // It was not, after all.
    world.google.inner().enterprises = before;
    world.work(AndroidWork::Reconcile(None)).await;
    assert_eq!(world.status().await, "bound");
    let refused = world.call("DELETE", "/android", None).await.expect(409);
    assert_eq!(refused["code"], "android_devices_enrolled");
    world.google.inner().enterprises.clear();
    world.work(AndroidWork::Reconcile(None)).await;
    let unbound = world.call("DELETE", "/android", None).await.expect(200);
    assert_eq!((&unbound["status"], &unbound["customer_steps"]), (&json!("unbound"), &json!([])));
    world.settle().await;
    assert_eq!(world.device(enrollment.device).await.state, DeviceState::Released);
    assert_eq!(world.core.store.android(&world.scope).reserved().await.unwrap(), 0);
}

#[tokio::test]
async fn no_enterprise_is_taken_for_ended_because_our_own_identity_may_do_nothing() {
    let world = World::bound().await;
    world.google.inner().is_locked = true;
    let tenant = world.scope.tenant();
    let reconcile = AndroidWork::Reconcile(None);
    assert!(trennwand_fn_android::work(&world.state, tenant, &reconcile).await.is_err());
    assert_eq!(world.status().await, "bound");
}

#[tokio::test]
async fn an_enterprise_on_the_second_page_of_googles_list_is_not_gone() {
    let world = World::bound().await;
    let ours = world.google.inner().enterprises.clone();
    let others = (0..100).map(|n| trennwand_android::Enterprise {
        name: format!("enterprises/LX{n}").parse().ok(),
        ..trennwand_android::Enterprise::default()
    });
    let mut listed: Vec<_> = others.collect();
    listed.extend(ours);
    world.google.inner().enterprises = listed;
    world.google.inner().is_closed = true;
    let tenant = world.scope.tenant();
    let reconcile = AndroidWork::Reconcile(None);
    assert!(trennwand_fn_android::work(&world.state, tenant, &reconcile).await.is_err());
    assert_eq!(world.google.calls_of("enterprises.list"), 2);
    assert_eq!(world.status().await, "bound");
}

#[tokio::test]
async fn a_policy_is_kept_for_as_long_as_a_token_may_name_it() {
    let world = World::bound().await;
    let store = world.core.store.tenant(&world.scope);
    let head = store.head().await.unwrap().unwrap();
    let mut changed = head.clone();
    changed.version += 1;
    changed.rules[0].policy = world.core.ids.mint();
    let mut tx = world.core.store.transaction();
    store.put_head(&mut tx, &changed, Some(head.version));
    tx.commit().await.unwrap();
    for _ in 0..2 {
        world.work(AndroidWork::Align).await;
        world.clock.advance(Duration::from_secs(30 * 86_400));
    }
    // For 30 days, that is; now it is 60 days later.
    let count = || world.google.inner().policies.len();
    assert_eq!((world.google.calls_of("policies.delete"), count()), (0, 4));
    world.work(AndroidWork::Align).await;
    assert_eq!((world.google.calls_of("policies.delete"), count()), (2, 2));
    // One that is wanted again begins anew.
    let known = world.core.store.android(&world.scope).policies().await.unwrap().0;
    assert!(known.len() == 2 && known.iter().all(|policy| policy.unplanned_at.is_none()));
}

#[tokio::test]
async fn keys_that_could_not_be_fetched_are_looked_for_again_soon() {
    let world = World::bound().await;
    world.invite(Ownership::Personal).await;
    let report = world.report("3a", "PERSONALLY_OWNED");
    world.provider.is_away.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        let status = world.push("ENROLLMENT", &report).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "it is to come again");
    }
    assert_eq!(world.provider.fetched.load(Ordering::SeqCst), 1);
    world.provider.is_away.store(false, Ordering::SeqCst);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(world.push("ENROLLMENT", &report).await, StatusCode::NO_CONTENT);
    assert_eq!(world.provider.fetched.load(Ordering::SeqCst), 2);
}
