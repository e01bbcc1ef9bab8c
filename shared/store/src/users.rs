use std::collections::HashMap;

use trennwand_domain::{Error, Locale, Result, Sealed, TenantScope, Token, User, UserId};

use crate::{
    Listed, Page, Store, Transaction, failure,
    item::{Fields, Item, bytes, moment, number, text},
    layout::{self, attribute},
    read::Between,
    transaction::{Expression, Table},
};

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
        let exists = || Error::already_exists("user");
        tx.put(Table::Data, self.encode(user, user.revision), Expression::absent(), exists());
        let key = Item::at(&layout::subject_key(&self.scope, user.id))
            .with("wk", bytes(wrapped_subject_key));
        tx.put(Table::Keys, key, Expression::absent(), exists());
        self.put_email(tx, user);
        self.put_external_id(tx, user);
    }

    /// One user.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: UserId) -> Result<Option<User>> {
        let item = self.store.read(Table::Data, &layout::user(&self.scope, id)).await?;
        item.map(decode).transpose()
    }

    /// The users.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<User>> {
        self.store.listed(&layout::users(&self.scope), page, decode).await
    }

    /// The user with this `external_id` (as keyed hash).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn by_external_id(&self, hash: [u8; 16]) -> Result<Option<User>> {
        let key = layout::user_by_external_id(&self.scope, hash);
        match self.store.read(Table::Data, &key).await? {
            Some(mut item) => self.get(item.parsed("us")?).await,
            None => Ok(None),
        }
    }

    /// The users with this e-mail address (as keyed hash), at most 100.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn by_email(&self, hash: [u8; 16]) -> Result<Vec<User>> {
        let span = layout::users_by_email(&self.scope);
        let bounds = layout::email_bounds(hash);
        let query = Between { pk: &span.pk, bounds, limit: 100, consistent: true };
        let (items, _) = self.store.between(query).await?;
        let ids = items.into_iter().map(|item| Fields::from(item).parsed("us"));
        let ids: Vec<UserId> = ids.collect::<Result<_>>()?;
        let keys: Vec<_> =
            ids.iter().map(|id| (Table::Data, layout::user(&self.scope, *id))).collect();
        let batch = self.store.batch(&keys, true).await?;
        batch.data.into_iter().map(|item| decode(item.into())).collect()
    }

    /// Replaces `before`, as it was read, by `after`; the store counts the revision up. If it was
    /// changed since, the transaction fails as a concurrent change.
    pub fn update(&self, tx: &mut Transaction, before: &User, after: &User) {
        let unchanged = Expression::when("rv = :rv").value(":rv", number(before.revision));
        let changed = failure::concurrent_change();
        tx.put(Table::Data, self.encode(after, before.revision + 1), unchanged, changed);
        if before.email_hash != after.email_hash {
            self.delete_email(tx, before);
            self.put_email(tx, after);
        }
        if before.external_id_hash != after.external_id_hash {
            self.delete_external_id(tx, before);
            self.put_external_id(tx, after);
        }
    }

    /// Deletes a user and the person's key, so that what backups hold cannot be read any more.
    pub fn delete(&self, tx: &mut Transaction, user: &User) {
        let missing = || Error::not_found("user");
        let key = layout::user(&self.scope, user.id);
        tx.delete(Table::Data, &key, Expression::present(), missing());
        let key = layout::subject_key(&self.scope, user.id);
        tx.delete(Table::Keys, &key, Expression::default(), missing());
        self.delete_email(tx, user);
        self.delete_external_id(tx, user);
    }

    /// A user and the person's wrapped key, in one request.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn person_bundle(&self, id: UserId) -> Result<Option<(User, Vec<u8>)>> {
        Ok(self.bundles(&[id], true).await?.pop())
    }

    /// [`Self::person_bundle`] as it was lately, at half the price. For the device path, which
    /// compares [`User::variables`] with the hash in the phone's header and asks again if they differ.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn recent_person_bundle(&self, id: UserId) -> Result<Option<(User, Vec<u8>)>> {
        Ok(self.bundles(&[id], false).await?.pop())
    }

    /// Several users with their wrapped keys, in the order of `ids` (each once); absent ones are left
    /// out. One request per 50.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn person_bundles(&self, ids: &[UserId]) -> Result<Vec<(User, Vec<u8>)>> {
        self.bundles(ids, true).await
    }

    async fn bundles(&self, ids: &[UserId], consistent: bool) -> Result<Vec<(User, Vec<u8>)>> {
        let keys = ids.iter().flat_map(|id| {
            [
                (Table::Data, layout::user(&self.scope, *id)),
                (Table::Keys, layout::subject_key(&self.scope, *id)),
            ]
        });
        let batch = self.store.batch(&keys.collect::<Vec<_>>(), consistent).await?;
        let keys = batch.keys.into_iter().map(|item| {
            let mut item = Fields::from(item);
            Ok((item.parsed(attribute::SK)?, item.bytes("wk")?))
        });
        let mut keys: HashMap<UserId, Vec<u8>> = keys.collect::<Result<_>>()?;
        let users = batch.data.into_iter().map(|item| decode(item.into()).map(|u| (u.id, u)));
        let mut users: HashMap<UserId, User> = users.collect::<Result<_>>()?;
        Ok(ids.iter().filter_map(|id| Some((users.remove(id)?, keys.remove(id)?))).collect())
    }

    fn put_email(&self, tx: &mut Transaction, user: &User) {
        let key = layout::user_by_email(&self.scope, user.email_hash, user.id);
        let item = Item::at(&key).with("us", text(user.id));
        tx.put(Table::Data, item, Expression::default(), Error::already_exists("user"));
    }

    fn delete_email(&self, tx: &mut Transaction, user: &User) {
        let key = layout::user_by_email(&self.scope, user.email_hash, user.id);
        tx.delete(Table::Data, &key, Expression::default(), Error::not_found("user"));
    }

    fn put_external_id(&self, tx: &mut Transaction, user: &User) {
        let Some(hash) = user.external_id_hash else { return };
        let key = layout::user_by_external_id(&self.scope, hash);
        let item = Item::at(&key).with("us", text(user.id));
        let exists = Error::already_exists("a user with this external_id");
        tx.put(Table::Data, item, Expression::absent(), exists);
    }

    fn delete_external_id(&self, tx: &mut Transaction, user: &User) {
        let Some(hash) = user.external_id_hash else { return };
        let key = layout::user_by_external_id(&self.scope, hash);
        tx.delete(Table::Data, &key, Expression::default(), Error::not_found("user"));
    }

    fn encode(&self, user: &User, revision: u64) -> Item {
        Item::at(&layout::user(&self.scope, user.id))
            .maybe("xh", user.external_id_hash.map(bytes))
            .with("eh", bytes(user.email_hash))
            .with("sd", bytes(user.person.as_bytes()))
            .with(attribute::PERSON, bytes(*user.variables.as_bytes()))
            .with("lc", text(user.locale.tag()))
            .with("cr", moment(user.created_at))
            .with("rv", number(revision))
    }
}

