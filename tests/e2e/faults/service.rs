//! What clients of the API order, and what follows from it, while the database fails.

use reqwest::{Method, StatusCode};
use serde_json::json;
use trennwand_domain::Clock;
use trennwand_push::PushFailure;

use super::{ENOUGH, Faulty};
use crate::world::{Enrolled, HOUR, received, reported, text};

pub(super) async fn order(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("company").await;
    let token = it.world.tenant.sign_in().await;
    let path = it.world.path(&format!("/devices/{device}/commands"));
    let before = it.woken(&phone);
    let act = async |nth: u32| {
        // What a client sends again and again has to be the same; what it sends anew differs.
        let kind = ["certificate_list", "security_info"][nth as usize % 2];
        let url = format!("{path}?order={nth}");
        let done = it.insist(&token, Method::POST, &url, &json!({ "type": kind })).await;
        assert_eq!(done.0, StatusCode::ACCEPTED, "{done:?}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert!(it.woken(&phone) >= before + u64::from(nth), "order {nth}");
        let talk = phone.connect().await.expect("the phone connects");
        assert_eq!(received(&talk).len(), 1, "order {nth} is delivered once");
        it.settle().await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 3, "the device, the order and the wake: {calls}");
    let list = it.world.tenant.get(&format!("{path}?limit=100")).await.expect(200);
    let answered = list["items"].as_array().map(Vec::len);
    assert_eq!(answered, Some(calls as usize + 1), "each once");
}

pub(super) async fn user(it: Faulty) {
    let user = it.world.user("anna@musterbau.example").await;
    let Enrolled { phone, .. } = it.world.enroll_for("personal", Some(&user)).await;
    phone.connect().await.expect("the phone connects");
    let token = it.world.tenant.sign_in().await;
    let path = it.world.path(&format!("/users/{user}"));
    let email = |nth: u32| format!("anna{nth}@musterbau.example");
    let act = async |nth: u32| {
        let body = json!({ "email": email(nth) });
        let done = it.insist(&token, Method::PATCH, &path, &body).await;
        assert_eq!(done.0, StatusCode::OK, "{done:?}");
        it.settle().await;
    };
    let mut before = it.woken(&phone);
    let check = async |nth: u32| {
        assert!(it.woken(&phone) > before, "call {nth}: woken");
        before = it.woken(&phone);
        let talk = phone.connect().await.expect("the phone connects");
        assert_eq!(reported(&talk)[0], ("InstallProfile", "Acknowledged"), "call {nth}");
        let accounts = phone.accounts();
        assert_eq!(accounts.len(), 1, "call {nth}");
        assert_eq!(accounts[0].email, email(nth));
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "{calls}");
}

pub(super) async fn roll_out(it: Faulty) {
    let Enrolled { phone, .. } = it.world.enroll_and_connect("personal").await;
    let token = it.world.tenant.sign_in().await;
    let (policy, _) = it.world.policy().await;
    let path = it.world.path(&format!("/policies/{}/rollouts", text(&policy, "id")));
    let version = std::cell::Cell::new(0);
    let draft = async |nth: u32| {
        let (policy, tag) = it.world.policy().await;
        let mut document = policy["document"].clone();
        document["siri_while_locked"] = ["allowed", "blocked"][nth as usize % 2].into();
        let body = json!({ "document": document });
        let put = path.trim_end_matches("/rollouts");
        let put = it.world.tenant.send(Method::PUT, put, Some(&body), Some(&tag)).await;
        version.set(put.expect(200)["version"].as_u64().unwrap_or_default());
    };
    draft(1).await;
    let mut before = it.woken(&phone);
    let act = async |_| {
        let body = json!({ "version": version.get() });
        let done = it.insist(&token, Method::POST, &path, &body).await;
        assert_eq!(done.0, StatusCode::CREATED, "{done:?}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert!(it.woken(&phone) > before, "call {nth}: woken");
        before = it.woken(&phone);
        let talk = phone.connect().await.expect("the phone connects");
        let walls = received(&talk).iter().filter(|c| **c == "InstallProfile").count();
        assert_eq!(walls, 1, "call {nth}: the wall once, the account not at all");
        draft(nth + 1).await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "{calls}");
    assert!(!phone.contacts_were_ever_open());
}

pub(super) async fn tenant(it: Faulty) {
    let token = it.world.reseller.sign_in().await;
    let act = async |nth: u32| {
        let body = json!({ "name": format!("Tenant {nth}") });
        let done = it.insist(&token, Method::POST, "/v1/tenants", &body).await;
        assert_eq!(done.0, StatusCode::CREATED, "{done:?}");
        it.settle().await;
    };
    let check = async |nth: u32| {
        let list = it.world.reseller.get("/v1/tenants?limit=100").await.expect(200);
        let list = list["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(list.len(), nth as usize + 1, "{list:?}");
        assert!(list.iter().all(|tenant| tenant["status"] == "active"), "{list:?}");
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 4, "{calls}");
}

pub(super) async fn timer(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("personal").await;
    let mut before = it.woken(&phone);
    let act = async |_| {
        it.world.clock.advance(24 * HOUR);
        let mut done = false;
        for _ in 0..ENOUGH {
            done = it.world.server.tick().await.is_ok();
            if done {
                break;
            }
        }
        assert!(done, "the timer works");
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert!(it.woken(&phone) > before, "day {nth}: woken");
        before = it.woken(&phone);
        let talk = phone.connect().await.expect("the phone connects");
        assert_eq!(received(&talk).len(), 4, "day {nth}: asked again");
        assert_eq!(it.world.verdict(&device).await, "inferred", "day {nth}");
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "every shard and the push identity: {calls}");
}

pub(super) async fn dead_token(it: Faulty) {
    let Enrolled { phone, device } = it.world.enroll_and_connect("company").await;
    let act = async |_| {
        let since = Some(it.world.clock.now());
        let token = phone.push_token().expect("a token");
        it.world.server.apns().fail_token(&token, PushFailure::TokenDead { since });
        it.world.clock.advance(HOUR / 60);
        let path = it.world.path(&format!("/devices/{device}/commands"));
        for _ in 0..ENOUGH {
            let order = json!({ "type": "certificate_list" });
            if it.world.tenant.post(&path, order).await.status == StatusCode::ACCEPTED {
                break;
            }
        }
        it.settle().await;
    };
    let check = async |nth: u32| {
        assert_eq!(it.world.device(&device).await["state"], "push_lost", "call {nth}");
        phone.renew_push_token().await.expect("the phone has another token");
        it.settle().await;
        assert_eq!(it.world.device(&device).await["state"], "enrolled", "call {nth}");
        assert!(it.woken(&phone) >= 1, "call {nth}: and can be woken");
        phone.connect().await.expect("the phone connects");
        it.settle().await;
    };
    let calls = it.sweep(act, check).await;
    assert!(calls >= 5, "{calls}");
}
