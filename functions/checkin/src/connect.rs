use tokio::try_join;
use trennwand_apple::{Report, ReportStatus};
use trennwand_domain::{
    CertificateHash, CommandUuid, DeviceId, Error, Position, ReasonCode, TenantScope,
};
use trennwand_policy::{After, recognise, wanted};

use crate::{State, deliver::Conversation, device_error::DeviceError, record::View};

/// How often an answer is worked out from fresh state if another connection of the same phone wrote
/// in between.
const ATTEMPTS: usize = 4;

/// A report: takes in what the phone says and answers with its next command, or with nothing.
pub(crate) async fn device_report(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
    report: &Report,
) -> Result<Vec<u8>, DeviceError> {
    if report.user_channel {
        return Err(DeviceError::UserChannel);
    }
    for _ in 0..ATTEMPTS {
        match attempt(state, scope, device, certificate, report).await {
            Err(DeviceError::Other(error)) if error.is_concurrent_change() => {}
            done => return done,
        }
    }
    Err(Error::unavailable("too many concurrent connections of one phone").into())
}

async fn attempt(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
    report: &Report,
) -> Result<Vec<u8>, DeviceError> {
    let now = state.core.clock.now();
    let devices = state.core.store.devices(&scope);
    let (view, head) =
        try_join!(devices.connect_view(device), state.heads.of(&state.core.store, &scope, now))?;
    let view = view.ok_or(DeviceError::NotYours)?;
    if view.device.state.has_ended() {
        return Err(DeviceError::NotYours);
    }
    if view.device.certificate != Some(certificate) {
        if view.device.pending_certificate != Some(certificate) {
            return Err(DeviceError::NotYours);
        }
        if view.device.state.is_managed() {
            devices.promote(device, certificate).await?;
            return Err(Error::conflict(ReasonCode::ConcurrentChange).into());
        }
    }
    state.heads.confirm(scope.tenant(), &head, now);
    let head = head.head;
    // Before TokenUpdate there is no management, hence nothing to do.
    if !view.device.state.is_managed() {
        return Ok(Vec::new());
    }
    if view.device.claimed_by.is_some() {
        // A phone that enrolled again has lost the key of this enrolment; so this is another phone.
        devices.refute_claim(device).await?;
        return Err(Error::conflict(ReasonCode::ConcurrentChange).into());
    }
    let wanted = head.as_ref().and_then(|head| wanted(scope.tenant(), head, &view.device));
    let mut conversation = Conversation {
        state,
        scope,
        device: view.device,
        head,
        wanted,
        queue: view.queue,
        more: view.more,
        now,
    };
    let Some(after) = conversation.take_in(report).await? else {
        return Ok(Vec::new());
    };
    Ok(conversation.next_command(after).await?)
}

impl Conversation<'_> {
    /// Takes in what the phone says; where the conversation stands then, or `None` if it is about a
    /// command that is none of ours, which ends it.
    async fn take_in(&mut self, report: &Report) -> Result<Option<After>, Error> {
        if report.status == ReportStatus::Idle {
            let devices = self.state.core.store.devices(&self.scope);
            if let Err(error) = devices.touch_day(&self.device, self.now).await {
                // The next contact notes it.
                tracing::warn!(?error, "the day of contact was not noted");
            }
            return Ok(Some(After::Idle));
        }
        let uuid: Option<CommandUuid> = report.command_uuid.as_deref().and_then(|t| t.parse().ok());
        let Some((uuid, position)) = uuid.and_then(|u| Some((u, u.position()?))) else {
            return Ok(None);
        };
        if report.status == ReportStatus::NotNow {
            return Ok(Some(After::Answer { uuid, not_now: true }));
        }
        match position {
            Position::Derived { .. } => self.take_in_derived(uuid, report).await?,
            Position::Queued { .. } => self.take_in_queued(uuid, report).await?,
        }
        Ok(Some(After::Answer { uuid, not_now: false }))
    }

    async fn take_in_derived(&mut self, uuid: CommandUuid, report: &Report) -> Result<(), Error> {
        let Some(answered) = recognise(&self.device, uuid, &self.tag()) else {
            return Ok(());
        };
        let view =
            View { tenant: self.scope.tenant(), wanted: self.wanted.as_ref(), now: self.now };
        let facts = view.derived(&mut self.device, answered, report).map(|f| f.to_json());
        let facts = facts.as_deref().map(|json| (answered.slot, json));
        self.state.core.store.devices(&self.scope).save(&self.device, facts).await
    }

    async fn take_in_queued(&mut self, uuid: CommandUuid, report: &Report) -> Result<(), Error> {
        let Some(command) = self.waiting(uuid).await? else {
            return Ok(());
        };
        let view =
            View { tenant: self.scope.tenant(), wanted: self.wanted.as_ref(), now: self.now };
        let answer = view.queued(&mut self.device, &command, report);
        let devices = self.state.core.store.devices(&self.scope);
        let header = answer.changed.then_some(&self.device);
        let facts = answer.facts.map(|(slot, facts)| (slot, facts.to_json()));
        let facts = facts.as_ref().map(|(slot, json)| (*slot, json.as_slice()));
        if !devices.answer_queued(self.device.id, &answer.result, header, facts).await? {
            // Another connection was faster: what follows is worked out from what it wrote.
            return Err(Error::conflict(ReasonCode::ConcurrentChange));
        }
        self.queue.retain(|c| c.uuid != uuid);
        Ok(())
    }
}
