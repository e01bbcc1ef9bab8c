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
            .with("rq", text(event.request));
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
    })
}
