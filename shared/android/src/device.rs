use serde::{Deserialize, Serialize};
use trennwand_domain::Timestamp;

use crate::{
    AppliedState, DeviceName, DevicePosture, EncryptionStatus, EnrollmentTokenName,
    InstallationFailure, ManagementMode, NonComplianceReason, Ownership, PatchableState,
    PolicyName, SecurityRisk, SpecificNonComplianceReason, wire,
};

/// `Device`, as far as anyone may know it.
///
/// This is the allow-list: members that are not here are never read, whatever a phone reports. So
/// there are no app lists, no networks, no numbers, no IMEI, no serial number of a personal phone
/// (Google: on personal phones since Android 12 it is the `enterpriseSpecificId`), no names of
/// Google users, no events. Google leaves members out that have their default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceReport {
    /// Its name.
    pub name: DeviceName,
    /// Whose phone it is.
    #[serde(default)]
    pub ownership: Ownership,
    /// Work profile or fully managed.
    #[serde(default)]
    pub management_mode: ManagementMode,
    /// What it was told.
    #[serde(default)]
    pub state: AppliedState,
    /// What it is.
    #[serde(default)]
    pub applied_state: AppliedState,
    /// Whether it says that it follows its policy entirely.
    #[serde(default)]
    pub policy_compliant: bool,
    /// What it does not follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub non_compliance_details: Vec<NonComplianceDetail>,
    /// What it should follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<PolicyName>,
    /// What it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_policy_name: Option<PolicyName>,
    /// Which version of it.
    #[serde(default, with = "wire::int64", skip_serializing_if = "Option::is_none")]
    pub applied_policy_version: Option<i64>,
    /// Android's API level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_level: Option<u32>,
    /// When it was enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrollment_time: Option<Timestamp>,
    /// When it last reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status_report_time: Option<Timestamp>,
    /// When it last fetched its policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_policy_sync_time: Option<Timestamp>,
    /// The token's `additionalData`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrollment_token_data: Option<String>,
    /// The token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrollment_token_name: Option<EnrollmentTokenName>,
    /// Earlier enrolments of the same phone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous_device_names: Vec<DeviceName>,
    /// Present if the policy asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_info: Option<Software>,
    /// Present if the policy asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_settings: Option<DeviceSettings>,
    /// What kind of phone it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_info: Option<Hardware>,
    /// Google's judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_posture: Option<SecurityPosture>,
}

impl DeviceReport {}

/// `NonComplianceDetail`. `currentValue` is not read: it may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NonComplianceDetail {
    /// A top-level member of the policy.
    pub setting_name: String,
    /// Why.
    pub non_compliance_reason: NonComplianceReason,
    /// Which app, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_name: Option<String>,
    /// Where below the setting, such as `applications[2].externalData.url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_path: Option<String>,
    /// Why the app could not be installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation_failure_reason: Option<InstallationFailure>,
    /// More about why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specific_non_compliance_reason: Option<SpecificNonComplianceReason>,
}

/// `SoftwareInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Software {
    /// Such as `16`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android_version: Option<String>,
    /// Such as `2026-11-05`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_patch_level: Option<String>,
}

/// `DeviceSettings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceSettings {
    /// Whether there is a passcode.
    pub is_device_secure: bool,
    /// Whether the storage is encrypted.
    pub is_encrypted: bool,
    /// How the storage is encrypted.
    pub encryption_status: EncryptionStatus,
    /// Whether a computer may debug it.
    pub adb_enabled: bool,
    /// Whether developer settings are on.
    pub development_settings_enabled: bool,
    /// Whether apps may come from elsewhere.
    pub unknown_sources_enabled: bool,
    /// Whether Play Protect looks at apps.
    pub verify_apps_enabled: bool,
}

/// `HardwareInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hardware {
    /// Such as `Google`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// Such as `Google`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Such as `Pixel 10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Names the phone within one enterprise, also after a factory reset; worth nothing elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enterprise_specific_id: Option<String>,
}

/// `SecurityPosture`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityPosture {
    /// In one word.
    pub device_posture: DevicePosture,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posture_details: Vec<PostureDetail>,
}

/// `PostureDetail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PostureDetail {
    /// What stands against the phone.
    pub security_risk: SecurityRisk,
}

/// What `devices.patch` changes; `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DevicePatch {
    /// Another policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<PolicyName>,
    /// On or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PatchableState>,
}

