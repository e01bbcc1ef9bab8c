//! Enrolments that say to be the same physical phone. A UDID is only what a phone says.

use trennwand_domain::{Device, DeviceId, DeviceState, Result};

use super::{Devices, header};
use crate::{
    failure,
    item::{Fields, Item, number, text},
    layout::{self, attribute},
    read::Between,
    transaction::{Expression, Refusal, Table},
};

/// How many enrolments that say to be one phone are looked at: those that have ended are not kept.
const MOST: usize = 50;

impl Devices<'_> {
    /// Notes which physical phone an enrolment says to be; the other enrolments that say the same, or
    /// none if [`Self::settle_phone`] was called for it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn say_phone(&self, device: &Device) -> Result<Vec<DeviceId>> {
        let Some(hash) = device.udid_hash else { return Ok(Vec::new()) };
        let said = Item::at(&layout::phone(&self.scope, hash, device.id))
            .with(attribute::DEVICE, text(device.id));
        let mut tx = self.store.transaction();
        let unsettled = Expression::when("attribute_not_exists(ok)");
        tx.put(Table::Data, said, unsettled, failure::concurrent_change());
        match tx.attempt().await {
            Err(Refusal::Condition { .. }) => return Ok(Vec::new()),
            done => done?,
        }
        let (pk, bounds) = layout::same_phone(&self.scope, hash);
        let query = Between { pk: &pk, bounds, limit: MOST, consistent: true };
        let (items, _) = self.store.between(query).await?;
        let others = items.into_iter().map(|item| Fields::from(item).parsed(attribute::DEVICE));
        let mut others: Vec<_> = others.collect::<Result<_>>()?;
        others.retain(|other| *other != device.id);
        Ok(others)
    }

    /// Notes that everything was done about the others that say to be the phone of this enrolment.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn settle_phone(&self, device: &Device) -> Result<()> {
        let Some(hash) = device.udid_hash else { return Ok(()) };
        let said = Item::at(&layout::phone(&self.scope, hash, device.id))
            .with(attribute::DEVICE, text(device.id))
            .with("ok", number(1));
        let mut tx = self.store.transaction();
        tx.put(Table::Data, said, Expression::default(), failure::concurrent_change());
        tx.commit().await
    }

    /// An enrolment that has ended, or is gone, says nothing any more.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn forget_phone(&self, udid_hash: [u8; 16], id: DeviceId) -> Result<()> {
        let key = layout::phone(&self.scope, udid_hash, id);
        let mut tx = self.store.transaction();
        tx.delete(Table::Data, &key, Expression::default(), failure::concurrent_change());
        tx.commit().await
    }

    /// Ends an enrolment because the same phone enrolled again; no effect if it has ended already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn supersede(&self, id: DeviceId) -> Result<()> {
        self.unless_refused(id, superseded("attribute_exists(pk)")).await
    }

    /// Ends an enrolment that is still claimed by this one; no effect otherwise.
    pub(super) async fn yield_to(&self, id: DeviceId, by: DeviceId) -> Result<()> {
        self.unless_refused(id, superseded("cl = :by").value(":by", header::device_bits(by))).await
    }

    /// Marks an enrolment as the phone that another one says to be; no effect if it has ended.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn claim(&self, id: DeviceId, by: DeviceId) -> Result<()> {
        let change = Expression::update("SET cl = :by, rv = rv + :one")
            .and_when("attribute_exists(pk) AND NOT st IN (:released, :superseded)")
            .value(":by", header::device_bits(by))
            .value(":released", text(DeviceState::Released))
            .value(":superseded", text(DeviceState::Superseded))
            .value(":one", number(1));
        self.unless_refused(id, change).await
    }

    /// Takes the mark of [`Self::claim`] away: the phone was heard of, so it is another one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn refute_claim(&self, id: DeviceId) -> Result<()> {
        let change = Expression::update("SET rv = rv + :one REMOVE cl")
            .and_when("attribute_exists(cl)")
            .value(":one", number(1));
        self.unless_refused(id, change).await
    }
}

fn superseded(when: &str) -> Expression {
    Expression::update("SET st = :superseded, rv = rv + :one REMOVE cl, pt, pm, pp, due_pk, due_sk")
        .and_when(format!("{when} AND NOT st IN (:released, :superseded)"))
        .value(":released", text(DeviceState::Released))
        .value(":superseded", text(DeviceState::Superseded))
        .value(":one", number(1))
}
