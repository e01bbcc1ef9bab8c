use trennwand_domain::{Result, TenantScope, Timestamp};
use trennwand_fn_onboarding::TestPortal;
use trennwand_pki::{Certificate, RsaKey, TOPIC_PREFIX, test_push_certificate};

/// Gives every new tenant a push certificate that Apple would refuse and the stand-in takes.
#[derive(Debug)]
pub(crate) struct LocalPortal;

impl TestPortal for LocalPortal {
    fn certify(&self, key: &RsaKey, tenant: &TenantScope, now: Timestamp) -> Result<Certificate> {
        test_push_certificate(key, &topic(tenant), now)
    }
}

/// A tenant's topic never changes, so it follows from the tenant.
fn topic(tenant: &TenantScope) -> String {
    format!("{TOPIC_PREFIX}External.{:032x}", tenant.tenant().bits())
}
