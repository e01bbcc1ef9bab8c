use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use trennwand_domain::{Duration, Result, SealedField, TenantId, TenantScope, Timestamp};
use trennwand_push::PushIdentity;
use trennwand_runtime::Core;

/// How long an opened identity is kept; a renewed certificate is used after that at the latest.
const KEEP_FOR: Duration = Duration::from_secs(60);
/// Identities kept at most.
const CAPACITY: usize = 200;

/// The tenants' push identities, opened.
#[derive(Debug, Default)]
pub(crate) struct Identities(Mutex<HashMap<TenantId, (Timestamp, Arc<PushIdentity>)>>);

impl Identities {
    /// The tenant's identity; `None` while it has no push certificate.
    pub(crate) async fn of(
        &self,
        core: &Core,
        scope: &TenantScope,
    ) -> Result<Option<Arc<PushIdentity>>> {
        let (tenant, now) = (scope.tenant(), core.clock.now());
        if let Some(identity) = self.kept(tenant, now) {
            return Ok(Some(identity));
        }
        let Some(certificate) = core.store.tenant(scope).push_certificate().await? else {
            return Ok(None);
        };
        let (Some(key), Some(topic)) = (certificate.key, certificate.topic) else {
            return Ok(None);
        };
        let key = core.vault.open(scope, SealedField::PushKey, &key).await?;
        let identity = Arc::new(PushIdentity::new(tenant, topic, certificate.chain, key)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(tenant, (now, Arc::clone(&identity)));
        Ok(Some(identity))
    }

    /// Forgets an identity that was refused: there may be another one by now.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }

    fn kept(&self, tenant: TenantId, now: Timestamp) -> Option<Arc<PushIdentity>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, identity) = kept.get(&tenant)?;
        (*since <= now && now.since(*since) < KEEP_FOR).then(|| Arc::clone(identity))
    }
}
