use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use trennwand_domain::{Digest, Duration, TenantId, Timestamp};

/// How long a refused certificate is not tried again.
const REST: Duration = Duration::from_secs(300);

/// Tenants whose push certificate is refused: one refusal concerns all their phones, so the rest is
/// not even tried for a while, unless there is another certificate.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<HashMap<TenantId, Refusal>>);

#[derive(Debug, Clone, Copy)]
struct Refusal {
    certificate: Digest,
    at: Timestamp,
}

impl Breaker {
    /// Notes a refusal.
    pub(crate) fn refused(&self, tenant: TenantId, certificate: Digest, at: Timestamp) {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.retain(|_, refusal| at.since(refusal.at) < REST);
        refusals.insert(tenant, Refusal { certificate, at });
    }

    /// Whether this certificate may be tried now.
    pub(crate) fn permits(&self, tenant: TenantId, certificate: Digest, now: Timestamp) -> bool {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals
            .get(&tenant)
            .is_none_or(|r| r.certificate != certificate || now.since(r.at) >= REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_certificate_rests_and_another_one_does_not() {
        let (breaker, now) = (Breaker::default(), Timestamp::from_unix_s(1_795_000_000));
        let (tenant, old, renewed) =
            (TenantId::from_bits(1), Digest::of(b"old"), Digest::of(b"renewed"));
        assert!(breaker.permits(tenant, old, now));
        breaker.refused(tenant, old, now);
        assert!(!breaker.permits(tenant, old, now.plus(REST - Duration::from_secs(1))));
        assert!(breaker.permits(tenant, renewed, now));
        assert!(breaker.permits(TenantId::from_bits(2), old, now));
        assert!(breaker.permits(tenant, old, now.plus(REST)));
    }
}