fn decode(mut item: Fields) -> Result<User> {
    Ok(User {
        id: item.parsed(attribute::SK)?,
        external_id_hash: item.opt_array("xh")?,
        email_hash: item.array("eh")?,
        person: Sealed::from_bytes(item.bytes("sd")?),
        variables: Token::from_bytes(item.array(attribute::PERSON)?),
        locale: item
            .word("lc", |tag| [Locale::En, Locale::De].into_iter().find(|l| l.tag() == tag))?,
        created_at: item.moment("cr")?,
        revision: item.number("rv")?,
    })
}

#[cfg(test)]
mod tests {
    use trennwand_domain::ErrorKind;

    use super::*;
    use crate::{
        Meter,
        testing::{NOON, scope, store},
    };

    fn user(bits: u128) -> User {
        User {
            id: UserId::from_bits(bits),
            external_id_hash: Some([bits as u8; 16]),
            email_hash: [1; 16],
            person: Sealed::from_bytes(vec![7; 200]),
            variables: Token::from_bytes([8; 10]),
            locale: Locale::De,
            created_at: NOON,
            revision: 1,
        }
    }

    async fn insert(store: &Store, user: &User) -> Result<()> {
        let mut tx = store.transaction();
        store.users(&scope(1)).insert(&mut tx, user, &[user.id.bits() as u8]);
        tx.commit().await
    }

