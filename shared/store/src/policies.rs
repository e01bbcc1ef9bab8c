use trennwand_domain::{Policy, PolicyId, PolicyVersion, Result, Rollout, RolloutId, TenantScope};

use crate::{Listed, Page, Store, Transaction};

/// A tenant's policies, their versions and their roll-outs.
#[derive(Debug, Clone, Copy)]
pub struct Policies<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> Policies<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// Adds a policy with its first version.
    pub fn insert(&self, tx: &mut Transaction, policy: &Policy, version: &PolicyVersion) {
        let _ = (tx, policy, version, self.store, self.scope);
        todo!()
    }

    /// One policy.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: PolicyId) -> Result<Option<Policy>> {
        let _ = id;
        todo!()
    }

    /// The policies.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Policy>> {
        let _ = page;
        todo!()
    }

    /// Adds a version and writes the policy (name, latest, time). `policy.revision` is the one that was
    /// read; the store counts it up. If it was changed since, the transaction fails as stale.
    pub fn put_draft(&self, tx: &mut Transaction, policy: &Policy, version: &PolicyVersion) {
        let _ = (tx, policy, version);
        todo!()
    }

    /// Writes a policy whose version in force changes, and the roll-out that changes it; the condition
    /// is that of [`Self::put_draft`], failing as a concurrent change.
    pub fn put_rollout(&self, tx: &mut Transaction, policy: &Policy, rollout: &Rollout) {
        let _ = (tx, policy, rollout);
        todo!()
    }

    /// One version of a policy.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn version(&self, policy: PolicyId, version: u32) -> Result<Option<PolicyVersion>> {
        let _ = (policy, version);
        todo!()
    }

    /// One roll-out of a policy.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn rollout(&self, policy: PolicyId, id: RolloutId) -> Result<Option<Rollout>> {
        let _ = (policy, id);
        todo!()
    }

    /// The roll-outs of a policy.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn rollouts(&self, policy: PolicyId, page: &Page) -> Result<Listed<Rollout>> {
        let _ = (policy, page);
        todo!()
    }
}
