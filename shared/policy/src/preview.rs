use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use trennwand_domain::{ArtefactRef, MailSettings, Target};

use crate::{
    Change, Channel, Compiled, Confidence, Contacts, Line, NonCompliance, NoteAt, Os,
    PolicyDocument, Refusal, RefusalCode, Sink, Source, Standing, Template, artifacts,
    diff_artefacts, minimum_os, touches_mail_account,
};

/// How many phones of which kind and system a tenant has. A phone that does not say its system
/// (personal iPhones never do) counts as one with the oldest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet(BTreeMap<(Target, Option<Os>), u32>);

impl Fleet {
    /// Counts phones.
    pub fn add(&mut self, target: Target, os: Option<Os>, phones: u32) {
        *self.0.entry((target, os)).or_default() += phones;
    }

    fn of(&self, target: Target) -> impl Iterator<Item = (Option<Os>, u32)> {
        let all = self.0.iter().filter(move |((of, _), _)| *of == target);
        all.map(|((_, os), phones)| (*os, *phones))
    }

    /// How many phones of a kind there are.
    #[must_use]
    pub fn phones(&self, target: Target) -> u32 {
        self.of(target).map(|(_, phones)| phones).sum()
    }
}

/// A document with the mail settings that it is compiled with.
#[derive(Debug, Clone, Copy)]
pub struct Edition<'a> {
    /// The document.
    pub document: &'a PolicyDocument,
    /// The tenant's mail settings.
    pub mail: Option<&'a MailSettings>,
}

/// What a roll-out would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Whether the roll-out can be ordered: it is refused for no kind of phone that is there.
    pub possible: bool,
    /// Whether a managed account would be installed anew on some phone.
    pub touches_mail_account: bool,
    /// For each kind of phone that is offered or there.
    pub targets: Vec<TargetPreview>,
}

/// What a roll-out would do on phones of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetPreview {
    /// The kind.
    pub target: Target,
    /// How many there are.
    pub phones: u32,
    /// Those among them whose system is not known.
    pub os_unknown: u32,
    /// Why it is refused; then nothing below is said.
    pub refused: Option<Refusal>,
    /// What they would get.
    pub artefacts: Vec<ArtefactRef>,
    /// What changes, key by key.
    pub changes: Vec<Change>,
    /// Whether the managed account would be installed anew.
    pub touches_mail_account: bool,
    /// Ways that are closed now and would not be, with the phones concerned.
    pub loses: Vec<ProofChange>,
    /// Ways that would be closed and are not now.
    pub gains: Vec<ProofChange>,
    /// Keys that phones do not heed because of their system.
    pub ignored: Vec<IgnoredKey>,
    /// What the document says and this kind of phone cannot do.
    pub notes: Vec<NoteAt>,
}

/// A way whose proof changes on some phones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofChange {
    /// What would flow.
    pub source: Source,
    /// By what.
    pub channel: Channel,
    /// To where.
    pub sink: Sink,
    /// How sure.
    pub confidence: Confidence,
    /// On how many phones.
    pub phones: u32,
}

/// A key that has no effect on some phones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct IgnoredKey {
    /// The key.
    pub key: &'static str,
    /// It is heeded since.
    pub since: Os,
    /// By how many phones it is not.
    pub phones: u32,
}

/// What it would do to a fleet to go from one edition (`None`: from nothing) to another.
#[must_use]
pub fn preview(fleet: &Fleet, before: Option<Edition<'_>>, after: Edition<'_>) -> Preview {
    let targets: Vec<_> = Target::ALL
        .iter()
        .filter(|target| target.is_offered() || fleet.phones(**target) > 0)
        .map(|&target| of_target(fleet, target, before, after))
        .collect();
    Preview {
        possible: targets.iter().all(|t| t.refused.is_none()),
        touches_mail_account: targets.iter().any(|t| t.touches_mail_account && t.phones > 0),
        targets,
    }
}

