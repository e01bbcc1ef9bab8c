use serde_json::{Value, json};
use trennwand_domain::Platform;

use super::*;
use crate::fixtures;

const POLICY: &str = "enterprises/LC01/policies/android-personal-pol_1";
const AT: Timestamp = Timestamp::from_unix_s(1_795_000_000);
const GMAIL: &str = "com.google.android.gm";

/// A phone that follows version 3 of its policy entirely.
fn good() -> Value {
    json!({
        "name": "enterprises/LC01/devices/3a",
        "ownership": "PERSONALLY_OWNED",
        "managementMode": "PROFILE_OWNER",
        "state": "ACTIVE",
        "appliedState": "ACTIVE",
        "policyCompliant": true,
        "appliedPolicyName": POLICY,
        "appliedPolicyVersion": "3",
        "apiLevel": 35,
        "securityPosture": { "devicePosture": "SECURE" }
    })
}

fn against(setting: &str, field: Option<&str>, reason: &str) -> Value {
    let mut report = good();
    report["policyCompliant"] = false.into();
    let mut detail = json!({ "settingName": setting, "nonComplianceReason": reason });
    if let Some(field) = field {
        detail["fieldPath"] = field.into();
    }
    report["nonComplianceDetails"] = json!([detail]);
    report
}

fn expected() -> ExpectedAndroid<'static> {
    ExpectedAndroid {
        policy: POLICY,
        version: 3,
        is_current: true,
        ours_since: 1,
        foreign: None,
        mail_app: Ok(GMAIL),
    }
}

fn judged(report: Value, expected: Option<&ExpectedAndroid<'_>>) -> Device {
    let report: DeviceReport = serde_json::from_value(report).unwrap();
    let mut device = fixtures::device();
    device.platform = Platform::Android;
    observe_android(&mut device, expected, &AndroidFacts::of(&report, Some(GMAIL)), AT);
    device
}

#[track_caller]
fn says(device: &Device, control: Control, verdict: Verdict, reason: ReasonCode) {
    let state = device.controls.of(control);
    assert_eq!((state.verdict, state.reason), (verdict, reason), "{control:?}");
}

#[test]
fn a_phone_that_follows_its_policy_is_proven_and_its_account_inferred() {
    let device = judged(good(), Some(&expected()));
    for control in restrictions::CONTROLS {
        says(&device, control, Verdict::Proven, ReasonCode::PolicyApplied);
    }
    says(&device, Control::PolicyCurrent, Verdict::Proven, ReasonCode::PolicyReported);
    says(&device, Control::MessengersUnmanaged, Verdict::Proven, ReasonCode::NoMessengerManaged);
    says(&device, Control::AccountManaged, Verdict::Inferred, ReasonCode::SignInNotReported);
    says(&device, Control::NoShadowAccount, Verdict::Inferred, ReasonCode::OnlyOursInstalled);
    assert_eq!(device.controls.verdict(), Verdict::Inferred);
    let without = ExpectedAndroid { mail_app: Err(ReasonCode::MailNone), ..expected() };
    assert_eq!(judged(good(), Some(&without)).controls.verdict(), Verdict::Proven);
}

#[test]
fn a_stricter_fallback_counts_as_compliant_and_only_where_google_says_so() {
    let field = Some("crossProfilePolicies.showWorkContactsInPersonalProfile");
    for field in [field, None] {
        let mut report = against("crossProfilePolicies", field, "API_LEVEL");
        report["apiLevel"] = 33.into();
        let device = judged(report.clone(), Some(&expected()));
        let closed = (Verdict::Proven, ReasonCode::StricterFallback);
        says(&device, Control::ContactsClosed, closed.0, closed.1);
        says(&device, Control::PolicyCurrent, Verdict::Proven, ReasonCode::PolicyReported);
        // From 14 on there is nothing to fall back from, and unknown is not old.
        for level in [json!(34), Value::Null] {
            report["apiLevel"] = level;
            let device = judged(report.clone(), Some(&expected()));
            assert_eq!(device.controls.of(Control::ContactsClosed).verdict, Verdict::Unknown);
        }
        report["apiLevel"] = 23.into();
        let device = judged(report, Some(&expected()));
        says(&device, Control::ContactsClosed, Verdict::Violated, ReasonCode::WorkContactsOpen);
    }
}

