//! What a phone makes of a policy. Each rule is one sentence of the discovery document (revision
//! 20261104), quoted where it is not obvious.

use serde_json::{Value, json};

use super::handset::{AndroidBehaviour, AndroidHandset, AndroidVersion};

/// Who on the personal side can get at the contacts of the work side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactsAccess {
    /// Nobody but the packages named here, if any.
    Closed {
        /// `exemptionsToShowWorkContactsInPersonalProfile` (Android 14 and later).
        but: Vec<String>,
    },
    /// The maker's dialler, messages and contacts apps, and the packages named here.
    SystemAppsOnly {
        /// `exemptionsToShowWorkContactsInPersonalProfile`.
        but: Vec<String>,
    },
    /// Every app, but for the packages named here: Google's default.
    Open {
        /// `exemptionsToShowWorkContactsInPersonalProfile` (Android 14 and later).
        but: Vec<String>,
    },
}

impl ContactsAccess {
    /// Whether this personal app can read or search the contacts of the work side.
    #[must_use]
    pub fn lets(&self, package: &str) -> bool {
        let named = |but: &[String]| but.iter().any(|name| name == package);
        match self {
            Self::Closed { but } | Self::SystemAppsOnly { but } => named(but),
            Self::Open { but } => !named(but),
        }
    }
}

/// How the phone is managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person's own phone with a work profile.
    Personal,
    /// A company phone with a work profile.
    Company,
    /// A company phone without a second side.
    FullyManaged,
}

impl Kind {
    pub(super) const fn ownership(self) -> &'static str {
        match self {
            Self::Personal => "PERSONALLY_OWNED",
            Self::Company | Self::FullyManaged => "COMPANY_OWNED",
        }
    }

    pub(super) const fn management_mode(self) -> &'static str {
        match self {
            Self::Personal | Self::Company => "PROFILE_OWNER",
            Self::FullyManaged => "DEVICE_OWNER",
        }
    }
}

/// What came of a policy on a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) contacts: ContactsAccess,
    /// `nonComplianceDetails`.
    pub(super) details: Vec<Value>,
}

const SHOW: &str = "crossProfilePolicies.showWorkContactsInPersonalProfile";

pub(super) fn apply(
    policy: &Value,
    kind: Kind,
    handset: &AndroidHandset,
    behaviour: &AndroidBehaviour,
) -> Applied {
    let mut phone = Phone { policy, kind, handset, behaviour, details: Vec::new() };
    let contacts = phone.contacts();
    phone.settings();
    phone.applications();
    for (settings, reason) in [(&behaviour.ignores, "PENDING"), (&behaviour.refuses, "UNSUPPORTED")]
    {
        for setting in settings.iter().filter(|setting| !policy[*setting].is_null()) {
            phone.report(setting, "", reason);
        }
    }
    Applied { contacts, details: phone.details }
}

struct Phone<'a> {
    policy: &'a Value,
    kind: Kind,
    handset: &'a AndroidHandset,
    behaviour: &'a AndroidBehaviour,
    details: Vec<Value>,
}

