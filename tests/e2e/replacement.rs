//! A phone that enrols again, one that leaves, and what is sent a second time.

use serde_json::{Value, json};
use trennwand_simulator::{Exchange, Phone, Sent};

use crate::world::{Enrolled, HOUR, World, new_tenant, received, text};

const IDLE: &[u8] =
    br#"<plist version="1.0"><dict><key>Status</key><string>Idle</string></dict></plist>"#;

/// How often the phone that listens to this token was woken.
fn woken(world: &World, phone: &Phone) -> u64 {
    phone.push_token().map_or(0, |token| world.server.apns().woken(&token))
}

/// A device as the API shows it, without when it was last heard of.
async fn seen(world: &World, device: &str) -> Value {
    let mut device = world.device(device).await;
    device["last_seen_at"] = Value::Null;
    device
}

/// Everything that wakes phones: a changed policy, an order, the timer.
async fn stir(world: &World, phones: &[&str]) {
    world.change_policy("siri_while_locked", "blocked".into()).await;
    for device in phones {
        world.order(device, "certificate_list").await;
    }
    world.clock.advance(24 * HOUR);
    world.server.tick().await.expect("the timer works");
    world.settle().await;
}

/// The same phone under a new invitation for the same user.
async fn enroll_again(world: &World, former: &Enrolled) -> Enrolled {
    let user = text(&world.device(&former.device).await, "user");
    enroll_again_for(world, &former.phone, Some(&user)).await
}

/// The same phone, or one that says to be the same, under a new invitation.
async fn enroll_again_for(world: &World, phone: &Phone, user: Option<&str>) -> Enrolled {
    let invitation = world.invite("personal", user).await;
    let phone = world.wiped(phone);
    phone.enroll(&text(&invitation, "url")).await.expect("the phone enrols");
    world.settle().await;
    let path = world.path(&format!("/enrollments/{}", text(&invitation, "id")));
    let device = text(&world.tenant.get(&path).await.expect(200), "device");
    phone.connect().await.expect("the phone connects");
    world.settle().await;
    Enrolled { phone, device }
}

/// Sends everything again that a phone has ever sent, backwards too; says what each was answered.
async fn replay_all(phone: &Phone) -> Vec<(Sent, u16, usize)> {
    let (mut answers, exchanges) = (Vec::new(), phone.exchanges());
    let again = exchanges.iter().chain(exchanges.iter().rev());
    let to_the_server =
        |e: &Exchange| !matches!(e.sent, Sent::Page | Sent::Profile | Sent::Scep(_));
    for exchange in again.filter(|e| to_the_server(e)) {
        let (status, body) = phone.replay(exchange).await.expect("an answer");
        answers.push((exchange.sent.clone(), status, body.len()));
    }
    answers
}

#[tokio::test]
async fn a_phone_that_enrols_again_supersedes_its_former_enrolment() {
    let world = World::new().await;
    let former = world.enroll_and_connect("personal").await;
    world.order(&former.device, "certificate_list").await;
    let now = enroll_again(&world, &former).await;
    assert_ne!(now.device, former.device);
    assert_eq!(world.device(&former.device).await["state"], "superseded");
    assert_eq!(world.device(&now.device).await["state"], "enrolled");

    let (before, pushes) = (woken(&world, &former.phone), woken(&world, &now.phone));
    let path = world.path(&format!("/devices/{}/commands", former.device));
    let order = json!({ "type": "certificate_list" });
    world.tenant.post(&path, order).await.refused(409, "device_not_enrolled");
    stir(&world, &[&now.device]).await;
    assert_eq!(woken(&world, &former.phone), before, "the former enrolment is not woken");
    assert!(woken(&world, &now.phone) >= pushes + 3, "policy, order and timer");

    let refused = former.phone.send_raw(IDLE.to_vec()).await.expect("an answer");
    assert_eq!(refused, (403, Vec::new()), "the old URL");
    let untouched = seen(&world, &now.device).await;
    for (sent, status, length) in replay_all(&former.phone).await {
        assert_eq!((status, length), (403, 0), "{sent:?}");
    }
    world.settle().await;
    assert_eq!(world.device(&former.device).await["state"], "superseded");
    assert_eq!(seen(&world, &now.device).await, untouched);
    let talk = now.phone.connect().await.expect("the phone connects");
    assert!(received(&talk).contains(&"CertificateList"));

    former.phone.leave().await.expect("a late CheckOut is no error");
    world.settle().await;
    assert_eq!(world.device(&former.device).await["state"], "superseded");
    assert_eq!(world.device(&now.device).await["state"], "enrolled");
    world.tenant.delete(&world.path(&format!("/devices/{}", former.device))).await.expect(204);
    now.phone.connect().await.expect("the phone connects");
}

