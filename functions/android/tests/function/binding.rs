//! Binding, invitations and what Google is told.

use std::collections::BTreeMap;

use crate::support::{World, invitation};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use trennwand_domain::{
    Device, DeviceState, Duration, Enrollment, MailAuth, MailKind, MailSettings, Ownership,
    Platform,
};
use trennwand_runtime::{AndroidWork, Message};

#[tokio::test]
async fn nobody_is_bound_without_an_agreement_and_everybody_only_once() {
    let world = World::new().await;
    let refused = world.call("POST", "/android/signup", None).await.expect(409);
    assert_eq!(refused["code"], "agreement_required");
    assert_eq!(world.google.calls_of("signupUrls.create"), 0, "Google was not asked");

    let world = World::agreed().await;
    let officer = json!({ "name": "Dr. Petra Prüfer", "email": "dpo@musterbau.example" });
    let body = json!({ "devices": 7, "data_protection_officer": officer });
    let made = world.call("POST", "/android/signup", Some(body)).await.expect(201);
    assert_eq!(made["url"], "https://play.google.example/signup");
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!(
        (&shown["status"], &shown["devices"]["reserved"]),
        (&json!("signing_up"), &json!(7))
    );
    assert_eq!(shown["customer_steps"][0]["code"], "finish_signup");

    let callback = world.google.inner().callback.clone();
    let path = callback.strip_prefix("https://mdm.example").unwrap().to_owned();
    for wrong in [
        "/android/callback/x?enterpriseToken=good".to_owned(),
        format!("{}?enterpriseToken=good", path.replace(&path[path.len() - 4..], "ZZZZ")),
        path.clone(),
    ] {
        assert_eq!(world.get(&wrong).await, StatusCode::NOT_FOUND, "{wrong}");
    }
    assert_eq!(world.get(&format!("{path}?enterpriseToken=bad")).await, StatusCode::CONFLICT);
    assert_eq!(world.google.inner().enterprise, None);
    for _ in 0..2 {
        // The page may be loaded twice.
        assert_eq!(world.get(&format!("{path}?enterpriseToken=good")).await, StatusCode::OK);
    }
    let told = world.google.inner().enterprise.clone().unwrap();
    assert_eq!(told.enterprise_display_name.as_deref(), Some("Musterbau GmbH"));
    assert_eq!(told.pubsub_topic.as_deref(), Some("projects/p/topics/t"));
    let contact = told.contact_info.unwrap();
    assert_eq!(contact.data_protection_officer_name.as_deref(), Some("Dr. Petra Prüfer"));
    let again = world.call("POST", "/android/signup", None).await.expect(409);
    assert_eq!(again["code"], "android_bound");
    let owner = world.core.store.directory().enterprise("LC01").await.unwrap();
    assert_eq!(owner, Some(world.scope));
}

#[tokio::test]
async fn what_is_reserved_stays_within_the_platforms_quota() {
    let world = World::agreed().await;
    let too_many = json!({ "devices": 20_001 });
    let refused = world.call("POST", "/android/signup", Some(too_many)).await.expect(409);
    assert_eq!(refused["code"], "android_quota_exhausted");
    world.call("POST", "/android/signup", Some(json!({ "devices": 15_000 }))).await.expect(201);
    // The same tenant beginning anew does not reserve twice.
    world.call("POST", "/android/signup", Some(json!({ "devices": 16_000 }))).await.expect(201);
    let android = world.core.store.android(&world.scope);
    assert_eq!(android.reserved().await.unwrap(), 16_000);
    let refused = world.call("PATCH", "/android", Some(json!({ "devices": 20_001 }))).await;
    assert_eq!(refused.expect(409)["code"], "android_quota_exhausted");
    world.call("PATCH", "/android", Some(json!({ "devices": 5 }))).await.expect(200);
    assert_eq!(android.reserved().await.unwrap(), 5);
    let unbound = world.call("DELETE", "/android", None).await.expect(200);
    assert_eq!(unbound["customer_steps"], json!([]), "there is no enterprise");
    assert_eq!(android.reserved().await.unwrap(), 0);
    let gone = world.call("DELETE", "/android", None).await.expect(409);
    assert_eq!(gone["code"], "android_not_bound");
}

#[tokio::test]
async fn an_enterprise_is_not_given_up_while_phones_are_managed() {
    let world = World::bound().await;
    world.invite(Ownership::Company).await;
    world.push("ENROLLMENT", &world.report("3a", "COMPANY_OWNED")).await;
    let refused = world.call("DELETE", "/android", None).await.expect(409);
    assert_eq!(refused["code"], "android_devices_enrolled");
}

