//! Counts requests and consumed capacity per task: an interceptor in the SDK client asks every
//! operation for its consumption and adds it to the measurements that the current task is in.
//!
//! Failed conditions consume capacity that DynamoDB does not report; they count as a request only.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::{
    operation::{
        batch_get_item::{BatchGetItemInput, BatchGetItemOutput},
        batch_write_item::{BatchWriteItemInput, BatchWriteItemOutput},
        delete_item::{DeleteItemInput, DeleteItemOutput},
        get_item::{GetItemInput, GetItemOutput},
        put_item::{PutItemInput, PutItemOutput},
        query::{QueryInput, QueryOutput},
        transact_get_items::{TransactGetItemsInput, TransactGetItemsOutput},
        transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemInput, UpdateItemOutput},
    },
    types::{ConsumedCapacity, ReturnConsumedCapacity},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                AfterDeserializationInterceptorContextRef,
                BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
                Input, Output,
            },
            dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

tokio::task_local! {
    static CURRENT: Tally;
}

/// What a piece of work cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// DynamoDB requests, repeated attempts included.
    pub requests: u32,
    /// Read capacity units.
    pub rcu: f64,
    /// Write capacity units, those of the indexes included.
    pub wcu: f64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.rcu += other.rcu;
        self.wcu += other.wcu;
    }
}

/// A running measurement.
#[derive(Debug, Clone, Default)]
struct Tally(Arc<Mutex<Usage>>);

impl Tally {
    fn add(&self, usage: Usage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }

    fn total(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The meter: measures work, and is the interceptor that counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter;

impl Meter {
    /// Runs `work` and says what it cost. Measurements nest: the outer one includes the inner.
    /// Tasks that `work` spawns are not counted.
    pub async fn measure<F: Future>(work: F) -> (F::Output, Usage) {
        let tally = Tally::default();
        let output = CURRENT.scope(tally.clone(), work).await;
        let usage = tally.total();
        add(usage);
        (output, usage)
    }

    /// What the innermost measurement around the caller has counted so far.
    #[must_use]
    pub fn so_far() -> Usage {
        CURRENT.try_with(Tally::total).unwrap_or_default()
    }
}

fn add(usage: Usage) {
    // Outside a measurement nobody wants to know.
    let _ = CURRENT.try_with(|tally| tally.add(usage));
}

#[dyn_dispatch_hint]
impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        ask(context.input_mut());
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        add(Usage { requests: 1, ..Usage::default() });
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            add(consumed(output));
        }
        Ok(())
    }
}

/// Asks for the consumption, of the indexes too.
fn ask(input: &mut Input) {
    macro_rules! ask {
        ($($input:ty)*) => {$(
            if let Some(input) = input.downcast_mut::<$input>() {
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
                return;
            }
        )*};
    }
    ask!(
        GetItemInput QueryInput BatchGetItemInput TransactGetItemsInput PutItemInput UpdateItemInput
        DeleteItemInput TransactWriteItemsInput BatchWriteItemInput
    );
}

fn consumed(output: &Output) -> Usage {
    fn units<'a>(capacity: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
        capacity.into_iter().filter_map(|c| c.capacity_units).sum()
    }
    macro_rules! consumed {
        ($($kind:ident: $($output:ty)*;)*) => {$($(
            if let Some(output) = output.downcast_ref::<$output>() {
                return Usage { $kind: units(output.consumed_capacity()), ..Usage::default() };
            }
        )*)*};
    }
    consumed!(
        rcu: GetItemOutput QueryOutput BatchGetItemOutput TransactGetItemsOutput;
        wcu: PutItemOutput UpdateItemOutput DeleteItemOutput TransactWriteItemsOutput
            BatchWriteItemOutput;
    );
    Usage::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{full_device, scope, store};

    #[tokio::test]
    async fn measurements_nest_and_tasks_do_not_mix() {
        let store = store().await;
        let scope = scope(1);
        let read = async || store.devices(&scope).get(full_device(1).id).await.unwrap();
        let outer = Meter::measure(async {
            read().await;
            let (_, inner) = Meter::measure(read()).await;
            assert_eq!(inner.requests, 1);
            read().await;
            Meter::so_far()
        });
        let (beside, (so_far, usage)) = tokio::join!(Meter::measure(read()), outer);
        assert_eq!(beside.1, Usage { requests: 1, rcu: 1.0, wcu: 0.0 });
        assert_eq!(so_far, usage);
        assert_eq!(usage, Usage { requests: 3, rcu: 3.0, wcu: 0.0 });
        assert_eq!(Meter::so_far(), Usage::default());
    }
}
