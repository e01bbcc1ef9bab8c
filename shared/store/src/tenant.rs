use trennwand_domain::{
    AssignmentHead, Digest, PushCertificate, Result, Tenant, TenantKeys, TenantScope, TenantStatus,
};

use crate::{Store, Transaction};

/// One tenant: itself, its keys, its push certificate, its assignment head and its templates.
#[derive(Debug, Clone, Copy)]
pub struct TenantStore<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> TenantStore<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// The tenant.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self) -> Result<Option<Tenant>> {
        let _ = (self.store, self.scope);
        todo!()
    }

    /// Writes name and status of `tenant`, here and in its reseller's list. `tenant.revision` is the
    /// one that was read; if it is no longer, the transaction fails as a concurrent change.
    pub fn update(&self, tx: &mut Transaction, tenant: &Tenant) {
        let _ = (tx, tenant);
        todo!()
    }

    /// [`Self::update`] with another status.
    pub fn set_status(&self, tx: &mut Transaction, tenant: &Tenant, status: TenantStatus) {
        self.update(tx, &Tenant { status, ..tenant.clone() });
    }

    /// The keys of the tenant's device CA and registration authority; `None` until they are made.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn keys(&self) -> Result<Option<TenantKeys>> {
        todo!()
    }

    /// Stores the keys once; if there are some, the transaction fails as already existing.
    pub fn put_keys(&self, tx: &mut Transaction, keys: &TenantKeys) {
        let _ = (tx, keys);
        todo!()
    }

    /// The tenant's data key, wrapped by the master key.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn wrapped_key(&self) -> Result<Option<Vec<u8>>> {
        todo!()
    }

    /// The push certificate or the request for one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn push_certificate(&self) -> Result<Option<PushCertificate>> {
        todo!()
    }

    /// Writes the push certificate. `certificate.revision` is the one that was read, 0 if there was
    /// none; otherwise the transaction fails as a concurrent change.
    pub fn put_push_certificate(&self, tx: &mut Transaction, certificate: &PushCertificate) {
        let _ = (tx, certificate);
        todo!()
    }

    /// What decides what the tenant's phones shall have.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn head(&self) -> Result<Option<AssignmentHead>> {
        todo!()
    }

    /// Writes the head as it is, `head.version` included, if the stored one still has
    /// `expected_version` (`None`: if there is none); otherwise the transaction fails as a concurrent
    /// change.
    pub fn put_head(
        &self,
        tx: &mut Transaction,
        head: &AssignmentHead,
        expected_version: Option<u64>,
    ) {
        let _ = (tx, head, expected_version);
        todo!()
    }

    /// Stores a template under its hash; the same one again is no error.
    pub fn put_template(&self, tx: &mut Transaction, digest: Digest, body: &str) {
        let _ = (tx, digest, body);
        todo!()
    }

    /// A template's body.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn template(&self, digest: Digest) -> Result<Option<String>> {
        let _ = digest;
        todo!()
    }
}
