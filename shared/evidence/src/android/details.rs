use serde::{Deserialize, Serialize};
use trennwand_android::{NonComplianceDetail, NonComplianceReason};
use trennwand_domain::{Control, ReasonCode, Verdict};

use crate::{CATALOGUE, restrictions};

/// More entries of a report than this are not kept.
pub(super) const MOST: usize = 20;

/// The longest name of a setting that is kept; AMAPI's have at most 50 characters.
const LONGEST: usize = 64;

/// The setting that lists the apps.
const APPLICATIONS: &str = "applications";

/// The setting by which only listed apps can be installed.
const PLAY_STORE_MODE: &str = "playStoreMode";

/// The API level of Android 14, since which the exception for system apps exists.
const WITH_EXCEPTION: u32 = 34;

/// The API level of Android 7, since which work contacts can be kept from the personal side.
const WITH_BORDER: u32 = 24;

/// A verdict with its reason; the greater one is the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding(pub(super) Verdict, pub(super) ReasonCode);

/// Something that a phone does not follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Against {
    /// A top-level member of the policy.
    pub setting: String,
    /// The member below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why.
    pub reason: NonComplianceReason,
    /// The app, if the catalogue or the policy names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

impl Against {
    pub(super) fn of(detail: &NonComplianceDetail, known: impl Fn(&str) -> bool) -> Self {
        let package = detail.package_name.clone().filter(|package| known(package));
        // `applications[2].…` says nothing more, and a path may name what it should not.
        let of_apps = detail.setting_name == APPLICATIONS;
        let field = detail.field_path.as_deref().filter(|_| !of_apps).and_then(last_word);
        Self {
            setting: word(&detail.setting_name),
            field,
            reason: detail.non_compliance_reason,
            package,
        }
    }

    /// Whether the phone is merely too old for a setting: what it cannot do, it does not do.
    pub(super) const fn is_harmless(&self) -> bool {
        matches!(self.reason, NonComplianceReason::ApiLevel)
    }

    /// Whether a control rests on it alone: the border, or an app that is named.
    pub(super) fn decides(&self) -> bool {
        self.package.is_some()
            || self.setting == PLAY_STORE_MODE
            || restrictions::CONTROLS.iter().any(|&c| self.concerns(c))
    }

    /// Whether an app of the catalogue may come into the work profile by it.
    pub(super) fn lets_messengers(&self) -> bool {
        let is_blocked = |package: &str| CATALOGUE.iter().any(|app| app.android == package);
        self.setting == PLAY_STORE_MODE
            || self.package.as_deref().is_some_and(is_blocked)
                && self.reason != NonComplianceReason::AppNotInstalled
    }

    pub(super) fn is_of_apps(&self) -> bool {
        self.setting == APPLICATIONS
    }

    /// Whether the phone does not do it and will not: not for being too old, not for something that its
    /// user has still to do.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(
            self.reason,
            NonComplianceReason::ManagementMode
                | NonComplianceReason::InvalidValue
                | NonComplianceReason::Unsupported
                | NonComplianceReason::OsNotPermitted
                | NonComplianceReason::DeviceIncompatible
                | NonComplianceReason::ProjectNotPermitted
        )
    }

    /// What it is called in a text.
    pub(super) fn name(&self) -> &str {
        self.field.as_deref().unwrap_or(&self.setting)
    }

    /// What it says about a control of the border between the two sides.
    pub(super) fn of_border(&self, control: Control, api_level: Option<u32>) -> Option<Finding> {
        if !self.concerns(control) {
            return None;
        }
        let contacts = control == Control::ContactsClosed;
        Some(match self.reason {
            NonComplianceReason::ApiLevel => match api_level {
                // Google: below 14 the exception falls back to closing the path entirely.
                Some(level) if (WITH_BORDER..WITH_EXCEPTION).contains(&level) && contacts => {
                    Finding(Verdict::Proven, ReasonCode::StricterFallback)
                }
                // A way that such a phone does not have.
                Some(level) if level >= WITH_BORDER && !contacts => {
                    Finding(Verdict::Proven, ReasonCode::PolicyApplied)
                }
                Some(level) if level < WITH_BORDER && contacts => {
                    Finding(Verdict::Violated, ReasonCode::WorkContactsOpen)
                }
                _ => Finding(Verdict::Unknown, ReasonCode::SettingNotApplied),
            },
            NonComplianceReason::ManagementMode => {
                Finding(Verdict::Violated, ReasonCode::NoWorkProfile)
            }
            NonComplianceReason::Pending => Finding(Verdict::Unknown, ReasonCode::SettingPending),
            _ if contacts => Finding(Verdict::Violated, ReasonCode::WorkContactsOpen),
            _ => Finding(Verdict::Violated, ReasonCode::SettingNotApplied),
        })
    }

    fn concerns(&self, control: Control) -> bool {
        let field = self.field.as_deref();
        match (control, self.setting.as_str()) {
            (Control::ContactsClosed, "bluetoothContactSharingDisabled") => true,
            (Control::ContactsClosed, "crossProfilePolicies") => matches!(
                field,
                None | Some(
                    "showWorkContactsInPersonalProfile"
                        | "exemptionsToShowWorkContactsInPersonalProfile"
                )
            ),
            (Control::DocumentsClosed, "crossProfilePolicies") => {
                matches!(field, None | Some("crossProfileDataSharing"))
            }
            (Control::ClipboardClosed, "crossProfilePolicies") => {
                matches!(field, None | Some("crossProfileCopyPaste"))
            }
            _ => false,
        }
    }
}

fn word(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(LONGEST).collect()
}

/// The part of a path that names a member: `crossProfilePolicies.crossProfileCopyPaste`.
fn last_word(path: &str) -> Option<String> {
    let last = path.rsplit('.').next().map(word);
    last.filter(|last| !last.is_empty())
}
