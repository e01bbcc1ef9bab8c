//! Versions and groups on Android phones: what Google wants each phone to follow.

use reqwest::Method;

use super::*;

impl World {
    /// A new version of the tenant's policy that is another one for Android phones; its number.
    pub(crate) async fn android_draft(&self) -> u64 {
        let (policy, tag) = self.policy().await;
        let mut document = policy["document"].clone();
        let open = document["nearby_sharing"] == "open";
        document["nearby_sharing"] = if open { "isolated" } else { "open" }.into();
        let path = self.path(&format!("/policies/{}", text(&policy, "id")));
        let body = json!({ "document": document });
        let put = self.tenant.send(Method::PUT, &path, Some(&body), Some(&tag)).await.expect(200);
        put["version"].as_u64().expect("a version")
    }

    async fn member(&self, group: &str, phone: &Phone) {
        let path = self.path(&format!("/groups/{group}/members/{}", phone.device));
        self.tenant.put(&path, Value::Null).await.expect(204);
        self.settle().await;
    }

    /// Rolls a version out, first to a group; the path of the roll-out.
    async fn staged(&self, version: u64, group: &str) -> String {
        let (policy, _) = self.policy().await;
        let path = self.path(&format!("/policies/{}/rollouts", text(&policy, "id")));
        let stages = json!([{ "group": group, "wait_s": 3600 }, 100]);
        let order = json!({ "version": version, "stages": stages });
        let made = self.tenant.post(&path, order).await.expect(201);
        self.settle().await;
        format!("{path}/{}", text(&made, "id"))
    }

    async fn an_hour_later(&self) {
        self.clock.advance(60 * MINUTE);
        self.server.tick().await.expect("the timer works");
        self.settle().await;
    }

    /// Version that the phone shall have and that it has.
    async fn versions(&self, phone: &Phone) -> (Value, Value) {
        let policy = &self.device(&phone.device).await["policy"];
        (policy["version"].clone(), policy["applied_version"].clone())
    }
}

/// The policy that Google wants the phone to follow, without its kind and identifier.
fn suffix(phone: &Phone) -> String {
    let policy = phone.phone.policy().expect("it is under management");
    let (_, rest) = policy.split_once("-pol_").expect("one of ours");
    rest[26..].to_owned()
}

#[tokio::test]
async fn a_stage_reaches_its_phones_and_no_others_and_in_the_end_all_follow_one_policy() {
    let world = bound().await;
    let pilots = world.group("Pilots").await;
    let mut fleet = Vec::new();
    for (ownership, android) in [("personal", 15), ("company", 14), ("personal", 13)] {
        fleet.push(enroll(&world, ownership, android).await);
    }
    world.member(&pilots, &fleet[0]).await;
    let version = world.android_draft().await;
    let path = world.staged(version, &pilots).await;
    assert_eq!(fleet.iter().map(suffix).collect::<Vec<_>>(), ["-v2", "", ""]);
    for (place, phone) in fleet.iter().enumerate() {
        phone.sync(&world).await;
        let expected = if place == 0 { 2 } else { 1 };
        assert_eq!(world.versions(phone).await, (json!(expected), json!(expected)), "{place}");
    }
    let shown = world.tenant.get(&path).await.expect(200);
    let progress = json!({ "targeted": 1, "applied": 1, "failed": 0, "pending": 0 });
    assert_eq!(shown["progress"], progress, "{shown}");

    // One rule is left: who was at the other policy is moved at once, without a word of the phone.
    fleet.iter().for_each(|phone| phone.phone.set_on(false));
    world.an_hour_later().await;
    let shown = world.tenant.get(&path).await.expect(200);
    assert_eq!(shown["state"], "completed", "{shown}");
    assert_eq!(fleet.iter().map(suffix).collect::<Vec<_>>(), ["", "", ""]);
    // A further version reaches its own group, not who was in the stage before.
    let others = world.group("Others").await;
    world.member(&others, &fleet[2]).await;
    let version = world.android_draft().await;
    let path = world.staged(version, &others).await;
    assert_eq!(fleet.iter().map(suffix).collect::<Vec<_>>(), ["", "", "-v3"]);
    world.tenant.post(&format!("{path}/rollback"), json!({})).await.expect(200);
    world.settle().await;
    assert_eq!(fleet.iter().map(suffix).collect::<Vec<_>>(), ["", "", ""]);
    for phone in &fleet {
        phone.phone.set_on(true);
        phone.sync(&world).await;
        assert_eq!(world.versions(phone).await, (json!(2), json!(2)));
        assert!(!phone.events().contains(&AndroidEvent::ContactsOpened));
    }
    // A month later no token names them any more.
    world.clock.advance(Duration::from_secs(32 * 86_400));
    world.an_hour_later().await;
    for suffix in ["-v2", "-v3"] {
        let gone = world
            .server
            .google()
            .requests()
            .into_iter()
            .any(|request| request.starts_with("DELETE") && request.ends_with(suffix));
        assert!(gone, "{suffix}: nobody follows it any more");
    }
}

