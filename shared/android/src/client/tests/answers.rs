use serde_json::{Value, json};
use trennwand_domain::{Locale, Secret};

use super::rig::{Rig, reply};
use crate::{
    DeviceManagement as _, DevicePatch, EnrollmentToken, Enterprise, EnterpriseName, PageToken,
    PatchableState, PersonalUsage, Policy, Signup, SignupRequest,
};

fn enterprise() -> EnterpriseName {
    "enterprises/LC1".parse().unwrap()
}

async fn line_of(rig: &Rig) -> String {
    rig.asked().pop().unwrap().line.trim_end().to_owned()
}

#[tokio::test]
async fn a_sign_up_asks_and_answers_as_the_discovery_document_says() {
    let rig = Rig::new(|asked| match asked.line.split('?').next().unwrap() {
        "POST /v1/signupUrls" => reply(200, r#"{"name":"signupUrls/C1","url":"https://g/x"}"#),
        _ => reply(200, r#"{"name":"enterprises/LC1","enterpriseType":"MANAGED_GOOGLE_DOMAIN"}"#),
    })
    .await;
    let request = SignupRequest {
        callback_url: "https://api.example/android/callback?s=1".into(),
        admin_email: Some("it+a@firma.de".into()),
    };
    let signup = rig.google.create_signup_url(&request).await.unwrap();
    assert_eq!(
        line_of(&rig).await,
        "POST /v1/signupUrls?projectId=our-project\
         &callbackUrl=https%3A%2F%2Fapi.example%2Fandroid%2Fcallback%3Fs%3D1\
         &adminEmail=it%2Ba%40firma.de"
    );
    let done = Signup { name: signup.name, token: Secret::new("T/1".into()) };
    let made = rig.google.create_enterprise(&done, &Enterprise::default()).await.unwrap();
    assert_eq!(made.name, Some(enterprise()));
    assert_eq!(
        line_of(&rig).await,
        "POST /v1/enterprises?projectId=our-project&signupUrlName=signupUrls%2FC1&enterpriseToken=T%2F1"
    );
}

#[tokio::test]
async fn the_projects_enterprises_come_in_pages() {
    let rig = Rig::new(|asked| match asked.line.contains("pageToken") {
        false => reply(
            200,
            r#"{"enterprises":[{"name":"enterprises/LC1","enterpriseDisplayName":"F"}],"nextPageToken":"n"}"#,
        ),
        true => reply(200, "{}"),
    })
    .await;
    let first = rig.google.enterprises(None).await.unwrap();
    assert_eq!(first.items[0].name, Some(enterprise()));
    assert_eq!(line_of(&rig).await, "GET /v1/enterprises?projectId=our-project&pageSize=100");
    let next = first.next.unwrap();
    let last = rig.google.enterprises(Some(&next)).await.unwrap();
    assert_eq!((last.items.len(), last.next), (0, None));
    assert_eq!(
        line_of(&rig).await,
        "GET /v1/enterprises?projectId=our-project&pageSize=100&pageToken=n"
    );
}

#[tokio::test]
async fn patches_carry_their_mask_and_nothing_else() {
    let rig = Rig::new(|asked| match asked.line.contains("/devices/") {
        true => reply(200, r#"{"name":"enterprises/LC1/devices/d1"}"#),
        false => reply(200, r#"{"name":"enterprises/LC1"}"#),
    })
    .await;
    let name = Enterprise { enterprise_display_name: Some("F".into()), ..Enterprise::default() };
    rig.google.patch_enterprise(&enterprise(), &name).await.unwrap();
    assert_eq!(line_of(&rig).await, "PATCH /v1/enterprises/LC1?updateMask=enterpriseDisplayName");
    let off = DevicePatch { policy_name: None, state: Some(PatchableState::Disabled) };
    rig.google.patch_device(&enterprise().device("d1").unwrap(), &off).await.unwrap();
    assert_eq!(line_of(&rig).await, "PATCH /v1/enterprises/LC1/devices/d1?updateMask=state");
    assert_eq!(rig.asked().pop().unwrap().body, r#"{"state":"DISABLED"}"#);
}

#[tokio::test]
async fn a_policy_goes_and_comes_as_it_is() {
    let rig = Rig::new(|asked| {
        let mut policy: Value = serde_json::from_str(&asked.body).unwrap();
        policy["name"] = "enterprises/LC1/policies/p1".into();
        policy["version"] = "12".into();
        reply(200, policy.to_string())
    })
    .await;
    let settings = json!({"playStoreMode": "WHITELIST", "version": "99", "applications": []});
    let policy = Policy::new(settings.as_object().unwrap().clone());
    let name = enterprise().policy("p1").unwrap();
    let kept = rig.google.patch_policy(&name, &policy).await.unwrap();
    assert_eq!((kept.version, kept.name), (Some(12), Some(name)));
    assert_eq!(kept.settings, policy.settings);
    assert!(!rig.asked()[0].body.contains("99"), "the version is Google's");
}

#[tokio::test]
async fn a_device_that_makes_no_sense_does_not_hide_the_others() {
    let page = json!({
        "devices": [{"name": "enterprises/LC1/devices/d1"}, {"name": 5},
            {"name": "enterprises/LC1/devices/d2"}],
        "nextPageToken": "n&xt"
    });
    let rig = Rig::new(move |_| reply(200, page.to_string())).await;
    let page = rig.google.devices(&enterprise(), Some(&PageToken("p=1".into()))).await.unwrap();
    let names: Vec<_> = page.items.iter().map(|d| d.name.id().to_owned()).collect();
    assert_eq!(names, ["d1", "d2"]);
    assert_eq!(page.next, Some(PageToken("n&xt".into())));
    assert_eq!(line_of(&rig).await, "GET /v1/enterprises/LC1/devices?pageSize=100&pageToken=p%3D1");
}

#[tokio::test]
async fn empty_lists_have_no_members_at_all() {
    let rig = Rig::new(|_| reply(200, "{}")).await;
    let page = rig.google.devices(&enterprise(), None).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
    assert!(rig.google.enterprises(None).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_token_is_made_and_an_app_is_looked_at_in_the_reader_s_language() {
    let rig = Rig::new(|asked| match asked.line.starts_with("POST") {
        true => reply(200, r#"{"name":"enterprises/LC1/enrollmentTokens/t","value":"v"}"#),
        false => reply(200, r#"{"name":"enterprises/LC1/applications/com.a.b"}"#),
    })
    .await;
    let token = EnrollmentToken {
        one_time_only: true,
        allow_personal_usage: PersonalUsage::Allowed,
        ..EnrollmentToken::default()
    };
    let made = rig.google.create_enrollment_token(&enterprise(), &token).await.unwrap();
    assert_eq!(made.value.as_deref(), Some("v"));
    let body = r#"{"oneTimeOnly":true,"allowPersonalUsage":"PERSONAL_USAGE_ALLOWED"}"#;
    assert_eq!(rig.asked()[0].body, body);
    let app = enterprise().application("com.a.b").unwrap();
    rig.google.application(&app, Locale::De).await.unwrap();
    assert_eq!(line_of(&rig).await, "GET /v1/enterprises/LC1/applications/com.a.b?languageCode=de");
}