#[test]
fn what_is_not_followed_falls_on_the_control_that_rests_on_it() {
    let contacts = "crossProfilePolicies.showWorkContactsInPersonalProfile";
    let device =
        judged(against("crossProfilePolicies", Some(contacts), "INVALID_VALUE"), Some(&expected()));
    says(&device, Control::ContactsClosed, Verdict::Violated, ReasonCode::WorkContactsOpen);
    says(&device, Control::ClipboardClosed, Verdict::Proven, ReasonCode::PolicyApplied);
    says(&device, Control::PolicyCurrent, Verdict::Unknown, ReasonCode::SettingNotApplied);
    let clipboard = "crossProfilePolicies.crossProfileCopyPaste";
    let device =
        judged(against("crossProfilePolicies", Some(clipboard), "PENDING"), Some(&expected()));
    says(&device, Control::ContactsClosed, Verdict::Proven, ReasonCode::PolicyApplied);
    says(&device, Control::ClipboardClosed, Verdict::Unknown, ReasonCode::SettingPending);
    let device =
        judged(against("crossProfilePolicies", None, "MANAGEMENT_MODE"), Some(&expected()));
    for control in restrictions::CONTROLS {
        says(&device, control, Verdict::Violated, ReasonCode::NoWorkProfile);
    }
}

#[test]
fn a_phone_without_a_work_profile_has_no_border() {
    let mut report = good();
    report["managementMode"] = "DEVICE_OWNER".into();
    let device = judged(report, Some(&expected()));
    says(&device, Control::ContactsClosed, Verdict::Violated, ReasonCode::NoWorkProfile);
    assert_eq!(device.controls.verdict(), Verdict::Violated);
}

#[test]
fn another_version_proves_nothing_and_a_leaking_one_is_a_violation() {
    let version = |version: &str| {
        let mut report = good();
        report["appliedPolicyVersion"] = version.into();
        report
    };
    let earlier = judged(version("2"), Some(&expected()));
    says(&earlier, Control::ContactsClosed, Verdict::Inferred, ReasonCode::PolicyNotCurrent);
    says(&earlier, Control::PolicyCurrent, Verdict::Unknown, ReasonCode::PolicyNotCurrent);
    // It is followed, and what the phone should have is not at Google yet.
    let awaited = judged(good(), Some(&ExpectedAndroid { is_current: false, ..expected() }));
    says(&awaited, Control::ContactsClosed, Verdict::Inferred, ReasonCode::PolicyNotCurrent);
    says(&awaited, Control::PolicyCurrent, Verdict::Unknown, ReasonCode::PolicyNotCurrent);
    says(&awaited, Control::AccountManaged, Verdict::Unknown, ReasonCode::PolicyNotCurrent);
    let later = judged(version("4"), Some(&expected()));
    says(&later, Control::ContactsClosed, Verdict::Unknown, ReasonCode::PolicyChangedElsewhere);
    let mended = |leaks| {
        let foreign = Some(Foreign { version: 4, leaks });
        ExpectedAndroid { version: 5, foreign, ..expected() }
    };
    let leaking = judged(version("4"), Some(&mended(true)));
    says(&leaking, Control::ContactsClosed, Verdict::Violated, ReasonCode::WorkContactsOpen);
    // Our own version is no other's, whatever number that one had somewhere else.
    let ours = judged(version("4"), Some(&ExpectedAndroid { version: 4, ..mended(true) }));
    says(&ours, Control::ContactsClosed, Verdict::Proven, ReasonCode::PolicyApplied);
    // Since then only ours: what was before may have been anybody's, and a leak stays known.
    let since = ExpectedAndroid { version: 6, ours_since: 5, ..mended(true) };
    let leaking = judged(version("4"), Some(&since));
    says(&leaking, Control::ContactsClosed, Verdict::Violated, ReasonCode::WorkContactsOpen);
    let unseen = judged(version("3"), Some(&since));
    says(&unseen, Control::ContactsClosed, Verdict::Unknown, ReasonCode::PolicyChangedElsewhere);
    let ours = judged(version("5"), Some(&since));
    says(&ours, Control::ContactsClosed, Verdict::Inferred, ReasonCode::PolicyNotCurrent);
    let harmless = judged(version("4"), Some(&mended(false)));
    says(&harmless, Control::ContactsClosed, Verdict::Unknown, ReasonCode::PolicyChangedElsewhere);
    let mut other = good();
    other["appliedPolicyName"] = "enterprises/LC01/policies/default".into();
    let other = judged(other, Some(&expected()));
    says(&other, Control::ContactsClosed, Verdict::Unknown, ReasonCode::PolicyNotCurrent);
    assert_eq!(judged(good(), None).controls.verdict(), Verdict::Unknown);
}

