use trennwand_domain::{Error, Reseller, ResellerId, Result};

use crate::{
    Listed, Page, Store, Transaction,
    item::{Fields, Item, moment, text},
    layout::{self, Key},
    transaction::{Expression, Table},
};

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
        for key in [layout::reseller(reseller.id), layout::listed_reseller(reseller.id)] {
            let exists = Error::already_exists("reseller");
            tx.put(Table::Data, encode(&key, reseller), Expression::absent(), exists);
        }
    }

    /// One reseller.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: ResellerId) -> Result<Option<Reseller>> {
        let item = self.store.read(Table::Data, &layout::reseller(id)).await?;
        item.map(decode).transpose()
    }

    /// All resellers.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Reseller>> {
        self.store.listed(&layout::resellers(), page, decode).await
    }
}

fn encode(key: &Key, reseller: &Reseller) -> Item {
    Item::at(key)
        .with("id", text(reseller.id))
        .with("nm", text(&reseller.name))
        .with("cr", moment(reseller.created_at))
}

fn decode(mut item: Fields) -> Result<Reseller> {
    Ok(Reseller {
        id: item.parsed("id")?,
        name: item.text("nm")?,
        created_at: item.moment("cr")?,
    })
}
