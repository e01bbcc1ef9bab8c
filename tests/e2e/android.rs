//! Android from sign-up to verdict, against the stand-in for Google.

use serde_json::{Value, json};
use trennwand::Data;
use trennwand_domain::Duration;
use trennwand_simulator::{
    AndroidEvent, AndroidHandset, AndroidPhone, AndroidVersion, ContactsAccess, Delivery, Seeded,
    SetUp, Subscription,
};

use crate::world::{World, text};

mod removal;
mod rollout;

const MINUTE: Duration = Duration::from_secs(60);

/// A tenant that is bound to the stand-in.
pub(crate) async fn bound() -> World {
    let world = World::new().await;
    bind(&world).await;
    world
}

pub(crate) async fn bind(world: &World) {
    let signup = world.tenant.post(&world.path("/android/signup"), json!({})).await.expect(201);
    // At its end Google's page leads back here.
    let callback = world.server.google().finish_signup(&text(&signup, "url")).expect("a sign-up");
    assert_eq!(page(&callback).await.0, 200, "{callback}");
    world.settle().await;
}

pub(crate) async fn page(url: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = http.get(url).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

pub(crate) struct Phone {
    pub(crate) phone: AndroidPhone,
    pub(crate) device: String,
}

impl Phone {
    /// Goes online a minute later, and the service hears of it.
    pub(crate) async fn sync(&self, world: &World) {
        world.clock.advance(MINUTE);
        self.phone.sync();
        world.settle().await;
    }

    pub(crate) fn events(&self) -> Vec<AndroidEvent> {
        self.phone.events().into_iter().map(|(_, event)| event).collect()
    }
}

pub(crate) async fn invite(world: &World, ownership: &str) -> Value {
    let user = world
        .user(&format!("{ownership}{}@musterbau.example", world.server.google().requests().len()))
        .await;
    let order = json!({ "platform": "android", "ownership": ownership, "user": user });
    let made = world.tenant.post(&world.path("/enrollments"), order).await.expect(201);
    world.settle().await;
    made
}

/// What the page behind an invitation's link gives to the phone.
pub(crate) async fn set_up(url: &str, ownership: &str) -> SetUp {
    let (status, page) = page(url).await;
    assert_eq!(status, 200, "{page}");
    if ownership == "personal" {
        let start = page.find("https://enterprise.google.com/android/enroll?et=").expect("a link");
        return SetUp::Link(page[start..].split('"').next().expect("its end").to_owned());
    }
    assert!(page.contains("<svg"), "a code to scan");
    let value = page.rsplit("<code>").next().and_then(|rest| rest.split('<').next());
    let bundle = json!({
        "com.google.android.apps.work.clouddpc.EXTRA_ENROLLMENT_TOKEN": value.expect("a code")
    });
    let code = json!({ "android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE": bundle });
    SetUp::Wizard(code.to_string())
}

pub(crate) async fn enroll(world: &World, ownership: &str, android: u8) -> Phone {
    let entropy = Seeded::new(u64::from(android));
    let handset = AndroidHandset::new(AndroidVersion::new(android), &entropy);
    enroll_handset(world, ownership, handset).await
}

pub(crate) async fn enroll_handset(
    world: &World,
    ownership: &str,
    handset: AndroidHandset,
) -> Phone {
    let made = invite(world, ownership).await;
    let phone = world.server.google().phone(handset);
    phone.enroll(&set_up(&text(&made, "url"), ownership).await).expect("it enrols");
    world.settle().await;
    Phone { phone, device: text(&made, "device") }
}

async fn control(world: &World, phone: &Phone, name: &str) -> (String, String) {
    let control = world.control(&phone.device, name).await;
    (text(&control, "verdict"), text(&control["reason"], "code"))
}

fn pair(verdict: &str, reason: &str) -> (String, String) {
    (verdict.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn a_personal_and_a_company_phone_are_judged_in_the_words_of_iphones() {
    let world = bound().await;
    for (ownership, target) in [("personal", "android-personal"), ("company", "android-company")] {
        let phone = enroll(&world, ownership, 15).await;
        let device = world.device(&phone.device).await;
        assert_eq!((&device["state"], &device["target"]), (&json!("enrolled"), &json!(target)));
        assert_eq!(device["verdict"], "inferred", "{device}");
        assert_eq!(device["policy"]["version"], device["policy"]["applied_version"]);
        for name in ["contacts_closed", "documents_closed", "clipboard_closed"] {
            let closed = pair("proven", "policy_applied");
            assert_eq!(control(&world, &phone, name).await, closed, "{ownership} {name}");
        }
        let account = pair("inferred", "sign_in_not_reported");
        assert_eq!(control(&world, &phone, "account_managed").await, account);
        assert_eq!(device["model"].is_null(), ownership == "personal");
        assert!(!matches!(phone.phone.contacts_access(), None | Some(ContactsAccess::Open { .. })));
    }
    let shown = world.tenant.get(&world.path("/android")).await.expect(200);
    assert_eq!(
        shown["devices"],
        json!({ "platform_quota": 500, "tenant_quota": 100, "reserved": 10, "taken": 2 })
    );
}

#[tokio::test]
async fn contact_sharing_set_back_to_googles_default_is_found_and_mended() {
    let world = bound().await;
    let phone = enroll(&world, "company", 15).await;
    let enterprise = world.tenant.get(&world.path("/android")).await.expect(200);
    let (ours, _) = world.policy().await;
    let policy = format!("android-company-{}", text(&ours, "id"));
    let policy = format!("{}/policies/{policy}", text(&enterprise, "enterprise"));
    let policy = policy.parse().expect("a name");
    world.server.google().reset_contact_sharing(&policy).expect("a policy");
    phone.sync(&world).await;
    let leak = pair("violated", "work_contacts_open");
    assert_eq!(control(&world, &phone, "contacts_closed").await, leak);
    assert_eq!(world.verdict(&phone.device).await, "violated");
    phone.sync(&world).await;
    let closed = pair("proven", "policy_applied");
    assert_eq!(control(&world, &phone, "contacts_closed").await, closed);
    assert!(phone.events().contains(&AndroidEvent::ContactsOpened), "it was not made up");
}

#[tokio::test]
async fn an_old_phone_falls_back_to_the_stricter_setting_and_is_compliant() {
    let world = bound().await;
    let phone = enroll(&world, "personal", 12).await;
    let fallback = pair("proven", "stricter_fallback");
    assert_eq!(control(&world, &phone, "contacts_closed").await, fallback);
}

#[tokio::test]
async fn a_policy_change_reaches_phones_and_drift_is_shown_until_then() {
    let world = bound().await;
    let phone = enroll(&world, "personal", 15).await;
    phone.phone.set_on(false);
    world.change_policy("nearby_sharing", "open".into()).await;
    let device = world.device(&phone.device).await;
    assert_eq!(device["policy"]["version"], 2);
    assert_eq!(device["policy"]["applied_version"], 1);
    phone.phone.set_on(true);
    phone.sync(&world).await;
    assert_eq!(world.device(&phone.device).await["policy"]["applied_version"], 2);
    assert_eq!(control(&world, &phone, "policy_current").await.0, "proven");
}

#[tokio::test]
async fn silence_makes_a_verdict_stale() {
    let world = bound().await;
    let phone = enroll(&world, "personal", 15).await;
    world.clock.advance(Duration::from_secs(73 * 3600));
    assert_eq!(world.verdict(&phone.device).await, "stale");
    phone.sync(&world).await;
    assert_eq!(world.verdict(&phone.device).await, "inferred");
}

#[tokio::test]
async fn what_an_over_reporting_phone_says_of_its_person_is_nowhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = World::with(|o| o.data = Data::Directory(directory.path().to_owned())).await;
    bind(&world).await;
    let phone = enroll(&world, "personal", 15).await;
    phone.phone.behave(|behaviour| behaviour.over_reports = true);
    phone.sync(&world).await;
    let handset = phone.phone.handset();
    let mut seen = String::new();
    for path in ["", "/compliance"] {
        let path = world.path(&format!("/devices/{}{path}", phone.device));
        seen.push_str(&world.tenant.get(&path).await.expect(200).to_string());
    }
    assert!(seen.contains("policy_applied"), "it was heard: {seen}");
    for file in std::fs::read_dir(directory.path()).expect("files") {
        let path = file.expect("a file").path();
        if path.is_file() {
            seen.push_str(&String::from_utf8_lossy(&std::fs::read(path).expect("bytes")));
        }
    }
    for private in [&handset.serial_number, &handset.imei, &handset.phone_number] {
        assert!(!seen.contains(private.as_str()), "{private}");
    }
}

#[tokio::test]
async fn release_takes_the_work_profile_and_leaves_the_phone() {
    let world = bound().await;
    for ownership in ["personal", "company"] {
        let phone = enroll(&world, ownership, 15).await;
        let path = world.path(&format!("/devices/{}/release", phone.device));
        phone.phone.set_on(false);
        let order = world.tenant.post(&path, json!({})).await.expect(202);
        assert_eq!(order["status"], "pending");
        world.settle().await;
        assert_eq!(world.device(&phone.device).await["state"], "releasing");
        // The phone lies in a drawer for a month.
        world.clock.advance(Duration::from_secs(30 * 86_400));
        phone.phone.set_on(true);
        phone.sync(&world).await;
        assert_eq!(world.device(&phone.device).await["state"], "released", "{ownership}");
        let events = phone.events();
        assert!(events.contains(&AndroidEvent::WorkProfileRemoved), "{events:?}");
        assert!(!events.contains(&AndroidEvent::FactoryReset), "{events:?}");
        world.tenant.post(&path, json!({})).await.refused(409, "device_not_enrolled");
    }
}

#[tokio::test]
async fn only_a_company_phone_can_be_wiped_as_a_whole() {
    let world = bound().await;
    for ownership in ["personal", "company"] {
        let phone = enroll(&world, ownership, 15).await;
        let path = world.path(&format!("/devices/{}/wipe", phone.device));
        let wipe = |scope: &str| json!({ "scope": scope, "confirm": phone.device, "reason": "lost on the train" });
        let whole = world.tenant.post(&path, wipe("whole_device")).await;
        if ownership == "company" {
            whole.expect(202);
        } else {
            whole.refused(403, "command_not_permitted");
            world.tenant.post(&path, wipe("business")).await.expect(202);
        }
        world.settle().await;
        phone.sync(&world).await;
        let reset = phone.events().contains(&AndroidEvent::FactoryReset);
        assert_eq!(reset, ownership == "company");
        assert_eq!(world.device(&phone.device).await["state"], "released");
    }
}

/// A company's invitation, opened by link on a person's own phone.
#[tokio::test]
async fn a_personal_phone_set_up_as_a_company_one_is_a_personal_phone() {
    let world = bound().await;
    let made = invite(&world, "company").await;
    let SetUp::Wizard(code) = set_up(&text(&made, "url"), "company").await else {
        panic!("a company phone scans a code")
    };
    let code: Value = serde_json::from_str(&code).expect("JSON");
    let value = code["android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE"]
        ["com.google.android.apps.work.clouddpc.EXTRA_ENROLLMENT_TOKEN"]
        .clone();
    let value = value.as_str().expect("a token");
    let handset = AndroidHandset::new(AndroidVersion::new(15), &Seeded::new(5));
    let phone = world.server.google().phone(handset);
    let link = format!("https://enterprise.google.com/android/enroll?et={value}");
    phone.enroll(&SetUp::Link(link)).expect("it enrols");
    world.settle().await;
    let device = text(&made, "device");
    let shown = world.device(&device).await;
    assert_eq!(
        (&shown["ownership"], &shown["target"]),
        (&json!("personal"), &json!("android-personal"))
    );
    let wipe = json!({ "scope": "whole_device", "confirm": device, "reason": "lost" });
    let path = world.path(&format!("/devices/{device}/wipe"));
    world.tenant.post(&path, wipe).await.refused(403, "command_not_permitted");
}

#[tokio::test]
async fn what_is_needed_is_said_before_a_phone_is_invited() {
    let world = World::with(|options| options.demo_agreements = false).await;
    let order = json!({ "platform": "android", "ownership": "personal" });
    let enrollments = world.path("/enrollments");
    let refuse = async |code: &str| {
        world.tenant.post(&enrollments, order.clone()).await.refused(409, code);
    };
    refuse("agreement_required").await;
    let signup = world.path("/android/signup");
    world.tenant.post(&signup, json!({})).await.refused(409, "agreement_required");
    let agreements = world.path("/agreements");
    let open = world.tenant.get(&agreements).await.expect(200);
    assert_eq!(open["items"][0]["status"], "open");
    let version = json!({ "version": open["items"][0]["version"] });
    // Whoever sells the service does not agree in the customer's name.
    world.reseller.post(&agreements, version.clone()).await.refused(403, "wrong_level");
    world.tenant.post(&agreements, json!({ "version": "1900" })).await.refused(422, "invalid");
    let accepted = world.tenant.post(&agreements, version).await.expect(201);
    assert_eq!(accepted["status"], "accepted");
    assert!(text(&accepted, "accepted_by").starts_with("cli_"), "{accepted}");
    refuse("android_not_bound").await;
    bind(&world).await;
    world
        .tenant
        .send(reqwest::Method::PATCH, &world.path("/android"), Some(&json!({ "devices": 1 })), None)
        .await
        .expect(200);
    let first = world.tenant.post(&enrollments, order.clone()).await.expect(201);
    refuse("android_reservation_exhausted").await;
    // An invitation that is taken back, or runs out, makes room.
    let path = format!("{enrollments}/{}", text(&first, "id"));
    world.tenant.delete(&path).await.expect(204);
    let short = json!({ "platform": "android", "ownership": "company", "expires_in_s": 60 });
    world.tenant.post(&enrollments, short).await.expect(201);
    refuse("android_reservation_exhausted").await;
    world.clock.advance(2 * MINUTE);
    world.tenant.post(&enrollments, order).await.expect(201);
}

#[tokio::test]
async fn with_its_user_an_open_invitation_ends_and_no_phone_is_kept_for_it() {
    let world = bound().await;
    let made = invite(&world, "personal").await;
    let user = world.path(&format!("/users/{}", text(&made, "user")));
    world.tenant.delete(&user).await.expect(204);
    world.settle().await;
    let invitation = world.path(&format!("/enrollments/{}", text(&made, "id")));
    assert_eq!(world.tenant.get(&invitation).await.expect(200)["status"], "revoked");
    let device = world.path(&format!("/devices/{}", text(&made, "device")));
    assert_eq!(world.tenant.get(&device).await.expect(200)["state"], "released");
}

#[tokio::test]
async fn messages_that_come_twice_late_and_in_the_wrong_order_leave_the_latest_state() {
    let world = bound().await;
    let phone = enroll(&world, "personal", 15).await;
    let google = world.server.google();
    let endpoint = format!("{}/android/notifications", world.server.base_url());
    let subscription = Subscription {
        audience: endpoint.clone(),
        email: "push@trennwand-stand-in.iam.gserviceaccount.com".into(),
    };
    for delivery in [
        Delivery { is_reversed: true, repeats: 2, ..Delivery::default() },
        Delivery { is_batched: true, repeats: 1, ..Delivery::default() },
    ] {
        world.clock.advance(MINUTE);
        phone.phone.behave(|b| b.risk = Some("COMPROMISED_OS".into()));
        phone.phone.sync();
        world.clock.advance(MINUTE);
        phone.phone.behave(|b| b.risk = None);
        phone.phone.sync();
        let answers = google.deliver(&endpoint, delivery, &subscription).await.expect("answers");
        assert!(answers.iter().all(|status| *status == 204), "{answers:?}");
        world.settle().await;
        assert_eq!(world.verdict(&phone.device).await, "inferred");
    }
    let forged = google.sign(&json!({ "iss": "https://evil.example" }));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = http.post(&endpoint).bearer_auth(forged).body("{}").send().await.expect("one");
    assert_eq!(answer.status(), 401);
}
