//! What becomes of invitations and phones when an enterprise at Google comes to an end.

use reqwest::Method;
use serde_json::{Value, json};
use trennwand_domain::Duration;
use trennwand_simulator::{AndroidHandset, AndroidVersion, Seeded, SetUp};

use crate::{
    android::{bind, enroll, invite, page, set_up},
    world::{HOUR, World, text},
};

const DAY: Duration = Duration::from_secs(86_400);

async fn shown(world: &World) -> Value {
    world.tenant.get(&world.path("/android")).await.expect(200)
}

async fn enterprise(world: &World) -> String {
    text(&shown(world).await, "enterprise")
}

fn tokens(world: &World, enterprise: &str) -> usize {
    world.server.google().open_tokens(&enterprise.parse().expect("a name"))
}

/// Whether a phone can be set up with this.
fn leads_on(world: &World, set_up: &SetUp) -> bool {
    let handset = AndroidHandset::new(AndroidVersion::new(15), &Seeded::new(9));
    world.server.google().phone(handset).enroll(set_up).is_ok()
}

#[tokio::test]
async fn an_invitation_that_comes_to_an_end_takes_its_token_at_google_along() {
    let world = World::new().await;
    bind(&world).await;
    let enterprise = enterprise(&world).await;
    for end in ["enrollments", "devices"] {
        let made = invite(&world, "company").await;
        assert_eq!(tokens(&world, &enterprise), 1);
        let id = if end == "devices" { text(&made, "device") } else { text(&made, "id") };
        world.tenant.delete(&world.path(&format!("/{end}/{id}"))).await.expect(204);
        world.settle().await;
        assert_eq!(tokens(&world, &enterprise), 0, "{end}");
        assert_ne!(page(&text(&made, "url")).await.0, 200, "{end}");
    }
    let made = invite(&world, "personal").await;
    let before = set_up(&text(&made, "url"), "personal").await;
    let renew = world.path(&format!("/enrollments/{}/renew", text(&made, "id")));
    let renewed = world.tenant.post(&renew, json!({})).await.expect(200);
    world.settle().await;
    assert_eq!(tokens(&world, &enterprise), 1);
    assert!(!leads_on(&world, &before));
    assert!(leads_on(&world, &set_up(&text(&renewed, "url"), "personal").await));
}

#[tokio::test]
async fn an_open_invitation_has_no_token_while_its_tenant_is_unbound_and_a_fresh_one_afterwards() {
    let world = World::new().await;
    bind(&world).await;
    let former = enterprise(&world).await;
    let made = invite(&world, "personal").await;
    let url = text(&made, "url");
    let before = set_up(&url, "personal").await;
    world.tenant.delete(&world.path("/android")).await.expect(200);
    assert_eq!(page(&url).await.0, 503, "not a moment longer");
    world.settle().await;
    assert_eq!(tokens(&world, &former), 0);
    assert!(!leads_on(&world, &before));

    bind(&world).await;
    assert_ne!(enterprise(&world).await, former);
    let handset = AndroidHandset::new(AndroidVersion::new(15), &Seeded::new(3));
    let phone = world.server.google().phone(handset);
    phone.enroll(&set_up(&url, "personal").await).expect("it enrols");
    world.settle().await;
    let device = world.device(&text(&made, "device")).await;
    assert_eq!((&device["state"], &device["verdict"]), (&json!("enrolled"), &json!("inferred")));
}

#[tokio::test]
async fn renewing_an_open_invitation_needs_no_second_place() {
    let world = World::new().await;
    bind(&world).await;
    let one = json!({ "devices": 1 });
    world.tenant.send(Method::PATCH, &world.path("/android"), Some(&one), None).await.expect(200);
    let enrollments = world.path("/enrollments");
    let order = json!({ "platform": "android", "ownership": "personal", "expires_in_s": 3600 });
    let made = world.tenant.post(&enrollments, order.clone()).await.expect(201);
    let full = "android_reservation_exhausted";
    world.tenant.post(&enrollments, order.clone()).await.refused(409, full);
    let renew = format!("{enrollments}/{}/renew", text(&made, "id"));
    world.tenant.post(&renew, json!({ "expires_in_s": 3600 })).await.expect(200);
    // One that has run out has lost its place.
    world.clock.advance(2 * HOUR);
    world.tenant.post(&enrollments, order.clone()).await.expect(201);
    world.tenant.post(&renew, json!({})).await.refused(409, full);
}

#[tokio::test]
async fn a_lost_answer_leaves_no_enterprise_without_its_tenant() {
    let world = World::new().await;
    let signup = world.tenant.post(&world.path("/android/signup"), json!({})).await.expect(201);
    let google = world.server.google();
    let callback = google.finish_signup(&text(&signup, "url")).expect("a sign-up");
    google.lose_next_enterprise();
    for _ in 0..2 {
        assert_eq!(page(&callback).await.0, 200);
    }
    world.settle().await;
    assert_eq!((google.enterprises(), &shown(&world).await["status"]), (1, &json!("bound")));
    enroll(&world, "company", 15).await;
}

#[tokio::test]
async fn a_sign_up_that_nobody_finishes_gives_its_phones_back() {
    let world = World::new().await;
    let order = json!({ "devices": 70 });
    world.tenant.post(&world.path("/android/signup"), order).await.expect(201);
    for (hours, status, reserved) in [(23, "signing_up", 70), (25, "unbound", 0)] {
        world.clock.advance(hours * HOUR);
        world.server.tick().await.expect("the timer");
        world.settle().await;
        let shown = shown(&world).await;
        assert_eq!(
            (&shown["status"], &shown["devices"]["reserved"]),
            (&json!(status), &json!(reserved))
        );
    }
    bind(&world).await;
}

#[tokio::test]
async fn an_enterprise_ended_in_googles_console_is_noticed_and_another_can_be_bound() {
    let world = World::new().await;
    bind(&world).await;
    let phone = enroll(&world, "personal", 15).await;
    let other = enroll(&world, "company", 14).await;
    let invited = invite(&world, "company").await;
    let ended = enterprise(&world).await.parse().expect("a name");
    world.server.google().forget_enterprise(&ended);
    world.clock.advance(DAY);
    world.server.tick().await.expect("the timer");
    world.settle().await;
    let seen = shown(&world).await;
    assert_eq!(seen["status"], "ended_at_google", "{seen}");
    assert_eq!(seen["customer_steps"][0]["code"], "sign_up_again");
    assert_eq!(world.server.messages_given_up(), 0);
    let order = json!({ "platform": "android", "ownership": "personal" });
    let enrollments = world.path("/enrollments");
    world.tenant.post(&enrollments, order).await.refused(409, "android_not_bound");
    assert_eq!(page(&text(&invited, "url")).await.0, 503);
    // What is ordered now waits: the enterprise may turn out not to be gone.
    let other = world.path(&format!("/devices/{}", other.device));
    world.tenant.post(&format!("{other}/release"), json!({})).await.expect(202);
    world.settle().await;
    assert_eq!(world.tenant.get(&other).await.expect(200)["state"], "releasing");

    bind(&world).await;
    assert_eq!(shown(&world).await["status"], "bound");
    assert_eq!(world.tenant.get(&other).await.expect(200)["state"], "released");
    assert_eq!(world.device(&phone.device).await["state"], "released");
    world.tenant.delete(&world.path(&format!("/devices/{}", phone.device))).await.expect(204);
    assert_eq!(page(&text(&invited, "url")).await.0, 200);
    enroll(&world, "personal", 15).await;
    assert_eq!(world.server.messages_given_up(), 0);
}
