//! What a phone answered, written into its header; pure.

use std::collections::BTreeMap;

use trennwand_apple::{Answer, Report, ReportStatus};
use trennwand_domain::{
    CommandKind, CommandResult, CommandStatus, Device, Ownership, QueuedCommand, ReasonCode,
    SlotKind, TenantId, Timestamp,
};
use trennwand_evidence::{Expected, ExpectedProfile, Facts, install_cause, judge_install, observe};
use trennwand_policy::{Answered, Outcome, Wanted, identifiers, reconcile, record};

/// Where an answer is seen from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) wanted: Option<&'a Wanted>,
    pub(crate) now: Timestamp,
}

/// What a queued command's answer changes.
#[derive(Debug)]
pub(crate) struct QueuedAnswer {
    /// To be stored with the command.
    pub(crate) result: CommandResult,
    /// What the answer says about the phone, if it was a question that controls rest on.
    pub(crate) facts: Option<(SlotKind, Facts)>,
    /// Whether the header changed.
    pub(crate) changed: bool,
}

impl View<'_> {
    /// Fills the slot of a derived step and judges what follows; facts to store, if it was a query.
    pub(crate) fn derived(
        &self,
        device: &mut Device,
        answered: Answered,
        report: &Report,
    ) -> Option<Facts> {
        device.last_seen_at = Some(self.now);
        let acknowledged = report.status == ReportStatus::Acknowledged;
        let Some(kind) = question(answered.slot) else {
            let outcome = match acknowledged {
                true => Outcome::Acknowledged,
                false => Outcome::Error(install_cause(answered.slot, &report.error_chain)),
            };
            record(device, answered, outcome, self.now);
            let applied = self.wanted.filter(|w| w.wall.token == answered.token);
            if let (SlotKind::Wall, true, Some(wanted)) = (answered.slot, acknowledged, applied) {
                device.applied_version = Some(wanted.version);
                device.applied_policy = Some(wanted.policy.mark());
            }
            judge_install(device, answered.slot, self.now);
            return None;
        };
        let facts = acknowledged
            .then(|| self.facts(kind, device.ownership, report))
            .flatten()
            .unwrap_or(Facts::Failed);
        let outcome = match facts {
            Facts::Failed => Outcome::Error(ReasonCode::QueryFailed),
            _ => Outcome::Acknowledged,
        };
        record(device, answered, outcome, self.now);
        self.judge(device, answered, &facts);
        Some(facts)
    }

    /// Decodes the answer to an operator's command. What it says about the phone is judged as if the
    /// phone had been asked by itself; its failure says nothing.
    pub(crate) fn queued(
        &self,
        device: &mut Device,
        command: &QueuedCommand,
        report: &Report,
    ) -> QueuedAnswer {
        let mut answer = QueuedAnswer {
            result: CommandResult {
                uuid: command.uuid,
                kind: command.kind,
                status: CommandStatus::Error,
                answered_at: self.now,
                result: BTreeMap::new(),
            },
            facts: None,
            changed: false,
        };
        if report.status != ReportStatus::Acknowledged {
            answer.result.result = error_members(report);
            return answer;
        }
        let decoded = match Answer::decode(command.kind, device.ownership, report) {
            Ok(decoded) => decoded,
            Err(error) => {
                let text = serde_json::Value::String(error.to_string()).to_string();
                answer.result.result.insert("unreadable".into(), text);
                return answer;
            }
        };
        answer.result.status = CommandStatus::Acknowledged;
        answer.result.result = decoded.to_members();
        let before = (device.os_version.clone(), device.model.clone());
        note_information(device, &decoded);
        answer.changed = before != (device.os_version.clone(), device.model.clone());
        answer.facts = slot_of(command.kind)
            .zip(Facts::from_answer(&decoded, &identifiers(self.tenant)))
            .inspect(|(slot, facts)| {
                device.last_seen_at = Some(self.now);
                // Older than any answer to come, newer than every install answered so far.
                let round = device.slots.max_round();
                let token = device.slots.of(*slot).token;
                self.judge(device, Answered { round, slot: *slot, token }, facts);
            });
        answer.changed |= answer.facts.is_some();
        answer
    }

    fn facts(&self, kind: CommandKind, ownership: Ownership, report: &Report) -> Option<Facts> {
        let answer = Answer::decode(kind, ownership, report).ok()?;
        Facts::from_answer(&answer, &identifiers(self.tenant))
    }

    fn judge(&self, device: &mut Device, answered: Answered, facts: &Facts) {
        if answered.slot == SlotKind::ProfileList && !matches!(facts, Facts::Failed) {
            let installed = |identifier: &str| facts.profile(identifier);
            reconcile(device, self.tenant, self.wanted, answered, installed, self.now);
        }
        let expected = self.wanted.map(|wanted| Expected {
            wall: ExpectedProfile { identifier: &wanted.wall.identifier, uuid: &wanted.wall.uuid },
            account: match &wanted.account {
                Ok(a) => Ok(ExpectedProfile { identifier: &a.identifier, uuid: &a.uuid }),
                Err(reason) => Err(*reason),
            },
        });
        observe(device, expected.as_ref(), answered.slot, facts, self.now);
    }
}

/// What a derived step asks; `None` for installs.
pub(crate) const fn question(slot: SlotKind) -> Option<CommandKind> {
    match slot {
        SlotKind::Wall | SlotKind::Account | SlotKind::RemoveAccount => None,
        SlotKind::ProfileList => Some(CommandKind::ProfileList),
        SlotKind::Restrictions => Some(CommandKind::Restrictions),
        SlotKind::SecurityInfo => Some(CommandKind::SecurityInfo),
        SlotKind::ManagedApplications => Some(CommandKind::ManagedApplicationList),
    }
}

/// The derived step that asks the same; `None` for what no control rests on.
const fn slot_of(kind: CommandKind) -> Option<SlotKind> {
    match kind {
        CommandKind::ProfileList => Some(SlotKind::ProfileList),
        CommandKind::Restrictions => Some(SlotKind::Restrictions),
        CommandKind::SecurityInfo => Some(SlotKind::SecurityInfo),
        CommandKind::ManagedApplicationList => Some(SlotKind::ManagedApplications),
        CommandKind::DeviceInformation
        | CommandKind::CertificateList
        | CommandKind::DeviceLock
        | CommandKind::Release
        | CommandKind::WipeBusiness
        | CommandKind::WipeDevice => None,
    }
}

/// `DeviceInformation` keeps the header's description of a company phone up to date.
fn note_information(device: &mut Device, answer: &Answer) {
    let Answer::DeviceInformation(values) = answer else {
        return;
    };
    if device.ownership == Ownership::Personal {
        return;
    }
    if let Some(version) = values.get("OSVersion") {
        device.os_version = Some(short(version));
    }
    if let Some(model) = values.get("ProductName").or_else(|| values.get("Model")) {
        device.model = Some(short(model));
    }
}

/// A text of a phone, cut to what the header has room for.
pub(crate) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(32).collect()
}

/// Domains and codes only: the texts may name an account.
fn error_members(report: &Report) -> BTreeMap<String, String> {
    let chain: Vec<_> = report
        .error_chain
        .iter()
        .map(|item| serde_json::json!({ "domain": short(&item.domain), "code": item.code }))
        .collect();
    BTreeMap::from([("error_chain".to_owned(), serde_json::Value::Array(chain).to_string())])
}
