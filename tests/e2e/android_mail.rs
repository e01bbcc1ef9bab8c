//! Which app reads business mail on an Android phone, and what is claimed of it.

use serde_json::{Value, json};

use crate::{
    android::{Phone, bind, enroll},
    world::{World, text},
};

const OUTLOOK: &str = "com.microsoft.office.outlook";

async fn bound() -> World {
    let world = World::new().await;
    bind(&world).await;
    world
}

async fn reads(world: &World, phone: &Phone, control: &str) -> (String, String) {
    let control = world.control(&phone.device, control).await;
    (text(&control, "verdict"), text(&control["reason"], "code"))
}

fn pair(verdict: &str, reason: &str) -> (String, String) {
    (verdict.to_owned(), reason.to_owned())
}

async fn left_out(world: &World) -> Value {
    let shown = world.tenant.get(&world.path("/android")).await.expect(200);
    shown["mail_settings_left_out"].clone()
}

#[tokio::test]
async fn a_phone_that_could_not_install_its_mail_app_is_never_proven() {
    let world = bound().await;
    let phone = enroll(&world, "personal", 15).await;
    let there = pair("inferred", "sign_in_not_reported");
    assert_eq!(reads(&world, &phone, "account_managed").await, there);
    let missing = |package: &str| {
        let package = package.to_owned();
        phone.phone.behave(move |behaviour| {
            behaviour.failing_apps.clear();
            behaviour.failing_apps.insert(package, "NOT_APPROVED".to_owned());
        });
    };
    missing(OUTLOOK);
    phone.sync(&world).await;
    for control in ["account_managed", "no_shadow_account"] {
        assert_eq!(reads(&world, &phone, control).await, pair("unknown", "mail_app_missing"));
    }
    assert_eq!(world.verdict(&phone.device).await, "unknown");
    // Another app is no concern of the account's; that the policy is not followed is said.
    missing("com.google.android.contacts");
    phone.sync(&world).await;
    assert_eq!(reads(&world, &phone, "account_managed").await, there);
    let open = pair("unknown", "setting_not_applied");
    assert_eq!(reads(&world, &phone, "policy_current").await, open);
}

#[tokio::test]
async fn another_kind_of_mail_brings_another_app_and_nothing_is_claimed_until_it_is_reported() {
    let world = bound().await;
    let phone = enroll(&world, "company", 15).await;
    let has = async |package: &str, key: &str| {
        let path = world.path(&format!("/devices/{}/artifact", phone.device));
        let artefacts = world.tenant.get(&path).await.expect(200).to_string();
        artefacts.contains(package) && artefacts.contains(key)
    };
    assert!(has(OUTLOOK, "com.microsoft.outlook.Contacts.LocalSyncEnabled").await);
    phone.phone.set_on(false);
    let mail = json!({ "kind": "exchange", "host": "mail.musterbau.example", "auth": "password" });
    world.tenant.put(&world.path("/mail"), mail).await.expect(200);
    world.settle().await;
    assert!(has("com.google.android.gm", "exchange_host").await);
    let earlier = pair("unknown", "policy_not_current");
    assert_eq!(reads(&world, &phone, "account_managed").await, earlier);
    phone.phone.set_on(true);
    phone.sync(&world).await;
    let there = pair("inferred", "sign_in_not_reported");
    assert_eq!(reads(&world, &phone, "account_managed").await, there);
    assert_eq!(left_out(&world).await, json!([]));
}

/// The phone is judged by the border, which holds with or without it.
#[tokio::test]
async fn a_setting_that_outlook_does_not_have_is_named_and_the_border_holds_all_the_same() {
    let world = World::new().await;
    let saves = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
    let schema = json!({ "title": "Microsoft Outlook", "managedProperties": [
        { "key": saves, "type": "BOOL" },
        { "key": "com.microsoft.outlook.EmailProfile.AccountType", "type": "STRING" },
    ] });
    world.server.google().set_application(OUTLOOK, Some(schema));
    bind(&world).await;
    let named = format!("{OUTLOOK}: {saves}.UserChangeAllowed");
    assert_eq!(left_out(&world).await, json!([named]));
    let phone = enroll(&world, "personal", 15).await;
    let closed = pair("proven", "policy_applied");
    assert_eq!(reads(&world, &phone, "contacts_closed").await, closed);
}
