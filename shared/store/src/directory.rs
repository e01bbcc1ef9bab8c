use trennwand_domain::{ClientId, DeviceId, EnrollmentId, OneTimeToken, Owner, Result, TenantScope};

use crate::Store;

/// Who owns what a stranger presents; holds nothing else. For authenticators.
#[derive(Debug, Clone, Copy)]
pub struct Directory<'a> {
    store: &'a Store,
}

impl<'a> Directory<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Whom a client acts for.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn owner_of_client(&self, client: ClientId) -> Result<Option<Owner>> {
        let _ = (client, self.store);
        todo!()
    }

    /// The tenant, invitation and phone that an enrolment link belongs to.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn enrollment(
        &self,
        token: &OneTimeToken,
    ) -> Result<Option<(TenantScope, EnrollmentId, DeviceId)>> {
        let _ = token;
        todo!()
    }
}
