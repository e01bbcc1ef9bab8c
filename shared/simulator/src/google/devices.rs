use serde_json::{Value, json};
use trennwand_domain::Timestamp;

use super::{
    apply::Kind,
    handset::{AndroidHandset, AndroidVersion},
    phone::{AndroidEvent, Phone, Work},
    refusal::{Answer, Refusal},
    world::{Device, World},
};
use crate::{SimulatorError, error::Result};

/// How a phone is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetUp {
    /// A person's own phone opens the link.
    Link(String),
    /// A new phone's set-up wizard reads the QR code.
    Wizard(String),
}

impl World {
    pub(super) fn phone_of(&self, enterprise: &str, device: &str) -> Option<usize> {
        Some(self.enterprises.get(enterprise)?.devices.get(device)?.phone)
    }

    /// A phone that is new is set up and comes online; its name.
    pub(super) fn new_phone(&mut self, set_up: &SetUp) -> Result<String> {
        let handset = AndroidHandset::new(AndroidVersion::new(15), &*self.entropy);
        let place = self.phones.len();
        self.phones.push(Phone::new(handset));
        if let Err(error) = self.enroll(place, set_up) {
            self.phones.pop();
            return Err(error);
        }
        self.sync(place);
        let work = self.phones[place].work.as_ref().ok_or(SimulatorError::NotEnrolled)?;
        Ok(format!("enterprises/{}/devices/{}", work.enterprise, work.device))
    }

    /// Enrols a phone, as Android Device Policy does with Google.
    pub(super) fn enroll(&mut self, phone: usize, set_up: &SetUp) -> Result<()> {
        let now = self.now();
        let (value, is_wizard) = match set_up {
            SetUp::Link(link) => (token_of_link(link), false),
            SetUp::Wizard(code) => (token_of_code(code), true),
        };
        let value = value.ok_or_else(|| SimulatorError::refused("no enrolment token in it"))?;
        if self.phones[phone].work.is_some() {
            return Err(SimulatorError::refused("the phone is under management already"));
        }
        let (enterprise, id) = self
            .token_with(&value)
            .ok_or_else(|| SimulatorError::refused("Google does not know the enrolment token"))?;
        let kind = self.admit_phone(&enterprise, &id, is_wizard, now)?;
        let token = self
            .enterprises
            .get_mut(&enterprise)
            .and_then(|e| e.tokens.get_mut(&id))
            .ok_or(SimulatorError::NotEnrolled)?;
        token.used = true;
        let text =
            |name: &str| token.resource.get(name).and_then(Value::as_str).unwrap_or_default();
        let policy = text("policyName").rsplit('/').next().unwrap_or_default().to_owned();
        let token_data = text("additionalData").to_owned();
        let device = self.draw();
        self.phones[phone].work = Some(Work {
            enterprise: enterprise.clone(),
            device: device.clone(),
            kind,
            applied: None,
        });
        self.phones[phone].note(now, AndroidEvent::Enrolled);
        let report = self.phones[phone].report(&Value::Null, now).unwrap_or_default();
        let prefix = format!("enterprises/{enterprise}/");
        let previous = self.phones[phone].previous_names.iter();
        let previous_names = previous.filter(|name| name.starts_with(&prefix)).cloned().collect();
        let known = Device {
            phone,
            previous_names,
            policy: if policy.is_empty() { "default".into() } else { policy },
            state: "ACTIVE",
            applied_state: "PROVISIONING",
            enrollment_time: now,
            token: id,
            token_data,
            report,
            operations: Default::default(),
            deleted: false,
        };
        if let Some(known_enterprise) = self.enterprises.get_mut(&enterprise) {
            known_enterprise.devices.insert(device.clone(), known);
        }
        self.publish_device(&enterprise, &device, "ENROLLMENT");
        Ok(())
    }