#[tokio::test]
async fn policies_are_few_and_written_only_when_they_change() {
    let world = World::bound().await;
    let (policies, _) = world.core.store.android(&world.scope).policies().await.unwrap();
    let targets: Vec<_> = policies.iter().map(|policy| policy.name.split("-pol").next()).collect();
    assert_eq!(targets, [Some("android-company"), Some("android-personal")]);
    assert_eq!(world.google.calls_of("policies.patch"), 2);
    for _ in 0..3 {
        world.work(AndroidWork::Align).await;
    }
    assert_eq!(world.google.calls_of("policies.patch"), 2);
    let personal = world.google.inner().policies[1].2.settings.clone();
    assert_eq!(
        personal["crossProfilePolicies"]["showWorkContactsInPersonalProfile"],
        "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM"
    );
    // What data protection forbids on a personal phone is off.
    for report in ["applicationReportsEnabled", "networkInfoEnabled", "memoryInfoEnabled"] {
        assert_eq!(personal["statusReportingSettings"][report], false, "{report}");
    }
}

/// Says where mail lives, and lets Google be told.
async fn set_mail(world: &World, mail: MailSettings) {
    world.set_mail(mail).await;
    world.work(AndroidWork::Align).await;
}

/// The entry of an app in a personal phone's policy.
fn app(world: &World, package: &str) -> Value {
    let apps = world.google.inner().policies[1].2.settings["applications"].clone();
    let apps = apps.as_array().unwrap();
    apps.iter().find(|app| app["packageName"] == package).cloned().unwrap_or_default()
}

const GMAIL: &str = "com.google.android.gm";
const OUTLOOK: &str = "com.microsoft.office.outlook";

#[tokio::test]
async fn settings_that_the_mail_app_does_not_know_are_left_out_and_named() {
    let world = World::bound().await;
    let saves = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
    let may_change = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";
    world.google.inner().apps = BTreeMap::from([
        (GMAIL, json!([{ "key": "exchange_host", "type": "STRING" }])),
        (
            OUTLOOK,
            json!([{ "key": saves, "type": "BOOL" }, { "key": may_change, "type": "STRING" }]),
        ),
    ]);
    let online = MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
    set_mail(&world, online).await;
    assert_eq!(app(&world, OUTLOOK)["managedConfiguration"], json!({ saves: false }));
    assert_eq!(app(&world, GMAIL), Value::Null);
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!(
        shown["mail_settings_left_out"],
        json!([
            format!("{OUTLOOK}: {may_change}"),
            format!("{OUTLOOK}: com.microsoft.outlook.EmailProfile.AccountType"),
        ])
    );
    let host = Some("mail.musterbau.example".to_owned());
    set_mail(&world, MailSettings { kind: MailKind::Exchange, host, auth: MailAuth::Password })
        .await;
    let wanted = json!({ "exchange_host": "mail.musterbau.example" });
    assert_eq!(app(&world, GMAIL)["managedConfiguration"], wanted);
    assert_eq!(app(&world, OUTLOOK), Value::Null);
    let shown = world.call("GET", "/android", None).await.expect(200);
    assert_eq!(
        shown["mail_settings_left_out"],
        json!([
            format!("{GMAIL}: exchange_ssl_required"),
            format!("{GMAIL}: exchange_trust_all_certificates"),
        ])
    );
}

#[tokio::test]
async fn a_policy_is_written_though_google_does_not_know_the_mail_app() {
    let world = World::bound().await;
    world.google.inner().apps.clear();
    let online = MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
    set_mail(&world, online).await;
    let outlook = app(&world, OUTLOOK);
    assert_eq!(outlook["installType"], "FORCE_INSTALLED");
    assert_eq!(outlook.get("managedConfiguration"), None);
    let shown = world.call("GET", "/android", None).await.expect(200);
    let left_out = json!([format!("{OUTLOOK}: managedConfiguration")]);
    assert_eq!(shown["mail_settings_left_out"], left_out);
}

#[tokio::test]
async fn an_invitation_gets_one_token_and_a_renewed_one_another() {
    let world = World::bound().await;
    let (enrollment, _) = world.invite(Ownership::Personal).await;
    world.work(AndroidWork::Token(enrollment.id)).await;
    assert_eq!(world.google.calls_of("enrollmentTokens.create"), 1);
    let token = world.google.inner().tokens[0].clone();
    assert!(token.one_time_only);
    assert_eq!(token.duration, Some(Duration::from_secs(86_400)));
    assert!(token.policy_name.unwrap().to_string().contains("android-personal"));
    let data = token.additional_data.unwrap();
    assert!(data.contains(&enrollment.device.to_string()) && data.len() <= 1024);
    // Taken back: Google is told, and what it gave is forgotten.
    let mut tx = world.core.store.transaction();
    world.core.store.enrollments(&world.scope).revoke(&mut tx, &enrollment);
    tx.commit().await.unwrap();
    world.work(AndroidWork::Token(enrollment.id)).await;
    assert_eq!(world.google.calls_of("enrollmentTokens.delete"), 1);
    let stored = world.core.store.android(&world.scope).token(enrollment.id).await.unwrap();
    assert_eq!(stored, None);
}

