//! Phones that leak, and what is said about them.

use serde_json::json;

use crate::world::{World, received};

#[tokio::test]
async fn a_phone_that_reports_open_borders_is_violated_at_that_connect() {
    let world = World::new().await;
    let it = world.enroll("personal").await;
    it.phone.misbehave(|b| b.reports_open_in = true);
    it.phone.connect().await.expect("the phone connects");
    assert_eq!(world.verdict(&it.device).await, "violated");
    let control = world.control(&it.device, "contacts_closed").await;
    assert_eq!(control["verdict"], "violated");
    assert_eq!(control["reason"]["code"], "managed_to_unmanaged_open");
    assert_eq!(world.control(&it.device, "documents_closed").await["verdict"], "violated");
    let list = world.tenant.get(&world.path("/devices?verdict=violated")).await.expect(200);
    assert_eq!(list["items"][0]["id"], it.device.as_str());
}

#[tokio::test]
async fn a_leak_that_an_operators_question_finds_counts_at_once() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    assert_eq!(world.verdict(&it.device).await, "inferred");
    it.phone.misbehave(|b| b.reports_open_in = true);
    world.order(&it.device, "restrictions").await;
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&talk), ["Restrictions"]);
    assert_eq!(world.verdict(&it.device).await, "violated");
    it.phone.misbehave(|b| b.reports_open_in = false);
    world.order(&it.device, "restrictions").await;
    it.phone.connect().await.expect("the phone connects");
    assert_eq!(world.verdict(&it.device).await, "inferred", "the newest report counts");
}

#[tokio::test]
async fn a_managed_messenger_is_a_violation_and_is_named() {
    let world = World::new().await;
    let it = world.enroll("company").await;
    it.phone.misbehave(|b| {
        b.manage_app("net.whatsapp.WhatsApp").manage_app("com.example.timesheet");
    });
    it.phone.connect().await.expect("the phone connects");
    let control = world.control(&it.device, "messengers_unmanaged").await;
    assert_eq!(control["verdict"], "violated");
    assert_eq!(control["reason"]["code"], "messenger_managed");
    let text = control["reason"]["text"].as_str().unwrap_or_default();
    assert!(text.contains("WhatsApp") && !text.contains("timesheet"), "{text}");
}

#[tokio::test]
async fn an_account_set_up_by_hand_is_a_shadow_account() {
    let world = World::new().await;
    let user = world.user("anna@musterbau.example").await;
    let it = world.enroll_for("personal", Some(&user)).await;
    it.phone.set_up_account_by_hand("anna@musterbau.example");
    it.phone.connect().await.expect("the phone connects");
    assert_eq!(world.verdict(&it.device).await, "violated");
    let shadow = world.control(&it.device, "no_shadow_account").await;
    assert_eq!(
        (&shadow["verdict"], &shadow["reason"]["code"]),
        (&json!("violated"), &json!("account_exists_by_hand"))
    );
    assert_eq!(world.control(&it.device, "account_managed").await["verdict"], "unknown");
    assert_eq!(
        world.control(&it.device, "contacts_closed").await["verdict"],
        "proven",
        "the wall stands"
    );
}

#[tokio::test]
async fn an_exception_that_the_phone_does_not_list_leaves_an_inference() {
    let world = World::new().await;
    let it = world.enroll("personal").await;
    it.phone.misbehave(|b| {
        b.unlisted_restrictions.insert("allowManagedToWriteUnmanagedContacts".into());
    });
    it.phone.connect().await.expect("the phone connects");
    let control = world.control(&it.device, "contacts_closed").await;
    assert_eq!(control["verdict"], "inferred");
    assert_eq!(control["reason"]["code"], "exception_not_listed");
}
