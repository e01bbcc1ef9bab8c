//! Groups, assignments and roll-outs in stages, from the API to what phones get.

use reqwest::Method;
use serde_json::{Value, json};
use trennwand_domain::Duration;
use trennwand_simulator::Fault;

use crate::world::{Enrolled, World, received, text};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    /// Makes a group.
    pub(crate) async fn group(&self, name: &str) -> String {
        let made = self.tenant.post(&self.path("/groups"), json!({ "name": name })).await;
        text(&made.expect(201), "id")
    }

    async fn join(&self, group: &str, device: &str) {
        let path = self.path(&format!("/groups/{group}/members/{device}"));
        self.tenant.put(&path, Value::Null).await.expect(204);
        self.settle().await;
    }

    async fn leave(&self, group: &str, device: &str) {
        let path = self.path(&format!("/groups/{group}/members/{device}"));
        self.tenant.delete(&path).await.expect(204);
        self.settle().await;
    }

    async fn assign(&self, body: Value) -> String {
        let made = self.tenant.post(&self.path("/assignments"), body).await.expect(201);
        self.settle().await;
        text(&made, "id")
    }

    /// A further policy, whose Siri is silent while a phone is locked; nothing of it is in force.
    async fn further_policy(&self) -> String {
        let (policy, _) = self.policy().await;
        let mut document = policy["document"].clone();
        document["siri_while_locked"] = "blocked".into();
        let body = json!({ "name": "for drivers", "document": document });
        let made = self.tenant.post(&self.path("/policies"), body).await.expect(201);
        text(&made, "id")
    }

    /// A new version of the tenant's first policy; its number. Each differs from the one before.
    pub(crate) async fn draft(&self) -> u64 {
        let (policy, tag) = self.policy().await;
        let mut document = policy["document"].clone();
        let blocked = document["siri_while_locked"] == "blocked";
        document["siri_while_locked"] = if blocked { "allowed" } else { "blocked" }.into();
        let path = self.path(&format!("/policies/{}", text(&policy, "id")));
        let body = json!({ "document": document });
        let put = self.tenant.send(Method::PUT, &path, Some(&body), Some(&tag)).await.expect(200);
        put["version"].as_u64().expect("a version")
    }

    /// Orders a roll-out of a policy; it as the API shows it.
    async fn roll_out(&self, policy: &str, order: Value) -> Value {
        let path = self.path(&format!("/policies/{policy}/rollouts"));
        let made = self.tenant.post(&path, order).await.expect(201);
        self.settle().await;
        made
    }

    async fn rollout(&self, made: &Value) -> Value {
        self.tenant.get(&self.path(&rollout_path(made))).await.expect(200)
    }

    async fn order_rollout(&self, made: &Value, order: &str) -> Value {
        let path = self.path(&format!("{}/{order}", rollout_path(made)));
        let done = self.tenant.post(&path, json!({})).await.expect(200);
        self.settle().await;
        done
    }

    async fn minutes_later(&self, minutes: u32) {
        self.clock.advance(MINUTE * minutes);
        self.server.tick().await.expect("the timer works");
        self.settle().await;
    }

    fn woken(&self, enrolled: &Enrolled) -> u64 {
        self.server.apns().woken(&enrolled.phone.push_token().expect("a token"))
    }
}

fn rollout_path(made: &Value) -> String {
    format!("/policies/{}/rollouts/{}", text(made, "policy"), text(made, "id"))
}

/// Whether Siri is silent on the phone while it is locked.
fn is_silent(enrolled: &Enrolled) -> bool {
    enrolled.phone.restrictions().bool("allowAssistantWhileLocked") == Some(false)
}

async fn connect(enrolled: &Enrolled) -> Vec<String> {
    let talk = enrolled.phone.connect().await.expect("the phone connects");
    received(&talk).into_iter().map(str::to_owned).collect()
}

async fn fleet(world: &World, phones: usize) -> Vec<Enrolled> {
    let mut fleet = Vec::new();
    for _ in 0..phones {
        fleet.push(world.enroll_and_connect("company").await);
    }
    fleet
}