#[tokio::test]
async fn the_sign_in_page_leads_on_with_an_invitations_code_only() {
    let world = World::bound().await;
    let (_, link) = world.invite(Ownership::Personal).await;
    let path = format!("/android/signin/{}", world.scope.tenant());
    let request = Request::get(format!("{path}?provisioningInfo=x")).body(Body::empty()).unwrap();
    let page = world.send(request).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.body.as_str().expect("a page");
    let style = text.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next());
    let style = trennwand_web::style_source(style.expect("the page has a style"));
    let policy = page.policy.expect("a policy");
    assert!(policy.contains(&format!("style-src {style};")), "{policy}");
    let enter = async |path: &str, code: &str| {
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let answer = world.send(request.body(Body::from(format!("code={code}"))).unwrap()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer.location.unwrap()
    };
    let good = "https://enterprise.google.com/android/enroll?et=VALUE1";
    assert_eq!(enter(&path, link.expose()).await, good);
    let lower = link.expose().to_lowercase();
    assert_eq!(enter(&path, &format!("{}+{}", &lower[..16], &lower[16..])).await, good);
    let whole = format!("https%3A%2F%2Fmdm.example%2Fe%2F{}", link.expose());
    assert_eq!(enter(&path, &whole).await, good);
    let invalid = "https://enterprise.google.com/android/enroll/invalid";
    assert_eq!(enter(&path, "0123456789ABCDEFGHJKMNPQRSTVWXYZ").await, invalid);
    assert_eq!(enter(&path, "").await, invalid);
    let foreign = "/android/signin/ten_00000000000000000000000001";
    assert_eq!(enter(foreign, link.expose()).await, invalid);
}

/// Google lets a project ask 1,000 times in 100 s. A hundred of the phones were missed; of the others
/// the records are forgotten, since the embedded database slows down with every write.
#[tokio::test]
async fn ten_thousand_phones_are_reconciled_within_googles_quota() {
    const PHONES: usize = 10_000;
    const MISSED: usize = 100;
    let world = World::bound().await;
    world.invite(Ownership::Personal).await;
    let template = world.report("0", "PERSONALLY_OWNED");
    let core = &world.core;
    let mut reports = Vec::with_capacity(PHONES);
    let mut enrolled: Vec<(Enrollment, Device)> = Vec::with_capacity(PHONES);
    for place in 0..PHONES {
        let (enrollment, device, _) = invitation(core, Ownership::Personal);
        let reference = trennwand_domain::EnrollmentReference {
            tenant: world.scope.tenant(),
            enrollment: enrollment.id,
            device: device.id,
            user: None,
        };
        let seal = core.vault.reference_seal(&world.scope, &reference).await.unwrap();
        let mut report = template.clone();
        report["name"] = format!("enterprises/LC01/devices/{place}").into();
        report["enrollmentTokenData"] = reference.signed(seal).into();
        report["hardwareInfo"]["enterpriseSpecificId"] = format!("esid{place}").into();
        reports.push(serde_json::from_value(report).unwrap());
        enrolled.push((enrollment, device));
    }
    for chunk in enrolled[PHONES - MISSED..].chunks(30) {
        let mut tx = core.store.transaction();
        for (enrollment, device) in chunk {
            core.store.enrollments(&world.scope).insert(&mut tx, enrollment, device);
        }
        tx.commit().await.unwrap();
    }
    world.google.inner().devices = reports;
    world.google.inner().calls.clear();

    let mut next = Some(AndroidWork::Reconcile(None));
    while let Some(order) = next.take() {
        world.work(order).await;
        let sent = std::mem::take(&mut *world.sent.0.lock().unwrap());
        next = sent.into_iter().find_map(|message| match message {
            Message::Android { work: work @ AndroidWork::Reconcile(_), .. } => Some(work),
            _ => None,
        });
    }
    let calls = world.google.inner().calls.len();
    assert_eq!(world.google.calls_of("devices.list"), PHONES / 100);
    assert!(calls <= PHONES / 100 + 2, "{calls}: a page each, and each policy looked at once");
    let filter = trennwand_store::DeviceFilter {
        platform: Some(Platform::Android),
        state: Some(DeviceState::Enrolled),
        ..Default::default()
    };
    let (mut page, mut managed) = (trennwand_store::Page::first(100), 0);
    loop {
        let listed = core.store.devices(&world.scope).list(&filter, &page).await.unwrap();
        managed += listed.items.len();
        match listed.next {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(managed, MISSED);
}
