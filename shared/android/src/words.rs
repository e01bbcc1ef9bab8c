//! Google's words: the values of enum fields. A word that this revision does not know is read as
//! `Unrecognised`, so that a new one breaks nothing and is never taken for something it is not.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
            /// Unspecified, or a word that is newer than this revision.
            #[default]
            #[serde(other)]
            Unrecognised,
        }

        impl $name {
            /// Every word of Google's that means something here.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Google's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unrecognised => "UNRECOGNISED",
                }
            }
        }
    )*};
}

words! {
    /// `Enterprise.enterpriseType`.
    EnterpriseType {
        /// A managed Google domain.
        ManagedGoogleDomain = "MANAGED_GOOGLE_DOMAIN",
        /// Accounts that Google Play makes for this purpose.
        ManagedGooglePlayAccounts = "MANAGED_GOOGLE_PLAY_ACCOUNTS_ENTERPRISE",
    }

    /// `Enterprise.enabledNotificationTypes`, and the attribute `notificationType` of a message.
    NotificationType {
        /// A phone was enrolled.
        Enrollment = "ENROLLMENT",
        /// A phone reports its state.
        StatusReport = "STATUS_REPORT",
        /// A command was executed, failed or expired.
        Command = "COMMAND",
        /// Usage logs; never asked for.
        UsageLogs = "USAGE_LOGS",
        /// The enterprise became a managed Google domain.
        EnterpriseUpgrade = "ENTERPRISE_UPGRADE",
        /// A probe that Google sends when a topic is set; not in the discovery document.
        Test = "test",
    }

    /// `EnrollmentToken.allowPersonalUsage` and `SigninDetail.allowPersonalUsage`.
    PersonalUsage {
        /// A work profile beside a personal side.
        Allowed = "PERSONAL_USAGE_ALLOWED",
        /// A fully managed phone.
        Disallowed = "PERSONAL_USAGE_DISALLOWED",
        /// A phone without a user.
        DisallowedUserless = "PERSONAL_USAGE_DISALLOWED_USERLESS",
    }

    /// `Device.ownership`.
    Ownership {
        /// The company's phone.
        CompanyOwned = "COMPANY_OWNED",
        /// The person's own phone.
        PersonallyOwned = "PERSONALLY_OWNED",
    }

    /// `Device.managementMode`.
    ManagementMode {
        /// Fully managed: there is no second side.
        DeviceOwner = "DEVICE_OWNER",
        /// A work profile.
        ProfileOwner = "PROFILE_OWNER",
    }

    /// `Device.state` and `Device.appliedState`.
    AppliedState {
        /// In use.
        Active = "ACTIVE",
        /// Switched off by us.
        Disabled = "DISABLED",
        /// Only in the last report of a phone that acknowledged its deletion.
        Deleted = "DELETED",
        /// Newly enrolled, no policy applied yet.
        Provisioning = "PROVISIONING",
        /// In lost mode; company phones only.
        Lost = "LOST",
        /// Comes from another management system.
        PreparingForMigration = "PREPARING_FOR_MIGRATION",
        /// Locked by whoever financed it.
        DeactivatedByDeviceFinance = "DEACTIVATED_BY_DEVICE_FINANCE",
    }

    /// The values of `Device.state` that `devices.patch` allows.
    PatchableState {
        /// In use.
        Active = "ACTIVE",
        /// Switched off.
        Disabled = "DISABLED",
    }

    /// `NonComplianceDetail.nonComplianceReason`.
    NonComplianceReason {
        /// The Android version is too old for the setting.
        ApiLevel = "API_LEVEL",
        /// The way of management does not know the setting.
        ManagementMode = "MANAGEMENT_MODE",
        /// The user has not done what is needed.
        UserAction = "USER_ACTION",
        /// The value is not valid.
        InvalidValue = "INVALID_VALUE",
        /// An app that is needed is missing.
        AppNotInstalled = "APP_NOT_INSTALLED",
        /// Android Device Policy is too old.
        Unsupported = "UNSUPPORTED",
        /// A blocked app is there.
        AppInstalled = "APP_INSTALLED",
        /// Not applied yet, expected shortly.
        Pending = "PENDING",
        /// The app does not support it.
        AppIncompatible = "APP_INCOMPATIBLE",
        /// The app is too old.
        AppNotUpdated = "APP_NOT_UPDATED",
        /// The Android version is not permitted.
        OsNotPermitted = "OS_NOT_PERMITTED",
        /// The phone does not meet what the policy requires.
        DeviceIncompatible = "DEVICE_INCOMPATIBLE",
        /// The app is signed by someone else.
        AppSigningCertMismatch = "APP_SIGNING_CERT_MISMATCH",
        /// Google does not permit our project this setting.
        ProjectNotPermitted = "PROJECT_NOT_PERMITTED",
    }

    /// `NonComplianceDetail.specificNonComplianceReason`.
    SpecificNonComplianceReason {
        /// The user has to confirm the passcode.
        PasswordConfirmationRequired = "PASSWORD_POLICIES_USER_CREDENTIALS_CONFIRMATION_REQUIRED",
        /// The passcode is too old.
        PasswordExpired = "PASSWORD_POLICIES_PASSWORD_EXPIRED",
        /// The passcode is too weak.
        PasswordNotSufficient = "PASSWORD_POLICIES_PASSWORD_NOT_SUFFICIENT",
        /// Google's terms of use forbid it.
        PermissibleUsageRestriction = "PERMISSIBLE_USAGE_RESTRICTION",
        /// The account that the work profile needs belongs to someone else.
        RequiredAccountNotInEnterprise = "REQUIRED_ACCOUNT_NOT_IN_ENTERPRISE",
        /// The account that the user added belongs to someone else.
        NewAccountNotInEnterprise = "NEW_ACCOUNT_NOT_IN_ENTERPRISE",
        /// The user has not unlocked the phone since it was started.
        UserNotUnlocked = "USER_NOT_UNLOCKED",
    }

    /// `NonComplianceDetail.installationFailureReason`.
    InstallationFailure {
        /// No details.
        Unknown = "INSTALLATION_FAILURE_REASON_UNKNOWN",
        /// Under way.
        InProgress = "IN_PROGRESS",
        /// Not in Play.
        NotFound = "NOT_FOUND",
        /// Not for this phone.
        NotCompatible = "NOT_COMPATIBLE_WITH_DEVICE",
        /// Not approved by the customer.
        NotApproved = "NOT_APPROVED",
        /// New permissions are not accepted.
        PermissionsNotAccepted = "PERMISSIONS_NOT_ACCEPTED",
        /// Not in this country.
        NotAvailableInCountry = "NOT_AVAILABLE_IN_COUNTRY",
        /// No licences left.
        NoLicensesRemaining = "NO_LICENSES_REMAINING",
        /// The enterprise is no longer enrolled.
        NotEnrolled = "NOT_ENROLLED",
        /// The user is not valid any more.
        UserInvalid = "USER_INVALID",
        /// The network.
        Network = "NETWORK_ERROR_UNRELIABLE_CONNECTION",
        /// No room.
        InsufficientStorage = "INSUFFICIENT_STORAGE",
    }

    /// `SecurityPosture.devicePosture`.
    DevicePosture {
        /// Nothing known against it.
        Secure = "SECURE",
        /// More open to attack than it should be.
        AtRisk = "AT_RISK",
        /// Perhaps in other hands.
        PotentiallyCompromised = "POTENTIALLY_COMPROMISED",
    }

    /// `PostureDetail.securityRisk`.
    SecurityRisk {
        /// Not an Android that Google knows.
        UnknownOs = "UNKNOWN_OS",
        /// A tampered system.
        CompromisedOs = "COMPROMISED_OS",
        /// The hardware does not vouch for the system.
        HardwareBackedEvaluationFailed = "HARDWARE_BACKED_EVALUATION_FAILED",
    }

    /// `DeviceSettings.encryptionStatus`.
    EncryptionStatus {
        /// Cannot be encrypted.
        Unsupported = "UNSUPPORTED",
        /// Not encrypted.
        Inactive = "INACTIVE",
        /// Being encrypted.
        Activating = "ACTIVATING",
        /// Encrypted.
        Active = "ACTIVE",
        /// Encrypted without a key of the user's.
        ActiveDefaultKey = "ACTIVE_DEFAULT_KEY",
        /// Encrypted per profile.
        ActivePerUser = "ACTIVE_PER_USER",
    }

    /// `Command.type`, as far as used here.
    CommandType {
        /// Locks the phone or the work profile.
        Lock = "LOCK",
        /// Removes the work profile from a company phone and leaves it to the person.
        RelinquishOwnership = "RELINQUISH_OWNERSHIP",
        /// Factory reset of a company phone; removal of the work profile of a personal one.
        Wipe = "WIPE",
    }

    /// `Command.errorCode`.
    CommandError {
        /// No details.
        Unknown = "UNKNOWN",
        /// The Android version is too old.
        ApiLevel = "API_LEVEL",
        /// Not with this way of management.
        ManagementMode = "MANAGEMENT_MODE",
        /// A parameter is not valid.
        InvalidValue = "INVALID_VALUE",
        /// The phone does not know it.
        Unsupported = "UNSUPPORTED",
    }

    /// `ManagedProperty.type`.
    ManagedPropertyType {
        /// True or false.
        Bool = "BOOL",
        /// A text.
        String = "STRING",
        /// A number.
        Integer = "INTEGER",
        /// One of `entries`.
        Choice = "CHOICE",
        /// Several of `entries`.
        Multiselect = "MULTISELECT",
        /// A text that no editor shows.
        Hidden = "HIDDEN",
        /// An object of `nestedProperties`.
        Bundle = "BUNDLE",
        /// A list of objects of `nestedProperties`.
        BundleArray = "BUNDLE_ARRAY",
    }
}
