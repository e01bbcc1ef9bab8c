use super::*;
use crate::Seeded;

const EXCEPT_SYSTEM: &str = "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM";

fn on(major: u8, kind: Kind, policy: &Value) -> Applied {
    let handset = AndroidHandset::new(AndroidVersion::new(major), &Seeded::new(1));
    apply(policy, kind, &handset, &AndroidBehaviour::default())
}

fn showing(word: &str, but: &[&str]) -> Value {
    let mut cross = json!({"showWorkContactsInPersonalProfile": word});
    if !but.is_empty() {
        cross["exemptionsToShowWorkContactsInPersonalProfile"] = json!({"packageNames": but});
    }
    json!({"crossProfilePolicies": cross})
}

fn reasons(applied: &Applied) -> Vec<(&str, &str)> {
    applied
        .details
        .iter()
        .map(|d| {
            (
                d["settingName"].as_str().unwrap_or_default(),
                d["nonComplianceReason"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn left_at_its_default_a_work_profile_lets_whatsapp_read_the_contacts() {
    for policy in [
        json!({}),
        json!({"crossProfilePolicies": {}}),
        showing("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_ALLOWED", &[]),
        showing("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_UNSPECIFIED", &[]),
    ] {
        let applied = on(16, Kind::Personal, &policy);
        assert!(applied.contacts.lets("com.whatsapp"), "{policy}");
        assert!(applied.details.is_empty(), "and the phone says that it is compliant");
    }
}

#[test]
fn a_list_under_allowed_blocks_and_under_disallowed_allows() {
    let listed = ["com.whatsapp"];
    let allowed = showing("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_ALLOWED", &listed);
    let applied = on(16, Kind::Personal, &allowed);
    assert!(!applied.contacts.lets("com.whatsapp") && applied.contacts.lets("org.telegram"));
    for word in ["SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED", EXCEPT_SYSTEM] {
        let applied = on(16, Kind::Company, &showing(word, &listed));
        assert!(applied.contacts.lets("com.whatsapp") && !applied.contacts.lets("org.telegram"));
    }
}

#[test]
fn below_android_14_the_exception_falls_back_to_the_stricter_word_and_says_api_level() {
    let policy = showing(EXCEPT_SYSTEM, &[]);
    let new = on(14, Kind::Personal, &policy);
    assert_eq!(new.contacts, ContactsAccess::SystemAppsOnly { but: vec![] });
    assert!(new.details.is_empty());
    let old = on(13, Kind::Personal, &policy);
    assert_eq!(old.contacts, ContactsAccess::Closed { but: vec![] });
    assert_eq!(
        old.details,
        [json!({
            "settingName": "crossProfilePolicies", "nonComplianceReason": "API_LEVEL",
            "fieldPath": "crossProfilePolicies.showWorkContactsInPersonalProfile"
        })]
    );
}

#[test]
fn below_android_7_the_setting_does_not_exist_and_the_contacts_are_open() {
    let policy = showing("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED", &[]);
    let applied = on(6, Kind::Personal, &policy);
    assert!(applied.contacts.lets("com.whatsapp"));
    assert_eq!(reasons(&applied), [("crossProfilePolicies", "API_LEVEL")]);
}

#[test]
fn without_a_second_side_every_app_is_where_the_contacts_are() {
    let policy = showing("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED", &[]);
    let applied = on(16, Kind::FullyManaged, &policy);
    assert!(applied.contacts.lets("com.whatsapp"));
    assert_eq!(reasons(&applied), [("crossProfilePolicies", "MANAGEMENT_MODE")]);
}

#[test]
fn settings_that_a_version_or_a_kind_of_phone_lacks_are_reported() {
    let policy = json!({
        "assistContentPolicy": "ASSIST_CONTENT_DISALLOWED", "minimumApiLevel": 34,
        "crossDevicePolicies": {"taskContinuityHandoff": "TASK_CONTINUITY_HANDOFF_DISALLOWED"},
        "personalUsagePolicies": {"personalPlayStoreMode": "BLOCKLIST"},
        "deviceConnectivityManagement": {"usbDataAccess": "DISALLOW_USB_FILE_TRANSFER"}
    });
    let personal = on(13, Kind::Personal, &policy);
    assert_eq!(
        reasons(&personal),
        [
            ("assistContentPolicy", "API_LEVEL"),
            ("crossDevicePolicies", "API_LEVEL"),
            ("minimumApiLevel", "OS_NOT_PERMITTED"),
            ("personalUsagePolicies", "MANAGEMENT_MODE"),
            ("deviceConnectivityManagement", "MANAGEMENT_MODE"),
        ]
    );
    assert_eq!(reasons(&on(16, Kind::Company, &policy)), [("crossDevicePolicies", "API_LEVEL")]);
    let mut newest = AndroidHandset::new(AndroidVersion::new(17), &Seeded::new(1));
    newest.android.quarter = 1;
    let behaviour = AndroidBehaviour::default();
    assert!(apply(&policy, Kind::Company, &newest, &behaviour).details.is_empty());
}

#[test]
fn apps_that_are_there_and_should_not_or_the_other_way_round_are_named() {
    let policy = json!({"applications": [
        {"packageName": "com.whatsapp", "installType": "BLOCKED"},
        {"packageName": "org.telegram.messenger", "installType": "BLOCKED"},
        {"packageName": "com.google.android.gm", "installType": "FORCE_INSTALLED"}
    ]});
    let handset = AndroidHandset::new(AndroidVersion::new(16), &Seeded::new(1));
    let mut behaviour = AndroidBehaviour::default();
    behaviour.work_apps.insert("com.whatsapp".into());
    behaviour.failing_apps.insert("com.google.android.gm".into(), "NOT_APPROVED".into());
    let applied = apply(&policy, Kind::Personal, &handset, &behaviour);
    assert_eq!(
        applied.details,
        [
            json!({"settingName": "applications", "nonComplianceReason": "APP_INSTALLED",
                "packageName": "com.whatsapp"}),
            json!({"settingName": "applications", "nonComplianceReason": "APP_NOT_INSTALLED",
                "installationFailureReason": "NOT_APPROVED", "packageName": "com.google.android.gm"}),
        ]
    );
}

#[test]
fn a_setting_that_the_phone_ignores_is_pending_and_leaks() {
    let policy = showing("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED", &[]);
    let handset = AndroidHandset::new(AndroidVersion::new(16), &Seeded::new(1));
    let mut behaviour = AndroidBehaviour::default();
    behaviour.ignores.insert("crossProfilePolicies".into());
    let applied = apply(&policy, Kind::Personal, &handset, &behaviour);
    assert!(applied.contacts.lets("com.whatsapp"));
    assert_eq!(reasons(&applied), [("crossProfilePolicies", "PENDING")]);
}
