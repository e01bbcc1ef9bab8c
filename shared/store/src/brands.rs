use trennwand_domain::{Brand, ErrorKind, Logo, LogoFormat, ResellerId, Result};

use crate::{
    Store, Transaction, failure,
    item::{Item, bytes, json, number, text},
    layout,
    transaction::{Expression, Table},
};

/// The resellers' brands and logos.
#[derive(Debug, Clone, Copy)]
pub struct Brands<'a> {
    store: &'a Store,
}

impl<'a> Brands<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// The brand that a reseller has set.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, reseller: ResellerId) -> Result<Option<Brand>> {
        let item = self.store.read(Table::Data, &layout::brand(reseller)).await?;
        item.map(|mut item| item.json("js")).transpose()
    }

    /// Writes a brand and counts its revision up; returns it as stored. `brand.revision` is the one
    /// that was read; if it is no longer, the transaction fails as stale.
    pub fn put(&self, tx: &mut Transaction, brand: Brand) -> Brand {
        let unchanged = match brand.revision {
            0 => Expression::absent(),
            read => Expression::when("rv = :rv").value(":rv", number(read)),
        };
        let stored = Brand { revision: brand.revision + 1, ..brand };
        let item = Item::at(&layout::brand(stored.reseller))
            .with("rv", number(stored.revision))
            .with("js", json(&stored));
        tx.put(Table::Data, item, unchanged, ErrorKind::Stale.into());
        stored
    }

    /// Stores the bytes of a reseller's logo in place of those before.
    pub fn put_logo(
        &self,
        tx: &mut Transaction,
        reseller: ResellerId,
        logo: &Logo,
        picture: &[u8],
    ) {
        let item = Item::at(&layout::logo(reseller))
            .with("fm", text(logo.format))
            .with("by", bytes(picture));
        tx.put(Table::Data, item, Expression::default(), failure::concurrent_change());
    }

    /// Removes the bytes of a reseller's logo.
    pub fn remove_logo(&self, tx: &mut Transaction, reseller: ResellerId) {
        let key = layout::logo(reseller);
        tx.delete(Table::Data, &key, Expression::default(), failure::concurrent_change());
    }

    /// The bytes of a reseller's logo, as they were lately.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn logo(&self, reseller: ResellerId) -> Result<Option<(LogoFormat, Vec<u8>)>> {
        let item = self.store.read_recent(Table::Data, &layout::logo(reseller)).await?;
        let picture =
            item.map(|mut item| Ok((item.word("fm", LogoFormat::from_word)?, item.bytes("by")?)));
        picture.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::store;

    const RESELLER: ResellerId = ResellerId::from_bits(7);

    async fn put(store: &Store, brand: Brand) -> Result<Brand> {
        let mut tx = store.transaction();
        let stored = store.brands().put(&mut tx, brand);
        tx.commit().await.map(|()| stored)
    }

    #[tokio::test]
    async fn a_brand_follows_its_revision() {
        let store = store().await;
        assert_eq!(store.brands().get(RESELLER).await.unwrap(), None);
        let first = put(&store, Brand::plain(RESELLER, "Nordwand")).await.unwrap();
        assert_eq!(store.brands().get(RESELLER).await.unwrap(), Some(first.clone()));
        let second = Brand { name: "Südwand".into(), ..first.clone() };
        assert_eq!(put(&store, second.clone()).await.unwrap().revision, 2);
        let late = Brand { name: "Ostwand".into(), ..first };
        assert_eq!(put(&store, late).await.unwrap_err().code(), "stale");
        let again = Brand::plain(RESELLER, "Westwand");
        assert_eq!(put(&store, again).await.unwrap_err().code(), "stale");
        assert_eq!(store.brands().get(ResellerId::from_bits(8)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_reseller_has_one_logo_or_none() {
        let store = store().await;
        let picture = b"\xff\xd8\xff\xc0\0\x11\x08\0\x20\0\x10\x03";
        let logo = Logo::read(picture).unwrap();
        for bytes in [b"before".as_slice(), picture] {
            let mut tx = store.transaction();
            store.brands().put_logo(&mut tx, RESELLER, &logo, bytes);
            tx.commit().await.unwrap();
        }
        let found = store.brands().logo(RESELLER).await.unwrap();
        assert_eq!(found, Some((LogoFormat::Jpeg, picture.to_vec())));
        assert_eq!(store.brands().logo(ResellerId::from_bits(8)).await.unwrap(), None);
        for _ in 0..2 {
            let mut tx = store.transaction();
            store.brands().remove_logo(&mut tx, RESELLER);
            tx.commit().await.unwrap();
        }
        assert_eq!(store.brands().logo(RESELLER).await.unwrap(), None);
    }
}