#[tokio::test]
async fn a_phone_that_enrols_for_somebody_else_leaves_its_former_enrolment_to_the_tenant() {
    let world = World::new().await;
    let berta = world.user("berta@musterbau.example").await;
    for user in [Some(berta.as_str()), None] {
        let former = world.enroll_and_connect("personal").await;
        let now = enroll_again_for(&world, &former.phone, user).await;
        let shown = world.device(&former.device).await;
        assert_eq!(shown["state"], "enrolled");
        assert_eq!(shown["claimed_by"], json!(now.device));
        assert_eq!(world.device(&now.device).await["claimed_by"], Value::Null);
        // The tenant knows that the phone has changed hands.
        world.tenant.delete(&world.path(&format!("/devices/{}", former.device))).await.expect(204);
        let refused = former.phone.send_raw(IDLE.to_vec()).await.expect("an answer");
        assert_eq!(refused, (403, Vec::new()), "the old URL");
        now.phone.connect().await.expect("the phone connects");
        assert_eq!(world.device(&now.device).await["state"], "enrolled");
    }
}

#[tokio::test]
async fn nobody_ends_the_enrolment_of_another_phone_by_saying_its_udid() {
    let world = World::new().await;
    let victim = world.enroll_and_connect("personal").await;
    let berta = world.user("berta@musterbau.example").await;
    for user in [Some(berta.as_str()), None] {
        let pushes = woken(&world, &victim.phone);
        let liar = enroll_again_for(&world, &victim.phone, user).await;
        assert_eq!(world.device(&victim.device).await["claimed_by"], json!(liar.device));
        assert_eq!(woken(&world, &victim.phone), pushes + 1, "asked at once");

        let talk = victim.phone.connect().await.expect("the phone connects");
        assert_eq!(received(&talk), Vec::<&str>::new());
        let shown = world.device(&victim.device).await;
        assert_eq!(shown["state"], "enrolled");
        assert_eq!(shown["claimed_by"], Value::Null);
        let path = world.path(&format!("/devices/{}", victim.device));
        world.tenant.delete(&path).await.refused(409, "device_enrolled");

        // Whatever the other one says from now on is no news.
        let pushes = woken(&world, &victim.phone);
        replay_all(&liar.phone).await;
        liar.phone.renew_push_token().await.expect("the phone has another token");
        world.settle().await;
        assert_eq!(world.device(&victim.device).await["claimed_by"], Value::Null);
        assert_eq!(woken(&world, &victim.phone), pushes);
        world.order(&victim.device, "certificate_list").await;
        let talk = victim.phone.connect().await.expect("the phone connects");
        assert_eq!(received(&talk), ["CertificateList"]);
    }
    // The victim's own new enrolment ends its former one all the same.
    let now = enroll_again(&world, &victim).await;
    assert_eq!(world.device(&victim.device).await["state"], "superseded");
    assert_eq!(world.device(&now.device).await["state"], "enrolled");
}

#[tokio::test]
async fn an_enrolled_phone_that_says_to_be_another_one_changes_nothing() {
    let world = World::new().await;
    let victim = world.enroll_and_connect("company").await;
    let liar = world.enroll_and_connect("company").await;
    let before = [seen(&world, &victim.device).await, seen(&world, &liar.device).await];
    let said = |phone: &Phone| {
        let told = phone.exchanges().into_iter().find(|e| e.sent == Sent::Authenticate);
        told.expect("the phone checked in").body
    };
    assert_ne!(said(&victim.phone), said(&liar.phone));
    let answer = liar.phone.send_raw(said(&victim.phone)).await.expect("an answer");
    assert_eq!(answer, (200, Vec::new()), "as a repeat");
    world.settle().await;
    let after = [seen(&world, &victim.device).await, seen(&world, &liar.device).await];
    assert_eq!(after, before);
    // Nor did it become the other phone for what comes later.
    let user = text(&world.device(&liar.device).await, "user");
    enroll_again_for(&world, &victim.phone, Some(&user)).await;
    assert_eq!(world.device(&liar.device).await["state"], "enrolled");
}