#[tokio::test]
async fn a_phone_moved_between_groups_gets_the_other_wall_and_keeps_its_account() {
    let world = World::new().await;
    let (drivers, office) = (world.group("Drivers").await, world.group("Office").await);
    let fleet = fleet(&world, 2).await;
    let (phone, other) = (&fleet[0], &fleet[1]);
    let policy = world.further_policy().await;
    let assignment = world.assign(json!({ "policy": policy, "group": drivers })).await;
    assert!(!is_silent(phone), "nothing of the policy is in force");
    world.roll_out(&policy, json!({ "version": 1 })).await;
    world.join(&office, &phone.device).await;
    let (before, of_other) = (world.woken(phone), world.woken(other));
    let account = phone.phone.accounts();
    let changes = phone.phone.changes().len();

    world.join(&drivers, &phone.device).await;
    assert!(world.woken(phone) > before, "its policy is another");
    assert_eq!(world.woken(other), of_other, "nobody else is woken");
    let shown = world.device(&phone.device).await;
    assert_eq!(shown["policy"], json!({ "id": policy, "version": 1, "applied_version": null }));
    let got = connect(phone).await;
    assert_eq!(got.iter().filter(|c| *c == "InstallProfile").count(), 1, "the wall only: {got:?}");
    assert!(is_silent(phone));
    assert_eq!(phone.phone.accounts(), account, "the account was not touched");
    let shown = world.device(&phone.device).await;
    assert_eq!(shown["policy"], json!({ "id": policy, "version": 1, "applied_version": 1 }));
    assert_eq!(shown["groups"].as_array().map(Vec::len), Some(2));
    assert_eq!(shown["verdict"], "inferred");

    // Out of the group, and back by the end of the assignment: the default, never nothing.
    world.leave(&drivers, &phone.device).await;
    connect(phone).await;
    assert!(!is_silent(phone));
    world.join(&drivers, &phone.device).await;
    connect(phone).await;
    assert!(is_silent(phone));
    world.tenant.delete(&world.path(&format!("/assignments/{assignment}"))).await.expect(204);
    world.settle().await;
    assert_eq!(world.woken(other), of_other);
    connect(phone).await;
    assert!(!is_silent(phone));
    let first = text(&world.policy().await.0, "id");
    assert_eq!(world.device(&phone.device).await["policy"]["id"], first);
    assert_eq!(phone.phone.accounts(), account);
    assert!(!phone.phone.contacts_were_ever_open());
    let kinds: Vec<_> = phone.phone.changes().split_off(changes);
    assert!(kinds.iter().all(|c| format!("{c:?}").starts_with("ProfileReplaced")), "{kinds:?}");
}

