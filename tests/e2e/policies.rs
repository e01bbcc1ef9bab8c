//! Policies from the API to the phone: what a version becomes, what one phone gets of it, templates of
//! resellers, and what is said about all of it.

use reqwest::Method;
use serde_json::{Value, json};
use trennwand_simulator::Profile;

use crate::world::{Api, World, new_tenant, text};

async fn artifact(api: &Api, world: &World, device: &str) -> Value {
    api.get(&world.path(&format!("/devices/{device}/artifact"))).await.expect(200)
}

async fn client(world: &World, scopes: &[&str]) -> Api {
    let order = json!({ "name": "narrow", "scopes": scopes });
    let made = world.reseller.post(&world.path("/clients"), order).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    Api::new(world.server.base_url(), &id, &secret)
}

#[tokio::test]
async fn an_artifact_is_what_the_phone_got_and_names_its_user_only_to_those_who_may_know() {
    let world = World::new().await;
    let enrolled = world.enroll_and_connect("personal").await;
    let shown = artifact(&world.tenant, &world, &enrolled.device).await;
    for (purpose, redacted) in [("wall", false), ("account", false)] {
        let part = &shown[purpose];
        assert_eq!(text(part, "purpose"), purpose);
        assert_eq!(part["redacted"], redacted);
        assert_eq!(text(part, "media_type"), "application/x-apple-aspen-config");
        let listed = enrolled.phone.profiles();
        assert_eq!(listed.get(&text(part, "identifier")), Some(&text(part, "uuid")));
        let profile = Profile::read(text(part, "body").as_bytes()).expect("a profile");
        let installed = enrolled.phone.installed();
        assert!(installed.iter().any(|i| i.managed && i.profile == profile), "{purpose}");
    }
    assert_eq!(shown["account_reason"], Value::Null);
    assert!(text(&shown["account"], "body").contains("user0@musterbau.example"));

    let narrow = client(&world, &["devices:read"]).await;
    let seen = artifact(&narrow, &world, &enrolled.device).await;
    assert_eq!(seen["wall"], shown["wall"], "the wall has nothing personal");
    let account = &seen["account"];
    assert_eq!(account["redacted"], true);
    assert!(!seen.to_string().contains("user0"), "{seen}");
    assert_eq!(text(account, "uuid"), text(&shown["account"], "uuid"));
    assert!(text(account, "body").contains("redacted"));
}

#[tokio::test]
async fn without_mail_or_user_only_the_account_is_missing_and_the_reason_is_said() {
    let world = World::without_mail().await;
    let enrolled = world.enroll("personal").await;
    let reason = async |device: &str| {
        let shown = artifact(&world.tenant, &world, device).await;
        assert!(text(&shown["wall"], "body").contains("com.apple.applicationaccess"));
        assert_eq!(shown["account"], Value::Null);
        text(&shown["account_reason"], "code")
    };
    assert_eq!(reason(&enrolled.device).await, "mail_not_set");
    let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
    world.tenant.put(&world.path("/mail"), mail).await.expect(200);
    world.settle().await;
    let nobodys = world.enroll_for("company", None).await;
    assert_eq!(reason(&nobodys.device).await, "no_user");

    // A change of the user that has not reached the phone's header yet.
    let user = text(&world.device(&enrolled.device).await, "user");
    let change = json!({ "mail_login": "anna.b" });
    let path = world.path(&format!("/users/{user}"));
    world.tenant.send(Method::PATCH, &path, Some(&change), None).await.expect(200);
    assert_eq!(reason(&enrolled.device).await, "mail_identity_missing");
    world.settle().await;
    let shown = artifact(&world.tenant, &world, &enrolled.device).await;
    assert!(text(&shown["account"], "body").contains("anna.b"));
}

#[tokio::test]
async fn a_change_of_the_wall_leaves_the_bytes_of_the_account_untouched() {
    let world = World::new().await;
    let enrolled = world.enroll_and_connect("personal").await;
    let before = artifact(&world.tenant, &world, &enrolled.device).await;
    world.change_policy("siri_while_locked", "blocked".into()).await;
    let after = artifact(&world.tenant, &world, &enrolled.device).await;
    assert_eq!(after["account"], before["account"]);
    assert_ne!(after["wall"]["body"], before["wall"]["body"]);
    assert_eq!(after["wall"]["identifier"], before["wall"]["identifier"]);
}

#[tokio::test]
async fn a_preview_speaks_of_the_account_before_a_roll_out_touches_it() {
    let world = World::new().await;
    let enrolled = world.enroll_and_connect("personal").await;
    world.enroll_for("company", None).await;
    let (policy, tag) = world.policy().await;
    let path = world.path(&format!("/policies/{}", text(&policy, "id")));
    let mut document = policy["document"].clone();
    document["mail"]["past_days"] = 14.into();
    let body = json!({ "document": document });
    let draft = world.tenant.send(Method::PUT, &path, Some(&body), Some(&tag)).await.expect(200);
    let order = json!({ "version": draft["version"] });
    let seen = world.tenant.post(&format!("{path}/preview"), order.clone()).await.expect(200);
    assert_eq!((&seen["touches_mail_account"], &seen["possible"]), (&true.into(), &true.into()));
    let iphones = &seen["targets"][0];
    assert_eq!(text(iphones, "target"), "ios-device");
    let counts: Vec<_> = iphones["artifacts"].as_array().expect("artifacts").iter().collect();
    let counts: Vec<_> = counts.iter().map(|a| (text(a, "purpose"), a["phones"].clone())).collect();
    let expected = [("wall".to_owned(), json!(2)), ("account".to_owned(), json!(1))];
    assert_eq!(counts, expected, "one of the phones has no user");
    let account = artifact(&world.tenant, &world, &enrolled.device).await["account"].clone();
    world.tenant.post(&format!("{path}/rollouts"), order).await.expect(201);
    world.settle().await;
    let after = artifact(&world.tenant, &world, &enrolled.device).await["account"].clone();
    assert_ne!(text(&after, "token"), text(&account, "token"), "as the preview said");
    let template = iphones["artifacts"][1]["digest"].clone();
    assert_eq!(after["template"], template);
}