fn of_target(
    fleet: &Fleet,
    target: Target,
    before: Option<Edition<'_>>,
    after: Edition<'_>,
) -> TargetPreview {
    let mut preview = TargetPreview {
        target,
        phones: fleet.phones(target),
        os_unknown: fleet.of(target).filter(|(os, _)| os.is_none()).map(|(_, n)| n).sum(),
        refused: None,
        artefacts: Vec::new(),
        changes: Vec::new(),
        touches_mail_account: false,
        loses: Vec::new(),
        gains: Vec::new(),
        ignored: Vec::new(),
        notes: Vec::new(),
    };
    let compiled = artifacts(after.document, target, after.mail)
        .and_then(|compiled| check_fleet(after.document, target, fleet).map(|()| compiled));
    let compiled = match compiled {
        Ok(compiled) => compiled,
        Err(refusal) => return TargetPreview { refused: Some(refusal), ..preview },
    };
    let old = before.and_then(|old| artifacts(old.document, target, old.mail).ok());
    let templates = old.as_ref().map_or(&[][..], |old| &old.templates);
    preview.artefacts = compiled.templates.iter().map(Template::artefact_ref).collect();
    preview.changes = diff_artefacts(templates, &compiled.templates);
    preview.touches_mail_account = touches_mail_account(templates, &compiled.templates);
    preview.loses = proof_changes(fleet, old.as_ref(), Some(&compiled));
    preview.gains = proof_changes(fleet, Some(&compiled), old.as_ref());
    preview.ignored = ignored(fleet, &compiled);
    preview.notes = compiled.notes;
    preview
}

/// The ways that are closed in one and not in the other.
fn proof_changes(
    fleet: &Fleet,
    closed: Option<&Compiled>,
    open: Option<&Compiled>,
) -> Vec<ProofChange> {
    let Some(closed) = closed else {
        return Vec::new();
    };
    let change = |line: &Line| {
        let same = |other: &&Line| {
            (other.source, other.channel, other.sink) == (line.source, line.channel, line.sink)
        };
        let other = open.and_then(|open| open.proof.lines.iter().find(same));
        let differs = |os| {
            let holds = other.is_some_and(|other| closed.proof.holds_on(other, os));
            closed.proof.holds_on(line, os) && !holds
        };
        let phones = fleet.of(closed.target).filter(|(os, _)| differs(*os));
        let phones = phones.map(|(_, phones)| phones).sum();
        let Line { source, channel, sink, confidence, .. } = *line;
        ProofChange { source, channel, sink, confidence, phones }
    };
    closed.proof.lines.iter().map(change).filter(|change| change.phones > 0).collect()
}

fn ignored(fleet: &Fleet, compiled: &Compiled) -> Vec<IgnoredKey> {
    let mut keys = BTreeSet::new();
    for line in &compiled.proof.lines {
        let Standing::Closed { by, since, .. } = &line.outcome else {
            continue;
        };
        let older = |(os, _): &(Option<Os>, u32)| os.is_some_and(|os| os < *since);
        let phones = fleet.of(compiled.target).filter(older).map(|(_, phones)| phones).sum();
        if phones > 0 {
            keys.extend(by.iter().map(|key| IgnoredKey { key, since: *since, phones }));
        }
    }
    keys.into_iter().collect()
}

/// Whether blocking would hit phones that are safe: one with an older system answers a setting of the
/// wall with `API_LEVEL`, though it falls back to the stricter value.
///
/// # Errors
/// If it would.
pub fn check_fleet(
    document: &PolicyDocument,
    target: Target,
    fleet: &Fleet,
) -> Result<(), Refusal> {
    let since = Os(14, 0);
    let work_profile = matches!(target, Target::AndroidPersonal | Target::AndroidCompany);
    let newer = document.contacts == Contacts::CallerIdAllowed || !document.contact_apps.is_empty();
    let blocks = document.non_compliance == NonCompliance::Block;
    let is_older = |os: Option<Os>| os.unwrap_or_else(|| minimum_os(target)) < since;
    let hit = fleet.of(target).any(|(os, phones)| phones > 0 && is_older(os));
    if !(work_profile && newer && blocks && hit) {
        return Ok(());
    }
    Err(Refusal {
        code: RefusalCode::BlockingHitsOldSystems,
        target,
        channel: Channel::CrossProfileContacts,
        field: Some("non_compliance"),
        closed_by: vec!["crossProfilePolicies.showWorkContactsInPersonalProfile"],
        since: Some(since),
    })
}

#[cfg(test)]
mod tests;
