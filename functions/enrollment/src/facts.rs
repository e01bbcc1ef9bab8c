use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::try_join;
use trennwand_domain::{Duration, Error, ReasonCode, Result, TenantId, TenantScope, Timestamp};
use trennwand_store::Store;

/// How many tenants' facts one process keeps.
const CAPACITY: usize = 1000;

/// What all of a tenant's pages and profiles have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TenantFacts {
    /// The reseller's name.
    pub(crate) brand: String,
    /// The name shown as the one who manages the phones.
    pub(crate) organization: String,
    /// The topic of the push certificate.
    pub(crate) topic: String,
}

/// Tenants' facts, kept for a short time: many phones of a tenant enrol on the same morning.
#[derive(Debug)]
pub(crate) struct FactsCache {
    keep_for: Duration,
    kept: Mutex<HashMap<TenantId, (Timestamp, Arc<TenantFacts>)>>,
}

impl FactsCache {
    pub(crate) fn new(keep_for: Duration) -> Self {
        Self { keep_for, kept: Mutex::default() }
    }

    pub(crate) async fn of(
        &self,
        store: &Store,
        scope: &TenantScope,
        now: Timestamp,
    ) -> Result<Arc<TenantFacts>> {
        if let Some(facts) = self.fresh(scope.tenant(), now) {
            return Ok(facts);
        }
        let facts = Arc::new(read(store, scope).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(scope.tenant(), (now, Arc::clone(&facts)));
        Ok(facts)
    }

    fn fresh(&self, tenant: TenantId, now: Timestamp) -> Option<Arc<TenantFacts>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, facts) = kept.get(&tenant)?;
        (*read_at <= now && now.since(*read_at) < self.keep_for).then(|| Arc::clone(facts))
    }
}

async fn read(store: &Store, scope: &TenantScope) -> Result<TenantFacts> {
    let tenant = store.tenant(scope);
    let (entity, head, push) = try_join!(tenant.get(), tenant.head(), tenant.push_certificate())?;
    let entity = entity.ok_or_else(|| Error::not_found("tenant"))?;
    let head = head.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))?;
    let topic = push
        .and_then(|push| push.topic)
        .ok_or_else(|| Error::conflict(ReasonCode::ApnsCertificateRequired))?;
    let brand = store.resellers().get(entity.reseller).await?.map_or_else(String::new, |r| r.name);
    Ok(TenantFacts { brand, organization: head.organization, topic })
}
