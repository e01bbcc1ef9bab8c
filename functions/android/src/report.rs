//! What a phone's report changes here: two requests to the database, whatever it says.

use subtle::ConstantTimeEq as _;
use trennwand_android::{AppliedState, DeviceReport, Ownership as ReportedOwnership};
use trennwand_domain::{
    AndroidNeed, AndroidPhone, AndroidPolicy, AssignmentHead, Authenticator, BindingState, Device,
    DeviceState, EnrollmentReference, MailKind, Ownership, ReasonCode, Result, Secret, Slot,
    SlotKind, SlotStatus, Target, TenantScope, Timestamp,
};
use trennwand_evidence::{AndroidFacts, AndroidWall, ExpectedAndroid, Foreign, observe_android};
use trennwand_policy::{Wanted, android_mail_app, android_policy, wanted};
use trennwand_store::{ReportChange, ReportView};

use crate::AndroidState;

/// Brings a report into the phone's header, and gives that as it is then; `None` if the report is nobody's
/// here (no reference, a reference without our seal, or another enterprise's) or the enrolment is over.
/// Doing it again, or with an older report, changes nothing.
///
/// # Errors
/// A concurrent change: the same may be tried again; if the database does not answer.
pub(crate) async fn take_in(
    state: &AndroidState,
    report: &DeviceReport,
    published_at: Timestamp,
) -> Result<Option<Device>> {
    let core = &state.core;
    let reference = report.enrollment_token_data.as_deref().and_then(EnrollmentReference::parse);
    let Some((reference, seal)) = reference else {
        tracing::warn!(phone = %report.name, "a report without a reference of ours");
        return Ok(None);
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "its seal is compared before anything is written"
    )]
    let scope = TenantScope::vouched(Authenticator::Notification, reference.tenant);
    let android = core.store.android(&scope);
    // Asked once: a key that is forgotten meanwhile is read by whoever needs it.
    let asks_key = !core.vault.holds(&scope);
    let view = android.report_view(reference.device, asks_key).await?;
    match &view.wrapped_key {
        Some(wrapped) => core.vault.learn(&scope, wrapped).await?,
        None if asks_key => return Ok(None),
        None => {}
    }
    let ours = core.vault.reference_seal(&scope, &reference).await?;
    if !bool::from(ours.ct_eq(&seal)) || !is_of_enterprise(&view, report) {
        tracing::warn!(phone = %report.name, "a report whose reference is not ours");
        return Ok(None);
    }
    let Some(before) = view.device.clone().filter(|d| d.enrollment == reference.enrollment) else {
        return Ok(None);
    };
    let now = core.clock.now();
    let facts = AndroidFacts::of(report, view.head.as_ref().and_then(mail_app));
    let Some(news) = News::of(&view, &before, report, &facts, published_at, now) else {
        return Ok(Some(before));
    };
    if news.is_over {
        if view.phone.as_ref().is_none_or(|known| known.name != report.name.to_string()) {
            tracing::warn!(phone = %report.name, "a second phone came with one invitation");
        }
        return Ok(None);
    }
    let mut after = before.clone();
    if news.enrolls {
        let hardware = report.hardware_info.as_ref();
        if let Some(id) = hardware.and_then(|hardware| hardware.enterprise_specific_id.as_ref()) {
            let id = Secret::new(format!("android:{id}"));
            after.udid_hash = Some(core.vault.udid_hash(&scope, &id).await?);
        }
    }
    let phone = news.into(&scope, &view, &mut after, report, &facts, published_at);
    if after == before && view.phone.as_ref().is_some_and(|known| known.report == phone.report) {
        return Ok(Some(after));
    }
    let enrolls = news.enrolls;
    let binding = view.binding.as_ref().map_or(0, |binding| binding.revision);
    let change = ReportChange { device: &after, phone: &phone, enrolls, binding };
    android.save_report(change).await?;
    Ok(Some(after))
}

