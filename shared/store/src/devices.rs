use std::sync::Arc;

use trennwand_domain::{
    AssignmentHead, CertificateHash, Device, DeviceId, DeviceState, DeviceTraits, GroupId,
    Ownership, Platform, PolicyId, PushTarget, QueuedCommand, Result, Sealed, SlotKind, SlotStatus,
    Target, TenantScope, Timestamp, UserId, Verdict,
};

use crate::{
    Store, Transaction, failure,
    item::{Fields, Item, bytes, number},
    layout::{self, attribute},
    read::Between,
    transaction::{Expression, Table},
};

mod checkin;
pub(crate) mod header;
mod list;
mod membership;
mod queue;
mod same_phone;
pub(crate) use self::queue::kind_of;
#[cfg(test)]
mod tests;

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
    /// `OSVersion`; kept of company phones only.
    pub os_version: Option<String>,
    /// `ProductName` or `Model`; kept of company phones only.
    pub model: Option<String>,
    /// When it came.
    pub at: Timestamp,
}

impl Authentication {
    const fn tells_hardware(&self) -> bool {
        self.os_version.is_some() || self.model.is_some()
    }
}

/// What `TokenUpdate` says about a phone.
#[derive(Debug, Clone)]
pub struct TokenUpdate {
    /// Hash of the certificate that signed the request.
    pub certificate: CertificateHash,
    /// Where the phone can be woken.
    pub push: PushTarget,
    /// `UnlockToken`, sealed with the tenant's key; kept of company phones only.
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

/// What the effect of a policy depends on, of a phone under management.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetMember {
    /// The phone.
    pub device: DeviceId,
    /// Kind of management.
    pub target: Target,
    /// The groups that it is in.
    pub groups: Vec<GroupId>,
    /// Whether it has a user, without whom there is no account.
    pub has_user: bool,
    /// Version of the operating system as the phone said it, if it may be asked.
    pub os_version: Option<String>,
}

impl FleetMember {
    /// What decides under which rule it is.
    #[must_use]
    pub fn traits(&self) -> DeviceTraits<'_> {
        DeviceTraits { id: self.device, target: self.target, groups: &self.groups }
    }
}

/// A phone as the index over a tenant's phones has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedPhone {
    /// The phone.
    pub id: DeviceId,
    /// Kind of management.
    pub target: Target,
    /// The groups that it is in.
    pub groups: Vec<GroupId>,
    /// Where its enrolment stands.
    pub state: DeviceState,
    /// What came of its wall last, and which rendering that was ([`trennwand_domain::Token::mark`]).
    pub wall: (SlotStatus, [u8; 4]),
    /// Where it can be woken; always managed then.
    pub wake: Option<WakeTarget>,
}

impl IndexedPhone {
    /// What decides under which rule it is.
    #[must_use]
    pub fn traits(&self) -> DeviceTraits<'_> {
        DeviceTraits { id: self.id, target: self.target, groups: &self.groups }
    }
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
    /// Whose phone it is: one of these users, at most 100.
    pub users: Option<Vec<UserId>>,
    /// In this group.
    pub group: Option<GroupId>,
    /// Under this policy by this head.
    pub under: Option<(PolicyId, Arc<AssignmentHead>)>,
    /// Just this one.
    pub id: Option<DeviceId>,
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
        let key = layout::device(&self.scope, id);
        self.store.read(Table::Data, &key).await?.map(header::decode).transpose()
    }

    /// Header and first queue items in one strongly consistent query.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn connect_view(&self, id: DeviceId) -> Result<Option<ConnectView>> {
        let span = layout::device_partition(&self.scope, id);
        let bounds = layout::connect_bounds();
        let query = Between { pk: &span.pk, bounds, limit: 1 + queue::AHEAD, consistent: true };
        let (items, more) = self.store.between(query).await?;
        let Some((header, queue)) = queue::split_connect(items) else { return Ok(None) };
        Ok(Some(ConnectView {
            device: header::decode(header.into())?,
            queue: queue.into_iter().map(queue::decode_queued).collect::<Result<_>>()?,
            more,
        }))
    }

    /// Writes a header, and the minimised facts (JSON) that a query's answer held. `device.revision`
    /// is the one that was read; the store counts it up.
    ///
    /// # Errors
    /// A concurrent change if the header was changed since it was read; if the database does not
    /// answer.
    pub async fn save(&self, device: &Device, facts: Option<(SlotKind, &[u8])>) -> Result<()> {
        let mut tx = self.store.transaction();
        self.put_header(&mut tx, device);
        if let Some((query, facts)) = facts {
            self.put_facts(&mut tx, device.id, query, facts);
        }
        tx.commit().await
    }

    /// Keeps what a query's answer held; the condition is the header's.
    fn put_facts(&self, tx: &mut Transaction, id: DeviceId, query: SlotKind, facts: &[u8]) {
        let item = Item::at(&layout::fact(&self.scope, id, query)).with("js", bytes(facts));
        tx.put(Table::Data, item, Expression::default(), failure::concurrent_change());
    }

    /// [`Self::save`] as part of a transaction.
    pub fn put_header(&self, tx: &mut Transaction, device: &Device) {
        let item = header::encode(&self.scope, device, device.revision + 1);
        let unchanged = Expression::when("rv = :rv").value(":rv", number(device.revision));
        tx.put(Table::Data, item, unchanged, failure::concurrent_change());
    }

    /// The minimised facts that the queries' last answers held, as JSON.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn facts(&self, id: DeviceId) -> Result<Vec<(SlotKind, Vec<u8>)>> {
        let span = layout::facts(&self.scope, id);
        let limit = SlotKind::ALL.len();
        let query = Between { pk: &span.pk, bounds: span.bounds(None), limit, consistent: false };
        let (items, _) = self.store.between(query).await?;
        let mut facts = Vec::new();
        for item in items {
            let mut item = Fields::from(item);
            let sk = item.text(attribute::SK)?;
            let query = SlotKind::ALL
                .into_iter()
                .find(|kind| sk.strip_prefix(span.prefix) == Some(layout::query_word(*kind)));
            if let Some(query) = query {
                facts.push((query, item.bytes("js")?));
            }
        }
        facts.sort_unstable_by_key(|(query, _)| *query);
        Ok(facts)
    }
}
