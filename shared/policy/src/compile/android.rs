use std::collections::BTreeMap;

use trennwand_domain::{MailKind, MailSettings, Purpose, Target};

use crate::{
    App, CATALOGUE, CloudSync, Contacts, LockScreenPreviews, Messengers, NearbySharing,
    NonCompliance, Part, Passcode, Permission, PolicyDocument, Template, android_mail_app,
    keys::{ANDROID_APPLICATION, ANDROID_POLICY, OUTLOOK, permits},
    target::MINIMUM_API_LEVEL,
};

/// The address book of the business side.
const CONTACTS: &str = "com.google.android.contacts";

pub(super) fn templates(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Vec<Template> {
    let wall = Template {
        target,
        purpose: Purpose::Wall,
        display_name: "Separation of business data".to_owned(),
        description: "AMAPI Policy".to_owned(),
        payload_type: ANDROID_POLICY.to_owned(),
        payload: wall(document, target, mail),
        more: Vec::new(),
    };
    std::iter::once(wall).chain(mail.and_then(|mail| account(target, mail))).collect()
}

/// AMAPI `Policy`. What the target ignores (`MANAGEMENT_MODE`) never gets there.
fn wall(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> BTreeMap<String, Part> {
    let isolated = document.nearby_sharing == NearbySharing::Isolated;
    let mut policy = Members::default();
    policy.set("minimumApiLevel", MINIMUM_API_LEVEL);
    policy.set("crossProfilePolicies", cross_profile(document));
    policy.set("bluetoothContactSharingDisabled", true);
    policy.set("assistContentPolicy", "ASSIST_CONTENT_DISALLOWED");
    policy.set(
        "playStoreMode",
        if is_open_to_messengers(document, target) { "BLACKLIST" } else { "WHITELIST" },
    );
    policy.set("applications", applications(document, target, mail));
    policy.set("advancedSecurityOverrides", security(target));
    policy.set("statusReportingSettings", reports());
    policy.set("screenCaptureDisabled", false);
    policy.set("shortSupportMessage", support());
    if isolated {
        policy.set("crossDevicePolicies", cross_device());
        policy.set("outgoingBeamDisabled", true);
    }
    let connectivity = connectivity(document, target, isolated);
    if !connectivity.0.is_empty() {
        policy.set("deviceConnectivityManagement", Part::Dict(connectivity.0));
    }
    let accounts = closed_account_types(document, mail);
    if !accounts.is_empty() {
        policy.set("accountTypesWithManagementDisabled", texts(&accounts));
    }
    if document.lock_screen_previews == LockScreenPreviews::Hidden {
        policy.set("keyguardDisabledFeatures", texts(&["UNREDACTED_NOTIFICATIONS"]));
    }
    if let Some(password) = password(document, target) {
        policy.set("passwordPolicies", password);
    }
    if document.non_compliance == NonCompliance::Block {
        policy.set("complianceRules", blocking(target));
    }
    if target == Target::AndroidCompany {
        policy.set("personalUsagePolicies", personal_usage(document));
    }
    if target == Target::AndroidFullyManaged {
        if document.company_phones.accounts == Permission::Blocked {
            policy.set("modifyAccountsDisabled", true);
        }
        let backup = match document.cloud_sync {
            CloudSync::Blocked => "BACKUP_SERVICE_DISABLED",
            CloudSync::Allowed => "BACKUP_SERVICE_USER_CHOICE",
        };
        policy.set("backupService", backup);
    }
    policy.0.retain(|key, _| permits(target, key));
    policy.0
}

/// The default of the first lets every personal app read business contacts.
fn cross_profile(document: &PolicyDocument) -> Part {
    let contacts = match document.contacts {
        Contacts::Strict => "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED",
        // Below Android 14 the phone falls back to the stricter one.
        Contacts::CallerIdAllowed => {
            "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM"
        }
    };
    let mut members = Members::default();
    members.set("showWorkContactsInPersonalProfile", contacts);
    members.set("crossProfileCopyPaste", "COPY_FROM_WORK_TO_PERSONAL_DISALLOWED");
    members.set("crossProfileDataSharing", "DATA_SHARING_FROM_WORK_TO_PERSONAL_DISALLOWED");
    members.set("crossProfileAppFunctions", "CROSS_PROFILE_APP_FUNCTIONS_DISALLOWED");
    members.set("workProfileWidgetsDefault", "WORK_PROFILE_WIDGETS_DEFAULT_DISALLOWED");
    if !document.contact_apps.is_empty() {
        let apps: Vec<_> = document.contact_apps.iter().map(String::as_str).collect();
        members.set(
            "exemptionsToShowWorkContactsInPersonalProfile",
            Part::from([("packageNames", texts(&apps))]),
        );
    }
    Part::Dict(members.0)
}

/// On a phone with a work profile these are the apps of the business side only. The messengers are
/// named, though the list is closed anyway, so that the phone reports one that is there.
fn applications(document: &PolicyDocument, target: Target, mail: Option<&MailSettings>) -> Part {
    let managed = document.managed_apps.iter().filter_map(|app| app.android.as_deref());
    let mut installed = vec![CONTACTS];
    installed.extend(mail.and_then(|mail| android_mail_app(mail.kind)));
    installed.extend(managed);
    installed.dedup();
    let barred = !is_open_to_messengers(document, target);
    let blocked = CATALOGUE.iter().filter(|_| barred).map(blocked);
    let mut seen = Vec::new();
    let installed = installed.into_iter().filter(|name| {
        let is_new = !seen.contains(name);
        seen.push(*name);
        is_new
    });
    blocked.chain(installed.map(|name| Part::Dict(installed_app(name).0))).collect()
}

/// A fully managed phone has one side: the user's own messengers would be where the contacts are. The
/// proof refuses it.
fn is_open_to_messengers(document: &PolicyDocument, target: Target) -> bool {
    target == Target::AndroidFullyManaged && document.messengers == Messengers::Allowed
}

fn blocked(app: &App) -> Part {
    Part::from([("packageName", app.android.into()), ("installType", "BLOCKED".into())])
}

fn installed_app(name: &str) -> Members {
    let mut app = Members::default();
    app.set("packageName", name);
    app.set("installType", "FORCE_INSTALLED");
    app.set("connectedWorkAndPersonalApp", "CONNECTED_WORK_AND_PERSONAL_APP_DISALLOWED");
    if name == OUTLOOK {
        app.set("managedConfiguration", Part::Dict(outlook().0));
    }
    app
}

/// What keeps Outlook from saving contacts in the phone's address book, whoever has it installed. The
/// second takes the choice from the user, who has it otherwise.
fn outlook() -> Members {
    let mut members = Members::default();
    members.set("com.microsoft.outlook.Contacts.LocalSyncEnabled", false);
    members.set("com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed", false);
    members
}

fn cross_device() -> Part {
    Part::from([
        ("nearbyAppStreaming", "NEARBY_APP_STREAMING_DISABLED".into()),
        ("nearbyNotificationStreaming", "NEARBY_NOTIFICATION_STREAMING_DISABLED".into()),
        ("taskContinuityHandoff", "TASK_CONTINUITY_HANDOFF_DISALLOWED".into()),
    ])
}

fn connectivity(document: &PolicyDocument, target: Target, isolated: bool) -> Members {
    let mut members = Members::default();
    if isolated {
        members.set("bluetoothSharing", "BLUETOOTH_SHARING_DISALLOWED");
    }
    if target != Target::AndroidPersonal {
        let usb = match document.company_phones.usb_files {
            Permission::Blocked => "DISALLOW_USB_FILE_TRANSFER",
            Permission::Allowed => "ALLOW_USB_DATA_TRANSFER",
        };
        members.set("usbDataAccess", usb);
    }
    members
}

/// A private Google account on the business side would carry contacts into the private cloud. If the
/// business account is a Google account itself, the type has to stay open.
fn closed_account_types(
    document: &PolicyDocument,
    mail: Option<&MailSettings>,
) -> Vec<&'static str> {
    let is_google = mail.is_some_and(|mail| mail.kind == MailKind::GoogleWorkspace);
    let closed = document.cloud_sync == CloudSync::Blocked && !is_google;
    closed.then_some("com.google").into_iter().collect()
}

/// On a personal phone the private side stays as free as it was; the rest is the default, said
/// aloud where the phone does not answer it with `MANAGEMENT_MODE`.
fn security(target: Target) -> Part {
    let mut members = Members::default();
    let untrusted = match target {
        Target::AndroidPersonal => "ALLOW_INSTALL_IN_PERSONAL_PROFILE_ONLY",
        _ => "DISALLOW_INSTALL",
    };
    members.set("untrustedAppsPolicy", untrusted);
    members.set("googlePlayProtectVerifyApps", "VERIFY_APPS_ENFORCED");
    members.set("personalAppsThatCanReadWorkNotifications", Part::List(Vec::new()));
    if target != Target::AndroidPersonal {
        members.set("developerSettings", "DEVELOPER_SETTINGS_DISABLED");
    }
    if target == Target::AndroidFullyManaged {
        members.0.remove("personalAppsThatCanReadWorkNotifications");
    }
    Part::Dict(members.0)
}

/// Nothing about the person's apps, networks, numbers or whereabouts.
fn reports() -> Part {
    let mut members = Members::default();
    for (key, wanted) in [
        ("softwareInfoEnabled", true),
        ("deviceSettingsEnabled", true),
        ("applicationReportsEnabled", false),
        ("networkInfoEnabled", false),
        ("memoryInfoEnabled", false),
        ("hardwareStatusEnabled", false),
        ("displayInfoEnabled", false),
        ("powerManagementEventsEnabled", false),
        ("systemPropertiesEnabled", false),
        ("defaultApplicationInfoReportingEnabled", false),
    ] {
        members.set(key, wanted);
    }
    Part::Dict(members.0)
}

fn support() -> Part {
    let english = "Closed so that business data stays apart from private apps.";
    let german = "Geschlossen, damit geschäftliche Daten von privaten Apps getrennt bleiben.";
    Part::from([
        ("defaultMessage", english.into()),
        ("localizedMessages", Part::from([("de", german.into())])),
    ])
}

fn password(document: &PolicyDocument, target: Target) -> Option<Part> {
    let quality = match document.passcode {
        Passcode::None => return None,
        Passcode::Required => "COMPLEXITY_MEDIUM",
        Passcode::Strong => "COMPLEXITY_HIGH",
    };
    let scope = match target {
        Target::AndroidFullyManaged => "SCOPE_DEVICE",
        _ => "SCOPE_PROFILE",
    };
    let one = Part::from([("passwordScope", scope.into()), ("passwordQuality", quality.into())]);
    Some(std::iter::once(one).collect())
}

/// Business apps are switched off, their data stays. `policyEnforcementRules` would need a wipe beside
/// each block, so these older rules are the only ones that fit.
fn blocking(target: Target) -> Part {
    let rule = |condition: Part| {
        Part::from([("nonComplianceDetailCondition", condition), ("disableApps", true.into())])
    };
    let messenger = rule(Part::from([
        ("settingName", "applications".into()),
        ("nonComplianceReason", "APP_INSTALLED".into()),
    ]));
    let wall = rule(Part::from([("settingName", "crossProfilePolicies".into())]));
    let has_wall = target != Target::AndroidFullyManaged;
    has_wall.then_some(wall).into_iter().chain([messenger]).collect()
}

fn personal_usage(document: &PolicyDocument) -> Part {
    let mut members = Members::default();
    members.set("personalPlayStoreMode", "BLOCKLIST");
    members.set("maxDaysWithWorkOff", 0_i64);
    if document.messengers == Messengers::Blocked {
        members.set("personalApplications", CATALOGUE.iter().map(blocked).collect::<Part>());
    }
    if document.company_phones.private_space == Permission::Blocked {
        members.set("privateSpacePolicy", "PRIVATE_SPACE_DISALLOWED");
    }
    Part::Dict(members.0)
}

/// AMAPI `ApplicationPolicy` of the mail app with the account's settings. The keys of neither app are
/// known from its own schema: whoever sends this compares them with the app's `managedProperties`
/// first. A Google account is not set up this way: it is the one that the phone was enrolled with. The
/// user types address and name: a policy at Google is shared by many phones, and Google need not know
/// them.
fn account(target: Target, mail: &MailSettings) -> Option<Template> {
    let mut payload = installed_app(android_mail_app(mail.kind)?);
    let configuration = match mail.kind {
        MailKind::None | MailKind::GoogleWorkspace => return None,
        // Signing in by `ModernAuth`, Outlook finds the server by itself.
        MailKind::ExchangeOnline => {
            let mut members = outlook();
            members.set("com.microsoft.outlook.EmailProfile.AccountType", "ModernAuth");
            Part::Dict(members.0)
        }
        MailKind::Exchange => Part::from([
            ("exchange_host", mail.host.as_deref().unwrap_or_default().into()),
            ("exchange_ssl_required", true.into()),
            ("exchange_trust_all_certificates", false.into()),
        ]),
    };
    payload.set("managedConfiguration", configuration);
    Some(Template {
        target,
        purpose: Purpose::Account,
        display_name: "Business account".to_owned(),
        description: "AMAPI ApplicationPolicy of the mail app".to_owned(),
        payload_type: ANDROID_APPLICATION.to_owned(),
        payload: payload.0,
        more: Vec::new(),
    })
}

/// Members of a JSON object under construction.
#[derive(Debug, Default)]
struct Members(BTreeMap<String, Part>);

impl Members {
    fn set(&mut self, key: &str, part: impl Into<Part>) {
        self.0.insert(key.to_owned(), part.into());
    }
}

fn texts(texts: &[&str]) -> Part {
    texts.iter().map(|&text| Part::from(text)).collect()
}