fn is_of_enterprise(view: &ReportView, report: &DeviceReport) -> bool {
    let binding = view.binding.as_ref().filter(|binding| binding.state == BindingState::Bound);
    let enterprise = binding.and_then(|binding| binding.enterprise.as_deref());
    enterprise == Some(report.name.enterprise().to_string().as_str())
}

/// Why a report is worth looking at.
#[derive(Clone, Copy)]
struct News {
    enrolls: bool,
    is_over: bool,
    at: Timestamp,
}

impl News {
    /// `None` if it is older than what is known.
    fn of(
        view: &ReportView,
        device: &Device,
        report: &DeviceReport,
        facts: &AndroidFacts,
        published_at: Timestamp,
        now: Timestamp,
    ) -> Option<Self> {
        let reported = report.last_status_report_time.or(report.enrollment_time);
        // What comes from the future would stay fresh for too long.
        let at = reported.unwrap_or(published_at).min(now);
        let name = report.name.to_string();
        let same = view.phone.as_ref().filter(|phone| phone.name == name);
        let known = same.map(|phone| {
            let version = AndroidFacts::from_json(&phone.report).and_then(|facts| facts.version);
            (phone.reported_at, phone.published_at, version, phone.report.as_str())
        });
        // Of reports of one moment the one counts that follows a later version; whatever order they
        // come in, the same one is left.
        let text = facts.to_json();
        if known.is_some_and(|known| (at, published_at, facts.version, text.as_str()) <= known) {
            return None;
        }
        let awaited = matches!(device.state, DeviceState::Invited | DeviceState::Enrolling);
        // Taken back while the phone was being set up: it is under management all the same.
        let late = device.state == DeviceState::Released && view.phone.is_none();
        let enrolls = awaited || late;
        let is_over = match same {
            Some(_) => device.state.has_ended(),
            // Another phone with the same token: only instead of one that never came.
            None => !enrolls,
        };
        Some(Self { enrolls, is_over, at })
    }

    /// The header and the phone as they are then.
    fn into(
        self,
        scope: &TenantScope,
        view: &ReportView,
        device: &mut Device,
        report: &DeviceReport,
        facts: &AndroidFacts,
        published_at: Timestamp,
    ) -> AndroidPhone {
        if self.enrolls {
            device.state = DeviceState::Enrolled;
            device.enrolled_at = Some(report.enrollment_time.unwrap_or(self.at).min(self.at));
        }
        // Whatever was ordered: a phone that says that it is its user's own is treated as one.
        if report.ownership == ReportedOwnership::PersonallyOwned {
            device.ownership = Ownership::Personal;
            device.target = Target::AndroidPersonal;
        }
        if device.state == DeviceState::Silent {
            device.state = DeviceState::Enrolled;
        }
        if [report.state, report.applied_state].contains(&AppliedState::Deleted) {
            device.state = DeviceState::Released;
        }
        let software = report.software_info.as_ref();
        device.os_version =
            software.and_then(|s| s.android_version.clone()).or_else(|| device.os_version.take());
        if device.ownership == Ownership::Company {
            let model = report.hardware_info.as_ref().and_then(|hardware| hardware.model.clone());
            device.model = model.or_else(|| device.model.take());
        } else {
            device.model = None;
        }
        device.last_seen_at = device.last_seen_at.max(Some(self.at));
        let judged = judge(scope, view, device, facts, self.at);
        let placed = report.policy_name.as_ref().map(ToString::to_string);
        let needs = judged.needs(placed.as_deref());
        AndroidPhone {
            name: report.name.to_string(),
            reported_at: self.at,
            published_at,
            report: facts.to_json(),
            needs: needs.filter(|_| device.state.is_managed()),
        }
    }
}

/// What a phone was judged by.
pub(crate) struct Judged {
    /// Full name of the policy that it should follow, if that was written already.
    policy: Option<String>,
    is_foreign: bool,
}

impl Judged {
    fn needs(&self, placed: Option<&str>) -> Option<AndroidNeed> {
        match &self.policy {
            Some(policy) if placed != Some(policy) => Some(AndroidNeed::Place),
            Some(_) if self.is_foreign => Some(AndroidNeed::Verify),
            _ => None,
        }
    }
}

