use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::json;
use trennwand_domain::Duration;

use super::*;
use crate::{
    Command, ContactInfo, DevicePatch, DeviceReport, EnrollmentToken, Enterprise, ExternalData,
    NotificationType, PatchableState, PersonalUsage, SigninDetail, TermsAndConditions,
    UserFacingMessage, Wipe,
};

fn violation(resource: &str, value: &Value) -> String {
    check(resource, value).unwrap_err().to_string()
}

#[test]
fn a_policy_of_google_s_words_is_fine() {
    let policy = json!({
        "name": "enterprises/LC1/policies/p", "version": "3", "minimumApiLevel": 30,
        "crossProfilePolicies": {"showWorkContactsInPersonalProfile":
            "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM"},
        "applications": [{"packageName": "com.a.b", "installType": "FORCE_INSTALLED",
            "managedConfiguration": {"anything": [1, {"x": true}]}}],
        "shortSupportMessage": {"localizedMessages": {"de": "Hilfe"}},
        "maximumTimeToLock": "60000", "addUserDisabled": null
    });
    assert_eq!(check("Policy", &policy), Ok(()));
}

#[test]
fn what_google_does_not_know_is_named_with_its_place() {
    for (value, expected) in [
        (json!({"crossProfilePolicy": {}}), "crossProfilePolicy: is unknown"),
        (
            json!({"crossProfilePolicies": {"showWorkContacts": true}}),
            "crossProfilePolicies.showWorkContacts: is unknown",
        ),
        (
            json!({"applications": [{}, {"installType": "FORCED"}]}),
            "applications[1].installType: is not one of Google's words",
        ),
        (json!({"playStoreMode": 1}), "playStoreMode: is not one of Google's words"),
        (json!({"applications": {}}), "applications: is no list"),
        (json!({"passwordPolicies": [1]}), "passwordPolicies[0]: is no object"),
        (json!({"addUserDisabled": "true"}), "addUserDisabled: is of the wrong kind"),
        (json!({"minimumApiLevel": 3_000_000_000_u64}), "minimumApiLevel: is of the wrong kind"),
        (json!({"version": "x"}), "version: is of the wrong kind"),
        (json!([]), ": is no object"),
    ] {
        assert_eq!(violation("Policy", &value), expected);
    }
    assert_eq!(violation("Command", &json!({"duration": "1h"})), "duration: is of the wrong kind");
}

/// All that this service can ever send, against the list.
#[test]
fn what_we_send_is_made_of_google_s_members_and_words() {
    let message = || UserFacingMessage::new("english", "deutsch");
    let some = |text: &str| Some(text.to_owned());
    let enterprise = Enterprise {
        name: "enterprises/LC1".parse().ok(),
        enterprise_display_name: some("F"),
        logo: Some(ExternalData { url: "https://a".into(), sha256_hash: "h".into() }),
        primary_color: Some(1),
        terms_and_conditions: Some(vec![TermsAndConditions {
            header: message(),
            content: message(),
        }]),
        contact_info: Some(ContactInfo {
            contact_email: some("a"),
            data_protection_officer_name: some("a"),
            data_protection_officer_email: some("a"),
            data_protection_officer_phone: some("a"),
            eu_representative_name: some("a"),
            eu_representative_email: some("a"),
            eu_representative_phone: some("a"),
        }),
        pubsub_topic: some("projects/p/topics/t"),
        enabled_notification_types: Some(vec![
            NotificationType::Enrollment,
            NotificationType::StatusReport,
            NotificationType::Command,
        ]),
        signin_details: Some(vec![SigninDetail {
            signin_url: "https://a".into(),
            allow_personal_usage: PersonalUsage::Allowed,
            token_tag: some("t"),
            signin_enrollment_token: None,
            qr_code: None,
        }]),
        ..Enterprise::default()
    };
    let sent = serde_json::to_value(&enterprise).unwrap();
    assert_eq!(check("Enterprise", &sent), Ok(()));
    let known: BTreeSet<_> = members("Enterprise").collect();
    assert!(enterprise.mask().split(',').all(|member| known.contains(member)));
    let token = EnrollmentToken {
        policy_name: "enterprises/LC1/policies/p".parse().ok(),
        duration: Some(Duration::from_secs(60)),
        additional_data: some("x"),
        allow_personal_usage: PersonalUsage::Allowed,
        ..EnrollmentToken::default()
    };
    assert_eq!(check("EnrollmentToken", &serde_json::to_value(&token).unwrap()), Ok(()));
    let patch = DevicePatch {
        policy_name: "enterprises/LC1/policies/p".parse().ok(),
        state: Some(PatchableState::Disabled),
    };
    assert_eq!(check("Device", &serde_json::to_value(&patch).unwrap()), Ok(()));
    let hour = Duration::from_secs(3_600);
    let reason = Some(message());
    for command in [
        Command::lock(hour),
        Command::relinquish_ownership(hour),
        Command::wipe(Wipe::WorkProfile { reason }, hour),
        Command::wipe(Wipe::WholeDevice, hour),
    ] {
        assert_eq!(check("Command", &serde_json::to_value(&command).unwrap()), Ok(()));
    }
}