    #[tokio::test]
    async fn a_user_is_found_by_id_and_by_hashes_in_the_own_tenant_only() {
        let store = store().await;
        insert(&store, &user(1)).await.unwrap();
        insert(&store, &User { external_id_hash: None, ..user(2) }).await.unwrap();
        let (ours, theirs) = (scope(1), scope(2));
        let (ours, theirs) = (store.users(&ours), store.users(&theirs));
        assert_eq!(ours.get(user(1).id).await.unwrap(), Some(user(1)));
        assert_eq!(ours.by_external_id([1; 16]).await.unwrap(), Some(user(1)));
        assert_eq!(ours.by_external_id([2; 16]).await.unwrap(), None);
        assert_eq!(ours.by_email([1; 16]).await.unwrap().len(), 2);
        assert_eq!(ours.by_email([0; 16]).await.unwrap(), []);
        let all = ours.list(&Page::first(9)).await.unwrap().items;
        assert_eq!(all.iter().map(|u| u.id.bits()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(theirs.get(user(1).id).await.unwrap(), None);
        assert_eq!(theirs.person_bundle(user(1).id).await.unwrap(), None);
        assert_eq!(theirs.by_external_id([1; 16]).await.unwrap(), None);
        assert_eq!(theirs.by_email([1; 16]).await.unwrap(), []);
        assert_eq!(theirs.list(&Page::first(9)).await.unwrap().items, []);
    }

    #[tokio::test]
    async fn an_external_id_belongs_to_one_user() {
        let store = store().await;
        insert(&store, &user(1)).await.unwrap();
        let error = insert(&store, &User { external_id_hash: Some([1; 16]), ..user(2) }).await;
        let what = "a user with this external_id";
        assert_eq!(*error.unwrap_err().kind(), ErrorKind::AlreadyExists { what });
        assert_eq!(store.users(&scope(1)).get(user(2).id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_change_moves_the_hashes_and_needs_the_user_as_read() {
        let store = store().await;
        insert(&store, &user(1)).await.unwrap();
        let scope = scope(1);
        let users = store.users(&scope);
        let changed = User {
            external_id_hash: Some([9; 16]),
            email_hash: [2; 16],
            locale: Locale::En,
            ..user(1)
        };
        let change = async || {
            let mut tx = store.transaction();
            users.update(&mut tx, &user(1), &changed);
            tx.commit().await
        };
        change().await.unwrap();
        let read = Some(User { revision: 2, ..changed.clone() });
        assert_eq!(users.by_external_id([9; 16]).await.unwrap(), read);
        assert_eq!(users.by_external_id([1; 16]).await.unwrap(), None);
        assert_eq!(users.by_email([2; 16]).await.unwrap().len(), 1);
        assert_eq!(users.by_email([1; 16]).await.unwrap(), []);
        assert_eq!(change().await.unwrap_err().code(), "concurrent_change");
    }

    #[tokio::test]
    async fn person_and_key_come_in_one_request() {
        let store = store().await;
        for bits in 1..=60 {
            let user = User { external_id_hash: None, ..user(bits) };
            insert(&store, &user).await.unwrap();
        }
        let scope = scope(1);
        let users = store.users(&scope);
        let id = UserId::from_bits(5);
        let (bundle, usage) = Meter::measure(users.person_bundle(id)).await;
        assert_eq!(bundle.unwrap().map(|(user, key)| (user.id, key)), Some((id, vec![5])));
        assert_eq!((usage.requests, usage.rcu), (1, 2.0));
        let (bundle, usage) = Meter::measure(users.recent_person_bundle(id)).await;
        assert!(bundle.unwrap().is_some());
        assert_eq!((usage.requests, usage.rcu), (1, 1.0));
        let ids: Vec<_> = (0..=60).rev().map(UserId::from_bits).collect();
        let bundles = users.person_bundles(&ids).await.unwrap();
        let read: Vec<_> = bundles.iter().map(|(user, _)| user.id).collect();
        assert_eq!(read, ids[..60]);
    }

    #[tokio::test]
    async fn a_deleted_user_is_gone_with_the_key_and_the_hashes() {
        let store = store().await;
        insert(&store, &user(1)).await.unwrap();
        let scope = scope(1);
        let users = store.users(&scope);
        let mut tx = store.transaction();
        users.delete(&mut tx, &user(1));
        tx.commit().await.unwrap();
        assert_eq!(users.person_bundle(user(1).id).await.unwrap(), None);
        assert_eq!(users.by_email([1; 16]).await.unwrap(), []);
        let key = layout::subject_key(&scope, user(1).id);
        assert!(store.read(Table::Keys, &key).await.unwrap().is_none());
        insert(&store, &user(1)).await.unwrap();
    }
}
