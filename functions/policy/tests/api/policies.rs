//! Policies: new ones, what they become, and what rolling them out would do.

use std::time::Instant;

use trennwand_domain::{DeviceId, PolicyTemplate, PushTarget, Target, UserId};
use trennwand_store::{Meter, layout::attribute};

use super::*;

/// Refused with a name, a way, a field and what closes it.
#[track_caller]
fn refused(answer: &(u16, Value), code: &str, channel: &str, field: &str) {
    let (status, body) = answer;
    assert_eq!((*status, text(&body["code"])), (422, "policy_refused"), "{body}");
    let refusal = &body["refusal"];
    assert_eq!(text(&refusal["code"]), code, "{body}");
    assert_eq!(text(&refusal["channel"]), channel);
    assert_eq!(text(&refusal["field"]), field);
    assert_eq!(text(&body["errors"][0]["field"]), field);
    assert!(refusal["target"].is_string() && refusal["closed_by"].is_array());
}

#[tokio::test]
async fn a_new_policy_is_a_draft_of_a_document() {
    let world = World::new().await;
    let new = json!({"name": " Field staff ", "document": {"schema_version": 1, "backup": "any"}});
    let answer = world.send(&world.token, "POST", "/policies", None, Some(new)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let made = answer.body;
    assert_eq!(text(&made["name"]), "Field staff");
    assert_eq!((&made["version"], &made["version_in_force"]), (&json!(1), &Value::Null));
    assert_eq!(text(&made["document"]["contacts"]), "strict", "what is left out is filled in");
    let path = format!("/policies/{}", text(&made["id"]));
    let read = world.send(&world.token, "GET", &path, None, None).await;
    assert_eq!((read.body, &read.etag), (made, &answer.etag));
    assert_eq!(world.get("/policies").await["items"].as_array().unwrap().len(), 2);
    let change = json!({"document": {"schema_version": 1, "backup": "encrypted"}});
    let put = world.send(&world.token, "PUT", &path, Some(&answer.etag), Some(change)).await;
    assert_eq!(put.body["version"], 2, "{}", put.body);
    let compared = world.get(&format!("{path}/versions/2?against=1")).await;
    let changed = json!([{"path": "backup", "before": "any", "after": "encrypted"}]);
    assert_eq!(compared["changes"], changed);
    assert_eq!(world.get(&format!("{path}/versions/2")).await.get("changes"), None);

    for wrong in [
        json!({}),
        json!({"name": "x"}),
        json!({"document": {"schema_version": 1}}),
        json!({"name": "", "document": {"schema_version": 1}}),
        json!({"name": "x", "document": {"schema_version": 2}}),
        json!({"name": "x", "template": "tpl_00000000000000000000000001"}),
        json!({"name": "x", "template": "preset"}),
        json!({"name": "x", "template": "preset", "document": {"schema_version": 1}}),
    ] {
        let (status, refusal) = world.post("/policies", wrong.clone()).await;
        assert_eq!((status, text(&refusal["code"])), (422, "invalid"), "{wrong}");
    }
}

#[tokio::test]
async fn what_would_let_contacts_out_is_refused_by_name_wherever_a_document_comes_in() {
    let world = World::new().await;
    let listed = world.get("/policies").await;
    let policy = format!("/policies/{}", text(&listed["items"][0]["id"]));
    let preview = format!("{policy}/preview");
    let known = world.send(&world.token, "GET", &policy, None, None).await;
    for (field, value, code, channel, at) in [
        ("documents", json!("open"), "managed_to_unmanaged_open", "contacts_api", "documents"),
        ("clipboard", json!("open"), "contacts_open", "pasteboard", "clipboard"),
        (
            "managed_apps",
            json!([{"ios": "net.whatsapp.WhatsApp"}]),
            "messenger_managed",
            "managed_app",
            "managed_apps[0].ios",
        ),
        (
            "contact_apps",
            json!(["com.example.dial", "com.whatsapp"]),
            "messenger_exempted",
            "contact_exemptions",
            "contact_apps[1]",
        ),
    ] {
        let at = format!("document.{at}");
        let mut document = json!({"schema_version": 1});
        document[field] = value;
        let body = json!({"document": document});
        let put = world.send(&world.token, "PUT", &policy, Some(&known.etag), Some(body)).await;
        refused(&(put.status.as_u16(), put.body), code, channel, &at);
        let body = json!({"document": document});
        refused(&world.post(&preview, body).await, code, channel, &at);
        let body = json!({"name": "x", "document": document});
        refused(&world.post("/policies", body).await, code, channel, &at);
    }
    let after = world.send(&world.token, "GET", &policy, None, None).await;
    assert_eq!((after.etag, after.body), (known.etag, known.body), "nothing was written");
}

#[tokio::test]
async fn a_template_of_the_reseller_becomes_a_policy_and_that_of_another_does_not_exist() {
    let world = World::new().await;
    let own = world.core.store.tenant(&world.scope).get().await.unwrap().unwrap().reseller;
    let mut templates = Vec::new();
    for reseller in [own, world.core.ids.mint()] {
        let template = PolicyTemplate {
            id: world.core.ids.mint(),
            name: "Trades".into(),
            description: Some("Strict".into()),
            document: r#"{"schema_version":1,"messengers":"blocked"}"#.into(),
            created_at: NOON,
        };
        let mut tx = world.core.store.transaction();
        world.core.store.policy_templates(reseller).insert(&mut tx, &template);
        tx.commit().await.unwrap();
        templates.push(template.id.to_string());
    }
    let offered = world.get("/templates").await;
    assert_eq!(offered["items"].as_array().unwrap().len(), 1);
    assert_eq!(text(&offered["items"][0]["id"]), templates[0]);
    let (status, made) = world.post("/policies", json!({"template": templates[0]})).await;
    assert_eq!((status, text(&made["name"])), (201, "Trades"), "{made}");
    assert_eq!(text(&made["document"]["messengers"]), "blocked");
    let (status, named) =
        world.post("/policies", json!({"template": templates[0], "name": "Ours"})).await;
    assert_eq!((status, text(&named["name"])), (201, "Ours"));

    let (status, foreign) = world.post("/policies", json!({"template": templates[1]})).await;
    let absent = json!({"template": "tpl_00000000000000000000000001"});
    let (_, mut absent) = world.post("/policies", absent).await;
    absent["request_id"] = foreign["request_id"].clone();
    assert_eq!((status, &foreign), (422, &absent));
}

#[tokio::test]
async fn what_a_version_becomes_is_shown_with_its_proof_and_a_refusal_says_what_leaks() {
    let world = World::new().await;
    let listed = world.get("/policies").await;
    let path = format!("/policies/{}/versions/1/artifacts", text(&listed["items"][0]["id"]));
    let iphone = world.get(&format!("{path}/ios-device")).await;
    assert_eq!(text(&iphone["minimum_os"]), "15.0");
    assert_eq!((&iphone["refused"], &iphone["mail"]), (&Value::Null, &Value::Null));
    let wall = &iphone["templates"][0];
    assert_eq!(text(&wall["purpose"]), "wall");
    let payload = &wall["payloads"][0];
    assert_eq!(text(&payload["type"]), "com.apple.applicationaccess");
    assert_eq!(payload["keys"]["allowOpenFromManagedToUnmanaged"], false);
    let lines = iphone["proof"]["lines"].as_array().unwrap();
    let line = |source: &str, channel: &str| {
        let is = |l: &&Value| l["source"]["code"] == source && l["channel"]["code"] == channel;
        lines.iter().find(is).unwrap_or_else(|| panic!("{source} {channel}"))
    };
    let api = line("contacts", "contacts_api");
    assert_eq!(text(&api["outcome"]), "closed");
    assert!(api["closed_by"].to_string().contains("allowOpenFromManagedToUnmanaged"), "{api}");
    assert_eq!(text(&line("contacts", "second_account")["outcome"]), "residual");
    assert_eq!(text(&line("contacts", "contact_sync")["why"]["code"]), "no_account");
    let to_apps = lines
        .iter()
        .filter(|l| l["source"]["code"] == "contacts" && l["sink"]["code"] == "unmanaged_apps");
    assert!(to_apps.clone().count() > 5);
    assert!(to_apps.clone().all(|l| l["why"]["code"] != "left_open"), "none is left open");

    let full = world.get(&format!("{path}/android-fully-managed")).await;
    assert_eq!((&full["proof"], &full["templates"]), (&Value::Null, &json!([])));
    assert_eq!(text(&full["refused"]["code"]), "messengers_on_fully_managed");
    assert_eq!(text(&full["refused"]["channel"]), "one_side");
    assert_eq!(text(&full["refused"]["field"]), "document.messengers");
    let personal = world.get(&format!("{path}/android-personal")).await;
    let notes = personal["notes"].to_string();
    assert!(notes.contains("caller_names_since_14"), "{notes}");

    for wrong in ["ios", "IOS-DEVICE", "android"] {
        let path = format!("{path}/{wrong}");
        let answer = world.send(&world.token, "GET", &path, None, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

/// Phones under management, put into the database in one go: copies of one that the store wrote.
pub(super) async fn seed(world: &World, phones: &[(Target, Option<&str>, bool)]) {
    let first = world.header(&world.invite("company", None).await).await;
    let first = Device {
        state: DeviceState::Enrolled,
        push: Some(PushTarget {
            token: Secret::new(vec![7; 32]),
            magic: Secret::new("7B1C2D3E-0F4A-4B5C-8D9E-A0B1C2D3E4F5".into()),
            topic: "com.apple.mgmt.External.0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0".into(),
        }),
        last_seen_at: Some(NOON),
        ..first
    };
    let devices = world.core.store.devices(&world.scope);
    devices.save(&first, None).await.unwrap();
    let pk = |id: &dyn std::fmt::Display| format!("T#{}#D#{id}", world.scope.tenant());
    let ask = json!({"TableName": "data", "Key": {"pk": {"S": pk(&first.id)}, "sk": {"S": "0"}}});
    let found = world.database.get_item(serde_json::from_value(ask).unwrap()).unwrap();
    let item = found.item.unwrap();
    let items = phones.iter().map(|(target, os_version, has_user)| {
        let id: DeviceId = world.core.ids.mint();
        let mut item = item.clone();
        let mut put = |name: &str, value: String| {
            item.insert(name.to_owned(), dynoxide::AttributeValue::S(value));
        };
        put(attribute::PK, pk(&id));
        put(attribute::TENANT_SK, id.to_string());
        put("tg", target.to_string());
        put("pl", target.platform().to_string());
        if let Some(os_version) = os_version {
            put("osv", (*os_version).to_owned());
        }
        if *has_user {
            put("us", world.core.ids.mint::<UserId>().to_string());
        }
        item
    });
    let options = dynoxide::ImportOptions { record_streams: false, set_cached_at: false };
    world.database.import_items("data", items.collect(), options).unwrap();
    // The copied one is none of them.
    let copied = devices.get(first.id).await.unwrap().unwrap();
    devices.save(&Device { state: DeviceState::Released, ..copied }, None).await.unwrap();
    let seen = devices.page_fleet(None).await.unwrap().0;
    assert!(!seen.is_empty() && !seen.iter().any(|member| member.device == first.id));
}

#[tokio::test]
async fn a_preview_says_what_changes_on_how_many_phones_and_changes_nothing() {
    let world = World::new().await;
    let listed = world.get("/policies").await;
    let policy = format!("/policies/{}", text(&listed["items"][0]["id"]));
    let iphone = (Target::IosDevice, None, true);
    let older = (Target::AndroidPersonal, Some("12"), false);
    let newer = (Target::AndroidPersonal, Some("15"), true);
    seed(&world, &[iphone, iphone, (Target::IosDevice, Some("17.4"), false), older, newer]).await;
    let before = world.core.store.tenant(&world.scope).head().await.unwrap();

    let path = format!("{policy}/preview");
    let document = json!({"schema_version": 1, "contacts": "caller_id_allowed", "backup": "any",
                          "nearby_sharing": "open"});
    let (status, seen) = world.post(&path, json!({"document": document})).await;
    assert_eq!(status, 200, "{seen}");
    assert_eq!((&seen["version"], &seen["against"]), (&Value::Null, &json!(1)));
    assert_eq!((&seen["possible"], &seen["phones"]), (&json!(true), &json!(5)));
    assert_eq!(seen["touches_mail_account"], false);
    let paths: Vec<_> = seen["document_changes"].as_array().unwrap().iter().collect();
    let paths: Vec<_> = paths.iter().map(|change| text(&change["path"])).collect();
    assert_eq!(paths, ["backup", "nearby_sharing"]);
    let of = |target: &str| {
        let targets = seen["targets"].as_array().unwrap();
        targets.iter().find(|t| t["target"] == target).unwrap_or_else(|| panic!("{seen}"))
    };
    let iphones = of("ios-device");
    assert_eq!((&iphones["phones"], &iphones["os_unknown"]), (&json!(3), &json!(2)));
    let keys: Vec<_> = iphones["changes"].as_array().unwrap().iter().collect();
    let keys: Vec<_> = keys.iter().map(|change| text(&change["path"])).collect();
    assert_eq!(keys, ["wall.forceAirDropUnmanaged", "wall.forceEncryptedBackup"]);
    assert_eq!(iphones["artifacts"].as_array().unwrap().len(), 1, "there is no mail yet");
    assert_eq!(iphones["artifacts"][0]["phones"], 3);
    let loses = iphones["loses"].as_array().unwrap();
    assert!(
        loses.iter().any(|l| l["channel"]["code"] == "nearby" && l["phones"] == 3),
        "{loses:?}"
    );
    let android = of("android-personal");
    assert_eq!(android["phones"], 2);
    let ignored = android["ignored"].to_string();
    assert!(ignored.contains(r#""key":"assistContentPolicy","phones":1"#), "{ignored}");

    let blocking = json!({"schema_version": 1, "contacts": "caller_id_allowed",
                          "non_compliance": "block"});
    let (_, seen) = world.post(&path, json!({"document": blocking})).await;
    assert_eq!(seen["possible"], false);
    let refusal = &seen["targets"].as_array().unwrap().iter().find(|t| t["phones"] == 2).unwrap();
    assert_eq!(text(&refusal["refused"]["code"]), "blocking_hits_old_systems");
    assert_eq!(text(&refusal["refused"]["since"]), "14.0");

    let (status, same) = world.post(&path, json!({})).await;
    assert_eq!((status, &same["version"]), (200, &json!(1)));
    assert_eq!(same["document_changes"], json!([]));
    for target in same["targets"].as_array().unwrap() {
        assert_eq!(target["changes"], json!([]));
        assert_eq!((&target["loses"], &target["gains"]), (&json!([]), &json!([])));
    }
    for (wrong, field) in [
        (json!({"version": 2}), "version"),
        (json!({"against": 7}), "against"),
        (json!({"version": 1, "document": {"schema_version": 1}}), "version"),
    ] {
        let (status, refusal) = world.post(&path, wrong).await;
        assert_eq!((status, text(&refusal["errors"][0]["field"])), (422, field));
    }
    assert_eq!(world.core.store.tenant(&world.scope).head().await.unwrap(), before);
}

#[tokio::test]
async fn a_roll_out_is_refused_for_what_phones_would_do() {
    let world = World::new().await;
    let listed = world.get("/policies").await;
    let policy = format!("/policies/{}", text(&listed["items"][0]["id"]));
    seed(&world, &[(Target::AndroidCompany, Some("13"), false)]).await;
    let known = world.send(&world.token, "GET", &policy, None, None).await;
    let blocking = json!({"document": {"schema_version": 1, "contacts": "caller_id_allowed",
                                       "non_compliance": "block"}});
    let put = world.send(&world.token, "PUT", &policy, Some(&known.etag), Some(blocking)).await;
    assert_eq!(put.status, StatusCode::OK, "a draft reaches no phone: {}", put.body);
    let order = json!({"version": put.body["version"]});
    let answer = world.post(&format!("{policy}/rollouts"), order).await;
    let (code, channel) = ("blocking_hits_old_systems", "cross_profile_contacts");
    refused(&answer, code, channel, "document.non_compliance");
    assert_eq!(world.get(&policy).await["version_in_force"], 1);
}

/// Ten thousand phones: some 450 bytes of index each, 1 MB to a request.
#[tokio::test]
async fn a_preview_over_ten_thousand_phones_takes_twenty_requests_at_most() {
    let world = World::new().await;
    let systems = ["12", "13", "14", "15", "16"];
    let phones: Vec<_> = (0..10_000)
        .map(|i| match i % 4 {
            0 => (Target::IosDevice, None, true),
            1 => (Target::IosDevice, Some("18.1"), true),
            2 => (Target::AndroidPersonal, Some(systems[i / 4 % 5]), true),
            _ => (Target::AndroidCompany, Some(systems[i / 4 % 5]), false),
        })
        .collect();
    seed(&world, &phones).await;
    let listed = world.get("/policies").await;
    let path = format!("/policies/{}/preview", text(&listed["items"][0]["id"]));
    let body = json!({"document": {"schema_version": 1, "nearby_sharing": "open"}});
    world.post(&path, body.clone()).await;
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    let began = Instant::now();
    let ((status, seen), usage) = Meter::measure(world.post(&path, body)).await;
    let took = began.elapsed();
    assert_eq!((status, &seen["phones"]), (200, &json!(10_000)), "{seen}");
    let counts: Vec<_> = seen["targets"].as_array().unwrap().iter().map(|t| &t["phones"]).collect();
    assert_eq!(counts.iter().filter_map(|n| n.as_u64()).sum::<u64>(), 10_000);
    assert!(usage.requests <= 20, "{usage:?}");
    assert_eq!(usage.wcu, 0.0);
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        let (requests, rcu, ms) = (usage.requests, usage.rcu, took.as_millis());
        publish(&format!(
            "| phones | requests | RCU | ms |\n|---|---|---|---|\n| 10,000 | {requests} | {rcu} | {ms} |\n"
        ));
    }
}

fn publish(table: &str) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/PERFORMANCE.md");
    let (begin, end) = ("<!-- preview: begin -->\n", "<!-- preview: end -->");
    let text = std::fs::read_to_string(file).unwrap();
    let (head, rest) = text.split_once(begin).unwrap();
    let (_, tail) = rest.split_once(end).unwrap();
    std::fs::write(file, format!("{head}{begin}{table}{end}{tail}")).unwrap();
}

#[tokio::test]
async fn a_preview_speaks_of_the_phones_that_are_under_the_policy() {
    let world = World::new().await;
    seed(&world, &[(Target::IosDevice, None, false); 5]).await;
    let listed = world.get("/policies").await;
    let preset = format!("/policies/{}/preview", text(&listed["items"][0]["id"]));
    let new = json!({"name": "Workshop", "document": {"schema_version": 1, "backup": "any"}});
    let (_, made) = world.post("/policies", new).await;
    let workshop = format!("/policies/{}/preview", text(&made["id"]));
    let phones = async |path: &str| world.post(path, json!({})).await.1["phones"].clone();
    assert_eq!(phones(&preset).await, 5);
    assert_eq!(phones(&workshop).await, 5, "it is in force nowhere yet");

    let (_, group) = world.post("/groups", json!({"name": "Workshop"})).await;
    let members = format!("/groups/{}/members", text(&group["id"]));
    let all = world.get("/devices?state=enrolled").await;
    for phone in &all["items"].as_array().unwrap()[..2] {
        let path = format!("{members}/{}", text(&phone["id"]));
        let joined = world.send(&world.token, "PUT", &path, None, None).await;
        assert!(joined.status.is_success(), "{}", joined.body);
    }
    let order = json!({"policy": made["id"], "group": group["id"]});
    let (status, assigned) = world.post("/assignments", order).await;
    assert_eq!(status, 201, "{assigned}");
    let rollouts = format!("/policies/{}/rollouts", text(&made["id"]));
    let (status, ordered) = world.post(&rollouts, json!({"version": 1})).await;
    assert_eq!(status, 201, "{ordered}");
    assert_eq!(phones(&workshop).await, 2);
    assert_eq!(phones(&preset).await, 3);
}
