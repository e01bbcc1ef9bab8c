use std::ops::RangeInclusive;

use trennwand_domain::{Authenticator, Error, Result, TenantScope};

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
    pub next: Option<WakeCursor>,
}

/// Where a page of [`Due::wakes`] ended.
#[derive(Debug, Clone)]
pub struct WakeCursor(Map);

impl<'a> Due<'a> {
    /// Over how many shards the wakes are spread.
    pub const SHARDS: u8 = layout::WAKE_SHARDS;

    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
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
        from: Option<WakeCursor>,
    ) -> Result<WakePage> {
        let output = self
            .store
            .dynamo()
            .query()
            .table_name(self.store.table(Table::Data))
            .index_name(layout::BY_DUE)
            .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(layout::wake_shard(shard)))
            .expression_attribute_values(":from", text(layout::wake_minute(*minutes.start())))
            .expression_attribute_values(":to", text(layout::wake_minute(*minutes.end())))
            .set_exclusive_start_key(from.map(|cursor| cursor.0))
            .send()
            .await
            .map_err(|e| failure::from_sdk(&e))?;
        let mut wakes = Vec::new();
        for item in output.items.unwrap_or_default() {
            let scope = scope_of(&item)?;
            if let Some(target) = header::decode_target(item)? {
                wakes.push(DueWake { scope, target });
            }
        }
        Ok(WakePage { wakes, next: output.last_evaluated_key.map(WakeCursor) })
    }
}

/// The tenant of an entry of our own index.
fn scope_of(item: &Map) -> Result<TenantScope> {
    let pk = item.get(attribute::PK).and_then(|v| v.as_s().ok());
    let subject = pk.and_then(|pk| layout::Subject::parse(pk, "0"));
    let subject = subject.ok_or_else(|| Error::internal("an index entry without a tenant"))?;
    #[expect(clippy::disallowed_methods, reason = "the timer walks our own index")]
    let scope = TenantScope::vouched(Authenticator::Timer, subject.tenant);
    Ok(scope)
}
