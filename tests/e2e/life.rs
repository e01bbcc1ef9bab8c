//! The whole life of a phone, and the order in which it gets and answers things.

use serde_json::{Value, json};
use trennwand_simulator::{Change, Fault};

use crate::world::{HOUR, World, received, reported, text};

const FIRST_CONNECT: [(&str, &str); 6] = [
    ("InstallProfile", "Acknowledged"), // the wall
    ("InstallProfile", "Acknowledged"), // the account
    ("ProfileList", "Acknowledged"),
    ("Restrictions", "Acknowledged"),
    ("SecurityInfo", "Acknowledged"),
    ("ManagedApplicationList", "Acknowledged"),
];

#[tokio::test]
async fn a_personal_phone_lives_from_invitation_to_check_out() {
    let world = World::new().await;
    let user = world.user("anna@musterbau.example").await;
    let invitation = world.invite("personal", Some(&user)).await;
    assert_eq!(invitation["target"], "ios-device");
    assert_eq!(invitation["expected_best_verdict"], "inferred");
    assert_eq!(invitation["user_can_remove"], true);

    let phone = world.phone();
    let offer = phone.open(&text(&invitation, "url")).await.expect("the page leads to the profile");
    assert_eq!(offer.access_rights, 5635);
    phone.install(offer).await.expect("the phone enrols");
    world.settle().await;
    let list = world.tenant.get(&world.path("/devices")).await.expect(200);
    let device = text(&list["items"][0], "id");
    assert_eq!(list["items"][0]["state"], "enrolled");
    assert_eq!(list["items"][0]["verdict"], "unknown");
    assert_eq!(world.server.apns().count().taken, 1, "it was woken after TokenUpdate");

    let talk = phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk), FIRST_CONNECT);
    let seen = world.device(&device).await;
    assert_eq!(seen["verdict"], "inferred", "{seen}");
    assert_eq!(seen["user"], user.as_str());
    assert_eq!(seen["policy"]["version"], seen["policy"]["applied_version"]);
    assert_eq!(seen["fresh_until"], "2026-11-27T09:00:00Z", "72 hours after the answers");
    for (control, verdict) in [
        ("contacts_closed", "proven"),
        ("documents_closed", "proven"),
        ("clipboard_closed", "proven"),
        ("account_managed", "proven"),
        ("no_shadow_account", "inferred"),
        ("messengers_unmanaged", "proven"),
        ("policy_current", "proven"),
    ] {
        assert_eq!(world.control(&device, control).await["verdict"], verdict, "{control}");
    }
    assert!(!phone.contacts_were_ever_open(), "{:?}", phone.changes());
    assert_eq!(phone.accounts().len(), 1);

    let idle = phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new(), "nothing is left to do");

    phone.leave().await.expect("the phone checks out");
    world.settle().await;
    assert_eq!(world.device(&device).await["state"], "released");
    let before = world.server.apns().count().taken;
    let path = world.path(&format!("/devices/{device}/commands"));
    world
        .tenant
        .post(&path, json!({ "type": "profile_list" }))
        .await
        .refused(409, "device_not_enrolled");
    world.settle().await;
    assert_eq!(world.server.apns().count().taken, before, "no push after CheckOut");
    world.tenant.delete(&world.path(&format!("/devices/{device}"))).await.expect(204);
    world.tenant.get(&world.path(&format!("/devices/{device}"))).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_company_phone_grants_all_rights_and_can_be_locked() {
    let world = World::new().await;
    let it = world.enroll_and_connect("company").await;
    assert_eq!(it.phone.access_rights(), Some(8191));
    assert_eq!(world.verdict(&it.device).await, "inferred");
    let order = world.order(&it.device, "device_lock").await;
    assert_eq!(order["status"], "queued");
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk), [("DeviceLock", "Acknowledged")]);
    assert!(it.phone.is_locked());
    let command = world.command(&it.device, &text(&order, "id")).await;
    assert_eq!(command["status"], "acknowledged");
    assert_eq!(command["command_uuid"], order["command_uuid"]);
}

#[tokio::test]
async fn what_the_enrolment_of_a_personal_phone_does_not_grant_is_refused_with_the_reason() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    let path = world.path(&format!("/devices/{}/commands", it.device));
    for kind in ["device_lock", "device_information"] {
        let refused = world.tenant.post(&path, json!({ "type": kind })).await.expect(403);
        assert_eq!(refused["code"], "command_not_permitted", "{kind}: {refused}");
        let text = refused.to_string();
        assert!(text.contains("not_granted_by_enrollment"), "{kind}: {text}");
    }
    for kind in [
        "profile_list",
        "restrictions",
        "security_info",
        "managed_application_list",
        "certificate_list",
    ] {
        world.tenant.post(&path, json!({ "type": kind })).await.expect(202);
    }
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(
        received(&talk),
        [
            "ProfileList",
            "Restrictions",
            "SecurityInfo",
            "ManagedApplicationList",
            "CertificateList"
        ]
    );
    let rights_missing = |c: &Change| matches!(c, Change::RightMissing { .. });
    assert!(!it.phone.changes().iter().any(rights_missing), "nothing ungranted was asked");
    let list = world.tenant.get(&path).await.expect(200);
    let answered = |c: &Value| c["status"] == "acknowledged";
    assert_eq!(list["items"].as_array().map(|i| i.iter().filter(|c| answered(c)).count()), Some(5));
}

