use aws_sdk_dynamodb::types::AttributeValue;
use trennwand_domain::{Client, ClientId, Digest, Error, Owner, Result};

use crate::{
    Listed, Page, Store, Transaction, directory,
    item::{Fields, Item, bytes, json, moment, text},
    layout::{self, attribute},
    transaction::{Expression, Table},
};

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
        let exists = || Error::already_exists("client");
        let item = Item::at(&layout::client(client.owner, client.id))
            .with("ow", json(&client.owner))
            .with("nm", text(&client.name))
            .with("sh", bytes(*client.secret_hash.as_bytes()))
            .with("sc", json(&client.scopes))
            .with("cr", moment(client.created_at))
            .with("rk", AttributeValue::Bool(client.revoked));
        tx.put(Table::Data, item, Expression::absent(), exists());
        let directory = directory::client_item(client.id, client.owner);
        tx.put(Table::Data, directory, Expression::absent(), exists());
    }

    /// One client of this owner, revoked or not.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, owner: Owner, id: ClientId) -> Result<Option<Client>> {
        let item = self.store.read(Table::Data, &layout::client(owner, id)).await?;
        item.map(decode).transpose()
    }

    /// The clients of this owner, revoked ones included.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, owner: Owner, page: &Page) -> Result<Listed<Client>> {
        self.store.listed(&layout::clients(owner), page, decode).await
    }

    /// Revokes a client for good; not found if it does not exist.
    pub fn revoke(&self, tx: &mut Transaction, owner: Owner, id: ClientId) {
        let change = Expression::update("SET rk = :yes")
            .and_when("attribute_exists(pk)")
            .value(":yes", AttributeValue::Bool(true));
        tx.update(&layout::client(owner, id), change, Error::not_found("client"));
    }

    /// Gives a client a new secret; not found if it does not exist or is revoked.
    pub fn rotate(&self, tx: &mut Transaction, owner: Owner, id: ClientId, secret_hash: Digest) {
        let change = Expression::update("SET sh = :sh")
            .and_when("attribute_exists(pk) AND rk = :no")
            .value(":sh", bytes(*secret_hash.as_bytes()))
            .value(":no", AttributeValue::Bool(false));
        tx.update(&layout::client(owner, id), change, Error::not_found("client"));
    }
}

fn decode(mut item: Fields) -> Result<Client> {
    Ok(Client {
        id: item.parsed(attribute::SK)?,
        owner: item.json("ow")?,
        name: item.text("nm")?,
        secret_hash: Digest::from_bytes(item.array("sh")?),
        scopes: item.json("sc")?,
        created_at: item.moment("cr")?,
        revoked: item.flag("rk")?,
    })
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{ErrorKind, ResellerId, TenantId};

    use super::*;
    use crate::testing::{NOON, store};

    fn client(bits: u128, owner: Owner) -> Client {
        Client {
            id: ClientId::from_bits(bits),
            owner,
            name: "Frontend".into(),
            secret_hash: Digest::of(b"secret"),
            scopes: vec!["users".into(), "devices:read".into()],
            created_at: NOON,
            revoked: false,
        }
    }

    async fn insert(store: &Store, client: &Client) {
        let mut tx = store.transaction();
        store.clients().insert(&mut tx, client);
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_client_of_any_level_is_found_by_its_id_and_only_under_its_owner() {
        let store = store().await;
        let tenant = Owner::Tenant(TenantId::from_bits(1));
        let owners = [Owner::Operator, Owner::Reseller(ResellerId::from_bits(1)), tenant];
        for (bits, owner) in (1..).zip(owners) {
            let client = client(bits, owner);
            insert(&store, &client).await;
            assert_eq!(store.directory().owner_of_client(client.id).await.unwrap(), Some(owner));
            assert_eq!(store.clients().get(owner, client.id).await.unwrap(), Some(client.clone()));
            assert_eq!(store.clients().list(owner, &Page::first(9)).await.unwrap().items, [client]);
        }
        let foreign = Owner::Tenant(TenantId::from_bits(2));
        assert_eq!(store.clients().get(foreign, ClientId::from_bits(3)).await.unwrap(), None);
        assert_eq!(store.directory().owner_of_client(ClientId::from_bits(9)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_revoked_client_stays_revoked_and_gets_no_new_secret() {
        let store = store().await;
        let (owner, id) = (Owner::Operator, ClientId::from_bits(1));
        insert(&store, &client(1, owner)).await;
        let mut tx = store.transaction();
        store.clients().rotate(&mut tx, owner, id, Digest::of(b"new"));
        tx.commit().await.unwrap();
        let mut tx = store.transaction();
        store.clients().revoke(&mut tx, owner, id);
        tx.commit().await.unwrap();
        let read = store.clients().get(owner, id).await.unwrap().unwrap();
        assert_eq!((read.secret_hash, read.revoked), (Digest::of(b"new"), true));
        let mut tx = store.transaction();
        store.clients().rotate(&mut tx, owner, id, Digest::of(b"newer"));
        let error = tx.commit().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotFound { what: "client" });
        let mut tx = store.transaction();
        store.clients().revoke(&mut tx, owner, ClientId::from_bits(2));
        assert_eq!(tx.commit().await.unwrap_err().code(), "not_found");
    }
}