#[tokio::test]
async fn a_phone_follows_the_policy_of_its_group_and_the_default_when_that_ends() {
    let world = bound().await;
    let drivers = world.group("Drivers").await;
    let (phone, other) =
        (enroll(&world, "personal", 15).await, enroll(&world, "personal", 14).await);
    let (first, _) = world.policy().await;
    let mut document = first["document"].clone();
    document["nearby_sharing"] = "open".into();
    let body = json!({ "name": "for drivers", "document": document });
    let made = world.tenant.post(&world.path("/policies"), body).await.expect(201);
    let policy = text(&made, "id");
    let rollouts = world.path(&format!("/policies/{policy}/rollouts"));
    world.tenant.post(&rollouts, json!({ "version": 1 })).await.expect(201);
    let order = json!({ "policy": policy, "group": drivers });
    let assigned = world.tenant.post(&world.path("/assignments"), order).await.expect(201);
    world.settle().await;
    let follows = |phone: &Phone| phone.phone.policy().expect("it is under management");
    let default = format!("android-personal-{}", text(&first, "id"));
    assert_eq!(follows(&phone), default);

    world.member(&drivers, &phone).await;
    assert_eq!(follows(&phone), format!("android-personal-{policy}"));
    assert_eq!(follows(&other), default, "who is not in the group stays");
    phone.sync(&world).await;
    let shown = world.device(&phone.device).await;
    assert_eq!(shown["policy"], json!({ "id": policy, "version": 1, "applied_version": 1 }));

    // The assignment ends while the phone lies in a drawer.
    phone.phone.set_on(false);
    let path = world.path(&format!("/assignments/{}", text(&assigned, "id")));
    world.tenant.delete(&path).await.expect(204);
    world.settle().await;
    assert_eq!(follows(&phone), default);
}

#[tokio::test]
async fn a_staged_roll_out_halts_when_android_phones_refuse_the_version() {
    let world = bound().await;
    let pilots = world.group("Pilots").await;
    let mut fleet = Vec::new();
    for (ownership, android) in [("personal", 15), ("company", 14), ("personal", 13)] {
        fleet.push(enroll(&world, ownership, android).await);
    }
    for phone in &fleet[..2] {
        world.member(&pilots, phone).await;
    }
    // One app that is not there yet, and a passcode that its user has still to set, refuse nothing.
    fleet[0].phone.behave(|b| {
        b.has_no_passcode = true;
        b.failing_apps.insert("com.google.android.gm".into(), "NETWORK_ERROR".into());
    });
    let version = world.android_draft().await;
    let path = world.staged(version, &pilots).await;
    fleet[0].sync(&world).await;
    let progress = |applied: u32, failed: u32| {
        let pending = 2 - applied - failed;
        json!({ "targeted": 2, "applied": applied, "failed": failed, "pending": pending })
    };
    let shown = world.tenant.get(&path).await.expect(200);
    assert_eq!(shown["progress"], progress(1, 0), "{shown}");
    fleet[1].phone.behave(|b| b.refuses = ["crossProfilePolicies".into()].into());
    fleet[1].sync(&world).await;
    let shown = world.tenant.get(&path).await.expect(200);
    assert_eq!(shown["progress"], progress(1, 1), "{shown}");
    assert_eq!(world.verdict(&fleet[1].device).await, "violated");

    world.an_hour_later().await;
    let shown = world.tenant.get(&path).await.expect(200);
    assert_eq!((&shown["state"], &shown["stage"]), (&json!("halted"), &json!(1)), "{shown}");
    assert_eq!(suffix(&fleet[2]), "", "the next stage was not begun");
    fleet[2].sync(&world).await;
    assert_eq!(world.versions(&fleet[2]).await, (json!(1), json!(1)));

    // Taken back, everyone is at the version before.
    world.tenant.post(&format!("{path}/rollback"), json!({})).await.expect(200);
    world.settle().await;
    assert_eq!(fleet.iter().map(suffix).collect::<Vec<_>>(), ["", "", ""]);
}
