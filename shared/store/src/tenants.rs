use trennwand_domain::{ResellerId, Result, Tenant, TenantId};

use crate::{Listed, Page, Store, Transaction};

/// The tenants as their reseller sees them.
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'a> {
    store: &'a Store,
}

impl<'a> Tenants<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Adds a tenant with its data key (wrapped by the master key), and to its reseller's list.
    pub fn insert(&self, tx: &mut Transaction, tenant: &Tenant, wrapped_key: &[u8]) {
        let _ = (tx, tenant, wrapped_key, self.store);
        todo!()
    }

    /// The tenants of a reseller.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, reseller: ResellerId, page: &Page) -> Result<Listed<Tenant>> {
        let _ = (reseller, page);
        todo!()
    }

    /// The tenant, if it is one of this reseller's.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn owned_by(&self, reseller: ResellerId, tenant: TenantId) -> Result<Option<Tenant>> {
        let _ = (reseller, tenant);
        todo!()
    }
}
