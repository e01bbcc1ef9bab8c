use std::{fmt, time::Duration};

use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError,
        transact_write_items::TransactWriteItemsError, update_item::UpdateItemError,
    },
    types::{
        AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update, error::TransactionCanceledException,
    },
};
use trennwand_domain::{Error, Result};

use crate::{
    Store, failure,
    item::{Item, Map},
    layout::Key,
};

/// Writes that happen together or not at all. Repositories add to it, each write with the error
/// that its failed condition means.
#[must_use = "nothing is written before commit"]
pub struct Transaction {
    store: Store,
    writes: Vec<(Write, Error)>,
    /// What it means if somebody else's write stays in the way of the first one.
    first_busy: Option<Error>,
}

/// How often a transaction that somebody else's write was in the way of is tried.
const ATTEMPTS: u32 = 4;

#[derive(Clone)]
enum Write {
    Put(Put),
    Update(Update),
    Delete(Delete),
    Check(ConditionCheck),
}

/// A condition, and an update if there is one, in DynamoDB's expression language.
#[derive(Clone, Default)]
pub(crate) struct Expression {
    update: Option<String>,
    condition: Option<String>,
    values: Map,
}

impl Expression {
    pub(crate) fn update(text: impl Into<String>) -> Self {
        Self { update: Some(text.into()), ..Self::default() }
    }

    pub(crate) fn when(text: impl Into<String>) -> Self {
        Self { condition: Some(text.into()), ..Self::default() }
    }

    /// There is no such item yet.
    pub(crate) fn absent() -> Self {
        Self::when("attribute_not_exists(pk)")
    }

    /// There is such an item.
    pub(crate) fn present() -> Self {
        Self::when("attribute_exists(pk)")
    }

    pub(crate) fn and_when(mut self, text: impl Into<String>) -> Self {
        self.condition = Some(text.into());
        self
    }

    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.into(), value);
        self
    }

    fn values(values: Map) -> Option<Map> {
        Some(values).filter(|v| !v.is_empty())
    }
}

/// Which table a write goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Table {
    Data,
    Keys,
}

/// Why nothing was written.
pub(crate) enum Refusal {
    /// The condition of the write at this index failed, on this item if there was one.
    Condition { index: usize, error: Error, found: Option<Map> },
    /// Anything else.
    Failed(Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Condition { error, .. } | Refusal::Failed(error) => error,
        }
    }
}

/// Without what is written: items hold what no log may show.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({} writes)", self.writes.len())
    }
}

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

