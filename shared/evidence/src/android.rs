//! What an Android phone's report says about the same controls.
//!
//! A phone names the policy and the version that it applied, and what of it it does not follow. So a
//! control is proven by two things: the applied version is the one that was written from here, and
//! nothing that the control rests on is among what the phone does not follow.

use serde::{Deserialize, Serialize};
use trennwand_android::{DevicePosture, DeviceReport, ManagementMode, NonComplianceReason};
use trennwand_domain::{Control, Device, ReasonCode, Timestamp, Verdict};

use crate::{CATALOGUE, judge::set, restrictions};

mod details;
#[cfg(test)]
mod tests;

use details::{Against, Finding};

/// What an Android phone should follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedAndroid<'a> {
    /// `enterprises/…/policies/…`.
    pub policy: &'a str,
    /// Its version as it was last written from here.
    pub version: i64,
    /// Whether that version says what the phone should have now, and not what it should have had
    /// before.
    pub is_current: bool,
    /// From this version on, all were written from here.
    pub ours_since: i64,
    /// The version that somebody else wrote last, if it was looked at.
    pub foreign: Option<Foreign>,
    /// The package of the mail app, or why there is none.
    pub mail_app: Result<&'a str, ReasonCode>,
}

/// A version of the policy that was not written from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Which.
    pub version: i64,
    /// Whether private apps may read business contacts by it.
    pub leaks: bool,
}

/// What is kept of a report: only what a control rests on, and what a reason names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AndroidFacts {
    /// The applied policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// How it is managed.
    pub mode: ManagementMode,
    /// What Google thinks of it.
    pub posture: Option<DevicePosture>,
    /// Android's API level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_level: Option<u32>,
    /// What it does not follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Against>,
    /// It does not follow its policy entirely, and what of it is not said or too long to keep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unexplained: bool,
}

impl AndroidFacts {
    /// Cuts a report down. Of apps only those are named that the catalogue or the policy names.
    #[must_use]
    pub fn of(report: &DeviceReport, mail_app: Option<&str>) -> Self {
        let known = |package: &str| {
            mail_app == Some(package) || CATALOGUE.iter().any(|app| app.android == package)
        };
        let mut against: Vec<_> =
            report.non_compliance_details.iter().map(|d| Against::of(d, known)).collect();
        against.sort_unstable();
        against.dedup();
        // What a verdict rests on is not what is left out of a long list.
        against.sort_by_key(|against| !against.decides());
        let is_cut = against.iter().skip(details::MOST).any(Against::decides);
        against.truncate(details::MOST);
        let unexplained = is_cut || !report.policy_compliant && against.is_empty();
        Self {
            policy: report.applied_policy_name.as_ref().map(ToString::to_string),
            version: report.applied_policy_version,
            mode: report.management_mode,
            posture: report.security_posture.as_ref().map(|p| p.device_posture),
            api_level: report.api_level,
            against,
            unexplained,
        }
    }

    /// The text that is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts, numbers and words only: nothing that JSON could not express.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a stored text; `None` if it is not one of ours.
    #[must_use]
    pub fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}

/// Judges every control by a report. `expected` is `None` if the phone is under no policy.
pub fn observe_android(
    device: &mut Device,
    expected: Option<&ExpectedAndroid<'_>>,
    facts: &AndroidFacts,
    at: Timestamp,
) {
    let standing = Standing::of(expected, facts);
    for control in restrictions::CONTROLS {
        let Finding(verdict, reason) = wall(control, standing, facts);
        let Finding(verdict, reason) = doubted(Finding(verdict, reason), facts);
        set(device, control, verdict, reason, at);
    }
    let Finding(verdict, reason) = messengers(standing, facts);
    set(device, Control::MessengersUnmanaged, verdict, reason, at);
    let Finding(verdict, reason) = current(standing, facts);
    set(device, Control::PolicyCurrent, verdict, reason, at);
    match expected.map(|expected| expected.mail_app) {
        Some(Ok(app)) => {
            let Finding(verdict, reason) = account(app, standing, facts);
            set(device, Control::AccountManaged, verdict, reason, at);
            let Finding(verdict, reason) = match verdict {
                Verdict::Inferred => Finding(Verdict::Inferred, ReasonCode::OnlyOursInstalled),
                verdict => Finding(verdict, reason),
            };
            set(device, Control::NoShadowAccount, verdict, reason, at);
        }
        Some(Err(cause)) => crate::judge::no_account(device, cause),
        None => {}
    }
}

