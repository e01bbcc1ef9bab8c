use trennwand_domain::{Error, Result, Sealed};

use crate::{
    Store, Transaction,
    item::{Item, bytes},
    layout,
    transaction::{Expression, Table},
};

/// What belongs to nobody but the platform itself.
#[derive(Debug, Clone, Copy)]
pub struct Platform<'a> {
    store: &'a Store,
}

/// The key that signs access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// Its public half: an uncompressed point.
    pub public: Vec<u8>,
    /// Its private half.
    pub private: Sealed,
}

impl<'a> Platform<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// The platform's data key, wrapped by the master key.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn wrapped_key(&self) -> Result<Option<Vec<u8>>> {
        let item = self.store.read(Table::Keys, &layout::platform_key()).await?;
        item.map(|mut item| item.bytes("wk")).transpose()
    }

    /// Adds the platform's data key; fails as already existing if there is one.
    pub fn insert_key(&self, tx: &mut Transaction, wrapped: &[u8]) {
        let item = Item::at(&layout::platform_key()).with("wk", bytes(wrapped));
        let exists = Error::already_exists("the platform's key");
        tx.put(Table::Keys, item, Expression::absent(), exists);
    }

    /// The key that signs access tokens.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn token_key(&self) -> Result<Option<TokenKey>> {
        let Some(mut item) = self.store.read(Table::Keys, &layout::token_key()).await? else {
            return Ok(None);
        };
        let private = Sealed::from_bytes(item.bytes("pr")?);
        Ok(Some(TokenKey { public: item.bytes("pu")?, private }))
    }

    /// Adds the key that signs access tokens; fails as already existing if there is one.
    pub fn insert_token_key(&self, tx: &mut Transaction, key: &TokenKey) {
        let item = Item::at(&layout::token_key())
            .with("pu", bytes(key.public.as_slice()))
            .with("pr", bytes(key.private.as_bytes()));
        let exists = Error::already_exists("the token key");
        tx.put(Table::Keys, item, Expression::absent(), exists);
    }
}