impl Transaction {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store, writes: Vec::new(), first_busy: None }
    }

    /// Writes everything. A single write is a plain one and costs half; one that finds exactly what it
    /// was to write has succeeded, because it may be its own repetition.
    ///
    /// # Errors
    /// The error of the first write whose condition failed; `Unavailable` if the database did not
    /// answer or is busy, and then it may or may not have happened.
    pub async fn commit(self) -> Result<()> {
        Ok(self.attempt().await?)
    }

    fn table(&self, table: Table) -> String {
        match table {
            Table::Data => self.store.tables().data.clone(),
            Table::Keys => self.store.tables().keys.clone(),
        }
    }

    /// Writes a whole item.
    pub(crate) fn put(&mut self, table: Table, item: Item, when: Expression, otherwise: Error) {
        let put = Put::builder()
            .table_name(self.table(table))
            .set_item(Some(item.into_map()))
            .set_condition_expression(when.condition)
            .set_expression_attribute_values(Expression::values(when.values))
            .return_values_on_condition_check_failure(ALL_OLD)
            .build();
        self.push(put.map(Write::Put), otherwise);
    }

    /// Writes a whole item of `data` whose condition is told before all others. `busy` is the
    /// transaction's error if another transaction stays in the way of this item.
    pub(crate) fn put_first(&mut self, item: Item, when: Expression, taken: Error, busy: Error) {
        self.put(Table::Data, item, when, taken);
        self.writes.rotate_right(1);
        self.first_busy = Some(busy);
    }

    /// Changes an item of `data`.
    pub(crate) fn update(&mut self, key: &Key, change: Expression, otherwise: Error) {
        let update = Update::builder()
            .table_name(self.table(Table::Data))
            .set_key(Some(key.to_map()))
            .set_update_expression(change.update)
            .set_condition_expression(change.condition)
            .set_expression_attribute_values(Expression::values(change.values))
            .return_values_on_condition_check_failure(ALL_OLD)
            .build();
        self.push(update.map(Write::Update), otherwise);
    }

    /// Deletes an item.
    pub(crate) fn delete(&mut self, table: Table, key: &Key, when: Expression, otherwise: Error) {
        let delete = Delete::builder()
            .table_name(self.table(table))
            .set_key(Some(key.to_map()))
            .set_condition_expression(when.condition)
            .set_expression_attribute_values(Expression::values(when.values))
            .build();
        self.push(delete.map(Write::Delete), otherwise);
    }

    /// Demands something of an item of `data` that is not written. Never a transaction's only part.
    pub(crate) fn check(&mut self, key: &Key, when: Expression, otherwise: Error) {
        let check = ConditionCheck::builder()
            .table_name(self.table(Table::Data))
            .set_key(Some(key.to_map()))
            .set_condition_expression(when.condition)
            .set_expression_attribute_values(Expression::values(when.values))
            .build();
        self.push(check.map(Write::Check), otherwise);
    }

    fn push<E>(&mut self, write: Result<Write, E>, otherwise: Error) {
        // The SDK's builders fail only without a table, a key or an item, and all have them.
        if let Ok(write) = write {
            self.writes.push((write, otherwise));
        }
    }

    /// [`Self::commit`] for those who want to know which condition failed on what.
    pub(crate) async fn attempt(mut self) -> Result<(), Refusal> {
        let mut first_in_the_way = false;
        for attempt in 0..ATTEMPTS {
            match self.send().await {
                Ok(()) => return Ok(()),
                Err(Outcome::Busy { first }) => {
                    first_in_the_way = first;
                    tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
                }
                Err(Outcome::Failed(error)) => return Err(Refusal::Failed(error)),
                Err(Outcome::Refused { index, found }) => {
                    let error = match self.writes.get(index) {
                        Some(_) => self.writes.swap_remove(index).1,
                        None => Error::internal("database: a reason without a write"),
                    };
                    return Err(Refusal::Condition { index, error, found });
                }
            }
        }
        let busy = self.first_busy.filter(|_| first_in_the_way);
        let busy = busy.unwrap_or_else(|| Error::unavailable("database: conflicts"));
        Err(Refusal::Failed(busy))
    }

    async fn send(&self) -> Result<(), Outcome> {
        match self.writes.as_slice() {
            [] => Ok(()),
            [(Write::Put(put), _)] => self.send_put(put.clone()).await,
            [(Write::Update(update), _)] => self.send_update(update.clone()).await,
            [(Write::Delete(delete), _)] => self.send_delete(delete.clone()).await,
            all => self.send_all(all).await,
        }
    }

    async fn send_put(&self, put: Put) -> Result<(), Outcome> {
        let sent = self
            .store
            .dynamo()
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item.clone()))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_values(put.expression_attribute_values)
            .return_values_on_condition_check_failure(ALL_OLD)
            .send()
            .await;
        let Err(failed) = sent else { return Ok(()) };
        match failed.as_service_error() {
            // A retry of the SDK whose first attempt had its effect finds what it wanted.
            Some(PutItemError::ConditionalCheckFailedException(e))
                if e.item() == Some(&put.item) =>
            {
                Ok(())
            }
            Some(PutItemError::ConditionalCheckFailedException(e)) => {
                Err(Outcome::Refused { index: 0, found: e.item.clone() })
            }
            Some(PutItemError::TransactionConflictException(_)) => {
                Err(Outcome::Busy { first: true })
            }
            _ => Err(Outcome::Failed(failure::from_sdk(&failed))),
        }
    }

    async fn send_update(&self, update: Update) -> Result<(), Outcome> {
        let sent = self
            .store
            .dynamo()
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_values(update.expression_attribute_values)
            .return_values_on_condition_check_failure(ALL_OLD)
            .send()
            .await;
        let Err(failed) = sent else { return Ok(()) };
        match failed.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(e)) => {
                Err(Outcome::Refused { index: 0, found: e.item.clone() })
            }
            Some(UpdateItemError::TransactionConflictException(_)) => {
                Err(Outcome::Busy { first: true })
            }
            _ => Err(Outcome::Failed(failure::from_sdk(&failed))),
        }
    }

    async fn send_delete(&self, delete: Delete) -> Result<(), Outcome> {
        let sent = self
            .store
            .dynamo()
            .delete_item()
            .table_name(delete.table_name)
            .set_key(Some(delete.key))
            .set_condition_expression(delete.condition_expression)
            .set_expression_attribute_values(delete.expression_attribute_values)
            .send()
            .await;
        let Err(failed) = sent else { return Ok(()) };
        match failed.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(e)) => {
                Err(Outcome::Refused { index: 0, found: e.item.clone() })
            }
            Some(DeleteItemError::TransactionConflictException(_)) => {
                Err(Outcome::Busy { first: true })
            }
            _ => Err(Outcome::Failed(failure::from_sdk(&failed))),
        }
    }

    async fn send_all(&self, writes: &[(Write, Error)]) -> Result<(), Outcome> {
        let items = writes.iter().map(|(write, _)| write.to_transact()).collect();
        let sent =
            self.store.dynamo().transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(failed) = sent else { return Ok(()) };
        match failed.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(e)) => {
                Err(Outcome::of_cancellation(e))
            }
            _ => Err(Outcome::Failed(failure::from_sdk(&failed))),
        }
    }
}