/// Which version of its policy a phone follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The one that it should.
    Current,
    /// One that was written from here before.
    Earlier,
    /// One that somebody else wrote; whether it is known to leak.
    Foreign { leaks: bool },
    /// None, or another policy.
    None,
}

impl Standing {
    fn of(expected: Option<&ExpectedAndroid<'_>>, facts: &AndroidFacts) -> Self {
        let Some(expected) = expected else { return Self::None };
        let Some(version) = facts.version else { return Self::None };
        if facts.policy.as_deref() != Some(expected.policy) || version < 1 {
            return Self::None;
        }
        let foreign = expected.foreign.filter(|foreign| foreign.version == version);
        if let Some(foreign) = foreign.filter(|_| version != expected.version) {
            return Self::Foreign { leaks: foreign.leaks };
        }
        match version.cmp(&expected.version) {
            std::cmp::Ordering::Less if version >= expected.ours_since => Self::Earlier,
            // Somebody else may have written it.
            std::cmp::Ordering::Less => Self::Foreign { leaks: false },
            std::cmp::Ordering::Equal if expected.is_current => Self::Current,
            std::cmp::Ordering::Equal => Self::Earlier,
            std::cmp::Ordering::Greater => Self::Foreign { leaks: false },
        }
    }
}

/// One of the three controls that the work profile's border is.
fn wall(control: Control, standing: Standing, facts: &AndroidFacts) -> Finding {
    // On a fully managed phone there is no border at all.
    if facts.mode == ManagementMode::DeviceOwner {
        return Finding(Verdict::Violated, ReasonCode::NoWorkProfile);
    }
    if facts.mode != ManagementMode::ProfileOwner {
        return Finding(Verdict::Unknown, ReasonCode::PolicyNotCurrent);
    }
    match standing {
        Standing::None => return Finding(Verdict::Unknown, ReasonCode::PolicyNotCurrent),
        Standing::Foreign { leaks: true } if control == Control::ContactsClosed => {
            return Finding(Verdict::Violated, ReasonCode::WorkContactsOpen);
        }
        Standing::Foreign { .. } => {
            return Finding(Verdict::Unknown, ReasonCode::PolicyChangedElsewhere);
        }
        Standing::Earlier | Standing::Current => {}
    }
    let worst = facts.against.iter().filter_map(|a| a.of_border(control, facts.api_level)).max();
    match (worst, standing) {
        (Some(finding), _) if finding.0 > Verdict::Inferred => finding,
        _ if facts.unexplained => Finding(Verdict::Unknown, ReasonCode::PolicyNotFollowed),
        // Whatever was written from here before closed the border, too.
        (_, Standing::Earlier) => Finding(Verdict::Inferred, ReasonCode::PolicyNotCurrent),
        (Some(finding), _) => finding,
        (None, _) => Finding(Verdict::Proven, ReasonCode::PolicyApplied),
    }
}

/// What Google thinks of the phone weakens what the phone says, and never mends it.
fn doubted(finding: Finding, facts: &AndroidFacts) -> Finding {
    let good = finding.0 <= Verdict::Inferred;
    match facts.posture {
        Some(DevicePosture::AtRisk) if finding.0 == Verdict::Proven => {
            Finding(Verdict::Inferred, ReasonCode::SecurityAtRisk)
        }
        Some(DevicePosture::PotentiallyCompromised) if good => {
            Finding(Verdict::Unknown, ReasonCode::PossiblyCompromised)
        }
        _ => finding,
    }
}

