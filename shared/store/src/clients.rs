use trennwand_domain::{Client, ClientId, Digest, Owner, Result};

use crate::{Listed, Page, Store, Transaction};

/// The OAuth clients of every level.
#[derive(Debug, Clone, Copy)]
pub struct Clients<'a> {
    store: &'a Store,
}

impl<'a> Clients<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Adds a client and its directory item.
    pub fn insert(&self, tx: &mut Transaction, client: &Client) {
        let _ = (tx, client, self.store);
        todo!()
    }

    /// One client of this owner, revoked or not.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, owner: Owner, id: ClientId) -> Result<Option<Client>> {
        let _ = (owner, id);
        todo!()
    }

    /// The clients of this owner, revoked ones included.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, owner: Owner, page: &Page) -> Result<Listed<Client>> {
        let _ = (owner, page);
        todo!()
    }

    /// Revokes a client for good; not found if it does not exist.
    pub fn revoke(&self, tx: &mut Transaction, owner: Owner, id: ClientId) {
        let _ = (tx, owner, id);
        todo!()
    }

    /// Gives a client a new secret; not found if it does not exist or is revoked.
    pub fn rotate(&self, tx: &mut Transaction, owner: Owner, id: ClientId, secret_hash: Digest) {
        let _ = (tx, owner, id, secret_hash);
        todo!()
    }
}