impl Phone<'_> {
    fn report(&mut self, setting: &str, path: &str, reason: &str) {
        let mut detail = json!({"settingName": setting, "nonComplianceReason": reason});
        if !path.is_empty() {
            detail["fieldPath"] = path.into();
        }
        self.details.push(detail);
    }

    /// The value at a path, unless the phone ignores the setting.
    fn at(&self, path: &str) -> &Value {
        let setting = path.split('.').next().unwrap_or_default();
        if self.behaviour.ignores.contains(setting) || self.behaviour.refuses.contains(setting) {
            return &Value::Null;
        }
        path.split('.').fold(self.policy, |value, name| &value[name])
    }

    fn is_below(&self, major: u8, quarter: u8) -> bool {
        self.handset.android < AndroidVersion { major, quarter }
    }

    fn contacts(&mut self) -> ContactsAccess {
        let setting = "crossProfilePolicies";
        if self.kind == Kind::FullyManaged {
            // "A NonComplianceDetail with MANAGEMENT_MODE is reported if the device does not have a
            // work profile": every app is where the contacts are.
            if !self.at(setting).is_null() {
                self.report(setting, "", "MANAGEMENT_MODE");
            }
            return ContactsAccess::Open { but: Vec::new() };
        }
        let exemptions = self
            .at("crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile.packageNames");
        let mut but: Vec<String> = exemptions
            .as_array()
            .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        if !but.is_empty() && self.is_below(14, 0) {
            let path = "crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile";
            self.report(setting, path, "API_LEVEL");
            but.clear();
        }
        let word = self.at(SHOW).as_str().unwrap_or_default().to_owned();
        match word.strip_prefix("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_") {
            Some("DISALLOWED" | "ALLOWED") if self.is_below(7, 0) => {
                self.report(setting, SHOW, "API_LEVEL");
                ContactsAccess::Open { but }
            }
            Some("DISALLOWED") => ContactsAccess::Closed { but },
            // "falls back to …_DISALLOWED and a NonComplianceDetail with API_LEVEL is reported"
            Some("DISALLOWED_EXCEPT_SYSTEM") if self.is_below(14, 0) => {
                self.report(setting, SHOW, "API_LEVEL");
                ContactsAccess::Closed { but }
            }
            Some("DISALLOWED_EXCEPT_SYSTEM") => ContactsAccess::SystemAppsOnly { but },
            // "Defaults to …_ALLOWED"
            _ => ContactsAccess::Open { but },
        }
    }

    fn settings(&mut self) {
        // (path, major, quarterly release): "A NonComplianceDetail with API_LEVEL is reported if the
        // Android version is less than …"
        for (path, major, quarter) in
            [("assistContentPolicy", 15, 0), ("crossDevicePolicies.taskContinuityHandoff", 17, 1)]
        {
            let setting = path.split('.').next().unwrap_or_default();
            if !self.at(path).is_null() && self.is_below(major, quarter) {
                let below = if path.contains('.') { path } else { "" };
                self.report(setting, below, "API_LEVEL");
            }
        }
        // "reported if the Android API level of the device is lower than this value"
        let least = self.at("minimumApiLevel").as_u64().unwrap_or(0);
        if u64::from(self.handset.android.api_level()) < least {
            self.report("minimumApiLevel", "", "OS_NOT_PERMITTED");
        }
        if self.kind == Kind::Personal {
            self.of_company_phones();
        }
        if self.kind != Kind::FullyManaged && !self.at("backupService").is_null() {
            // "Supported only on fully managed devices"
            self.report("backupService", "", "MANAGEMENT_MODE");
        }
        if self.behaviour.has_no_passcode && self.at("passwordPolicies").is_array() {
            self.report("passwordPolicies", "passwordPolicies[0]", "USER_ACTION");
            if let Some(detail) = self.details.last_mut() {
                detail["specificNonComplianceReason"] =
                    "PASSWORD_POLICIES_PASSWORD_NOT_SUFFICIENT".into();
            }
        }
    }

    /// What a personal phone answers with `MANAGEMENT_MODE`.
    fn of_company_phones(&mut self) {
        if self.at("personalUsagePolicies").as_object().is_some_and(|all| !all.is_empty()) {
            self.report("personalUsagePolicies", "", "MANAGEMENT_MODE");
        }
        // "Supported only on company-owned devices."
        let usb = "deviceConnectivityManagement.usbDataAccess";
        if !self.at(usb).is_null() {
            self.report("deviceConnectivityManagement", usb, "MANAGEMENT_MODE");
        }
        // "setting this policy will not disable safe boot. In this case, a NonComplianceDetail with
        // MANAGEMENT_MODE is reported."
        let developer = "advancedSecurityOverrides.developerSettings";
        if !self.at(developer).is_null() {
            self.report("advancedSecurityOverrides", developer, "MANAGEMENT_MODE");
        }
    }

    fn applications(&mut self) {
        let apps = self.at("applications").as_array().cloned().unwrap_or_default();
        for app in &apps {
            let package = app["packageName"].as_str().unwrap_or_default();
            let is_there = self.behaviour.work_apps.contains(package);
            let failing = self.behaviour.failing_apps.get(package).cloned();
            match (app["installType"].as_str().unwrap_or_default(), failing) {
                ("BLOCKED", _) if is_there => {
                    self.report("applications", "", "APP_INSTALLED");
                }
                ("FORCE_INSTALLED" | "REQUIRED_FOR_SETUP", Some(why)) => {
                    self.report("applications", "", "APP_NOT_INSTALLED");
                    if let Some(detail) = self.details.last_mut() {
                        detail["installationFailureReason"] = why.into();
                    }
                }
                _ => continue,
            }
            if let Some(detail) = self.details.last_mut() {
                detail["packageName"] = package.into();
            }
        }
    }
}

#[cfg(test)]
mod tests;