#[tokio::test]
async fn phones_are_listed_by_group_and_by_the_policy_that_they_are_under() {
    let world = World::new().await;
    let drivers = world.group("Drivers").await;
    let fleet = fleet(&world, 3).await;
    world.join(&drivers, &fleet[1].device).await;
    world.join(&drivers, &fleet[1].device).await;
    let policy = world.further_policy().await;
    world.assign(json!({ "policy": policy, "group": drivers, "priority": 5 })).await;
    world.roll_out(&policy, json!({ "version": 1 })).await;
    let first = text(&world.policy().await.0, "id");
    let list = async |query: String| {
        let list = world.tenant.get(&world.path(&format!("/devices?{query}"))).await.expect(200);
        let items = list["items"].as_array().expect("items").clone();
        items.iter().map(|device| text(device, "id")).collect::<Vec<_>>()
    };
    let of = |wanted: &[usize]| wanted.iter().map(|i| fleet[*i].device.clone()).collect::<Vec<_>>();
    assert_eq!(list(format!("group={drivers}")).await, of(&[1]));
    assert_eq!(list(format!("policy={policy}")).await, of(&[1]));
    assert_eq!(list(format!("policy={first}")).await, of(&[0, 2]));
    assert_eq!(list(format!("policy={first}&limit=1")).await, of(&[0]));
    assert_eq!(list(format!("policy={first}&group={drivers}")).await, of(&[]));
    let members = world.path(&format!("/groups/{drivers}/members"));
    let listed = world.tenant.get(&members).await.expect(200);
    assert_eq!(listed["items"][0]["device"], fleet[1].device, "{listed}");
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_others_depend_on_is_not_removed_and_what_is_free_is_forgotten() {
    let world = World::new().await;
    let phone = world.enroll_and_connect("company").await;
    let (used, free) = (world.group("Used").await, world.group("Free").await);
    world.join(&free, &phone.device).await;
    let (first, _) = world.policy().await;
    let first = text(&first, "id");
    let assignment = world.assign(json!({ "policy": first, "group": used })).await;
    let group = |id: &str| world.path(&format!("/groups/{id}"));
    world.tenant.delete(&group(&used)).await.refused(409, "group_in_use");
    let again = world.path("/assignments");
    let same = json!({ "policy": first, "group": used });
    world.tenant.post(&again, same).await.refused(409, "already_exists");
    let list = world.tenant.get(&again).await.expect(200);
    let default = &list["items"][1];
    assert_eq!((&default["default"], &default["scope"]), (&json!(true), &json!("everyone")));
    let default = world.path(&format!("/assignments/{}", text(default, "id")));
    world.tenant.delete(&default).await.refused(409, "default_assignment");

    world.tenant.delete(&group(&free)).await.expect(204);
    world.settle().await;
    assert_eq!(world.device(&phone.device).await["groups"], json!([]), "nobody is in it");
    world.tenant.get(&group(&free)).await.refused(404, "not_found");
    world.tenant.delete(&world.path(&format!("/assignments/{assignment}"))).await.expect(204);
    world.tenant.delete(&group(&used)).await.expect(204);

    for n in 1..=8 {
        let id = world.group(&format!("Group {n}")).await;
        world.join(&id, &phone.device).await;
    }
    let ninth = world.group("Group 9").await;
    let path = world.path(&format!("/groups/{ninth}/members/{}", phone.device));
    world.tenant.put(&path, Value::Null).await.refused(409, "too_many_groups");
}

#[tokio::test]
async fn a_tenant_has_room_for_so_many_assignments_and_is_told_so() {
    let world = World::new().await;
    let (first, _) = world.policy().await;
    let path = world.path("/assignments");
    for n in 0..16 {
        let group = world.group(&format!("Group {n}")).await;
        world.assign(json!({ "policy": first["id"], "group": group })).await;
    }
    let group = world.group("One too many").await;
    let order = json!({ "policy": first["id"], "group": group });
    world.tenant.post(&path, order).await.refused(409, "too_many_rules");
    let page = world.tenant.get(&format!("{path}?limit=10")).await.expect(200);
    let next = text(&page, "next_cursor");
    let rest = world.tenant.get(&format!("{path}?limit=10&cursor={next}")).await.expect(200);
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(7), "16 and the default");
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn stages_come_by_themselves_and_reach_more_phones_each() {
    let world = World::new().await;
    let pilots = world.group("Pilots").await;
    let fleet = fleet(&world, 8).await;
    world.join(&pilots, &fleet[0].device).await;
    let (policy, _) = world.policy().await;
    let policy = text(&policy, "id");
    let version = world.draft().await;
    let woken: Vec<_> = fleet.iter().map(|phone| world.woken(phone)).collect();
    let order = json!({
        "version": version,
        "stages": [{ "group": pilots, "wait_s": 3600 }, { "percent": 50, "wait_s": 7200 }, 100],
    });
    let made = world.roll_out(&policy, order).await;
    assert_eq!((&made["state"], &made["percent"]), (&json!("running"), &json!(0)), "{made}");
    for (place, phone) in fleet.iter().enumerate() {
        assert_eq!(world.woken(phone) > woken[place], place == 0, "only the pilot is woken");
        connect(phone).await;
        assert_eq!(is_silent(phone), place == 0, "{place}");
    }
    world.settle().await;
    let shown = world.rollout(&made).await;
    let progress = json!({ "targeted": 1, "applied": 1, "failed": 0, "pending": 0 });
    assert_eq!((&shown["progress"], &shown["stage"]), (&progress, &json!(1)), "{shown}");
    let path = world.path(&format!("/policies/{policy}/rollouts"));
    let other = json!({ "version": 1 });
    world.tenant.post(&path, other).await.refused(409, "rollout_running");

    world.minutes_later(59).await;
    assert_eq!(world.rollout(&made).await["stage"], 1, "not due yet");
    world.minutes_later(1).await;
    let shown = world.rollout(&made).await;
    assert_eq!((&shown["stage"], &shown["percent"]), (&json!(2), &json!(50)), "{shown}");
    let targeted = shown["progress"]["targeted"].as_u64().expect("a count");
    assert!((2..8).contains(&targeted), "some of 8: {shown}");
    for phone in &fleet {
        connect(phone).await;
    }
    let silent = fleet.iter().filter(|phone| is_silent(phone)).count() as u64;
    assert_eq!(silent, targeted, "those that are counted have it");
    assert!(is_silent(&fleet[0]), "what was reached stays reached");
    for phone in &fleet {
        let shown = world.device(&phone.device).await;
        let wanted = if is_silent(phone) { version } else { 1 };
        assert_eq!(shown["policy"]["version"], wanted, "{shown}");
        assert_eq!(shown["policy"]["applied_version"], wanted, "{shown}");
    }

    world.minutes_later(120).await;
    let shown = world.rollout(&made).await;
    assert_eq!((&shown["state"], &shown["next_stage_at"]), (&json!("completed"), &Value::Null));
    for phone in &fleet {
        connect(phone).await;
        assert!(is_silent(phone));
        assert!(!phone.phone.contacts_were_ever_open());
    }
    world.settle().await;
    let progress = json!({ "targeted": 8, "applied": 8, "failed": 0, "pending": 0 });
    assert_eq!(world.rollout(&made).await["progress"], progress);
    assert_eq!(world.policy().await.0["version_in_force"], version);
}

#[tokio::test]
async fn a_pause_stops_the_clock_and_a_rollback_brings_the_old_wall_back() {
    let world = World::new().await;
    let pilots = world.group("Pilots").await;
    let fleet = fleet(&world, 2).await;
    world.join(&pilots, &fleet[0].device).await;
    let policy = text(&world.policy().await.0, "id");
    let version = world.draft().await;
    let stages = json!([{ "group": pilots, "wait_s": 3600 }, 100]);
    let made = world.roll_out(&policy, json!({ "version": version, "stages": stages })).await;
    connect(&fleet[0]).await;
    world.minutes_later(20).await;
    for _ in 0..2 {
        assert_eq!(world.order_rollout(&made, "pause").await["state"], "paused");
    }
    world.minutes_later(600).await;
    assert_eq!(world.rollout(&made).await["state"], "paused", "time does not count");
    for _ in 0..2 {
        assert_eq!(world.order_rollout(&made, "resume").await["state"], "running");
    }
    world.minutes_later(39).await;
    assert_eq!(world.rollout(&made).await["state"], "running", "40 minutes were left");

    let before: Vec<_> = fleet.iter().map(|phone| world.woken(phone)).collect();
    let account = fleet[0].phone.accounts();
    for _ in 0..2 {
        assert_eq!(world.order_rollout(&made, "rollback").await["state"], "rolled_back");
    }
    assert!(world.woken(&fleet[0]) > before[0]);
    assert_eq!(world.woken(&fleet[1]), before[1], "it was not reached");
    connect(&fleet[0]).await;
    assert!(!is_silent(&fleet[0]));
    assert_eq!(fleet[0].phone.accounts(), account);
    assert!(!fleet[0].phone.contacts_were_ever_open());
    world.minutes_later(600).await;
    assert_eq!(world.rollout(&made).await["state"], "rolled_back");
    let path = |order: &str| world.path(&format!("{}/{order}", rollout_path(&made)));
    for order in ["pause", "resume"] {
        world.tenant.post(&path(order), json!({})).await.refused(409, "rollout_ended");
    }

    // The same version once more, to its end, and back again after it.
    let made = world.roll_out(&policy, json!({ "version": version })).await;
    assert_eq!(made["state"], "completed");
    for phone in &fleet {
        connect(phone).await;
        assert!(is_silent(phone));
    }
    assert_eq!(world.order_rollout(&made, "rollback").await["state"], "rolled_back");
    assert_eq!(world.policy().await.0["version_in_force"], 1);
    for phone in &fleet {
        connect(phone).await;
        assert!(!is_silent(phone));
    }
}

#[tokio::test]
async fn errors_halt_a_roll_out_until_somebody_has_looked() {
    let world = World::new().await;
    let pilots = world.group("Pilots").await;
    let fleet = fleet(&world, 2).await;
    world.join(&pilots, &fleet[0].device).await;
    let policy = text(&world.policy().await.0, "id");
    let version = world.draft().await;
    fleet[0].phone.misbehave(|b| {
        b.fail("InstallProfile", 1, Fault::not_authorized());
    });
    let stages = json!([{ "group": pilots, "wait_s": 3600 }, { "percent": 99, "wait_s": 60 }, 100]);
    let order = json!({ "version": version, "stages": stages, "halt_on_error_percent": 50 });
    let made = world.roll_out(&policy, order).await;
    connect(&fleet[0]).await;
    world.settle().await;
    let progress = json!({ "targeted": 1, "applied": 0, "failed": 1, "pending": 0 });
    assert_eq!(world.rollout(&made).await["progress"], progress);
    world.minutes_later(60).await;
    let shown = world.rollout(&made).await;
    assert_eq!((&shown["state"], &shown["stage"]), (&json!("halted"), &json!(1)), "{shown}");
    world.minutes_later(600).await;
    connect(&fleet[1]).await;
    assert!(!is_silent(&fleet[1]), "the others keep what they have");
    assert!(!fleet[0].phone.contacts_were_ever_open(), "the old wall stands");
    let shown = world.order_rollout(&made, "resume").await;
    assert_eq!((&shown["state"], &shown["stage"]), (&json!("running"), &json!(2)), "{shown}");
}

#[tokio::test]
async fn a_first_version_comes_in_stages_too_and_goes_back_to_the_default() {
    let world = World::new().await;
    let drivers = world.group("Drivers").await;
    let phone = world.enroll_and_connect("company").await;
    world.join(&drivers, &phone.device).await;
    let policy = world.further_policy().await;
    world.assign(json!({ "policy": policy, "group": drivers, "scope": "group" })).await;
    let stages = json!([{ "percent": 99, "wait_s": 3600 }, 100]);
    let made = world.roll_out(&policy, json!({ "version": 1, "stages": stages })).await;
    connect(&phone).await;
    let reached = is_silent(&phone);
    assert_eq!(world.device(&phone.device).await["policy"]["id"] == policy, reached);
    world.order_rollout(&made, "rollback").await;
    connect(&phone).await;
    assert!(!is_silent(&phone));
    let first = text(&world.policy().await.0, "id");
    assert_eq!(world.device(&phone.device).await["policy"]["id"], first);
    let made = world.roll_out(&policy, json!({ "version": 1 })).await;
    let path = world.path(&format!("{}/rollback", rollout_path(&made)));
    world.tenant.post(&path, json!({})).await.refused(409, "nothing_to_roll_back_to");
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused_with_the_field() {
    let world = World::new().await;
    let policy = text(&world.policy().await.0, "id");
    let version = world.draft().await;
    let rollouts = world.path(&format!("/policies/{policy}/rollouts"));
    let group = "grp_00000000000000000000000001";
    for (order, field) in [
        (json!({ "version": version, "stages": [10] }), "stages"),
        (json!({ "version": version, "stages": [{ "group": group }, 100] }), "stages[0]"),
        (json!({ "version": version, "halt_on_error_percent": 0 }), "halt_on_error_percent"),
        (json!({ "version": 4711 }), "version"),
    ] {
        let refusal = world.tenant.post(&rollouts, order.clone()).await.expect(422);
        assert_eq!(refusal["errors"][0]["field"], field, "{order}: {refusal}");
    }
    for (order, field) in [
        (json!({ "policy": policy }), "scope"),
        (json!({ "policy": policy, "group": group }), "group"),
        (json!({ "policy": "pol_00000000000000000000000001", "scope": "everyone" }), "policy"),
    ] {
        let refusal = world.tenant.post(&world.path("/assignments"), order.clone()).await;
        let refusal = refusal.expect(422);
        assert_eq!(refusal["errors"][0]["field"], field, "{order}: {refusal}");
    }
    let absent = world.path(&format!("/groups/{group}"));
    world.tenant.get(&absent).await.refused(404, "not_found");
    world.tenant.delete(&absent).await.refused(404, "not_found");
}
