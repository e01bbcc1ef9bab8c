use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use trennwand_domain::{AssignmentHead, Duration, Result, TenantId, TenantScope, Timestamp};
use trennwand_store::Store;

/// How many tenants' heads one process keeps; 4 KB each at most.
const CAPACITY: usize = 1000;

/// Assignment heads, kept for a short time: a wake that a changed head causes is sent only after
/// that time is over. Only what a phone of the tenant asked for is kept, so that strangers, who may
/// name any tenant, cannot push out what others need.
#[derive(Debug)]
pub(crate) struct Heads {
    keep_for: Duration,
    kept: Mutex<HashMap<TenantId, Kept>>,
}

#[derive(Debug)]
struct Kept {
    head: Option<Arc<AssignmentHead>>,
    read_at: Timestamp,
}

/// A head for a request whose sender is not known yet.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) head: Option<Arc<AssignmentHead>>,
    /// Read just now, at the time of the request.
    is_new: bool,
}

impl Heads {
    pub(crate) fn new(keep_for: Duration) -> Self {
        Self { keep_for, kept: Mutex::default() }
    }

    /// The tenant's head, at most as old as this cache keeps one.
    pub(crate) async fn of(
        &self,
        store: &Store,
        scope: &TenantScope,
        now: Timestamp,
    ) -> Result<Found> {
        if let Some(head) = self.fresh(scope.tenant(), now) {
            return Ok(Found { head, is_new: false });
        }
        let head = store.tenant(scope).recent_head().await?.map(Arc::new);
        Ok(Found { head, is_new: true })
    }

    /// Keeps what was found `now` for a phone that has turned out to be the tenant's.
    pub(crate) fn confirm(&self, tenant: TenantId, found: &Found, now: Timestamp) {
        if found.is_new {
            self.keep(tenant, found.head.clone(), now);
        }
    }

    fn fresh(&self, tenant: TenantId, now: Timestamp) -> Option<Option<Arc<AssignmentHead>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&tenant)?;
        // A clock that went back makes everything old.
        let fresh = found.read_at <= now && now.since(found.read_at) < self.keep_for;
        fresh.then(|| found.head.clone())
    }

    fn keep(&self, tenant: TenantId, head: Option<Arc<AssignmentHead>>, now: Timestamp) {
        if self.keep_for.is_zero() {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(tenant, Kept { head, read_at: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::from_bits(1);
    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn a_head_is_kept_for_its_time_and_no_longer() {
        let heads = Heads::new(Duration::from_secs(5));
        heads.keep(TENANT, None, NOON);
        assert_eq!(heads.fresh(TENANT, NOON.plus(Duration::from_millis(4999))), Some(None));
        assert_eq!(heads.fresh(TENANT, NOON.plus(Duration::from_secs(5))), None);
        assert_eq!(heads.fresh(TENANT, NOON.minus(Duration::from_secs(1))), None);
        assert_eq!(heads.fresh(TenantId::from_bits(2), NOON), None);
    }

    #[test]
    fn what_was_kept_does_not_live_longer_by_being_used() {
        let heads = Heads::new(Duration::from_secs(5));
        heads.confirm(TENANT, &Found { head: None, is_new: true }, NOON);
        let later = NOON.plus(Duration::from_secs(4));
        heads.confirm(TENANT, &Found { head: None, is_new: false }, later);
        assert_eq!(heads.fresh(TENANT, NOON.plus(Duration::from_secs(5))), None);
    }

    #[test]
    fn without_a_time_nothing_is_kept() {
        let heads = Heads::new(Duration::ZERO);
        heads.keep(TENANT, None, NOON);
        assert_eq!(heads.fresh(TENANT, NOON), None);
    }
}