    fn token_with(&self, value: &str) -> Option<(String, String)> {
        self.enterprises.iter().find_map(|(enterprise, known)| {
            let (id, _) = known
                .tokens
                .iter()
                .find(|(_, t)| t.resource.get("value").is_some_and(|v| v == value))?;
            Some((enterprise.clone(), id.clone()))
        })
    }

    fn admit_phone(
        &self,
        enterprise: &str,
        token: &str,
        is_wizard: bool,
        now: Timestamp,
    ) -> Result<Kind> {
        let token = &self.enterprises[enterprise].tokens[token];
        if token.expires <= now {
            return Err(SimulatorError::refused("the enrolment token has expired"));
        }
        if token.used && token.resource.get("oneTimeOnly").is_some_and(|one| one == true) {
            return Err(SimulatorError::refused("the enrolment token was used already"));
        }
        if self.devices_of_project() >= self.device_quota {
            return Err(SimulatorError::refused("the project's device quota is used up"));
        }
        let usage = token.resource.get("allowPersonalUsage").and_then(Value::as_str);
        match (usage.unwrap_or_default(), is_wizard) {
            ("PERSONAL_USAGE_DISALLOWED" | "PERSONAL_USAGE_DISALLOWED_USERLESS", true) => {
                Ok(Kind::FullyManaged)
            }
            // "Personal usage cannot be disabled on personally-owned device"
            ("PERSONAL_USAGE_DISALLOWED" | "PERSONAL_USAGE_DISALLOWED_USERLESS", false) => {
                Err(SimulatorError::refused("this token is for company phones"))
            }
            (_, true) => Ok(Kind::Company),
            (_, false) => Ok(Kind::Personal),
        }
    }

    /// Whether there is something for the phone to fetch.
    pub(super) fn is_called(&self, phone: usize) -> bool {
        let Some(work) = &self.phones[phone].work else { return false };
        let enterprise = self.enterprises.get(&work.enterprise);
        let Some(device) = enterprise.and_then(|e| e.devices.get(&work.device)) else {
            return true;
        };
        let name = format!("enterprises/{}/policies/{}", work.enterprise, device.policy);
        let policy = self.policy_resource(&work.enterprise, &device.policy);
        let version = policy.and_then(|policy| policy["version"].as_str()?.parse().ok());
        let is_current = work.applied.as_ref().is_some_and(|(applied, at, _)| {
            *applied == name && version.is_none_or(|version: i64| version == *at)
        });
        device.deleted
            || device.operations.iter().any(|(_, operation)| operation.is_open())
            || !is_current && version.is_some()
    }

    /// The phone goes online: carries out commands, fetches its policy and reports.
    pub(super) fn sync(&mut self, phone: usize) {
        let now = self.now();
        let Some(work) = self.phones[phone].work.as_ref().filter(|_| self.phones[phone].is_on)
        else {
            return;
        };
        let (enterprise, id) = (work.enterprise.clone(), work.device.clone());
        let deleted = self.enterprises.get(&enterprise).and_then(|e| e.devices.get(&id));
        if deleted.is_none_or(|d| d.deleted) {
            return self.acknowledge_deletion(phone, &enterprise, &id);
        }
        if !self.carry_out(&enterprise, &id) {
            return;
        }
        let Some(policy) = self.device(&enterprise, &id).ok().map(|d| d.policy.clone()) else {
            return;
        };
        let settings = self.policy_resource(&enterprise, &policy);
        if let Some(settings) = &settings {
            let version = settings["version"].as_str().and_then(|v| v.parse().ok()).unwrap_or(0);
            let name = format!("enterprises/{enterprise}/policies/{policy}");
            self.phones[phone].take(now, &name, version, settings);
        }
        let report = self.phones[phone].report(&settings.unwrap_or_default(), now);
        if let (Some(report), Ok(device)) = (report, self.device(&enterprise, &id)) {
            device.applied_state = match report["appliedPolicyName"].is_null() {
                true => "PROVISIONING",
                false => device.state,
            };
            device.report = report;
        }
        self.publish_device(&enterprise, &id, "STATUS_REPORT");
    }

