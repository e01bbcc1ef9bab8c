use std::ops::RangeInclusive;

use trennwand_domain::{
    Authenticator, Error, PolicyId, Result, RolloutId, TenantId, TenantScope, Timestamp,
};

use crate::{
    Store, WakeTarget,
    devices::header,
    failure,
    item::{Map, text},
    layout::{self, attribute},
    transaction::Table,
};

/// What is due across tenants; for the timer.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    store: &'a Store,
}

/// A phone whose minute has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueWake {
    /// Its tenant.
    pub scope: TenantScope,
    /// The phone and where it can be woken.
    pub target: WakeTarget,
}

/// Some of the phones that are due.
#[derive(Debug, Clone)]
pub struct WakePage {
    /// The phones.
    pub wakes: Vec<DueWake>,
    /// Pass it on for the next page; `None` at the end.
    pub next: Option<DueCursor>,
}

/// A roll-out whose next step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRollout {
    /// Its tenant.
    pub scope: TenantScope,
    /// Its policy.
    pub policy: PolicyId,
    /// The roll-out.
    pub rollout: RolloutId,
}

/// Some of the roll-outs that are due.
#[derive(Debug, Clone)]
pub struct RolloutPage {
    /// The roll-outs, the longest due first.
    pub rollouts: Vec<DueRollout>,
    /// Pass it on for the next page; `None` at the end.
    pub next: Option<DueCursor>,
}

/// Where a page ended.
#[derive(Debug, Clone)]
pub struct DueCursor(Map);

impl<'a> Due<'a> {
    /// Over how many shards the wakes are spread.
    pub const SHARDS: u8 = layout::WAKE_SHARDS;

    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// The tenants whose enterprise at Google is to be reconciled in one of these minutes of the day
    /// (UTC).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn enterprises(&self, minutes: RangeInclusive<u16>) -> Result<Vec<TenantScope>> {
        let (mut tenants, mut from) = (Vec::new(), None);
        loop {
            let output = self
                .store
                .dynamo()
                .query()
                .table_name(self.store.table(Table::Data))
                .index_name(layout::BY_DUE)
                .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(layout::ANDROID_SHARD))
                .expression_attribute_values(":from", text(layout::wake_minute(*minutes.start())))
                .expression_attribute_values(":to", text(layout::wake_minute(*minutes.end())))
                .set_exclusive_start_key(from.take())
                .send()
                .await
                .map_err(|e| failure::from_sdk(&e))?;
            for item in output.items.unwrap_or_default() {
                tenants.push(scope_of(&item)?);
            }
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(tenants);
            }
        }
    }

    /// The managed phones of a shard (`0..SHARDS`) whose minute of the day (UTC, 0 to 1439) lies in
    /// `minutes`; a range across midnight is two calls.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn wakes(
        &self,
        shard: u8,
        minutes: RangeInclusive<u16>,
        from: Option<DueCursor>,
    ) -> Result<WakePage> {
        let bounds = (layout::wake_minute(*minutes.start()), layout::wake_minute(*minutes.end()));
        let (items, next) = self.page(layout::wake_shard(shard), bounds, from).await?;
        let mut wakes = Vec::new();
        for item in items {
            let scope = scope_of(&item)?;
            if let Some(target) = header::decode_target(item)? {
                wakes.push(DueWake { scope, target });
            }
        }
        Ok(WakePage { wakes, next })
    }

    /// The running roll-outs whose next step is due by `until`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn rollouts(&self, until: Timestamp, from: Option<DueCursor>) -> Result<RolloutPage> {
        let bounds = ("0".to_owned(), layout::rollout_due_at(until));
        let (items, next) = self.page(layout::ROLLOUTS_DUE.to_owned(), bounds, from).await?;
        let rollouts = items.iter().map(due_rollout).collect::<Result<_>>()?;
        Ok(RolloutPage { rollouts, next })
    }

    async fn page(
        &self,
        pk: String,
        (lowest, highest): (String, String),
        from: Option<DueCursor>,
    ) -> Result<(Vec<Map>, Option<DueCursor>)> {
        let output = self
            .store
            .dynamo()
            .query()
            .table_name(self.store.table(Table::Data))
            .index_name(layout::BY_DUE)
            .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":from", text(lowest))
            .expression_attribute_values(":to", text(highest))
            .set_exclusive_start_key(from.map(|cursor| cursor.0))
            .send()
            .await
            .map_err(|e| failure::from_sdk(&e))?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key.map(DueCursor)))
    }
}

fn due_rollout(item: &Map) -> Result<DueRollout> {
    let part = |name| item.get(name).and_then(|v| v.as_s().ok());
    let keys = part(attribute::PK).zip(part(attribute::SK));
    let (tenant, policy, rollout) = keys
        .and_then(|(pk, sk)| layout::parse_rollout(pk, sk))
        .ok_or_else(|| Error::internal("an index entry that is not a roll-out's"))?;
    Ok(DueRollout { scope: vouched(tenant), policy, rollout })
}

/// The tenant of an entry of our own index.
fn scope_of(item: &Map) -> Result<TenantScope> {
    let pk = item.get(attribute::PK).and_then(|v| v.as_s().ok());
    let subject = pk.and_then(|pk| layout::Subject::parse(pk, "0"));
    let subject = subject.ok_or_else(|| Error::internal("an index entry without a tenant"))?;
    Ok(vouched(subject.tenant))
}

fn vouched(tenant: TenantId) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "the timer walks our own index")]
    TenantScope::vouched(Authenticator::Timer, tenant)
}
