use trennwand_domain::{AuditEvent, Error, Level, Owner, ResellerId, Result, TenantScope};

use crate::{
    Listed, Page, Store, Transaction,
    item::{Fields, Item, moment, text},
    layout::{self, attribute},
    transaction::{Expression, Table},
};

/// Whose things were written: the trail that the event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trail {
    /// The platform.
    Operator,
    /// One reseller.
    Reseller(ResellerId),
    /// One tenant, also when its reseller did it.
    Tenant(TenantScope),
}

impl Trail {
    const fn owner(self) -> Owner {
        match self {
            Self::Operator => Owner::Operator,
            Self::Reseller(id) => Owner::Reseller(id),
            Self::Tenant(scope) => Owner::Tenant(scope.tenant()),
        }
    }
}

/// What was written through the API, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    store: &'a Store,
}

impl<'a> Audit<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Adds an event, in the transaction of the write that it tells of.
    pub fn append(&self, tx: &mut Transaction, trail: Trail, event: &AuditEvent) {
        let item = Item::at(&layout::audit_event(trail.owner(), event.id))
            .with("at", moment(event.at))
            .with("ac", text(event.actor))
            .with("lv", text(event.level))
            .with("op", text(&event.operation))
            .with("ob", text(&event.object))
            .with("rq", text(event.request))
            .maybe("re", event.reason.as_ref().map(text));
        let twice = Error::internal("an event's identifier was used twice");
        tx.put(Table::Data, item, Expression::absent(), twice);
    }

    /// The events of a trail, oldest first.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, trail: Trail, page: &Page) -> Result<Listed<AuditEvent>> {
        self.store.listed(&layout::audit_trail(trail.owner()), page, decode).await
    }
}

fn decode(mut item: Fields) -> Result<AuditEvent> {
    Ok(AuditEvent {
        id: item.parsed(attribute::SK)?,
        at: item.moment("at")?,
        actor: item.parsed("ac")?,
        level: item.word("lv", Level::from_word)?,
        operation: item.text("op")?,
        object: item.text("ob")?,
        request: item.parsed("rq")?,
        reason: item.opt_text("re")?,
    })
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{ClientId, EventId, RequestId};

    use super::*;
    use crate::testing::{NOON, scope, store};

    fn event(bits: u128) -> AuditEvent {
        AuditEvent {
            id: EventId::from_bits(bits),
            at: NOON,
            actor: ClientId::from_bits(1),
            level: Level::Tenant,
            operation: "user_create".into(),
            object: "usr_1".into(),
            request: RequestId::from_bits(bits),
            reason: bits.is_multiple_of(2).then(|| "lost on the train".into()),
        }
    }

    async fn append(store: &Store, trail: Trail, bits: u128) -> Result<()> {
        let mut tx = store.transaction();
        store.audit().append(&mut tx, trail, &event(bits));
        tx.commit().await
    }

    #[tokio::test]
    async fn a_trail_is_read_in_pages_oldest_first_and_is_nobody_elses() {
        let store = store().await;
        let trails = [
            Trail::Tenant(scope(1)),
            Trail::Tenant(scope(2)),
            Trail::Reseller(ResellerId::from_bits(1)),
            Trail::Operator,
        ];
        for (start, trail) in [100, 200, 300, 400].into_iter().zip(trails) {
            for bits in [start + 2, start, start + 1] {
                append(&store, trail, bits).await.unwrap();
            }
        }
        for (start, trail) in [100, 200, 300, 400].into_iter().zip(trails) {
            let first = store.audit().list(trail, &Page::first(2)).await.unwrap();
            assert_eq!(first.items, [event(start), event(start + 1)]);
            let rest = Page { limit: 2, cursor: first.next };
            let rest = store.audit().list(trail, &rest).await.unwrap();
            assert_eq!((rest.items, rest.next), (vec![event(start + 2)], None));
        }
    }

    #[tokio::test]
    async fn an_event_is_never_overwritten() {
        let store = store().await;
        append(&store, Trail::Operator, 1).await.unwrap();
        let mut tx = store.transaction();
        let other = AuditEvent { object: "usr_2".into(), ..event(1) };
        store.audit().append(&mut tx, Trail::Operator, &other);
        assert_eq!(tx.commit().await.unwrap_err().code(), "internal");
    }
}
