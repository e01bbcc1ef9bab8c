//! A simulated Android phone, as Google's stand-in sees it.

use serde_json::{Value, json};
use trennwand_domain::{Digest, Timestamp};

use super::{
    apply::{Applied, ContactsAccess, Kind, apply},
    handset::{AndroidBehaviour, AndroidHandset},
};

/// Something that happened on a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AndroidEvent {
    /// A work profile was set up, or the phone as a whole.
    Enrolled,
    /// Another policy, or another version of it, is in force.
    PolicyApplied {
        /// `appliedPolicyVersion`.
        version: i64,
    },
    /// From now on, personal apps can read the contacts of the work side.
    ContactsOpened,
    /// That is over.
    ContactsClosed,
    /// The screen was locked by us.
    Locked,
    /// The work profile is gone; the personal side is as it was.
    WorkProfileRemoved,
    /// The phone was reset to what it was when it was new.
    FactoryReset,
}

/// The state of one phone.
pub(super) struct Phone {
    pub(super) handset: AndroidHandset,
    pub(super) behaviour: AndroidBehaviour,
    pub(super) is_on: bool,
    pub(super) work: Option<Work>,
    pub(super) events: Vec<(Timestamp, AndroidEvent)>,
    pub(super) previous_names: Vec<String>,
}

/// What a phone under management has more.
pub(super) struct Work {
    pub(super) enterprise: String,
    pub(super) device: String,
    pub(super) kind: Kind,
    pub(super) applied: Option<(String, i64, Applied)>,
}

impl Phone {
    pub(super) fn new(handset: AndroidHandset) -> Self {
        Self {
            handset,
            behaviour: AndroidBehaviour::default(),
            is_on: true,
            work: None,
            events: Vec::new(),
            previous_names: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, at: Timestamp, event: AndroidEvent) {
        self.events.push((at, event));
    }

    /// Who can get at the contacts of the work side. Before a policy is there, Google's default holds,
    /// but there are no contacts yet.
    pub(super) fn contacts(&self) -> Option<&ContactsAccess> {
        self.work.as_ref()?.applied.as_ref().map(|(_, _, applied)| &applied.contacts)
    }

    /// Takes over a policy.
    pub(super) fn take(&mut self, at: Timestamp, name: &str, version: i64, policy: &Value) {
        let Some(work) = self.work.as_ref() else {
            return;
        };
        let leaks = |phone: &Self| {
            let access = phone.contacts();
            access.is_some_and(|a| phone.handset.personal_apps.iter().any(|app| a.lets(app)))
        };
        let (leaked, kind) = (leaks(self), work.kind);
        let was = work.applied.as_ref().map(|(name, version, _)| (name.clone(), *version));
        let applied = apply(policy, kind, &self.handset, &self.behaviour);
        if let Some(work) = self.work.as_mut() {
            work.applied = Some((name.to_owned(), version, applied));
        }
        if was != Some((name.to_owned(), version)) {
            self.note(at, AndroidEvent::PolicyApplied { version });
        }
        match (leaked, leaks(self)) {
            (false, true) => self.note(at, AndroidEvent::ContactsOpened),
            (true, false) => self.note(at, AndroidEvent::ContactsClosed),
            _ => {}
        }
    }

    pub(super) fn drop_work(&mut self, at: Timestamp, event: AndroidEvent) {
        if let Some(work) = self.work.take() {
            self.previous_names
                .push(format!("enterprises/{}/devices/{}", work.enterprise, work.device));
            self.note(at, event);
        }
    }

    /// The part of `Device` that the phone itself fills, as far as the policy asks for it. `None`
    /// without management.
    pub(super) fn report(&self, policy: &Value, at: Timestamp) -> Option<Value> {
        let work = self.work.as_ref()?;
        let details = work.applied.as_ref().map_or(&[][..], |(_, _, a)| a.details.as_slice());
        let mut report = json!({
            "ownership": work.kind.ownership(),
            "managementMode": work.kind.management_mode(),
            "apiLevel": self.handset.android.api_level(),
            "policyCompliant": details.is_empty() && work.applied.is_some(),
            "nonComplianceDetails": details,
            "hardwareInfo": self.hardware(work),
            "securityPosture": self.posture(),
            "lastStatusReportTime": at,
        });
        if let Some((name, version, _)) = &work.applied {
            report["appliedPolicyName"] = name.as_str().into();
            report["appliedPolicyVersion"] = version.to_string().into();
            report["lastPolicySyncTime"] = at.to_string().into();
        }
        let wants = |setting: &str| {
            self.behaviour.over_reports || policy["statusReportingSettings"][setting] == true
        };
        for (setting, member, value) in self.reportable() {
            if wants(setting) {
                report[member] = value;
            }
        }
        Some(report)
    }

    fn hardware(&self, work: &Work) -> Value {
        let esid =
            Digest::of_parts(&[work.enterprise.as_bytes(), self.handset.serial_number.as_bytes()]);
        let esid = esid.to_string()[..32].to_uppercase();
        // "for personally-owned devices running Android 12 and above, this is the same as the
        // enterpriseSpecificId"
        let hides = work.kind == Kind::Personal && self.handset.android.major >= 12;
        let mut hardware = json!({
            "brand": self.handset.manufacturer, "manufacturer": self.handset.manufacturer,
            "model": self.handset.model, "hardware": "simulated",
            "serialNumber": if hides { &esid } else { &self.handset.serial_number }
        });
        if work.kind == Kind::Personal && self.handset.android.major >= 12 {
            hardware["enterpriseSpecificId"] = esid.into();
        }
        hardware
    }

    fn posture(&self) -> Value {
        match &self.behaviour.risk {
            Some(risk) => json!({
                "devicePosture": "POTENTIALLY_COMPROMISED",
                "postureDetails": [{"securityRisk": risk}]
            }),
            None => json!({"devicePosture": "SECURE"}),
        }
    }

    /// Reporting setting, member of `Device`, value.
    fn reportable(&self) -> Vec<(&'static str, &'static str, Value)> {
        let handset = &self.handset;
        let secure = !self.behaviour.has_no_passcode;
        let apps: Vec<_> = handset.personal_apps.iter().collect();
        let apps: Vec<_> =
            apps.iter().map(|app| json!({"packageName": app, "state": "INSTALLED"})).collect();
        vec![
            (
                "softwareInfoEnabled",
                "softwareInfo",
                json!({
                    "androidVersion": handset.android.major.to_string(),
                    "securityPatchLevel": handset.security_patch,
                    "primaryLanguageCode": "de-DE"
                }),
            ),
            (
                "deviceSettingsEnabled",
                "deviceSettings",
                json!({
                    "isDeviceSecure": secure, "isEncrypted": true,
                    "encryptionStatus": "ACTIVE_PER_USER", "verifyAppsEnabled": true
                }),
            ),
            (
                "networkInfoEnabled",
                "networkInfo",
                json!({"imei": handset.imei, "wifiMacAddress": "02:00:5e:10:00:01",
                    "telephonyInfos": [{"phoneNumber": handset.phone_number}]}),
            ),
            ("applicationReportsEnabled", "applicationReports", Value::from(apps)),
            ("memoryInfoEnabled", "memoryInfo", json!({"totalRam": "8589934592"})),
            (
                "displayInfoEnabled",
                "displays",
                json!([{"name": "Built-in Screen", "displayId": 1}]),
            ),
            (
                "systemPropertiesEnabled",
                "systemProperties",
                json!({"ro.serialno": handset.serial_number}),
            ),
        ]
    }
}