#[tokio::test]
async fn a_reseller_offers_sound_policies_and_new_tenants_may_be_born_with_one() {
    let world = World::without_mail().await;
    let strict = json!({ "schema_version": 1, "contacts": "strict", "backup": "any" });
    let new = json!({ "name": "Trades, strict", "document": strict, "for_new_tenants": true });
    let made = world.reseller.post("/v1/templates", new.clone()).await.expect(201);
    assert!(text(&made, "id").starts_with("tpl_"));
    assert_eq!(made["for_new_tenants"], true);
    let later = json!({ "name": "Other", "document": { "schema_version": 1 } });
    let later = world.reseller.post("/v1/templates", later).await.expect(201);
    let listed = world.reseller.get("/v1/templates").await.expect(200);
    assert_eq!(listed["items"], json!([made, later]));

    let (id, tenant) = new_tenant(&world.server, &world.reseller, "Neubau GmbH").await;
    let policies = tenant.get(&format!("/v1/tenants/{id}/policies")).await.expect(200);
    assert_eq!(policies["items"].as_array().map(Vec::len), Some(1));
    let policy = &policies["items"][0];
    assert_eq!(
        (text(policy, "name"), &policy["version_in_force"]),
        (text(&made, "name"), &json!(1))
    );
    let path = format!("/v1/tenants/{id}/policies/{}", text(policy, "id"));
    let policy = tenant.get(&path).await.expect(200);
    assert_eq!(
        (text(&policy["document"], "backup"), text(&policy["document"], "contacts")),
        ("any".to_owned(), "strict".to_owned())
    );
    let wall = tenant.get(&format!("{path}/versions/1/artifacts/ios-device")).await.expect(200);
    assert_eq!(wall["templates"][0]["payloads"][0]["keys"]["forceEncryptedBackup"], false);

    let leaks = json!({ "name": "x", "document": { "schema_version": 1, "documents": "open" } });
    world.reseller.post("/v1/templates", leaks).await.refused(422, "policy_refused");
    let boasts = json!({ "name": "DSGVO-konform", "document": { "schema_version": 1 } });
    world.reseller.post("/v1/templates", boasts).await.refused(422, "invalid");
}

#[tokio::test]
async fn a_template_of_another_reseller_looks_like_one_that_does_not_exist() {
    let world = World::without_mail().await;
    let new = json!({ "name": "Trades", "document": { "schema_version": 1 },
        "for_new_tenants": true });
    let own = text(&world.reseller.post("/v1/templates", new).await.expect(201), "id");
    let name = json!({ "name": "Nebenan Telekom" });
    let other = text(&world.operator.post("/v1/resellers", name).await.expect(201), "id");
    let path = format!("/v1/resellers/{other}/clients");
    let made = world.operator.post(&path, json!({ "name": "other" })).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let other = Api::new(world.server.base_url(), &id, &secret);

    world.reseller.get(&format!("/v1/templates/{own}")).await.expect(200);
    let foreign = other.get(&format!("/v1/templates/{own}")).await.expect(404);
    let absent = other.get("/v1/templates/tpl_00000000000000000000000001").await.expect(404);
    assert_eq!(foreign["code"], "not_found");
    assert_eq!(foreign["detail"], absent["detail"]);
    assert_eq!(other.get("/v1/templates").await.expect(200)["items"], json!([]));

    let (id, tenant) = new_tenant(&world.server, &other, "Fremdbau GmbH").await;
    let policies = tenant.get(&format!("/v1/tenants/{id}/policies")).await.expect(200);
    let preset = "contact isolation for privately used WhatsApp";
    assert_eq!(text(&policies["items"][0], "name"), preset);
    let offered = tenant.get(&format!("/v1/tenants/{id}/templates")).await.expect(200);
    assert_eq!(offered["items"], json!([]));
    let order = json!({ "template": own });
    let refused = tenant.post(&format!("/v1/tenants/{id}/policies"), order).await;
    assert_eq!(refused.expect(422)["errors"][0]["field"], "template");
}

#[tokio::test]
async fn the_catalogue_has_the_schema_and_every_way_with_its_source() {
    let world = World::without_mail().await;
    let schema = world.tenant.get("/v1/catalogue/policy-schema").await.expect(200);
    assert_eq!(text(&schema, "$id"), "urn:trennwand:policy-document:1");
    let document = world.tenant.get("/openapi.json").await.expect(200);
    let published = &document["components"]["schemas"]["PolicyDocument"];
    assert_eq!(published["properties"], schema["properties"]);
    let channels = world.tenant.get("/v1/catalogue/channels").await.expect(200);
    let ways = channels["items"].as_array().expect("ways");
    assert!(ways.len() > 40, "{}", ways.len());
    for way in ways {
        let closable = way["outcome"] == "closable";
        assert_eq!(closable, way["since"].is_string(), "{way}");
        assert!(!closable || !text(way, "reference").is_empty(), "{way}");
        assert!(way["targets"].as_array().is_some_and(|t| !t.is_empty()), "{way}");
    }
    assert_eq!(channels["traps"].as_array().map(Vec::len), Some(18));
}
