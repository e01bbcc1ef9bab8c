//! What Google's stand-in knows, and how it changes.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::{Map, Value, json};
use trennwand_domain::{Clock, Duration, Entropy, Timestamp};

use super::{
    command::Operation,
    jwt::TokenKey,
    phone::Phone,
    pubsub::Message,
    refusal::{Refusal, without_defaults},
};
use crate::entropy::hex;

pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) base_url: String,
    /// The service account's key: Google has the public half.
    pub(super) account: TokenKey,
    /// What Pub/Sub signs with, newest last.
    pub(super) signers: Vec<TokenKey>,
    pub(super) access_tokens: BTreeMap<String, Timestamp>,
    pub(super) signups: BTreeMap<String, Signup>,
    pub(super) enterprises: BTreeMap<String, Enterprise>,
    pub(super) phones: Vec<Phone>,
    pub(super) outbox: VecDeque<Message>,
    pub(super) log: Vec<String>,
    pub(super) failures: VecDeque<Refusal>,
    /// The next enterprise is made, and nobody hears of it.
    pub(super) loses_next_enterprise: bool,
    /// Times of the requests of the last 100 s.
    pub(super) recent: VecDeque<Timestamp>,
    /// How many phones Google lets the project have.
    pub(super) device_quota: usize,
    pub(super) applications: BTreeMap<String, Value>,
    drawn: u64,
}

/// A sign-up under way.
pub(super) struct Signup {
    pub(super) callback_url: String,
    /// Made when the administrator is through with the page.
    pub(super) enterprise_token: Option<String>,
    pub(super) used: bool,
}

#[derive(Default)]
pub(super) struct Enterprise {
    /// Without its name.
    pub(super) resource: Map<String, Value>,
    /// Without their names.
    pub(super) policies: BTreeMap<String, Map<String, Value>>,
    pub(super) tokens: BTreeMap<String, EnrollmentToken>,
    pub(super) devices: BTreeMap<String, Device>,
}

pub(super) struct EnrollmentToken {
    pub(super) resource: Map<String, Value>,
    pub(super) expires: Timestamp,
    pub(super) used: bool,
}

pub(super) struct Device {
    pub(super) phone: usize,
    pub(super) policy: String,
    pub(super) state: &'static str,
    pub(super) applied_state: &'static str,
    pub(super) enrollment_time: Timestamp,
    pub(super) token: String,
    pub(super) token_data: String,
    /// Earlier enrolments of the same phone in the same enterprise.
    pub(super) previous_names: Vec<String>,
    /// What the phone last reported.
    pub(super) report: Value,
    pub(super) operations: BTreeMap<String, Operation>,
    /// `devices.delete` was called: known to the phone only.
    pub(super) deleted: bool,
}

/// The phones that a project may have at first, by Google's terms.
const FIRST_DEVICE_QUOTA: usize = 500;

impl World {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        account: TokenKey,
        signer: TokenKey,
    ) -> Self {
        Self {
            clock,
            entropy,
            base_url: String::new(),
            account,
            signers: vec![signer],
            access_tokens: BTreeMap::new(),
            signups: BTreeMap::new(),
            enterprises: BTreeMap::new(),
            phones: Vec::new(),
            outbox: VecDeque::new(),
            log: Vec::new(),
            failures: VecDeque::new(),
            loses_next_enterprise: false,
            recent: VecDeque::new(),
            device_quota: FIRST_DEVICE_QUOTA,
            applications: super::play::applications(),
            drawn: 0,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh identifier in the manner of Google's.
    pub(super) fn draw(&self) -> String {
        hex(&self.entropy.bytes::<8>()).to_lowercase()
    }

    /// A number that only grows, as Pub/Sub's message ids and operations' names.
    pub(super) fn count(&mut self) -> u64 {
        self.drawn += 1;
        12_862_338_172_000_000 + self.drawn
    }

    pub(super) fn enterprise(&mut self, id: &str) -> Result<&mut Enterprise, Refusal> {
        self.enterprises.get_mut(id).ok_or_else(Refusal::forbidden)
    }

    pub(super) fn device(&mut self, enterprise: &str, id: &str) -> Result<&mut Device, Refusal> {
        let device = self.enterprise(enterprise)?.devices.get_mut(id).filter(|d| !d.deleted);
        device.ok_or_else(Refusal::not_found)
    }

    /// `Device` as `devices.get` answers it.
    pub(super) fn device_resource(&self, enterprise: &str, id: &str) -> Option<Value> {
        let device = self.enterprises.get(enterprise)?.devices.get(id)?;
        let mut resource = device.report.clone();
        resource["name"] = format!("enterprises/{enterprise}/devices/{id}").into();
        resource["state"] = device.state.into();
        resource["appliedState"] = device.applied_state.into();
        resource["policyName"] =
            format!("enterprises/{enterprise}/policies/{}", device.policy).into();
        resource["enrollmentTime"] = device.enrollment_time.to_string().into();
        resource["enrollmentTokenName"] =
            format!("enterprises/{enterprise}/enrollmentTokens/{}", device.token).into();
        resource["enrollmentTokenData"] = device.token_data.as_str().into();
        resource["userName"] = format!("enterprises/{enterprise}/users/{id}").into();
        resource["previousDeviceNames"] = json!(device.previous_names);
        without_defaults(&mut resource);
        Some(resource)
    }

    /// `Policy` as `policies.get` answers it.
    pub(super) fn policy_resource(&self, enterprise: &str, id: &str) -> Option<Value> {
        let settings = self.enterprises.get(enterprise)?.policies.get(id)?;
        let mut resource = Value::Object(settings.clone());
        resource["name"] = format!("enterprises/{enterprise}/policies/{id}").into();
        without_defaults(&mut resource);
        Some(resource)
    }

    /// Whether one more request fits into what Google takes from a project.
    pub(super) fn admit(&mut self, per_100_s: usize) -> bool {
        let now = self.now();
        let start = now.minus(Duration::from_secs(100));
        while self.recent.front().is_some_and(|at| *at <= start) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        self.recent.len() <= per_100_s
    }

    pub(super) fn devices_of_project(&self) -> usize {
        let all = self.enterprises.values().flat_map(|e| e.devices.values());
        all.filter(|d| !d.deleted).count()
    }

    /// Publishes a resource, if the enterprise wants this kind of notification.
    pub(super) fn publish(&mut self, enterprise: &str, kind: &str, resource: Value) {
        let Some(known) = self.enterprises.get(enterprise) else {
            return;
        };
        let kinds = known.resource.get("enabledNotificationTypes").and_then(Value::as_array);
        let wanted = kinds.is_some_and(|kinds| kinds.iter().any(|k| k == kind));
        let has_topic = known.resource.contains_key("pubsubTopic");
        if has_topic && (wanted || kind == "test") {
            let (id, at) = (self.count().to_string(), self.now());
            self.outbox.push_back(Message { id, kind: kind.into(), resource, published: at });
        }
    }

    pub(super) fn publish_device(&mut self, enterprise: &str, id: &str, kind: &str) {
        if let Some(resource) = self.device_resource(enterprise, id) {
            self.publish(enterprise, kind, resource);
        }
    }
}