#[tokio::test]
async fn the_account_waits_for_the_wall() {
    let world = World::new().await;
    let it = world.enroll("personal").await;
    it.phone.misbehave(|b| {
        b.say_not_now("InstallProfile", 1);
    });
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(
        reported(&talk),
        [
            ("InstallProfile", "NotNow"),
            ("ProfileList", "Acknowledged"),
            ("Restrictions", "Acknowledged"),
            ("SecurityInfo", "Acknowledged"),
            ("ManagedApplicationList", "Acknowledged"),
        ],
        "the wall is not offered again in this conversation, the account not at all"
    );
    assert_eq!(it.phone.accounts().len(), 0);
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk)[..2], FIRST_CONNECT[..2]);
    assert_eq!(world.verdict(&it.device).await, "inferred");
    assert!(!it.phone.contacts_were_ever_open());
}

#[tokio::test]
async fn a_wall_that_was_refused_is_not_offered_again_for_a_day() {
    let world = World::new().await;
    let it = world.enroll("personal").await;
    it.phone.misbehave(|b| {
        b.fail("InstallProfile", 1, Fault::new("MCInstallationErrorDomain", 4001, "no"));
    });
    it.phone.connect().await.expect("the phone connects");
    assert_eq!(it.phone.accounts().len(), 0, "no account without a wall");
    assert_eq!(it.phone.profiles().len(), 0);
    let control = world.control(&it.device, "policy_current").await;
    assert_eq!(control["verdict"], "unknown", "{control}");
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&talk), Vec::<&str>::new());
    world.clock.advance(24 * HOUR);
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk), FIRST_CONNECT);
    assert_eq!(world.verdict(&it.device).await, "inferred");
}

#[tokio::test]
async fn a_lost_wall_is_noticed_and_restored_in_the_same_conversation() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    assert!(it.phone.lose_wall());
    world.order(&it.device, "restrictions").await;
    world.clock.advance(21 * HOUR);
    let talk = it.phone.connect().await.expect("the phone connects");
    let got = received(&talk);
    assert_eq!(got[0], "ProfileList", "noticed");
    assert!(got.contains(&"InstallProfile"), "offered in the same conversation: {got:?}");
    assert_eq!(it.phone.restrictions().bool("allowOpenFromManagedToUnmanaged"), Some(false));
    it.phone.connect().await.expect("the phone connects");
    assert_eq!(world.verdict(&it.device).await, "inferred");
    let accounts = |c: &&Change| matches!(c, Change::AccountWiped(_));
    assert_eq!(it.phone.changes().iter().filter(accounts).count(), 0, "the account stayed");
}

#[tokio::test]
async fn a_wall_that_cannot_be_restored_takes_the_account_with_it() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    it.phone.lose_wall();
    it.phone.misbehave(|b| {
        b.fail("InstallProfile", 1, Fault::new("MCInstallationErrorDomain", 4001, "no"));
    });
    world.clock.advance(21 * HOUR);
    let talk = it.phone.connect().await.expect("the phone connects");
    let reports = reported(&talk);
    assert!(reports.contains(&("InstallProfile", "Error")), "{reports:?}");
    assert!(reports.contains(&("RemoveProfile", "Acknowledged")), "{reports:?}");
    assert_eq!(it.phone.accounts().len(), 0, "no account without a wall");
    assert_ne!(world.verdict(&it.device).await, "inferred");
}

#[tokio::test]
async fn a_policy_change_replaces_the_wall_and_leaves_the_account_alone() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    let profiles = it.phone.profiles();
    let pushes = world.server.apns().count().taken;
    world.change_policy("siri_while_locked", "blocked".into()).await;
    assert_eq!(world.server.apns().count().taken, pushes + 1, "the phone was woken");
    let before = world.device(&it.device).await;
    assert_eq!(
        (&before["policy"]["version"], &before["policy"]["applied_version"]),
        (&json!(2), &json!(1))
    );

    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk)[0], FIRST_CONNECT[0]);
    assert_eq!(reported(&talk)[1..], FIRST_CONNECT[2..], "wall, then the questions, no account");
    assert_eq!(it.phone.restrictions().bool("allowAssistantWhileLocked"), Some(false));
    let changed = profiles.iter().filter(|(id, uuid)| it.phone.profiles().get(*id) != Some(uuid));
    assert_eq!(changed.count(), 1, "the same identifiers, one new UUID");
    assert!(!it.phone.contacts_were_ever_open());
    let after = world.device(&it.device).await;
    assert_eq!(after["policy"]["applied_version"], 2);
    assert_eq!(after["verdict"], "inferred");
}