/// What one try came to, if not to success.
enum Outcome {
    /// The condition of the write at this index failed.
    Refused { index: usize, found: Option<Map> },
    /// Somebody else's write was in the way, of the first write or of another.
    Busy { first: bool },
    /// Something else.
    Failed(Error),
}

impl Outcome {
    fn of_cancellation(cancelled: &TransactionCanceledException) -> Self {
        let reasons = cancelled.cancellation_reasons();
        let codes: Vec<_> = reasons.iter().map(|r| r.code().unwrap_or("None")).collect();
        if let Some(index) = codes.iter().position(|&c| c == "ConditionalCheckFailed") {
            let found = reasons.get(index).and_then(|r| r.item.clone());
            Self::Refused { index, found }
        } else if codes.iter().any(|&c| failure::is_passing(c)) {
            Self::Busy { first: codes.first().is_some_and(|&c| failure::is_passing(c)) }
        } else {
            Self::Failed(Error::internal(format_args!("database: cancelled for {codes:?}")))
        }
    }
}

impl Write {
    fn to_transact(&self) -> TransactWriteItem {
        let item = TransactWriteItem::builder();
        match self.clone() {
            Self::Put(put) => item.put(put),
            Self::Update(update) => item.update(update),
            Self::Delete(delete) => item.delete(delete),
            Self::Check(check) => item.condition_check(check),
        }
        .build()
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{Reseller, ResellerId, Timestamp};

    use crate::{
        Fault, FaultPlan, Meter, Store,
        testing::{enrol, full_device, scope, store_with},
    };

    async fn faulty() -> (Store, FaultPlan) {
        let plan = FaultPlan::default();
        (store_with(Some(plan.clone())).await, plan)
    }

    async fn insert(store: &Store) -> trennwand_domain::Result<()> {
        let mut tx = store.transaction();
        let reseller = Reseller {
            id: ResellerId::from_bits(1),
            name: "Telco".into(),
            created_at: Timestamp::from_unix_s(0),
        };
        store.resellers().insert(&mut tx, &reseller);
        tx.commit().await
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_and_counted() {
        for fault in [Fault::Conflict, Fault::Throttle, Fault::TimeoutBefore, Fault::TimeoutAfter] {
            let (store, plan) = faulty().await;
            plan.on_request(1, fault);
            let (inserted, usage) = Meter::measure(insert(&store)).await;
            inserted.unwrap();
            assert!(plan.is_done());
            assert_eq!(usage.requests, 2, "{fault:?}");
            let again = insert(&store).await.unwrap_err();
            assert_eq!(again.code(), "already_exists", "{fault:?}: it was written");
        }
    }

    #[tokio::test]
    async fn a_single_write_whose_answer_was_lost_is_no_conflict() {
        for fault in [Fault::Conflict, Fault::Throttle, Fault::TimeoutBefore, Fault::TimeoutAfter] {
            let (store, plan) = faulty().await;
            let device = full_device(1);
            enrol(&store, &scope(1), &device).await;
            plan.on_request(1, fault);
            store.devices(&scope(1)).save(&device, None).await.unwrap();
            let saved = store.devices(&scope(1)).get(device.id).await.unwrap().unwrap();
            assert_eq!(saved.revision, 2, "{fault:?}");
        }
    }

    #[tokio::test]
    async fn what_does_not_pass_in_time_is_unavailable_and_retryable() {
        for fault in [Fault::Conflict, Fault::Throttle, Fault::TimeoutBefore] {
            let (store, plan) = faulty().await;
            for nth in 1..=16 {
                plan.on_request(nth, fault);
            }
            let error = insert(&store).await.unwrap_err();
            assert_eq!(error.code(), "unavailable", "{fault:?}");
            assert!(error.retryable());
        }
    }

    #[tokio::test]
    async fn reads_survive_a_lost_answer() {
        let (store, plan) = faulty().await;
        enrol(&store, &scope(1), &full_device(1)).await;
        plan.on_request(1, Fault::TimeoutAfter);
        plan.on_request(2, Fault::Throttle);
        let view = store.devices(&scope(1)).connect_view(full_device(1).id).await.unwrap();
        assert!(view.is_some());
    }

    #[tokio::test]
    async fn what_is_written_does_not_show() {
        let (store, _) = faulty().await;
        let mut tx = store.transaction();
        store.devices(&scope(1)).put_header(&mut tx, &full_device(1));
        assert_eq!(format!("{tx:?}"), "Transaction(1 writes)");
    }

    #[tokio::test]
    async fn no_write_costs_no_request() {
        let (store, _) = faulty().await;
        let (done, usage) = Meter::measure(store.transaction().commit()).await;
        done.unwrap();
        assert_eq!(usage.requests, 0);
    }
}
