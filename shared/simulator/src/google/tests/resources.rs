use serde_json::json;
use trennwand_android::{Class, class};

use super::*;

fn policy(settings: serde_json::Value) -> Policy {
    Policy::new(settings.as_object().unwrap().clone())
}

#[tokio::test]
async fn a_sign_up_ends_in_an_enterprise_once() {
    let rig = Rig::new().await;
    let got = rig.client.enterprise(&rig.enterprise).await.unwrap();
    assert_eq!(got.enterprise_display_name.as_deref(), Some("Musterbau GmbH"));
    let request =
        SignupRequest { callback_url: "https://api.example/cb".into(), admin_email: None };
    let signup = rig.client.create_signup_url(&request).await.unwrap();
    let callback = rig.google.finish_signup(&signup.url).unwrap();
    let token = callback.strip_prefix("https://api.example/cb?enterpriseToken=").unwrap();
    let forged = Signup { name: signup.name.clone(), token: Secret::new("forged".into()) };
    let real = Signup { name: signup.name, token: Secret::new(token.into()) };
    for (signup, fine) in [(&forged, false), (&real, true), (&real, false)] {
        let made = rig.client.create_enterprise(signup, &Enterprise::default()).await;
        assert_eq!(made.is_ok(), fine, "{made:?}");
        if let Err(error) = made {
            assert_eq!(class(&error), Class::Precondition);
        }
    }
}

#[tokio::test]
async fn unknown_members_bad_words_and_contradictions_of_a_policy_are_refused() {
    let rig = Rig::new().await;
    for (settings, named) in [
        (json!({"crossProfilePolicy": {}}), "crossProfilePolicy"),
        (json!({"playStoreMode": "ALLOWLIST"}), "playStoreMode"),
        (
            json!({"crossProfilePolicies": {"exemptionsToShowWorkContactsInPersonalProfile":
                {"packageNames": ["a.b"]}}}),
            "crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile",
        ),
        (
            json!({"policyEnforcementRules": [{"settingName": "applications",
                "blockAction": {"blockAfterDays": 1}}]}),
            "policyEnforcementRules[0]",
        ),
        (
            json!({"personalUsagePolicies": {"maxDaysWithWorkOff": 2}}),
            "personalUsagePolicies.maxDaysWithWorkOff",
        ),
    ] {
        let error = rig.client.patch_policy(&rig.policy, &policy(settings)).await.unwrap_err();
        assert_eq!(class(&error), Class::Refused);
        assert!(error.log_context().unwrap().ends_with(named), "{error:?}");
    }
    assert_eq!(rig.client.policy(&rig.policy).await.unwrap().version, Some(1), "none counted");
}

#[tokio::test]
async fn a_policy_counts_its_versions_replaces_itself_and_leaves_defaults_out() {
    let rig = Rig::new().await;
    let settings = json!({"screenCaptureDisabled": false, "addUserDisabled": true});
    let kept = rig.client.patch_policy(&rig.policy, &policy(settings)).await.unwrap();
    assert_eq!(kept.version, Some(2));
    assert_eq!(kept.name.as_ref(), Some(&rig.policy));
    let left = json!({"addUserDisabled": true});
    assert_eq!(&kept.settings, left.as_object().unwrap(), "the earlier settings are gone");
    assert_eq!(rig.client.policy(&rig.policy).await.unwrap(), kept);
}

#[tokio::test]
async fn a_policy_in_use_cannot_be_deleted() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    let error = rig.client.delete_policy(&rig.policy).await.unwrap_err();
    assert_eq!(class(&error), Class::Precondition);
    rig.client.delete_device(&phone.name().unwrap()).await.unwrap();
    rig.client.delete_policy(&rig.policy).await.unwrap();
    let error = rig.client.policy(&rig.policy).await.unwrap_err();
    assert_eq!(class(&error), Class::NotFound);
}

#[tokio::test]
async fn an_enterprise_that_signed_up_is_ended_by_its_customer_only() {
    let rig = Rig::new().await;
    let error = rig.client.delete_enterprise(&rig.enterprise).await.unwrap_err();
    assert_eq!(class(&error), Class::Precondition);
    rig.google.forget_enterprise(&rig.enterprise);
    let error = rig.client.enterprise(&rig.enterprise).await.unwrap_err();
    assert_eq!(class(&error), Class::Forbidden);
}

#[tokio::test]
async fn tokens_have_google_s_limits() {
    let rig = Rig::new().await;
    let good = EnrollmentToken {
        duration: Some(Duration::from_secs(60)),
        additional_data: Some("ä".repeat(1024)),
        allow_personal_usage: PersonalUsage::Allowed,
        ..EnrollmentToken::default()
    };
    rig.client.create_enrollment_token(&rig.enterprise, &good).await.unwrap();
    let short = EnrollmentToken { duration: Some(Duration::from_secs(59)), ..good.clone() };
    let long = EnrollmentToken { additional_data: Some("a".repeat(1025)), ..good.clone() };
    let elsewhere = "enterprises/LCother/policies/p".parse().ok();
    let elsewhere = EnrollmentToken { policy_name: elsewhere, ..good };
    for bad in [short, long, elsewhere] {
        let error = rig.client.create_enrollment_token(&rig.enterprise, &bad).await.unwrap_err();
        assert_eq!(class(&error), Class::Refused, "{bad:?}");
    }
}

#[tokio::test]
async fn gmail_s_configuration_is_compared_with_what_the_store_says() {
    let rig = Rig::new().await;
    let app = rig.enterprise.application("com.google.android.gm").unwrap();
    let app = rig.client.application(&app, trennwand_domain::Locale::De).await.unwrap();
    let configuration = json!({"email_address": "u@firma.de", "exchange_ssl_required": true});
    assert!(app.refusals(&configuration).is_empty());
    assert_eq!(app.refusals(&json!({"email": "u@firma.de"})), ["email"]);
    let unknown = rig.enterprise.application("com.example.none").unwrap();
    let error = rig.client.application(&unknown, trennwand_domain::Locale::De).await.unwrap_err();
    assert_eq!(class(&error), Class::NotFound);
}

#[tokio::test]
async fn the_client_gets_along_with_the_stand_in_s_moods() {
    let rig = Rig::new().await;
    rig.google.fail_next(503, "UNAVAILABLE");
    rig.google.fail_next(500, "INTERNAL");
    rig.client.enterprise(&rig.enterprise).await.unwrap();
    rig.google.revoke_access_tokens();
    rig.client.enterprise(&rig.enterprise).await.unwrap();
    rig.clock.advance(Duration::from_secs(7_200));
    rig.client.enterprise(&rig.enterprise).await.unwrap();
}

#[tokio::test]
async fn google_s_own_quota_is_never_hit_since_ours_comes_first() {
    let rig = Rig::new().await;
    for _ in 0..1_200 {
        rig.client.enterprise(&rig.enterprise).await.unwrap();
    }
    let error = reqwest::get(format!("{}/v1/{}", rig.google.base_url(), rig.enterprise));
    assert_eq!(error.await.unwrap().status().as_u16(), 401, "and strangers get nothing");
}
