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

#[cfg(test)]
mod tests {
    use trennwand_domain::{Authenticator, Duration, Reseller, ResellerId, TenantId, TenantScope};

    use super::*;
    use crate::{
        Fault, FaultPlan, Meter,
        testing::{NOON, store, store_with},
    };

    fn answer(owner: Owner, key: &[u8]) -> KeptAnswer {
        KeptAnswer {
            owner,
            key: Digest::of(key),
            request: Digest::of(b"request"),
            status: 201,
            headers: vec![("etag".into(), "\"1\"".into())],
            body: Sealed::from_bytes(vec![3; 50]),
            expires_at: NOON.plus(Duration::from_secs(60)),
        }
    }

    /// A business write with an answer that is kept.
    async fn write(store: &Store, bits: u128, answer: &KeptAnswer, now: Timestamp) -> Result<()> {
        let mut tx = store.transaction();
        let id = ResellerId::from_bits(bits);
        let reseller = Reseller { id, name: "Telco".into(), created_at: NOON };
        store.resellers().insert(&mut tx, &reseller);
        store.answers().keep(&mut tx, answer, now);
        tx.commit().await
    }

    #[tokio::test]
    async fn what_a_key_stands_for_happens_once() {
        let store = store().await;
        let kept = answer(Owner::Operator, b"key");
        let (written, usage) = Meter::measure(write(&store, 1, &kept, NOON)).await;
        written.unwrap();
        assert_eq!(usage.requests, 1, "the key costs no request");
        write(&store, 2, &kept, NOON).await.unwrap_err();
        let second = store.resellers().get(ResellerId::from_bits(2)).await.unwrap();
        assert_eq!(second, None, "nothing of the second was written");
        let found = store.answers().get(Owner::Operator, kept.key, NOON).await.unwrap();
        assert_eq!(found, Some(kept));
    }

    #[tokio::test]
    async fn owners_do_not_share_keys() {
        let store = store().await;
        let owners = [
            Owner::Operator,
            Owner::Reseller(ResellerId::from_bits(1)),
            Owner::Tenant(TenantId::from_bits(1)),
            Owner::Tenant(TenantId::from_bits(2)),
        ];
        for (bits, owner) in (1..).zip(owners) {
            let kept = answer(owner, b"key");
            assert_eq!(store.answers().get(owner, kept.key, NOON).await.unwrap(), None);
            write(&store, bits, &kept, NOON).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_key_can_be_used_anew_once_its_answer_has_expired() {
        let store = store().await;
        let kept = answer(Owner::Operator, b"key");
        write(&store, 1, &kept, NOON).await.unwrap();
        let later = kept.expires_at.plus(Duration::from_secs(1));
        let answers = store.answers();
        assert!(answers.get(Owner::Operator, kept.key, kept.expires_at).await.unwrap().is_some());
        assert_eq!(answers.get(Owner::Operator, kept.key, later).await.unwrap(), None);
        write(&store, 2, &kept, later).await.unwrap();
    }

    #[tokio::test]
    async fn a_key_that_is_being_written_elsewhere_is_in_flight() {
        let plan = FaultPlan::default();
        let store = store_with(Some(plan.clone())).await;
        for nth in 1..=4 {
            plan.on_request(nth, Fault::Conflict);
        }
        let error = write(&store, 1, &answer(Owner::Operator, b"key"), NOON).await.unwrap_err();
        assert_eq!(error.code(), "idempotency_in_flight");
    }

    #[test]
    fn a_tenants_answers_lie_under_its_prefix() {
        #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
        let scope = TenantScope::vouched(Authenticator::ApiToken, TenantId::from_bits(1));
        let key = layout::kept_answer(Owner::Tenant(scope.tenant()), Digest::of(b""));
        let tenant = layout::tenant(&scope).pk;
        assert_eq!(key.pk, tenant.replace("#O", "#IDK"));
    }
}