fn messengers(standing: Standing, facts: &AndroidFacts) -> Finding {
    if facts.messengers().next().is_some() {
        return Finding(Verdict::Violated, ReasonCode::MessengerManaged);
    }
    let good = match standing {
        Standing::Current => Verdict::Proven,
        Standing::Earlier => Verdict::Inferred,
        Standing::Foreign { .. } => {
            return Finding(Verdict::Unknown, ReasonCode::PolicyChangedElsewhere);
        }
        Standing::None => return Finding(Verdict::Unknown, ReasonCode::PolicyNotCurrent),
    };
    // That none is there rests on the block of each and on the list of what may be installed.
    match facts.against.iter().find(|against| against.lets_messengers()) {
        _ if facts.unexplained => Finding(Verdict::Unknown, ReasonCode::PolicyNotFollowed),
        None => Finding(good, ReasonCode::NoMessengerManaged),
        Some(against) if against.reason == NonComplianceReason::Pending => {
            Finding(Verdict::Unknown, ReasonCode::SettingPending)
        }
        Some(_) => Finding(Verdict::Unknown, ReasonCode::SettingNotApplied),
    }
}

fn current(standing: Standing, facts: &AndroidFacts) -> Finding {
    match standing {
        Standing::Current => {}
        Standing::Foreign { .. } => {
            return Finding(Verdict::Unknown, ReasonCode::PolicyChangedElsewhere);
        }
        Standing::Earlier | Standing::None => {
            return Finding(Verdict::Unknown, ReasonCode::PolicyNotCurrent);
        }
    }
    let open = |a: &&Against| !a.is_harmless();
    match facts.against.iter().find(open) {
        None if facts.unexplained => Finding(Verdict::Unknown, ReasonCode::PolicyNotFollowed),
        None => Finding(Verdict::Proven, ReasonCode::PolicyReported),
        Some(against) if against.reason == NonComplianceReason::Pending => {
            Finding(Verdict::Unknown, ReasonCode::SettingPending)
        }
        Some(_) => Finding(Verdict::Unknown, ReasonCode::SettingNotApplied),
    }
}

/// Personal phones are asked for no list of apps, so what the phone does not follow is all that is
/// known about the mail app; whether somebody signed in, it never says.
fn account(app: &str, standing: Standing, facts: &AndroidFacts) -> Finding {
    if facts.against.iter().any(|against| against.package.as_deref() == Some(app)) {
        return Finding(Verdict::Unknown, ReasonCode::MailAppMissing);
    }
    match standing {
        // Not even whether its app is there can be told.
        Standing::Current if facts.unexplained => {
            Finding(Verdict::Unknown, ReasonCode::PolicyNotFollowed)
        }
        Standing::Current => Finding(Verdict::Inferred, ReasonCode::SignInNotReported),
        Standing::Foreign { .. } => Finding(Verdict::Unknown, ReasonCode::PolicyChangedElsewhere),
        // An earlier version may have asked for another mail app, or for none.
        Standing::Earlier | Standing::None => {
            Finding(Verdict::Unknown, ReasonCode::PolicyNotCurrent)
        }
    }
}

/// What a phone made of the wall of the version that it applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AndroidWall {
    /// It stands, as far as such a phone can have it.
    Stands,
    /// Something of it is still to come.
    Pending,
    /// Something of it the phone does not do, and neither time nor its user changes that.
    Refused,
}

impl AndroidFacts {
    /// What the phone made of the wall. Which apps are there is no matter of the wall.
    #[must_use]
    pub fn of_wall(&self) -> AndroidWall {
        let walls = || self.against.iter().filter(|against| !against.is_of_apps());
        if walls().any(Against::is_refusal) {
            AndroidWall::Refused
        } else if walls().any(|against| against.reason == NonComplianceReason::Pending) {
            AndroidWall::Pending
        } else {
            AndroidWall::Stands
        }
    }

    /// Packages of the catalogue that are in the work profile though they are blocked.
    pub fn messengers(&self) -> impl Iterator<Item = &str> {
        let installed =
            self.against.iter().filter(|a| a.reason == NonComplianceReason::AppInstalled);
        installed.filter_map(|a| a.package.as_deref())
    }

    /// The settings that are not followed, for a reason's text.
    #[must_use]
    pub fn settings(&self) -> Vec<&str> {
        let open = self.against.iter().filter(|against| !against.is_harmless());
        let mut settings: Vec<_> = open.map(Against::name).collect();
        settings.dedup();
        settings
    }
}
