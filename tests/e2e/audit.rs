//! Every write of the API leaves an event that says who did what to which object, and nothing
//! personal.

use reqwest::Method;
use serde_json::{Value, json};
use trennwand_store::{Fault, FaultPlan};

use crate::world::{Api, World, text};

/// The tenant's whole trail, read in small pages.
async fn trail(world: &World) -> Vec<Value> {
    let mut events = Vec::new();
    let mut path = world.path("/audit-events?limit=3");
    loop {
        let page = world.tenant.get(&path).await.expect(200);
        events.extend(page["items"].as_array().expect("events").iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return events };
        path = world.path(&format!("/audit-events?limit=3&cursor={cursor}"));
    }
}

/// Operation and object of each event.
fn told(events: &[Value]) -> Vec<(String, String)> {
    events.iter().map(|event| (text(event, "operation"), text(event, "object"))).collect()
}

fn pair(operation: &str, object: &str) -> (String, String) {
    (operation.to_owned(), object.to_owned())
}

#[tokio::test]
async fn what_was_written_is_told_in_its_order() {
    let world = World::without_mail().await;
    let before = trail(&world).await.len();

    let user = world.user("anna@musterbau.example").await;
    let user_path = world.path(&format!("/users/{user}"));
    let change = json!({ "locale": "de" });
    world.tenant.send(Method::PATCH, &user_path, Some(&change), None).await.expect(200);
    let mut expected = vec![pair("user_create", &user), pair("user_update", &user)];

    let invitation = text(&world.invite("personal", Some(&user)).await, "id");
    let path = world.path(&format!("/enrollments/{invitation}"));
    world.tenant.post(&format!("{path}/renew"), json!({})).await.expect(200);
    world.tenant.delete(&path).await.expect(204);
    world.tenant.delete(&path).await.expect(204);
    expected.extend([
        pair("enrollment_create", &invitation),
        pair("enrollment_renew", &invitation),
        pair("enrollment_revoke", &invitation),
        pair("enrollment_revoke", &invitation),
    ]);

    let phone = world.enroll_for("company", None).await;
    phone.phone.connect().await.expect("the phone connects");
    let path = world.path(&format!("/devices/{}", phone.device));
    let read = world.device(&phone.device).await;
    let order = world.order(&phone.device, "device_lock").await;
    world.tenant.delete(&path).await.refused(409, "device_enrolled");
    phone.phone.leave().await.expect("the phone checks out");
    world.tenant.delete(&path).await.expect(204);
    let used = trail(&world).await;
    let used = told(&used).into_iter().rev().find(|(what, _)| what == "enrollment_create");
    expected.push(used.expect("the phone was invited"));
    expected.push(pair("command_create", &text(&order, "id")));
    expected.push(pair("device_forget", &phone.device));

    let open = text(&world.invite("personal", Some(&user)).await, "id");
    world.tenant.delete(&user_path).await.expect(204);
    expected.extend([
        pair("enrollment_create", &open),
        pair("user_delete", &open),
        pair("user_delete", &user),
    ]);

    let policy = text(&read["policy"], "id");
    world.change_policy("siri_while_locked", "blocked".into()).await;
    let rollouts = world.path(&format!("/policies/{policy}/rollouts"));
    let rollouts = world.tenant.get(&rollouts).await.expect(200);
    let rollouts = rollouts["items"].as_array().expect("roll-outs").clone();
    expected.push(pair("policy_replace", &policy));
    expected.push(pair("rollout_create", &text(rollouts.last().expect("a roll-out"), "id")));

    let events = trail(&world).await;
    assert_eq!(told(&events[before..]), expected);
    let ids: Vec<_> = events.iter().map(|event| text(event, "id")).collect();
    assert!(ids.is_sorted() && ids.iter().all(|id| id.starts_with("evt_")), "{ids:?}");
    let personal = serde_json::to_string(&events).expect("JSON").to_lowercase();
    for word in ["anna", "albers", "musterbau"] {
        assert!(!personal.contains(word), "{word}");
    }
}

#[tokio::test]
async fn an_event_names_client_level_and_request() {
    let world = World::without_mail().await;
    let client = json!({ "name": "office", "scopes": ["users", "audit"] });
    let made = world.reseller.post(&world.path("/clients"), client).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let office = Api::new(world.server.base_url(), &id, &secret);
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}{}", world.server.base_url(), world.path("/users"));
    let request = http.post(url).bearer_auth(office.sign_in().await);
    let answer = request.json(&json!({ "email": "anna@musterbau.example" }));
    let answer = answer.send().await.expect("an answer");
    let request_id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    let user: Value = answer.json().await.expect("JSON");

    let events = office.get(&world.path("/audit-events")).await.expect(200);
    let last = events["items"].as_array().expect("events").last().expect("an event");
    let expected = json!({
        "id": last["id"],
        "at": "2026-11-24T09:00:00Z",
        "actor": id,
        "level": "tenant",
        "operation": "user_create",
        "object": user["id"],
        "request_id": request_id,
        "reason": null,
    });
    assert_eq!(*last, expected);
    let by_reseller = events["items"].as_array().expect("events").iter().find(|event| {
        event["operation"] == "client_create" && event["object"].as_str() == Some(&id)
    });
    let by_reseller = by_reseller.expect("the tenant sees what its reseller does");
    assert_eq!(by_reseller["level"], "reseller");
}

#[tokio::test]
async fn what_was_refused_or_failed_leaves_no_event() {
    let plan = FaultPlan::default();
    let world = World::with(|options| options.faults = Some(plan.clone())).await;
    world.user("warm@musterbau.example").await;
    let before = trail(&world).await;
    let path = world.path("/users");
    world.tenant.post(&path, json!({ "email": "nobody" })).await.refused(422, "invalid");
    let absent = format!("{path}/usr_00000000000000000000000001");
    world.tenant.delete(&absent).await.refused(404, "not_found");
    for nth in 1..=12 {
        plan.on_request(nth, Fault::TimeoutBefore);
    }
    let anna = json!({ "email": "anna@musterbau.example" });
    let mut failures = 0;
    while !plan.is_done() {
        world.tenant.post(&path, anna.clone()).await.refused(503, "unavailable");
        failures += 1;
    }
    assert!(failures > 0);
    assert_eq!(trail(&world).await, before);
    let listed = world.tenant.get(&path).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_trail_is_for_clients_that_may_read_it() {
    let world = World::without_mail().await;
    let client = json!({ "name": "office", "scopes": ["users"] });
    let made = world.reseller.post(&world.path("/clients"), client).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let office = Api::new(world.server.base_url(), &id, &secret);
    let path = world.path("/audit-events");
    office.get(&path).await.refused(403, "insufficient_scope");
    world.reseller.get(&path).await.refused(403, "wrong_level");
    let wrong = world.path("/audit-events?cursor=%23");
    world.tenant.get(&wrong).await.refused(422, "invalid");
}
