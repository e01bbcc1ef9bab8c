use std::ops::RangeInclusive;

use trennwand_domain::{Result, TenantScope};

use crate::{Store, WakeTarget};

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
pub struct WakeCursor(());

impl<'a> Due<'a> {
    /// Over how many shards the wakes are spread.
    pub const SHARDS: u8 = 4;

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
        let _ = (shard, minutes, from, self.store);
        todo!()
    }
}