/// A report that was read and written again has only members of Google's: no name is misspelt.
#[test]
fn what_we_read_of_a_report_is_made_of_google_s_members_and_words() {
    let report = json!({
        "name": "enterprises/LC1/devices/d1", "ownership": "PERSONALLY_OWNED",
        "managementMode": "PROFILE_OWNER", "state": "ACTIVE", "appliedState": "PROVISIONING",
        "policyCompliant": true, "policyName": "enterprises/LC1/policies/p",
        "appliedPolicyName": "enterprises/LC1/policies/p", "appliedPolicyVersion": "4",
        "apiLevel": 36, "enrollmentTime": "2026-11-20T08:00:00Z",
        "lastStatusReportTime": "2026-11-20T08:00:00Z", "lastPolicySyncTime": "2026-11-20T08:00:00Z",
        "enrollmentTokenData": "x", "enrollmentTokenName": "enterprises/LC1/enrollmentTokens/t",
        "previousDeviceNames": ["enterprises/LC1/devices/d0"],
        "softwareInfo": {"androidVersion": "16", "securityPatchLevel": "2026-11-05"},
        "deviceSettings": {"isDeviceSecure": true, "isEncrypted": true,
            "encryptionStatus": "ACTIVE", "adbEnabled": true, "developmentSettingsEnabled": true,
            "unknownSourcesEnabled": true, "verifyAppsEnabled": true},
        "hardwareInfo": {"manufacturer": "G", "brand": "G", "model": "P",
            "enterpriseSpecificId": "E"},
        "securityPosture": {"devicePosture": "AT_RISK",
            "postureDetails": [{"securityRisk": "UNKNOWN_OS"}]},
        "nonComplianceDetails": [{"settingName": "applications",
            "nonComplianceReason": "APP_NOT_INSTALLED", "packageName": "com.a.b",
            "fieldPath": "applications[0]", "installationFailureReason": "NOT_FOUND",
            "specificNonComplianceReason": "USER_NOT_UNLOCKED"}]
    });
    assert_eq!(check("Device", &report), Ok(()));
    let read: DeviceReport = serde_json::from_value(report.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), report, "nothing of it is lost");
}

