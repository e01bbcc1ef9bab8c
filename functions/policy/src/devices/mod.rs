pub(crate) mod artifact;
pub(crate) mod compliance;
pub(crate) mod forget;
pub(crate) mod list;
pub(crate) mod read;

use serde::Serialize;
use trennwand_domain::{
    AssignmentHead, Device, DeviceId, DevicePolicy, DeviceState, GroupId, Locale, Ownership,
    Platform, PolicyId, Reason, Target, TenantScope, Timestamp, UserId, Verdict,
};
use trennwand_evidence::{ExpectedTokens, catch_up, reasons};
use trennwand_policy::{applied_version, wanted};
use utoipa::ToSchema;

/// One enrolment of a phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceView {
    /// Identity.
    #[schema(value_type = String, example = "dev_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: DeviceId,
    /// Whose phone it is.
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// Operating system.
    #[schema(value_type = String, example = "ios")]
    platform: Platform,
    /// `personal` or `company`.
    #[schema(value_type = String, example = "personal")]
    ownership: Ownership,
    /// The kind of management.
    #[schema(value_type = String, example = "ios-device")]
    target: Target,
    /// Where the enrolment stands: `invited`, `enrolling`, `enrolled`, `push_lost`, `silent`,
    /// `releasing`, `released` or `superseded`.
    #[schema(value_type = String, example = "enrolled")]
    state: DeviceState,
    /// Another enrolment, for someone else or for nobody, that says to be the same phone. It goes as
    /// soon as this phone is heard of; while it stands, the device can be forgotten though it is
    /// managed.
    #[schema(value_type = Option<String>)]
    claimed_by: Option<DeviceId>,
    /// Version of the operating system, if the enrolment may ask.
    os_version: Option<String>,
    /// Model, if the enrolment may ask.
    model: Option<String>,
    /// When it was last heard of; exact to the day unless it answered something.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Timestamp>,
    /// The groups that it is in.
    #[schema(value_type = Vec<String>)]
    groups: Vec<GroupId>,
    /// Which policy it is under.
    policy: Option<DevicePolicyView>,
    /// Its worst control that is applicable: `proven`, `inferred`, `unknown`, `stale` or `violated`.
    #[schema(value_type = String, example = "inferred")]
    verdict: Verdict,
    /// Why the verdict is what it is.
    reasons: Vec<ReasonView>,
    /// Until when the verdict counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    fresh_until: Option<Timestamp>,
}

/// Which policy a phone is under.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DevicePolicyView {
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: PolicyId,
    /// The version that it shall have.
    version: u32,
    /// The version whose wall it acknowledged last; null while the wall of another policy stands.
    applied_version: Option<u32>,
}

impl From<DevicePolicy> for DevicePolicyView {
    fn from(policy: DevicePolicy) -> Self {
        Self { id: policy.id, version: policy.version, applied_version: policy.applied_version }
    }
}

/// Why something is as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonView {
    /// Stable; what programs switch on.
    #[schema(example = "only_ours_installed")]
    code: &'static str,
    /// What stands for the text's placeholders.
    params: std::collections::BTreeMap<&'static str, String>,
    /// In the language of `Accept-Language`.
    text: String,
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        Self { code: reason.code, params: reason.params, text: reason.text }
    }
}

/// In whose name, language and at which moment a phone is looked at.
struct Viewer<'a> {
    scope: &'a TenantScope,
    head: Option<&'a AssignmentHead>,
    locale: Locale,
    now: Timestamp,
}

impl Viewer<'_> {
    /// Whether any phone can be under this policy.
    fn is_in_force(&self, id: PolicyId) -> bool {
        self.head.is_some_and(|head| head.rules.iter().any(|rule| rule.policy == id))
    }

    fn policy(&self, device: &Device) -> Option<DevicePolicy> {
        let wanted = wanted(self.scope.tenant(), self.head?, device)?;
        Some(DevicePolicy {
            id: wanted.policy,
            version: wanted.version,
            applied_version: applied_version(device, &wanted),
        })
    }

    /// The phone with its controls as they read now.
    fn as_of_now(&self, mut device: Device) -> Device {
        let wanted = self.head.and_then(|head| wanted(self.scope.tenant(), head, &device));
        let expected = wanted.map(|wanted| ExpectedTokens {
            wall: wanted.wall.token,
            account: wanted.account.ok().map(|account| account.token),
        });
        catch_up(&mut device, expected, self.now);
        device
    }

    /// Of a phone [`Self::as_of_now`].
    fn view(&self, device: &Device) -> DeviceView {
        let reasons = reasons(device, self.locale, self.now);
        DeviceView {
            id: device.id,
            user: device.user,
            platform: device.platform,
            ownership: device.ownership,
            target: device.target,
            state: device.state,
            claimed_by: device.claimed_by,
            os_version: device.os_version.clone(),
            model: device.model.clone(),
            last_seen_at: device.last_seen_at,
            groups: device.groups.clone(),
            policy: self.policy(device).map(DevicePolicyView::from),
            verdict: device.controls.verdict_at(self.now),
            reasons: reasons.into_iter().map(ReasonView::from).collect(),
            fresh_until: device.controls.fresh_until(),
        }
    }
}