impl DevicePatch {
    /// The `updateMask` for exactly what is set here.
    #[must_use]
    pub fn mask(&self) -> String {
        let set = [(self.policy_name.is_some(), "policyName"), (self.state.is_some(), "state")];
        let set: Vec<_> = set.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
        set.join(",")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a phone may report at most, with every reporting setting switched on. The values are
    /// unlike anything that may be kept.
    fn over_reporting() -> serde_json::Value {
        json!({
            "name": "enterprises/LC1/devices/d1",
            "userName": "enterprises/LC1/users/SECRET",
            "ownership": "PERSONALLY_OWNED",
            "managementMode": "PROFILE_OWNER",
            "appliedState": "ACTIVE",
            "policyCompliant": true,
            "appliedPolicyVersion": "3",
            "apiLevel": 36,
            "lastStatusReportTime": "2026-11-20T08:15:30.123456789Z",
            "nonComplianceDetails": [{
                "settingName": "applications", "nonComplianceReason": "APP_INSTALLED",
                "packageName": "com.whatsapp", "currentValue": {"SECRET": "SECRET"}
            }],
            "applicationReports": [{"packageName": "SECRET.dating"}],
            "networkInfo": {"imei": "SECRET", "wifiMacAddress": "SECRET",
                "telephonyInfos": [{"phoneNumber": "SECRET"}]},
            "memoryInfo": {"totalRam": "SECRET"},
            "displays": [{"name": "SECRET"}],
            "hardwareStatusSamples": [{"createTime": "SECRET"}],
            "powerManagementEvents": [{"eventType": "SECRET"}],
            "systemProperties": {"ro.serialno": "SECRET"},
            "defaultApplicationInfo": [{"defaultApplicationType": "SECRET"}],
            "hardwareInfo": {"manufacturer": "Google", "model": "Pixel 10",
                "serialNumber": "SECRET", "enterpriseSpecificId": "ESID1",
                "deviceBasebandVersion": "SECRET"},
            "softwareInfo": {"androidVersion": "16", "securityPatchLevel": "2026-11-05",
                "primaryLanguageCode": "SECRET"},
            "deviceSettings": {"isDeviceSecure": true, "encryptionStatus": "ACTIVE_PER_USER"},
            "securityPosture": {"devicePosture": "AT_RISK",
                "postureDetails": [{"securityRisk": "UNKNOWN_OS", "advice": [{"defaultMessage": "SECRET"}]}]}
        })
    }

    #[test]
    fn what_an_over_reporting_phone_says_beyond_the_list_is_gone_once_it_was_read() {
        let sent = over_reporting();
        assert!(sent.to_string().matches("SECRET").count() > 15, "the phone over-reports");
        let report: DeviceReport = serde_json::from_value(sent).unwrap();
        let kept = serde_json::to_string(&report).unwrap();
        assert!(!kept.contains("SECRET") && !format!("{report:?}").contains("SECRET"), "{kept}");
        assert_eq!(report.hardware_info.unwrap().enterprise_specific_id.unwrap(), "ESID1");
        assert_eq!(report.non_compliance_details[0].package_name.as_deref(), Some("com.whatsapp"));
        assert_eq!(report.applied_policy_version, Some(3));
        assert!(report.policy_compliant);
    }

    #[test]
    fn a_member_left_out_has_its_default() {
        let report: DeviceReport = serde_json::from_value(json!({
            "name": "enterprises/LC1/devices/d1", "deviceSettings": {}
        }))
        .unwrap();
        assert!(!report.policy_compliant, "an absent flag is false");
        assert_eq!(report.ownership, Ownership::Unrecognised);
        assert_eq!(report.applied_policy_version, None);
        assert_eq!(report.device_settings, Some(DeviceSettings::default()));
    }

    #[test]
    fn a_new_word_of_google_s_is_not_taken_for_a_known_one() {
        let report: DeviceReport = serde_json::from_value(json!({
            "name": "enterprises/LC1/devices/d1", "ownership": "SHARED",
            "nonComplianceDetails": [{"settingName": "x", "nonComplianceReason": "NEW"}]
        }))
        .unwrap();
        assert_eq!(report.ownership, Ownership::Unrecognised);
        let detail = &report.non_compliance_details[0];
        assert_eq!(detail.non_compliance_reason, NonComplianceReason::Unrecognised);
    }

    #[test]
    fn nothing_of_a_long_list_is_lost() {
        // Whoever reads a report bounds its bytes; what a verdict rests on may stand last.
        let mut details = vec![json!({"settingName": "applications"}); 5_000];
        details.push(json!({"settingName": "crossProfilePolicies"}));
        let report: DeviceReport = serde_json::from_value(json!({
            "name": "enterprises/LC1/devices/d1", "nonComplianceDetails": details
        }))
        .unwrap();
        assert_eq!(report.non_compliance_details.len(), 5_001);
        assert_eq!(report.non_compliance_details[5_000].setting_name, "crossProfilePolicies");
    }

    #[test]
    fn a_patch_names_exactly_what_it_changes() {
        let patch = DevicePatch { policy_name: None, state: Some(PatchableState::Disabled) };
        assert_eq!(patch.mask(), "state");
        assert_eq!(serde_json::to_value(&patch).unwrap(), json!({"state": "DISABLED"}));
        let both = DevicePatch { policy_name: "enterprises/LC1/policies/p".parse().ok(), ..patch };
        assert_eq!(both.mask(), "policyName,state");
    }
}
