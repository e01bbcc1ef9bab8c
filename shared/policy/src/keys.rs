use trennwand_domain::Target;

/// Every restriction that User Enrolment allows on iOS (`userenrollment.mode` of Apple's
/// `com.apple.applicationaccess.yaml`). One other key makes the phone reject the whole profile.
pub const USER_ENROLLMENT_KEYS: [&str; 23] = [
    "allowAssistant",
    "allowAssistantWhileLocked",
    "allowDiagnosticSubmission",
    "allowEnterpriseBookBackup",
    "allowEnterpriseBookMetadataSync",
    "allowLockScreenControlCenter",
    "allowLockScreenNotificationsView",
    "allowLockScreenTodayView",
    "allowManagedAppsCloudSync",
    "allowOpenFromManagedToUnmanaged",
    "allowOpenFromUnmanagedToManaged",
    "allowRemoteScreenObservation",
    "allowScreenShot",
    "allowUnmanagedToReadManagedContacts",
    "forceAirDropUnmanaged",
    "forceAirPlayOutgoingRequestsPairingPassword",
    "forceEncryptedBackup",
    "forceOnDeviceOnlyDictation",
    "forceOnDeviceOnlyTranslation",
    "forceWatchWristDetection",
    "ratingRegion",
    "requireManagedPasteboard",
    "safariForceFraudWarning",
];

/// What comes on top on an unsupervised phone enrolled by profile.
const DEVICE_KEYS: [&str; 1] = ["allowManagedToWriteUnmanagedContacts"];

/// What comes on top on a supervised phone, as far as the compiler knows it.
const SUPERVISED_KEYS: [&str; 8] = [
    "allowAccountModification",
    "allowDefaultCallingAppModification",
    "allowDefaultMessagingAppModification",
    "allowFilesUSBDriveAccess",
    "allowHostPairing",
    "allowUIConfigurationProfileInstallation",
    "allowiPhoneMirroring",
    "blockedAppBundleIDs",
];

/// Top-level members of an AMAPI policy that every Android target heeds.
const ANDROID_KEYS: [&str; 19] = [
    "accountTypesWithManagementDisabled",
    "advancedSecurityOverrides",
    "appFunctions",
    "applications",
    "assistContentPolicy",
    "bluetoothContactSharingDisabled",
    "complianceRules",
    "crossDevicePolicies",
    "deviceConnectivityManagement",
    "keyguardDisabledFeatures",
    "minimumApiLevel",
    "modifyAccountsDisabled",
    "outgoingBeamDisabled",
    "passwordPolicies",
    "playStoreMode",
    "screenCaptureDisabled",
    "shortSupportMessage",
    "statusReportingSettings",
    "longSupportMessage",
];

/// The payload that carries restrictions; at most one may be on a phone.
pub const RESTRICTIONS: &str = "com.apple.applicationaccess";

/// `PayloadType` of the passcode payload. All its keys are ignored under User Enrolment.
pub const PASSCODE: &str = "com.apple.mobiledevice.passwordpolicy";

/// What stands for the payload type of an Android policy.
pub const ANDROID_POLICY: &str = "androidmanagement.Policy";

/// What stands for the payload type of one app's entry in an Android policy.
pub const ANDROID_APPLICATION: &str = "androidmanagement.ApplicationPolicy";

/// Google's mail app.
pub(crate) const GMAIL: &str = "com.google.android.gm";

/// Microsoft's mail app.
pub(crate) const OUTLOOK: &str = "com.microsoft.office.outlook";

/// Whether a restriction (iOS) or a top-level member of a policy (Android) may reach a target and is
/// heeded there. Only what the compiler knows is permitted.
#[must_use]
pub fn permits(target: Target, key: &str) -> bool {
    let user = || USER_ENROLLMENT_KEYS.contains(&key);
    let device = || DEVICE_KEYS.contains(&key);
    match target {
        Target::IosUserEnrollment => user(),
        Target::IosDevice => user() || device(),
        Target::IosSupervised => user() || device() || SUPERVISED_KEYS.contains(&key),
        Target::AndroidPersonal => ANDROID_KEYS.contains(&key) || key == "crossProfilePolicies",
        Target::AndroidCompany => {
            ANDROID_KEYS.contains(&key)
                || ["crossProfilePolicies", "personalUsagePolicies"].contains(&key)
        }
        Target::AndroidFullyManaged => ANDROID_KEYS.contains(&key) || key == "backupService",
    }
}

/// Whether a payload of this type may be in a profile for the target at all.
pub(crate) fn permits_payload(target: Target, payload_type: &str) -> bool {
    !(target == Target::IosUserEnrollment && payload_type == PASSCODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_makes_user_enrolment_reject_the_profile_is_not_permitted() {
        let key = "allowManagedToWriteUnmanagedContacts";
        assert!(!permits(Target::IosUserEnrollment, key));
        assert!(permits(Target::IosDevice, key));
        assert!(!permits(Target::IosDevice, "allowAccountModification"));
        assert!(permits(Target::IosSupervised, "allowAccountModification"));
    }

    #[test]
    fn a_phone_without_a_second_profile_gets_no_cross_profile_settings() {
        assert!(!permits(Target::AndroidFullyManaged, "crossProfilePolicies"));
        assert!(permits(Target::AndroidPersonal, "crossProfilePolicies"));
        assert!(!permits(Target::AndroidPersonal, "personalUsagePolicies"));
        for target in Target::ALL {
            assert!(
                !permits(*target, "policyEnforcementRules"),
                "they cannot block without a wipe"
            );
        }
    }
}
