use trennwand_domain::{
    CertificateHash, CommandResult, CommandUuid, Device, DeviceId, DeviceState, Ownership, Platform,
    PushTarget, QueuedCommand, Result, Sealed, SlotKind, Target, TenantScope, Timestamp, Token, UserId,
    Verdict,
};

use crate::{Listed, Page, Store, Transaction};

/// A tenant's phones: header, queue, facts and results.
#[derive(Debug, Clone, Copy)]
pub struct Devices<'a> {
    store: &'a Store,
    scope: TenantScope,
}

/// What a connecting phone needs of its partition, read in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectView {
    /// The header.
    pub device: Device,
    /// The first waiting commands, at most 3, in the order of delivery.
    pub queue: Vec<QueuedCommand>,
    /// Whether more may be waiting.
    pub more: bool,
}

/// What `Authenticate` says about a phone.
#[derive(Debug, Clone)]
pub struct Authentication {
    /// Hash of the certificate that signed the request.
    pub certificate: CertificateHash,
    /// Keyed hash of the UDID.
    pub udid_hash: [u8; 16],
    /// `OSVersion`, if the enrolment may ask.
    pub os_version: Option<String>,
    /// `ProductName` or `Model`, if the enrolment may ask.
    pub model: Option<String>,
    /// When it came.
    pub at: Timestamp,
}

/// What `TokenUpdate` says about a phone.
#[derive(Debug, Clone)]
pub struct TokenUpdate {
    /// Hash of the certificate that signed the request.
    pub certificate: CertificateHash,
    /// Where the phone can be woken.
    pub push: PushTarget,
    /// `UnlockToken`, sealed with the tenant's key.
    pub unlock_token: Option<Sealed>,
    /// When it came.
    pub at: Timestamp,
}

/// A phone that can be woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WakeTarget {
    /// The phone.
    pub device: DeviceId,
    /// Where its enrolment stands; always managed.
    pub state: DeviceState,
    /// Where it can be woken.
    pub push: PushTarget,
}

/// Which phones are wanted; the default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Operating system.
    pub platform: Option<Platform>,
    /// Owner of the hardware.
    pub ownership: Option<Ownership>,
    /// Kind of management.
    pub target: Option<Target>,
    /// Where the enrolment stands.
    pub state: Option<DeviceState>,
    /// The verdict as it reads at the moment given with it.
    pub verdict: Option<(Verdict, Timestamp)>,
    /// Whose phone it is.
    pub user: Option<UserId>,
    /// Not heard of since, exact to the day.
    pub last_seen_before: Option<Timestamp>,
}

