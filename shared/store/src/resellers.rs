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
    Ok(Reseller { id: item.parsed("id")?, name: item.text("nm")?, created_at: item.moment("cr")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, store};

    fn reseller(bits: u128) -> Reseller {
        Reseller { id: ResellerId::from_bits(bits), name: "Telco".into(), created_at: NOON }
    }

    #[tokio::test]
    async fn resellers_are_listed_page_by_page() {
        let store = store().await;
        for bits in 1..=5 {
            let mut tx = store.transaction();
            store.resellers().insert(&mut tx, &reseller(bits));
            tx.commit().await.unwrap();
        }
        let read = store.resellers().get(ResellerId::from_bits(3)).await.unwrap();
        assert_eq!(read, Some(reseller(3)));
        let first = store.resellers().list(&Page::first(3)).await.unwrap();
        assert_eq!(first.items, [reseller(1), reseller(2), reseller(3)]);
        let page = Page { limit: 2, cursor: first.next };
        let second = store.resellers().list(&page).await.unwrap();
        assert_eq!((second.items, second.next), (vec![reseller(4), reseller(5)], None));
    }

    #[tokio::test]
    async fn a_reseller_is_added_once() {
        let store = store().await;
        let mut tx = store.transaction();
        store.resellers().insert(&mut tx, &reseller(1));
        tx.commit().await.unwrap();
        let mut tx = store.transaction();
        store.resellers().insert(&mut tx, &Reseller { name: "Other".into(), ..reseller(1) });
        assert_eq!(tx.commit().await.unwrap_err().code(), "already_exists");
    }

    #[tokio::test]
    async fn a_forged_cursor_is_refused() {
        let store = store().await;
        for cursor in ["", "a b", "#", "~", &"x".repeat(65), "é"] {
            let page = Page { limit: 3, cursor: Some(cursor.into()) };
            assert_eq!(store.resellers().list(&page).await.unwrap_err().code(), "invalid");
        }
    }
}