#[test]
fn a_missing_mail_app_and_a_messenger_in_the_work_profile_are_found() {
    let mut report = good();
    report["nonComplianceDetails"] = json!([
        { "settingName": "applications", "packageName": GMAIL, "nonComplianceReason": "APP_NOT_INSTALLED" },
        { "settingName": "applications", "packageName": "com.whatsapp", "nonComplianceReason": "APP_INSTALLED" },
    ]);
    let device = judged(report, Some(&expected()));
    says(&device, Control::AccountManaged, Verdict::Unknown, ReasonCode::MailAppMissing);
    says(&device, Control::NoShadowAccount, Verdict::Unknown, ReasonCode::MailAppMissing);
    says(&device, Control::MessengersUnmanaged, Verdict::Violated, ReasonCode::MessengerManaged);
}

/// That no messenger is there rests on the block and on the closed list, whether or not one is there yet.
#[test]
fn a_block_that_is_not_in_force_proves_nothing_about_messengers() {
    let of_app = |reason: &str| {
        json!({ "settingName": "applications", "packageName": "com.whatsapp",
            "nonComplianceReason": reason })
    };
    let of_list = json!({ "settingName": "playStoreMode", "nonComplianceReason": "INVALID_VALUE" });
    let not_applied = (Verdict::Unknown, ReasonCode::SettingNotApplied);
    for (details, (verdict, reason)) in [
        (json!([of_app("PENDING")]), (Verdict::Unknown, ReasonCode::SettingPending)),
        (json!([of_app("UNSUPPORTED")]), not_applied),
        (json!([of_app("NOT_YET_KNOWN")]), not_applied),
        (json!([of_list]), not_applied),
        (json!([]), (Verdict::Unknown, ReasonCode::PolicyNotFollowed)),
        (json!([of_app("APP_NOT_INSTALLED")]), (Verdict::Proven, ReasonCode::NoMessengerManaged)),
    ] {
        let mut report = good();
        report["policyCompliant"] = false.into();
        report["nonComplianceDetails"] = details;
        let device = judged(report, Some(&expected()));
        says(&device, Control::MessengersUnmanaged, verdict, reason);
    }
    let mut silent = good();
    silent["policyCompliant"] = false.into();
    let silent = judged(silent, Some(&expected()));
    says(&silent, Control::AccountManaged, Verdict::Unknown, ReasonCode::PolicyNotFollowed);
}

/// It is never claimed that an account is there on the word of a version that may not have asked for
/// the app, nor of a phone that names it among what it does not follow, for whatever reason.
#[test]
fn an_account_is_never_more_than_inferred_and_only_by_the_version_that_asks_for_its_app() {
    let mut earlier = good();
    earlier["appliedPolicyVersion"] = "2".into();
    let earlier = judged(earlier, Some(&expected()));
    says(&earlier, Control::AccountManaged, Verdict::Unknown, ReasonCode::PolicyNotCurrent);
    for app in ["com.microsoft.office.outlook", GMAIL] {
        let expected = ExpectedAndroid { mail_app: Ok(app), ..expected() };
        for reason in ["APP_NOT_INSTALLED", "PENDING", "APP_INCOMPATIBLE", "NOT_YET_KNOWN"] {
            let mut report = good();
            let detail = json!({ "settingName": "applications", "packageName": app,
                "nonComplianceReason": reason });
            report["nonComplianceDetails"] = json!([detail]);
            let report: DeviceReport = serde_json::from_value(report).unwrap();
            let mut device = fixtures::device();
            device.platform = Platform::Android;
            observe_android(
                &mut device,
                Some(&expected),
                &AndroidFacts::of(&report, Some(app)),
                AT,
            );
            says(&device, Control::AccountManaged, Verdict::Unknown, ReasonCode::MailAppMissing);
            assert!(device.controls.verdict() > Verdict::Inferred, "{app} {reason}");
        }
    }
}