#[tokio::test]
async fn answers_that_are_repeated_or_lost_change_nothing() {
    let world = World::new().await;
    let it = world.enroll("personal").await;
    it.phone.misbehave(|b| b.repeats_reports = true);
    let talk = it.phone.connect().await.expect("the phone connects");
    let mut once = reported(&talk);
    once.dedup_by_key(|r| *r);
    assert_eq!(world.verdict(&it.device).await, "inferred");
    it.phone.misbehave(|b| {
        b.repeats_reports = false;
        b.loses_answers = 1;
    });
    let order = world.order(&it.device, "security_info").await;
    drop(it.phone.connect().await);
    it.phone.connect().await.expect("the phone connects");
    let command = world.command(&it.device, &text(&order, "id")).await;
    assert_eq!(command["status"], "acknowledged");
    let idle = it.phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new());
}

#[tokio::test]
async fn queued_commands_come_in_order_and_not_now_is_skipped_until_the_next_connect() {
    let world = World::new().await;
    let it = world.enroll_and_connect("company").await;
    it.phone.misbehave(|b| {
        b.say_not_now("CertificateList", 1);
    });
    for kind in ["certificate_list", "security_info", "device_lock"] {
        world.order(&it.device, kind).await;
    }
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(
        reported(&talk),
        [
            ("DeviceLock", "Acknowledged"), // urgent
            ("CertificateList", "NotNow"),
            ("SecurityInfo", "Acknowledged"),
        ]
    );
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk), [("CertificateList", "Acknowledged")]);
}

#[tokio::test]
async fn a_phone_without_a_user_gets_the_wall_only_and_the_controls_say_why() {
    let world = World::new().await;
    let it = world.enroll_for("company", None).await;
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk)[0], FIRST_CONNECT[0]);
    assert_eq!(reported(&talk)[1..], FIRST_CONNECT[2..]);
    let control = world.control(&it.device, "account_managed").await;
    assert_eq!(
        (&control["verdict"], &control["reason"]["code"]),
        (&json!("unknown"), &json!("no_user"))
    );
    assert_eq!(world.control(&it.device, "contacts_closed").await["verdict"], "proven");
}

#[tokio::test]
async fn mail_that_is_set_later_brings_the_account() {
    let world = World::without_mail().await;
    let it = world.enroll_and_connect("personal").await;
    assert_eq!(it.phone.accounts().len(), 0);
    let control = world.control(&it.device, "account_managed").await;
    assert_eq!(control["reason"]["code"], "mail_not_set", "{control}");
    let mail = json!({ "kind": "exchange", "host": "mail.musterbau.example", "auth": "password" });
    world.tenant.put(&world.path("/mail"), mail).await.expect(200);
    world.settle().await;
    let talk = it.phone.connect().await.expect("the phone connects");
    assert_eq!(reported(&talk)[0], ("InstallProfile", "Acknowledged"));
    assert_eq!(it.phone.accounts().len(), 1);
    assert_eq!(world.verdict(&it.device).await, "inferred");
}

#[tokio::test]
async fn after_a_roll_out_a_phone_is_not_current_until_it_lists_the_new_profiles() {
    let world = World::new().await;
    let it = world.enroll_and_connect("personal").await;
    let found = async |verdict: &str| {
        let list = world.tenant.get(&world.path(&format!("/devices?verdict={verdict}"))).await;
        list.expect(200)["items"].as_array().map(Vec::len)
    };
    let reads = async |verdict: &str, code: &str| {
        let control = world.control(&it.device, "policy_current").await;
        assert_eq!(
            (&control["verdict"], &control["reason"]["code"]),
            (&verdict.into(), &code.into())
        );
        assert_eq!(world.control(&it.device, "contacts_closed").await["verdict"], "proven");
    };
    reads("proven", "policy_reported").await;
    assert_eq!((found("inferred").await, found("unknown").await), (Some(1), Some(0)));

    world.clock.advance(HOUR);
    world.change_policy("siri_while_locked", "blocked".into()).await;
    reads("unknown", "policy_not_current").await;
    let seen = world.device(&it.device).await;
    assert_eq!(
        (&seen["verdict"], &seen["reasons"][0]["code"]),
        (&"unknown".into(), &"policy_not_current".into())
    );
    assert_eq!((found("inferred").await, found("unknown").await), (Some(0), Some(1)));

    // The new wall is acknowledged, which is not yet what a ProfileList says.
    it.phone.misbehave(|b| {
        b.say_not_now("ProfileList", 1);
    });
    let talk = it.phone.connect().await.expect("the phone connects");
    assert!(reported(&talk).contains(&("InstallProfile", "Acknowledged")), "{talk:?}");
    reads("unknown", "policy_not_current").await;
    it.phone.connect().await.expect("the phone connects");
    reads("proven", "policy_reported").await;
    assert_eq!((found("inferred").await, found("unknown").await), (Some(1), Some(0)));
}
