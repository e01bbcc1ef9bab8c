//! Roll-outs in stages and groups, while the database fails.

use super::*;
use crate::world::{Enrolled, HOUR, received, text};

/// A phone in a group, the group, the policy's path and a token.
struct Scene {
    enrolled: Enrolled,
    group: String,
    policy: String,
    token: String,
}

impl Scene {
    async fn new(it: &Faulty) -> Self {
        let enrolled = it.world.enroll_and_connect("personal").await;
        let group = it.world.group("Pilots").await;
        let member = format!("/groups/{group}/members/{}", enrolled.device);
        it.world.tenant.put(&it.world.path(&member), Value::Null).await.expect(204);
        it.settle().await;
        let policy = text(&it.world.policy().await.0, "id");
        let policy = it.world.path(&format!("/policies/{policy}"));
        Self { enrolled, group, policy, token: it.world.tenant.sign_in().await }
    }

    /// Orders a roll-out that begins with the group; its path.
    async fn roll_out(&self, it: &Faulty, version: u64, wait_s: u32) -> String {
        let stages = json!([{ "group": self.group, "wait_s": wait_s }, 100]);
        let order = json!({ "version": version, "stages": stages });
        let path = format!("{}/rollouts", self.policy);
        let (status, made) = it.insist(&self.token, Method::POST, &path, &order).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        format!("{path}/{}", text(&made, "id"))
    }

    async fn installs(&self) -> usize {
        let talk = self.enrolled.phone.connect().await.expect("the phone connects");
        received(&talk).iter().filter(|command| **command == "InstallProfile").count()
    }
}

pub(super) async fn orders(it: Faulty) {
    let scene = Scene::new(&it).await;
    let version = it.world.draft().await;
    let last = std::cell::RefCell::new(String::new());
    let act = async |nth: u32| {
        // What a client sends again has to be the same; what it sends anew differs.
        let path = scene.roll_out(&it, version, 3600 + nth).await;
        for (order, state) in
            [("pause", "paused"), ("resume", "running"), ("rollback", "rolled_back")]
        {
            let path = format!("{path}/{order}");
            let (status, shown) = it.insist(&scene.token, Method::POST, &path, &json!({})).await;
            assert_eq!((status, &shown["state"]), (StatusCode::OK, &json!(state)), "{shown}");
        }
        it.settle().await;
        *last.borrow_mut() = path;
    };
    let mut before = it.woken(&scene.enrolled.phone);
    let check = async |nth: u32| {
        let path = last.borrow().clone();
        let shown = it.world.tenant.get(&path).await.expect(200);
        assert_eq!(shown["state"], "rolled_back", "call {nth}");
        let list = it.world.tenant.get(&format!("{}/rollouts?limit=100", scene.policy)).await;
        let all = list.expect(200)["items"].as_array().map(Vec::len);
        assert_eq!(all, Some(nth as usize), "call {nth}: each once");
        let policy = it.world.tenant.get(&scene.policy).await.expect(200);
        assert_eq!(policy["version_in_force"], 1, "call {nth}");
        assert!(it.woken(&scene.enrolled.phone) > before, "call {nth}: woken");
        before = it.woken(&scene.enrolled.phone);
        assert_eq!(scene.installs().await, 0, "call {nth}: it came too late to notice");
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 15, "{calls}");
    assert!(!scene.enrolled.phone.contacts_were_ever_open());
}

pub(super) async fn stages(it: Faulty) {
    let scene = Scene::new(&it).await;
    let version = std::cell::Cell::new(it.world.draft().await);
    let last = std::cell::RefCell::new(String::new());
    let ordered = scene.roll_out(&it, version.get(), 3600).await;
    *last.borrow_mut() = ordered;
    it.settle().await;
    // The access token ends after a quarter of an hour, so nothing but the timer acts in here.
    let act = async |_| {
        it.world.clock.advance(HOUR);
        let mut done = 0;
        for _ in 0..ENOUGH {
            // A step that failed does not fail the tick: it comes with the next one.
            done += u32::from(it.world.server.tick().await.is_ok());
            if done == 2 {
                break;
            }
        }
        assert_eq!(done, 2, "the timer works");
        it.settle().await;
    };
    let check = async |nth: u32| {
        let path = last.borrow().clone();
        let shown = it.world.tenant.get(&path).await.expect(200);
        assert_eq!(shown["state"], "completed", "call {nth}: {shown}");
        let policy = it.world.tenant.get(&scene.policy).await.expect(200);
        assert_eq!(policy["version_in_force"], version.get(), "call {nth}");
        assert_eq!(scene.installs().await, 1, "call {nth}: the wall once, the account not at all");
        version.set(it.world.draft().await);
        let stages = json!([{ "group": scene.group, "wait_s": 3600 }, 100]);
        let order = json!({ "version": version.get(), "stages": stages });
        let made = it.world.tenant.post(&format!("{}/rollouts", scene.policy), order).await;
        *last.borrow_mut() = format!("{}/rollouts/{}", scene.policy, text(&made.expect(201), "id"));
        it.settle().await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 12, "due, plan, roll-out, index, the step, and the timer's shards: {calls}");
    assert!(!scene.enrolled.phone.contacts_were_ever_open());
}