#[test]
fn what_google_thinks_of_a_phone_weakens_what_the_phone_says() {
    let posture = |word: &str| {
        let mut report = good();
        report["securityPosture"]["devicePosture"] = word.into();
        judged(report, Some(&expected()))
    };
    let at_risk = posture("AT_RISK");
    says(&at_risk, Control::ContactsClosed, Verdict::Inferred, ReasonCode::SecurityAtRisk);
    let worse = posture("POTENTIALLY_COMPROMISED");
    says(&worse, Control::ContactsClosed, Verdict::Unknown, ReasonCode::PossiblyCompromised);
    let unheard = posture("SOMETHING_NEW");
    says(&unheard, Control::ContactsClosed, Verdict::Proven, ReasonCode::PolicyApplied);
}

#[test]
fn of_an_over_reporting_phone_only_what_controls_rest_on_is_kept() {
    let mut report = against("applications", Some("applications[3].clinic"), "APP_INSTALLED");
    report["nonComplianceDetails"][0]["packageName"] = "com.clinic.private".into();
    report["nonComplianceDetails"][0]["currentValue"] = "clinic".into();
    report["applicationReports"] = json!([{ "packageName": "com.grindrapp.android" }]);
    report["networkInfo"] = json!({ "imei": "352099001761481", "wifiMacAddress": "7c:11" });
    report["hardwareInfo"] = json!({ "serialNumber": "R58N123" });
    report["user"] = json!({ "accountIdentifier": "anna" });
    let report: DeviceReport = serde_json::from_value(report).unwrap();
    let kept = AndroidFacts::of(&report, Some(GMAIL)).to_json();
    for private in ["clinic", "grindr", "352099", "7c:11", "R58N", "anna"] {
        assert!(!kept.contains(private), "{private} in {kept}");
    }
    assert_eq!(AndroidFacts::from_json(&kept), Some(AndroidFacts::of(&report, Some(GMAIL))));
}

#[test]
fn what_decides_is_kept_however_much_else_a_phone_does_not_follow() {
    let mut report = good();
    let harmless =
        |i: usize| json!({ "settingName": format!("a{i}"), "nonComplianceReason": "PENDING" });
    let mut details: Vec<_> = (0..50).map(harmless).collect();
    details.push(
        json!({ "settingName": "crossProfilePolicies", "nonComplianceReason": "INVALID_VALUE",
        "fieldPath": "crossProfilePolicies.showWorkContactsInPersonalProfile" }),
    );
    details.push(json!({ "settingName": "applications", "packageName": GMAIL,
        "nonComplianceReason": "APP_NOT_INSTALLED" }));
    report["nonComplianceDetails"] = details.into();
    let device = judged(report, Some(&expected()));
    says(&device, Control::ContactsClosed, Verdict::Violated, ReasonCode::WorkContactsOpen);
    says(&device, Control::AccountManaged, Verdict::Unknown, ReasonCode::MailAppMissing);
}

#[test]
fn facts_stay_small_whatever_a_phone_says() {
    let mut report = good();
    let detail = |i: usize| json!({ "settingName": format!("s{i}{}", "x".repeat(5000)), "nonComplianceReason": "PENDING" });
    report["nonComplianceDetails"] = (0..500).map(detail).collect();
    let report: DeviceReport = serde_json::from_value(report).unwrap();
    assert!(AndroidFacts::of(&report, None).to_json().len() < 4096);
}

#[test]
fn a_phone_that_says_less_than_what_it_does_not_follow_is_never_proven() {
    let mut silent = good();
    silent["policyCompliant"] = false.into();
    let silent = judged(silent, Some(&expected()));
    for control in restrictions::CONTROLS {
        says(&silent, control, Verdict::Unknown, ReasonCode::PolicyNotFollowed);
    }
    says(&silent, Control::PolicyCurrent, Verdict::Unknown, ReasonCode::PolicyNotFollowed);
    // However long the list is, what opens contacts is found in it.
    let mut long = against(
        "crossProfilePolicies",
        Some("crossProfilePolicies.showWorkContactsInPersonalProfile"),
        "USER_ACTION",
    );
    let details = long["nonComplianceDetails"].as_array_mut().unwrap();
    for index in 0..500 {
        let setting = format!("setting{index}");
        let detail = json!({ "settingName": setting, "nonComplianceReason": "UNSUPPORTED" });
        details.insert(0, detail);
    }
    let long = judged(long, Some(&expected()));
    says(&long, Control::ContactsClosed, Verdict::Violated, ReasonCode::WorkContactsOpen);
}