    /// "used in the final status report when the device acknowledges the deletion"
    fn acknowledge_deletion(&mut self, phone: usize, enterprise: &str, id: &str) {
        let now = self.now();
        let is_personal =
            self.phones[phone].work.as_ref().is_some_and(|work| work.kind == Kind::Personal);
        let event = match is_personal {
            true => AndroidEvent::WorkProfileRemoved,
            false => AndroidEvent::FactoryReset,
        };
        self.phones[phone].drop_work(now, event);
        self.remove_device(enterprise, id);
    }

    /// A phone acknowledged that it is managed no longer.
    pub(super) fn remove_device(&mut self, enterprise: &str, id: &str) {
        let known = self.enterprises.get_mut(enterprise).and_then(|e| e.devices.get_mut(id));
        let Some(device) = known else {
            return;
        };
        device.deleted = true;
        (device.state, device.applied_state) = ("DELETED", "DELETED");
        self.publish_device(enterprise, id, "STATUS_REPORT");
    }

    pub(super) fn list_devices(
        &mut self,
        enterprise: &str,
        page_size: Option<usize>,
        page_token: Option<&str>,
    ) -> Answer {
        // "If unspecified, at most 10 devices will be returned. The maximum value is 100".
        let size = page_size.filter(|size| *size > 0).unwrap_or(10).min(100);
        let known = self.enterprise(enterprise)?;
        let after = page_token.unwrap_or_default();
        let ids = known.devices.iter().filter(|(id, d)| !d.deleted && id.as_str() > after);
        let ids: Vec<_> = ids.map(|(id, _)| id.clone()).take(size + 1).collect();
        let page = &ids[..ids.len().min(size)];
        let devices: Vec<_> =
            page.iter().filter_map(|id| self.device_resource(enterprise, id)).collect();
        let mut answer = json!({});
        if !devices.is_empty() {
            answer["devices"] = devices.into();
        }
        if let Some(last) = page.last().filter(|_| ids.len() > size) {
            answer["nextPageToken"] = last.as_str().into();
        }
        Ok(answer)
    }

    pub(super) fn patch_device(
        &mut self,
        enterprise: &str,
        id: &str,
        body: &Value,
        mask: Option<&str>,
    ) -> Answer {
        trennwand_android::schema::check("Device", body)?;
        self.device(enterprise, id)?;
        for field in super::routes::masked(mask, body, &["policyName", "state", "disabledReason"])?
        {
            let device = self.device(enterprise, id)?;
            match (field.as_str(), body[&field].as_str()) {
                ("state", Some("ACTIVE")) => device.state = "ACTIVE",
                ("state", Some("DISABLED")) => device.state = "DISABLED",
                ("policyName", Some(name)) => {
                    let prefix = format!("enterprises/{enterprise}/policies/");
                    // "you can specify only the policyId as long as the policyId doesn't contain any
                    // slashes"
                    let policy = name.strip_prefix(&prefix).unwrap_or(name);
                    if policy.is_empty() || policy.contains('/') {
                        return Err(Refusal::invalid("policyName", "is of another enterprise"));
                    }
                    device.policy = policy.to_owned();
                }
                ("disabledReason", _) => {}
                (field, _) => return Err(Refusal::invalid(field, "cannot be set to this")),
            }
        }
        self.device_resource(enterprise, id).ok_or_else(Refusal::not_found)
    }
}

fn token_of_link(link: &str) -> Option<String> {
    let value = link.strip_prefix("https://enterprise.google.com/android/enroll?et=")?;
    (!value.is_empty()).then(|| value.to_owned())
}

fn token_of_code(code: &str) -> Option<String> {
    let code: Value = serde_json::from_str(code).ok()?;
    let extras = &code["android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE"];
    let value = &extras["com.google.android.apps.work.clouddpc.EXTRA_ENROLLMENT_TOKEN"];
    value.as_str().map(str::to_owned)
}