/// Judges a phone's controls by what is kept of its report.
pub(crate) fn judge(
    scope: &TenantScope,
    view: &ReportView,
    device: &mut Device,
    facts: &AndroidFacts,
    at: Timestamp,
) -> Judged {
    let head = view.head.as_ref();
    let wish = head.and_then(|head| Some((head, wanted(scope.tenant(), head, device)?)));
    let written =
        wish.as_ref().and_then(|(head, wish)| Written::of(&view.policies, head, device, wish));
    let enterprise = view.binding.as_ref().and_then(|binding| binding.enterprise.as_deref());
    let policy = written
        .as_ref()
        .zip(enterprise)
        .map(|(written, enterprise)| format!("{enterprise}/policies/{}", written.policy.name));
    let expected = wish.as_ref().zip(written).zip(policy.as_deref());
    let expected = expected.map(|(((head, wish), written), policy)| ExpectedAndroid {
        policy,
        version: written.policy.version,
        is_current: written.is_current,
        ours_since: written.policy.ours_since,
        foreign: written.policy.foreign.map(|f| Foreign { version: f.version, leaks: f.leaks }),
        mail_app: match &wish.account {
            // A Google account needs no configuration, so there is no artefact for it.
            Ok(_) | Err(ReasonCode::MailNotSet) => mail_app(head).ok_or(ReasonCode::MailNotSet),
            Err(cause) => Err(*cause),
        },
    });
    observe_android(device, expected.as_ref(), facts, at);
    let follows = expected.as_ref().is_some_and(|expected| {
        let applied = (facts.policy.as_deref(), facts.version);
        expected.is_current && applied == (Some(expected.policy), Some(expected.version))
    });
    if let (true, Some((_, wish))) = (follows, &wish) {
        let account = wish.account.as_ref().ok().map(|account| account.token);
        let mut keep = |kind, token, status, cause| {
            let slot = device.slots.of_mut(kind);
            *slot = Slot { round: slot.round, token, status, cause, at };
        };
        if let Some(account) = account {
            keep(SlotKind::Account, account, SlotStatus::Acknowledged, None);
        }
        let wall = wish.wall.token;
        match facts.of_wall() {
            AndroidWall::Stands => {
                keep(SlotKind::Wall, wall, SlotStatus::Acknowledged, None);
                device.applied_version = Some(wish.version);
                device.applied_policy = Some(wish.policy.mark());
            }
            AndroidWall::Pending => {}
            // Counted by roll-outs, as an iPhone's refusal is.
            AndroidWall::Refused => {
                let cause = Some(ReasonCode::SettingNotApplied);
                keep(SlotKind::Wall, wall, SlotStatus::Error, cause);
            }
        }
    }
    let is_foreign = expected.as_ref().is_some_and(|expected| {
        let beyond = facts.version.is_some_and(|version| version > expected.version);
        facts.policy.as_deref() == Some(expected.policy) && beyond
    });
    Judged { policy, is_foreign }
}

/// The policy at Google that stands for what the phone should have.
struct Written<'v> {
    policy: &'v AndroidPolicy,
    /// Whether it says what the phone should have now. Between a change and its coming to Google, which
    /// may refuse it, an earlier one stands there by the same name.
    is_current: bool,
}

impl<'v> Written<'v> {
    fn of(
        policies: &'v [AndroidPolicy],
        head: &AssignmentHead,
        device: &Device,
        wish: &Wanted,
    ) -> Option<Self> {
        let (name, planned) = android_policy(head, device.target, wish.policy, wish.version)?;
        let policy = policies.iter().find(|policy| policy.name == name)?;
        Some(Self { policy, is_current: policy.source == Some(planned.source()) })
    }
}

/// The app for business mail, by where it lives.
pub(crate) fn mail_app(head: &AssignmentHead) -> Option<&'static str> {
    let mail = head.mail.as_ref().filter(|mail| mail.kind != MailKind::None)?;
    android_mail_app(mail.kind)
}
