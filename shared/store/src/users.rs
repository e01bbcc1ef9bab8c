use trennwand_domain::{Result, TenantScope, User, UserId};

use crate::{Listed, Page, Store, Transaction};

/// A tenant's users. A wrapped subject key lives in table `keys` only.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> Users<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// Adds a user with the person's key (wrapped by the tenant's). If another user has the same
    /// `external_id`, the transaction fails as already existing.
    pub fn insert(&self, tx: &mut Transaction, user: &User, wrapped_subject_key: &[u8]) {
        let _ = (tx, user, wrapped_subject_key, self.store, self.scope);
        todo!()
    }

    /// One user.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: UserId) -> Result<Option<User>> {
        let _ = id;
        todo!()
    }

    /// The users.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<User>> {
        let _ = page;
        todo!()
    }

    /// The user with this `external_id` (as keyed hash).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn by_external_id(&self, hash: [u8; 16]) -> Result<Option<User>> {
        let _ = hash;
        todo!()
    }

    /// The users with this e-mail address (as keyed hash), at most 100.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn by_email(&self, hash: [u8; 16]) -> Result<Vec<User>> {
        let _ = hash;
        todo!()
    }

    /// Replaces `before`, as it was read, by `after`; the store counts the revision up. If it was
    /// changed since, the transaction fails as stale.
    pub fn update(&self, tx: &mut Transaction, before: &User, after: &User) {
        let _ = (tx, before, after);
        todo!()
    }

    /// Deletes a user and the person's key, so that what backups hold cannot be read any more.
    pub fn delete(&self, tx: &mut Transaction, user: &User) {
        let _ = (tx, user);
        todo!()
    }

    /// A user and the person's wrapped key, in one request.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn person_bundle(&self, id: UserId) -> Result<Option<(User, Vec<u8>)>> {
        let _ = id;
        todo!()
    }

    /// Several users with their wrapped keys, in any order; absent ones are left out. For lists.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn person_bundles(&self, ids: &[UserId]) -> Result<Vec<(User, Vec<u8>)>> {
        let _ = ids;
        todo!()
    }
}
