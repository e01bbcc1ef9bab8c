use std::sync::Arc;

use trennwand_apple::{Command, command_for};
use trennwand_domain::{
    AssignmentHead, CommandResult, CommandStatus, CommandUuid, Device, ErrorKind, Person, Purpose,
    QueuedCommand, Result, SlotKind, TenantScope, Timestamp, Token, User,
};
use trennwand_pki::query_tag;
use trennwand_policy::{After, Next, Variables, Wanted, WantedArtefact, identifier, next, render};

use crate::{State, record::question};

/// One phone's conversation, from which its next command follows.
pub(crate) struct Conversation<'a> {
    pub(crate) state: &'a State,
    pub(crate) scope: TenantScope,
    pub(crate) device: Device,
    pub(crate) head: Option<Arc<AssignmentHead>>,
    pub(crate) wanted: Option<Wanted>,
    /// The first waiting commands, in order.
    pub(crate) queue: Vec<QueuedCommand>,
    /// Whether more may be waiting behind them.
    pub(crate) more: bool,
    pub(crate) now: Timestamp,
}

/// Steps that cannot be made are passed over, at most so many.
const ATTEMPTS: usize = 16;

impl Conversation<'_> {
    /// The tag of a step that is not an install.
    pub(crate) fn tag(&self) -> impl Fn(u64, SlotKind) -> Token + use<> {
        let (key, device) = (self.device.query_key, self.device.id);
        move |round, slot| query_tag(&key, device, round, slot)
    }

    /// The next command as the body of the answer; empty if there is none.
    pub(crate) async fn next_command(&mut self, mut after: After) -> Result<Vec<u8>> {
        let tag = self.tag();
        for _ in 0..ATTEMPTS {
            self.look_further(after).await?;
            let wanted = self.wanted.as_ref();
            let Some(step) = next(after, &self.device, wanted, self.now, &self.queue, &tag) else {
                break;
            };
            let uuid = step.uuid();
            let body = match step {
                Next::Derived(_, slot) => self.derived(slot).await?,
                Next::Queued(command) => self.queued(&command.clone()).await?,
            };
            match body {
                Some(command) => return Ok(command.to_plist(uuid)),
                // As if the phone had said NotNow: the next step's turn.
                None => after = After::Answer { uuid, not_now: true },
            }
        }
        Ok(Vec::new())
    }

    /// Reads on if the queue's items at hand all lie before the answered one.
    async fn look_further(&mut self, after: After) -> Result<()> {
        let After::Answer { uuid, .. } = after else {
            return Ok(());
        };
        if self.more && self.queue.iter().all(|c| c.uuid <= uuid) {
            let devices = self.state.core.store.devices(&self.scope);
            self.queue = devices.next_queued_after(self.device.id, uuid).await?;
            self.more = !self.queue.is_empty();
        }
        Ok(())
    }

    async fn derived(&self, slot: SlotKind) -> Result<Option<Command>> {
        if let Some(kind) = question(slot) {
            return Ok(command_for(kind, self.device.ownership).ok());
        }
        let Some(wanted) = &self.wanted else {
            return Ok(None);
        };
        match slot {
            SlotKind::Wall => self.install(&wanted.wall).await,
            SlotKind::Account => match &wanted.account {
                Ok(account) => self.install(account).await,
                Err(_) => Ok(None),
            },
            _ => {
                let identifier = identifier(self.scope.tenant(), Purpose::Account);
                Ok(Some(Command::remove_profile(identifier)))
            }
        }
    }

    async fn install(&self, artefact: &WantedArtefact) -> Result<Option<Command>> {
        let core = &self.state.core;
        let Some(head) = &self.head else {
            return Ok(None);
        };
        let template = core.templates.get(&self.scope, artefact.digest).await?;
        let person = match template.personal() {
            true => self.person().await?,
            false => None,
        };
        let variables = Variables { organization: &head.organization, person: person.as_ref() };
        match render(&template, self.scope.tenant(), artefact.token, &variables) {
            Ok(profile) => Ok(Some(Command::install_profile(profile))),
            Err(error) if matches!(error.kind(), ErrorKind::Conflict { .. }) => {
                tracing::warn!(device = %self.device.id, code = error.code(), "step passed over");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The phone's user as the header knows it; `None` while a change of the user has not reached the
    /// header yet, since the bytes would not be those that the token names.
    async fn person(&self) -> Result<Option<Person>> {
        let Some(user) = self.device.user else {
            return Ok(None);
        };
        let core = &self.state.core;
        let users = core.store.users(&self.scope);
        let as_known = |(user, _): &(User, Vec<u8>)| Some(user.variables) == self.device.person;
        let mut found = users.recent_person_bundle(user).await?.filter(as_known);
        if found.is_none() {
            found = users.person_bundle(user).await?.filter(as_known);
        }
        match found {
            Some((user, wrapped)) => {
                core.vault.open_person(&self.scope, &user, &wrapped).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// An operator's command; one that the enrolment does not allow is taken out of the queue.
    async fn queued(&self, command: &QueuedCommand) -> Result<Option<Command>> {
        if let Ok(body) = command_for(command.kind, self.device.ownership) {
            return Ok(Some(body));
        }
        let result = CommandResult {
            uuid: command.uuid,
            kind: command.kind,
            status: CommandStatus::Cancelled,
            answered_at: self.now,
            result: std::collections::BTreeMap::new(),
        };
        let devices = self.state.core.store.devices(&self.scope);
        devices.answer_queued(self.device.id, &result, None, None).await?;
        Ok(None)
    }

    /// The waiting command with this position, if it is still waiting.
    pub(crate) async fn waiting(&self, uuid: CommandUuid) -> Result<Option<QueuedCommand>> {
        if let Some(command) = self.queue.iter().find(|c| c.uuid == uuid) {
            return Ok(Some(command.clone()));
        }
        let within = self.queue.last().is_some_and(|last| uuid < last.uuid);
        if !self.more || within {
            return Ok(None);
        }
        self.state.core.store.devices(&self.scope).queued(self.device.id, uuid).await
    }
}
