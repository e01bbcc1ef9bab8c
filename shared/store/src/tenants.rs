use trennwand_domain::{Error, ResellerId, Result, Tenant, TenantId, TenantStatus};

use crate::{
    Listed, Page, Store, Transaction,
    item::{Fields, Item, bytes, moment, number, text},
    layout::{self, Key, attribute},
    transaction::{Expression, Table},
};

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
        let exists = || Error::already_exists("tenant");
        let listed = layout::listed_tenant(tenant.reseller, tenant.id);
        for key in [layout::new_tenant(tenant.id), listed] {
            tx.put(
                Table::Data,
                encode(&key, tenant, tenant.revision),
                Expression::absent(),
                exists(),
            );
        }
        let key = Item::at(&layout::new_tenant_key(tenant.id)).with("wk", bytes(wrapped_key));
        tx.put(Table::Keys, key, Expression::absent(), exists());
    }

    /// The tenants of a reseller.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, reseller: ResellerId, page: &Page) -> Result<Listed<Tenant>> {
        self.store.listed(&layout::tenants(reseller), page, decode).await
    }

    /// The tenant, if it is one of this reseller's.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn owned_by(&self, reseller: ResellerId, tenant: TenantId) -> Result<Option<Tenant>> {
        let key = layout::listed_tenant(reseller, tenant);
        self.store.read(Table::Data, &key).await?.map(decode).transpose()
    }
}

pub(crate) fn encode(key: &Key, tenant: &Tenant, revision: u64) -> Item {
    Item::at(key)
        .with("id", text(tenant.id))
        .with("rs", text(tenant.reseller))
        .with("nm", text(&tenant.name))
        .with(attribute::STATE, text(tenant.status))
        .with("cr", moment(tenant.created_at))
        .with("rv", number(revision))
}

pub(crate) fn decode(mut item: Fields) -> Result<Tenant> {
    Ok(Tenant {
        id: item.parsed("id")?,
        reseller: item.parsed("rs")?,
        name: item.text("nm")?,
        status: item.word(attribute::STATE, TenantStatus::from_word)?,
        created_at: item.moment("cr")?,
        revision: item.number("rv")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{scope, store, tenant};

    #[tokio::test]
    async fn a_tenant_is_seen_by_its_reseller_only() {
        let store = store().await;
        let mut tx = store.transaction();
        store.tenants().insert(&mut tx, &tenant(1), b"wrapped");
        tx.commit().await.unwrap();
        let (ours, theirs) = (tenant(1).reseller, ResellerId::from_bits(8));
        let id = tenant(1).id;
        assert_eq!(store.tenants().owned_by(ours, id).await.unwrap(), Some(tenant(1)));
        assert_eq!(store.tenants().owned_by(theirs, id).await.unwrap(), None);
        assert_eq!(store.tenants().list(ours, &Page::first(9)).await.unwrap().items, [tenant(1)]);
        assert_eq!(store.tenants().list(theirs, &Page::first(9)).await.unwrap().items, []);
        assert_eq!(store.tenant(&scope(1)).get().await.unwrap(), Some(tenant(1)));
        assert_eq!(store.tenant(&scope(2)).get().await.unwrap(), None);
        let key = store.tenant(&scope(1)).wrapped_key().await.unwrap();
        assert_eq!(key.as_deref(), Some(b"wrapped".as_slice()));
        assert_eq!(store.tenant(&scope(2)).wrapped_key().await.unwrap(), None);
    }
}
