use trennwand_domain::{Agreement, Digest, Result, TenantScope};

use crate::{
    Store, Transaction, failure,
    item::{Fields, Item, bytes, moment, text},
    layout::{self, attribute},
    read::Between,
    transaction::{Expression, Table},
};

/// What a tenant agreed to.
#[derive(Debug, Clone, Copy)]
pub struct Agreements<'a> {
    store: &'a Store,
    scope: TenantScope,
}

/// More versions of the terms than there will be.
const MOST: usize = 100;

impl<'a> Agreements<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// The acceptance of this version of the terms.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, version: &str) -> Result<Option<Agreement>> {
        let key = layout::agreement(&self.scope, version);
        self.store.read(Table::Data, &key).await?.map(decode).transpose()
    }

    /// Every acceptance, by version.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn all(&self) -> Result<Vec<Agreement>> {
        let span = layout::agreements(&self.scope);
        let query =
            Between { pk: &span.pk, bounds: span.bounds(None), limit: MOST, consistent: true };
        let (items, _) = self.store.between(query).await?;
        items.into_iter().map(|item| decode(item.into())).collect()
    }

    /// Keeps an acceptance; the first one of a version stays, and another fails as a concurrent
    /// change.
    pub fn insert(&self, tx: &mut Transaction, agreement: &Agreement) {
        let item = Item::at(&layout::agreement(&self.scope, &agreement.version))
            .with("dg", bytes(*agreement.digest.as_bytes()))
            .with("at", moment(agreement.accepted_at))
            .maybe("by", agreement.accepted_by.map(text));
        tx.put(Table::Data, item, Expression::absent(), failure::concurrent_change());
    }
}

fn decode(mut item: Fields) -> Result<Agreement> {
    Ok(Agreement {
        version: item.text(attribute::SK)?,
        digest: Digest::from_bytes(item.array("dg")?),
        accepted_at: item.moment("at")?,
        accepted_by: item.opt_parsed("by")?,
    })
}

#[cfg(test)]
mod tests {
    use trennwand_domain::ClientId;

    use super::*;
    use crate::testing::{NOON, scope, store};

    #[tokio::test]
    async fn the_first_acceptance_of_a_version_stays() {
        let store = store().await;
        let (ours, foreign) = (scope(1), scope(2));
        let first = Agreement {
            version: "2026-11".into(),
            digest: Digest::of(b"terms"),
            accepted_at: NOON,
            accepted_by: Some(ClientId::from_bits(5)),
        };
        let insert = async |agreement: &Agreement| {
            let mut tx = store.transaction();
            store.agreements(&ours).insert(&mut tx, agreement);
            tx.commit().await
        };
        insert(&first).await.unwrap();
        let again = Agreement { accepted_by: None, ..first.clone() };
        assert_eq!(insert(&again).await.unwrap_err().code(), "concurrent_change");
        let later = Agreement { version: "2027-01".into(), ..again };
        insert(&later).await.unwrap();
        assert_eq!(store.agreements(&ours).get("2026-11").await.unwrap(), Some(first.clone()));
        assert_eq!(store.agreements(&ours).all().await.unwrap(), [first, later]);
        assert_eq!(store.agreements(&foreign).all().await.unwrap(), []);
    }
}
