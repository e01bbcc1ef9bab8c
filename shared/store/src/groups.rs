use trennwand_domain::{Error, Group, GroupId, Result, TenantScope};

use crate::{
    Listed, Page, Store, Transaction, failure,
    item::{Fields, Item, moment, number, text},
    layout::{self, attribute},
    transaction::{Expression, Table},
};

/// A tenant's groups. Who is in one is said by the phones' headers alone.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> Groups<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// Adds a group.
    pub fn insert(&self, tx: &mut Transaction, group: &Group) {
        let item = self.encode(group, group.revision);
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("group"));
    }

    /// One group.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: GroupId) -> Result<Option<Group>> {
        let item = self.store.read(Table::Data, &layout::group(&self.scope, id)).await?;
        item.map(decode).transpose()
    }

    /// The groups.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Group>> {
        self.store.listed(&layout::groups(&self.scope), page, decode).await
    }

    /// Writes a group. `group.revision` is the one that was read; if it is no longer, the transaction
    /// fails as a concurrent change.
    pub fn update(&self, tx: &mut Transaction, group: &Group) {
        let item = self.encode(group, group.revision + 1);
        tx.put(Table::Data, item, unchanged(group), failure::concurrent_change());
    }

    /// Deletes a group as it was read; the condition is that of [`Self::update`].
    pub fn delete(&self, tx: &mut Transaction, group: &Group) {
        let key = layout::group(&self.scope, group.id);
        tx.delete(Table::Data, &key, unchanged(group), failure::concurrent_change());
    }

    fn encode(&self, group: &Group, revision: u64) -> Item {
        Item::at(&layout::group(&self.scope, group.id))
            .with("nm", text(&group.name))
            .with("cr", moment(group.created_at))
            .with("rv", number(revision))
    }
}

fn unchanged(group: &Group) -> Expression {
    Expression::when("rv = :rv").value(":rv", number(group.revision))
}

fn decode(mut item: Fields) -> Result<Group> {
    Ok(Group {
        id: item.parsed(attribute::SK)?,
        name: item.text("nm")?,
        created_at: item.moment("cr")?,
        revision: item.number("rv")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, scope, store};

    fn docks() -> Group {
        Group { id: GroupId::from_bits(1), name: "Docks".into(), created_at: NOON, revision: 0 }
    }

    #[tokio::test]
    async fn a_group_belongs_to_its_tenant_and_changes_as_it_was_read() {
        let store = store().await;
        let (ours, theirs) = (scope(1), scope(2));
        let groups = store.groups(&ours);
        let mut tx = store.transaction();
        groups.insert(&mut tx, &docks());
        tx.commit().await.unwrap();
        assert_eq!(groups.get(docks().id).await.unwrap(), Some(docks()));
        assert_eq!(store.groups(&theirs).get(docks().id).await.unwrap(), None);
        assert_eq!(store.groups(&theirs).list(&Page::first(9)).await.unwrap().items, []);
        let rename = async |name: &str| {
            let mut tx = store.transaction();
            groups.update(&mut tx, &Group { name: name.into(), ..docks() });
            tx.commit().await
        };
        rename("Quay").await.unwrap();
        assert_eq!(rename("Yard").await.unwrap_err().code(), "concurrent_change");
        let renamed = Group { name: "Quay".into(), revision: 1, ..docks() };
        assert_eq!(
            groups.list(&Page::first(9)).await.unwrap().items,
            std::slice::from_ref(&renamed)
        );
        let mut tx = store.transaction();
        groups.delete(&mut tx, &docks());
        assert_eq!(tx.commit().await.unwrap_err().code(), "concurrent_change");
        let mut tx = store.transaction();
        groups.delete(&mut tx, &renamed);
        tx.commit().await.unwrap();
        assert_eq!(groups.get(docks().id).await.unwrap(), None);
    }
}
