use trennwand_domain::{Digest, Error, Owner, ReasonCode, Result, Sealed, Timestamp};

use crate::{
    Store, Transaction,
    item::{Fields, Item, bytes, json, number},
    layout::{self, attribute},
    transaction::{Expression, Table},
};

/// An answer that is given again when the same request comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Whom the caller acts for.
    pub owner: Owner,
    /// Hash over the client and the key that it chose.
    pub key: Digest,
    /// Hash over the request: what the key stands for.
    pub request: Digest,
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers; no secrets.
    pub headers: Vec<(String, String)>,
    /// The body, sealed.
    pub body: Sealed,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// Answers kept under idempotency keys.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    store: &'a Store,
}

impl<'a> Answers<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Keeps an answer, in the transaction that it speaks of. If there is one under this key already,
    /// the transaction fails; if one is being written at the same time, it fails with the conflict
    /// `idempotency_in_flight`.
    pub fn keep(&self, tx: &mut Transaction, answer: &KeptAnswer, now: Timestamp) {
        let item = Item::at(&layout::kept_answer(answer.owner, answer.key))
            .with("fp", bytes(*answer.request.as_bytes()))
            .with("st", number(answer.status))
            .with("hd", json(&answer.headers))
            .with("sd", bytes(answer.body.as_bytes()))
            .with("ex", number(answer.expires_at.unix_s()))
            .with(attribute::TTL, number(answer.expires_at.unix_s()));
        // The database deletes late.
        let free = Expression::when("attribute_not_exists(pk) OR ex < :now")
            .value(":now", number(now.unix_s()));
        let taken = Error::unavailable("an answer is kept under this key already");
        let in_flight = Error::conflict(ReasonCode::IdempotencyInFlight);
        tx.put_first(item, free, taken, in_flight);
    }

    /// The answer kept under this key.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(
        &self,
        owner: Owner,
        key: Digest,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>> {
        let item = self.store.read(Table::Data, &layout::kept_answer(owner, key)).await?;
        let answer = item.map(|item| decode(item, owner, key)).transpose()?;
        Ok(answer.filter(|answer| now <= answer.expires_at))
    }
}

fn decode(mut item: Fields, owner: Owner, key: Digest) -> Result<KeptAnswer> {
    Ok(KeptAnswer {
        owner,
        key,
        request: Digest::from_bytes(item.array("fp")?),
        status: item.number("st")?,
        headers: item.json("hd")?,
        body: Sealed::from_bytes(item.bytes("sd")?),
        expires_at: Timestamp::from_unix_s(item.number("ex")?),
    })
}