#[tokio::test]
async fn the_same_phone_at_another_tenant_supersedes_nothing() {
    let world = World::new().await;
    let here = world.enroll_and_connect("personal").await;
    let (tenant, api) = new_tenant(&world.server, &world.reseller, "Other GmbH").await;
    let order = json!({ "platform": "ios", "ownership": "personal" });
    let path = format!("/v1/tenants/{tenant}/enrollments");
    let invitation = api.post(&path, order).await.expect(201);
    let there = world.wiped(&here.phone);
    there.enroll(&text(&invitation, "url")).await.expect("the phone enrols");
    world.settle().await;
    there.connect().await.expect("the phone connects");
    here.phone.connect().await.expect("the phone connects");
    assert_eq!(world.device(&here.device).await["state"], "enrolled");
}

#[tokio::test]
async fn a_phone_that_left_and_comes_back_has_a_new_enrolment_and_the_old_one_stays_released() {
    let world = World::new().await;
    let former = world.enroll_and_connect("personal").await;
    former.phone.leave().await.expect("the phone checks out");
    world.settle().await;
    let now = enroll_again(&world, &former).await;
    assert_eq!(world.device(&former.device).await["state"], "released");
    assert_eq!(world.device(&now.device).await["state"], "enrolled");
}

#[tokio::test]
async fn check_out_ends_delivery_and_pushes() {
    let world = World::new().await;
    let it = world.enroll_and_connect("company").await;
    let twin = world.enroll_and_connect("company").await;
    let order = world.order(&it.device, "device_lock").await;
    let told = it.phone.exchanges().into_iter().find(|e| e.sent == Sent::Authenticate);
    let told = told.expect("the phone checked in");
    let body = String::from_utf8(told.body.clone()).expect("XML");
    let body = body.replace("Authenticate", "CheckOut").into_bytes();
    let check_out = Exchange { sent: Sent::CheckOut, body, ..told };
    let pushes = woken(&world, &it.phone);
    // The ghost of a phone that goes on after its CheckOut.
    for _ in 0..2 {
        let answer = it.phone.replay(&check_out).await.expect("an answer");
        assert_eq!(answer, (200, Vec::new()), "a repeat is no error");
    }
    world.settle().await;
    assert_eq!(world.device(&it.device).await["state"], "released");
    stir(&world, &[&twin.device]).await;
    assert_eq!(woken(&world, &it.phone), pushes, "not woken any more");

    for (sent, status, length) in replay_all(&it.phone).await {
        let expected = if sent == Sent::CheckOut { 200 } else { 403 };
        assert_eq!((status, length), (expected, 0), "{sent:?}");
    }
    let idle = it.phone.send_raw(IDLE.to_vec()).await.expect("an answer");
    assert_eq!(idle, (403, Vec::new()), "nothing is delivered");
    world.settle().await;
    let seen = world.device(&it.device).await;
    assert_eq!(seen["state"], "released");
    let command = world.command(&it.device, &text(&order, "id")).await;
    assert_ne!(command["status"], "acknowledged", "{command}");
    twin.phone.connect().await.expect("another phone is not affected");
}

#[tokio::test]
async fn what_a_live_phone_sent_before_changes_nothing_when_it_comes_again() {
    let world = World::new().await;
    let it = world.enroll_and_connect("company").await;
    it.phone.misbehave(|b| {
        b.say_not_now("CertificateList", 1);
    });
    for kind in ["certificate_list", "security_info", "device_lock"] {
        world.order(&it.device, kind).await;
    }
    it.phone.connect().await.expect("the phone connects");
    it.phone.renew_push_token().await.expect("the phone has another token");
    it.phone.connect().await.expect("the phone connects");
    world.settle().await;
    let path = world.path(&format!("/devices/{}/commands", it.device));
    let compliance = world.path(&format!("/devices/{}/compliance", it.device));
    let state = async || {
        let commands = world.tenant.get(&path).await.expect(200);
        (seen(&world, &it.device).await, commands, world.tenant.get(&compliance).await.expect(200))
    };
    let (before, pushes) = (state().await, woken(&world, &it.phone));
    world.clock.advance(HOUR);
    for (sent, status, length) in replay_all(&it.phone).await {
        assert_eq!((status, length), (200, 0), "{sent:?}");
    }
    world.settle().await;
    assert_eq!(state().await, before);
    assert_eq!(woken(&world, &it.phone), pushes);
    let idle = it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new());
    world.order(&it.device, "device_lock").await;
    assert_eq!(woken(&world, &it.phone), pushes + 1, "by its present token");
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&talk), ["DeviceLock"]);
}