impl<'a> Devices<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// One phone's header, strongly consistent.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: DeviceId) -> Result<Option<Device>> {
        let _ = (id, self.store, self.scope);
        todo!()
    }

    /// Header and first queue items in one strongly consistent query.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn connect_view(&self, id: DeviceId) -> Result<Option<ConnectView>> {
        let _ = id;
        todo!()
    }

    /// The commands waiting behind `uuid`, at most 3, strongly consistent.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn next_queued_after(
        &self,
        id: DeviceId,
        uuid: CommandUuid,
    ) -> Result<Vec<QueuedCommand>> {
        let _ = (id, uuid);
        todo!()
    }

    /// The waiting commands in the order of delivery.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn queue(&self, id: DeviceId, page: &Page) -> Result<Listed<QueuedCommand>> {
        let _ = (id, page);
        todo!()
    }

    /// One waiting command.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn queued(&self, id: DeviceId, uuid: CommandUuid) -> Result<Option<QueuedCommand>> {
        let _ = (id, uuid);
        todo!()
    }

    /// Queues a command; the same one again fails as already existing.
    pub fn enqueue(&self, tx: &mut Transaction, id: DeviceId, command: &QueuedCommand) {
        let _ = (tx, id, command);
        todo!()
    }

    /// What came of a command.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn result(&self, id: DeviceId, uuid: CommandUuid) -> Result<Option<CommandResult>> {
        let _ = (id, uuid);
        todo!()
    }

    /// The answered commands, in the order of their UUIDs.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn results(&self, id: DeviceId, page: &Page) -> Result<Listed<CommandResult>> {
        let _ = (id, page);
        todo!()
    }

    /// Takes `result.uuid` out of the queue and keeps the result, in one conditional write; writes the
    /// header too if one is given (see [`Self::save`]). `false` if it was not waiting any more: a
    /// repeat, without effect.
    ///
    /// # Errors
    /// A concurrent change if the header was changed since it was read; if the database does not answer.
    pub async fn answer_queued(
        &self,
        id: DeviceId,
        result: &CommandResult,
        header: Option<&Device>,
    ) -> Result<bool> {
        let _ = (id, result, header);
        todo!()
    }

    /// Writes a header, and the minimised facts (JSON) that a query's answer held. `device.revision` is
    /// the one that was read; the store counts it up.
    ///
    /// # Errors
    /// A concurrent change if the header was changed since it was read; if the database does not answer.
    pub async fn save(&self, device: &Device, facts: Option<(SlotKind, &[u8])>) -> Result<()> {
        let _ = (device, facts);
        todo!()
    }

    /// The minimised facts that the queries' last answers held, as JSON.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn facts(&self, id: DeviceId) -> Result<Vec<(SlotKind, Vec<u8>)>> {
        let _ = id;
        todo!()
    }

    /// `Authenticate`: promotes the pending certificate, forgets what was known of the phone before and
    /// remembers which physical phone it is. The write's condition is the authentication.
    ///
    /// # Errors
    /// Not found if there is no such enrolment, it has ended, or the certificate is not its; if the
    /// database does not answer.
    pub async fn authenticate(&self, id: DeviceId, message: &Authentication) -> Result<()> {
        let _ = (id, message);
        todo!()
    }

    /// `TokenUpdate`: the phone is enrolled and can be woken. The write's condition is the
    /// authentication.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn token_update(&self, id: DeviceId, message: &TokenUpdate) -> Result<()> {
        let _ = (id, message);
        todo!()
    }

    /// `CheckOut`: management has ended. The write's condition is the authentication.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn check_out(
        &self,
        id: DeviceId,
        certificate: CertificateHash,
        at: Timestamp,
    ) -> Result<()> {
        let _ = (id, certificate, at);
        todo!()
    }

    /// Makes the pending certificate the one in use; for the first request that is signed with it.
    ///
    /// # Errors
    /// Not found if it is not pending any more; if the database does not answer.
    pub async fn promote(&self, id: DeviceId, certificate: CertificateHash) -> Result<()> {
        let _ = (id, certificate);
        todo!()
    }

    /// Notes that the phone was heard of, if this is the first time today (UTC); otherwise no request.
    /// Does not count the revision up.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn touch_day(&self, device: &Device, now: Timestamp) -> Result<()> {
        let _ = (device, now);
        todo!()
    }

    /// Notes that Apple says that this push token is dead; no effect if the phone has another by now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn mark_push_lost(&self, target: &WakeTarget) -> Result<()> {
        let _ = target;
        todo!()
    }

    /// Ends an enrolment because the same phone enrolled again; no effect if it has ended already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn supersede(&self, id: DeviceId) -> Result<()> {
        let _ = id;
        todo!()
    }

    /// Writes the hash over the user's personal variables into the header of the user's phone; no effect
    /// if it is the same or the phone has another user.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_person(
        &self,
        id: DeviceId,
        user: UserId,
        person: Option<Token>,
    ) -> Result<()> {
        let _ = (id, user, person);
        todo!()
    }

    /// The phones that match, read from the index, then each header.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, filter: &DeviceFilter, page: &Page) -> Result<Listed<Device>> {
        let _ = (filter, page);
        todo!()
    }

    /// The tenant's managed phones that can be woken, up to 1 MB of the index from `cursor` on.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn page_push_targets(
        &self,
        cursor: Option<DeviceId>,
    ) -> Result<(Vec<WakeTarget>, Option<DeviceId>)> {
        let _ = cursor;
        todo!()
    }

    /// Those of these phones that are managed and can be woken.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn push_targets(&self, ids: &[DeviceId]) -> Result<Vec<WakeTarget>> {
        let _ = ids;
        todo!()
    }

    /// Deletes everything about a phone whose enrolment has ended or never began.
    ///
    /// # Errors
    /// The conflict `device_enrolled` while it is managed; not found; if the database does not answer.
    pub async fn forget(&self, id: DeviceId) -> Result<()> {
        let _ = id;
        todo!()
    }
}
