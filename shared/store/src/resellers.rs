use trennwand_domain::{Reseller, ResellerId, Result};

use crate::{Listed, Page, Store, Transaction};

/// The resellers.
#[derive(Debug, Clone, Copy)]
pub struct Resellers<'a> {
    store: &'a Store,
}

impl<'a> Resellers<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Adds a reseller.
    pub fn insert(&self, tx: &mut Transaction, reseller: &Reseller) {
        let _ = (tx, reseller, self.store);
        todo!()
    }

    /// One reseller.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: ResellerId) -> Result<Option<Reseller>> {
        let _ = id;
        todo!()
    }

    /// All resellers.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Reseller>> {
        let _ = page;
        todo!()
    }
}