pub(super) async fn groups(it: Faulty) {
    let scene = Scene::new(&it).await;
    let policy = it.world.tenant.get(&scene.policy).await.expect(200);
    let mut document = policy["document"].clone();
    document["siri_while_locked"] = "blocked".into();
    let body = json!({ "name": "for pilots", "document": document });
    let made = it.world.tenant.post(&it.world.path("/policies"), body).await.expect(201);
    let policy = text(&made, "id");
    let rollouts = it.world.path(&format!("/policies/{policy}/rollouts"));
    it.world.tenant.post(&rollouts, json!({ "version": 1 })).await.expect(201);
    let assigned = json!({ "policy": policy, "group": scene.group });
    it.world.tenant.post(&it.world.path("/assignments"), assigned).await.expect(201);
    it.settle().await;
    assert_eq!(scene.installs().await, 1);

    let member = format!("/groups/{}/members/{}", scene.group, scene.enrolled.device);
    let member = it.world.path(&member);
    let accounts = scene.enrolled.phone.accounts();
    let act = async |nth: u32| {
        let method = if nth % 2 == 1 { Method::DELETE } else { Method::PUT };
        let (status, body) = it.insist(&scene.token, method, &member, &json!({})).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
        it.settle().await;
    };
    let mut before = it.woken(&scene.enrolled.phone);
    let check = async |nth: u32| {
        assert!(it.woken(&scene.enrolled.phone) > before, "call {nth}: woken");
        before = it.woken(&scene.enrolled.phone);
        assert_eq!(scene.installs().await, 1, "call {nth}: the other wall");
        let shown = it.world.device(&scene.enrolled.device).await;
        assert_eq!(shown["policy"]["id"] == policy, nth.is_multiple_of(2), "call {nth}: {shown}");
        assert_eq!(shown["policy"]["applied_version"], 1, "call {nth}: {shown}");
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "the group, the phone, the change, what follows: {calls}");
    assert_eq!(scene.enrolled.phone.accounts(), accounts);
    assert!(!scene.enrolled.phone.contacts_were_ever_open());
}

/// Two roll-outs are due in one tick, and one call of the database fails: the tick is not repeated, the
/// other roll-out goes on, and what failed comes with the next tick.
#[tokio::test]
async fn a_roll_out_that_fails_holds_up_neither_the_tick_nor_another() {
    let it = Faulty::new(Fault::Throttle).await;
    let world = &it.world;
    let (first, _) = world.policy().await;
    let body = json!({ "name": "for drivers", "document": first["document"] });
    let second = world.tenant.post(&world.path("/policies"), body).await.expect(201);
    let policies = [text(&first, "id"), text(&second, "id")];
    let mut alone = 0;
    for nth in 1..ENOUGH {
        let mut due = Vec::new();
        for policy in &policies {
            let path = world.path(&format!("/policies/{policy}"));
            let answer = world.tenant.get(&path).await;
            let tag = answer.etag.clone().expect("an ETag");
            let mut document = answer.expect(200)["document"].clone();
            document["siri_while_locked"] = ["allowed", "blocked"][nth as usize % 2].into();
            let body = json!({ "document": document });
            let put = world.tenant.send(Method::PUT, &path, Some(&body), Some(&tag)).await;
            let stages = json!([{ "percent": 50, "wait_s": 3600 }, 100]);
            let order = json!({ "version": put.expect(200)["version"], "stages": stages });
            let path = format!("{path}/rollouts");
            let made = world.tenant.post(&path, order).await.expect(201);
            due.push(format!("{path}/{}", text(&made, "id")));
        }
        it.settle().await;
        let completed = async || {
            let mut completed = 0;
            for path in &due {
                let shown = world.tenant.get(path).await.expect(200);
                completed += u32::from(shown["state"] == "completed");
            }
            completed
        };
        world.clock.advance(HOUR);
        it.fail(nth);
        let ticked = world.server.tick().await;
        let happened = it.ends();
        let done = completed().await;
        if !happened {
            assert_eq!(done, 2, "call {nth}");
            break;
        }
        // Before the steps the phones are woken, and what is due is read: that is repeated.
        if ticked.is_ok() {
            assert!(done >= 1, "call {nth}: the other goes on");
            alone += u32::from(done == 1);
        }
        world.server.tick().await.expect("the timer works");
        assert_eq!(completed().await, 2, "call {nth}: what failed comes with the next tick");
        it.settle().await;
    }
    assert!(alone >= 6, "three calls of each at least: {alone}");
}