/// Our words for a member are Google's, and none is missing but the unspecified one and those that
/// are left out on purpose.
#[test]
fn our_words_are_google_s() {
    let words = |member: &str| -> BTreeSet<&str> {
        let (resource, member) = member.split_once('.').unwrap();
        let kind = SCHEMA[resource][member];
        kind.trim_matches(['[', ']', '='])
            .split('|')
            .filter(|w| !w.ends_with("UNSPECIFIED"))
            .collect()
    };
    macro_rules! same {
        ($($kind:ident = $member:literal without [$($left:literal)*];)*) => {$(
            let ours: BTreeSet<_> = crate::$kind::ALL.iter().map(|w| w.as_str()).collect();
            let left: BTreeSet<&str> = [$($left),*].into_iter().collect();
            let google_s: BTreeSet<_> = words($member).into_iter().filter(|w| !left.contains(w)).collect();
            assert_eq!(ours, google_s, $member);
        )*};
    }
    same! {
        EnterpriseType = "Enterprise.enterpriseType" without [];
        PersonalUsage = "EnrollmentToken.allowPersonalUsage" without [];
        PersonalUsage = "SigninDetail.allowPersonalUsage" without [];
        Ownership = "Device.ownership" without [];
        ManagementMode = "Device.managementMode" without [];
        AppliedState = "Device.appliedState" without [];
        AppliedState = "Device.state" without [];
        NonComplianceReason = "NonComplianceDetail.nonComplianceReason" without [];
        SpecificNonComplianceReason = "NonComplianceDetail.specificNonComplianceReason" without [
            "ONC_WIFI_INVALID_VALUE" "ONC_WIFI_API_LEVEL" "ONC_WIFI_INVALID_ENTERPRISE_CONFIG"
            "ONC_WIFI_USER_SHOULD_REMOVE_NETWORK"
            "ONC_WIFI_KEY_PAIR_ALIAS_NOT_CORRESPONDING_TO_EXISTING_KEY"
            "DEFAULT_APPLICATION_SETTING_UNSUPPORTED_SCOPES"
            "DEFAULT_APPLICATION_SETTING_FAILED_FOR_SCOPE" "PRIVATE_DNS_HOST_NOT_SERVING"];
        InstallationFailure = "NonComplianceDetail.installationFailureReason" without [];
        DevicePosture = "SecurityPosture.devicePosture" without ["POSTURE_UNSPECIFIED"];
        SecurityRisk = "PostureDetail.securityRisk" without [];
        EncryptionStatus = "DeviceSettings.encryptionStatus" without [];
        CommandType = "Command.type" without ["RESET_PASSWORD" "REBOOT" "CLEAR_APP_DATA"
            "START_LOST_MODE" "STOP_LOST_MODE" "ADD_ESIM" "REMOVE_ESIM" "REQUEST_DEVICE_INFO"];
        CommandError = "Command.errorCode" without [];
        ManagedPropertyType = "ManagedProperty.type" without [];
    }
    let patchable: BTreeSet<_> = PatchableState::ALL.iter().map(|w| w.as_str()).collect();
    assert!(patchable.is_subset(&words("Device.state")));
    let ours = NotificationType::ALL.iter().map(|w| w.as_str()).filter(|w| *w != "test");
    let mut google_s = words("Enterprise.enabledNotificationTypes");
    google_s.remove("COMPLIANCE_REPORT");
    assert_eq!(ours.collect::<BTreeSet<_>>(), google_s);
}

/// The resources that are used, and all that they contain.
const ROOTS: [&str; 8] = [
    "Application",
    "Command",
    "Device",
    "EnrollmentToken",
    "Enterprise",
    "Operation",
    "Policy",
    "SignupUrl",
];

#[expect(clippy::disallowed_methods, reason = "tests only: where the makers' documents are")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[test]
fn the_list_is_the_discovery_document_s() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = setting("TRENNWAND_REFERENCE");
    let root = root.map_or_else(|| here.join("../../../shared/reference"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join("android/androidmanagement.v1.json")) else {
        return;
    };
    let discovery: Value = serde_json::from_str(&text).unwrap();
    let list = reduce(&discovery);
    if setting("TRENNWAND_WRITE").is_some() {
        fs::write(here.join("src/schema.txt"), &list).unwrap();
    }
    assert!(list == LIST, "the list is not the document's: run this with TRENNWAND_WRITE=1");
}

fn reduce(discovery: &Value) -> String {
    let schemas = &discovery["schemas"];
    let revision = discovery["revision"].as_str().unwrap();
    let mut list = format!(
        "# Members of the resources of androidmanagement v1, revision {revision}, without descriptions.\n\
         # Written by the test `the_list_is_the_discovery_document_s` with TRENNWAND_WRITE=1.\n"
    );
    let mut lines = BTreeMap::new();
    let mut open = ROOTS.map(str::to_owned).to_vec();
    while let Some(name) = open.pop() {
        if lines.contains_key(&name) {
            continue;
        }
        let none = serde_json::Map::new();
        let members = schemas[&name]["properties"].as_object().unwrap_or(&none);
        let mut of_this = BTreeSet::new();
        for (member, kind) in members {
            of_this.insert(format!("{name}.{member} {}\n", kind_of(kind, &mut open)));
        }
        if of_this.is_empty() {
            of_this.insert(format!("{name}\n"));
        }
        lines.insert(name, of_this);
    }
    list.extend(lines.into_values().flatten());
    list
}

fn kind_of(schema: &Value, open: &mut Vec<String>) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        open.push(name.to_owned());
        return name.to_owned();
    }
    let kind = schema["type"].as_str().unwrap();
    if kind == "array" {
        return format!("[{}]", kind_of(&schema["items"], open));
    }
    if schema["additionalProperties"].is_object() {
        return format!("{{{}}}", kind_of(&schema["additionalProperties"], open));
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().map(|w| w.as_str().unwrap()).collect();
        return format!("={}", words.join("|"));
    }
    match kind {
        "string" => schema["format"].as_str().unwrap_or("string").to_owned(),
        kind => kind.to_owned(),
    }
}
