use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use trennwand_domain::{Error, Result};

use crate::{
    Listed, Page, Store, failure,
    item::{Fields, Map, text},
    layout::{Key, Span, attribute},
    transaction::Table,
};

/// How often keys that a batch left unread are asked for again.
const BATCH_ATTEMPTS: u32 = 6;
/// How many keys DynamoDB takes in one batch.
const BATCH_KEYS: usize = 100;

/// A `BETWEEN` query.
#[derive(Debug)]
pub(crate) struct Between<'q> {
    pub(crate) pk: &'q str,
    pub(crate) bounds: (String, String),
    pub(crate) limit: usize,
    pub(crate) consistent: bool,
}

impl Store {
    pub(crate) fn table(&self, table: Table) -> &str {
        match table {
            Table::Data => &self.tables().data,
            Table::Keys => &self.tables().keys,
        }
    }

    /// One item, strongly consistent.
    pub(crate) async fn read(&self, table: Table, key: &Key) -> Result<Option<Fields>> {
        self.fetch(table, key, true).await
    }

    /// One item as it was lately, at half the price.
    pub(crate) async fn read_recent(&self, table: Table, key: &Key) -> Result<Option<Fields>> {
        self.fetch(table, key, false).await
    }

    async fn fetch(&self, table: Table, key: &Key, consistent: bool) -> Result<Option<Fields>> {
        let output = self
            .dynamo()
            .get_item()
            .table_name(self.table(table))
            .set_key(Some(key.to_map()))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(|e| failure::from_sdk(&e))?;
        Ok(output.item.map(Fields::from))
    }

    /// The items of `data` between two sort keys, and whether there are more.
    pub(crate) async fn between(&self, query: Between<'_>) -> Result<(Vec<Map>, bool)> {
        let output = self
            .dynamo()
            .query()
            .table_name(self.table(Table::Data))
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(query.pk))
            .expression_attribute_values(":from", text(query.bounds.0))
            .expression_attribute_values(":to", text(query.bounds.1))
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX))
            .consistent_read(query.consistent)
            .send()
            .await
            .map_err(|e| failure::from_sdk(&e))?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key.is_some()))
    }

    /// A page of a list.
    pub(crate) async fn listed<T>(
        &self,
        span: &Span,
        page: &Page,
        decode: impl Fn(Fields) -> Result<T>,
    ) -> Result<Listed<T>> {
        let query = Between {
            pk: &span.pk,
            bounds: span.bounds(cursor(page)?),
            limit: page.size() + 1,
            consistent: false,
        };
        let (mut items, mut more) = self.between(query).await?;
        if items.len() > page.size() {
            items.truncate(page.size());
            more = true;
        }
        let next = items
            .last()
            .filter(|_| more)
            .and_then(|last| last.get(attribute::SK)?.as_s().ok()?.strip_prefix(span.prefix))
            .map(str::to_owned);
        let items = items.into_iter().map(|i| decode(i.into())).collect::<Result<_>>()?;
        Ok(Listed { items, next })
    }

    /// Several items of both tables, in any order, absent ones left out; a request per 100.
    pub(crate) async fn batch(&self, keys: &[(Table, Key)], consistent: bool) -> Result<Batch> {
        let mut batch = Batch::default();
        for keys in keys.chunks(BATCH_KEYS) {
            let mut wanted: HashMap<String, Vec<Map>> = HashMap::new();
            for (table, key) in keys {
                wanted.entry(self.table(*table).to_owned()).or_default().push(key.to_map());
            }
            let mut request = HashMap::new();
            for (table, keys) in wanted {
                let keys =
                    KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent);
                request.insert(table, keys.build().map_err(Error::internal)?);
            }
            self.read_batch(request, &mut batch).await?;
        }
        Ok(batch)
    }

    /// Asks until nothing is left unread: the SDK does not.
    async fn read_batch(
        &self,
        mut request: HashMap<String, KeysAndAttributes>,
        batch: &mut Batch,
    ) -> Result<()> {
        for attempt in 0..BATCH_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
            }
            let output = self
                .dynamo()
                .batch_get_item()
                .set_request_items(Some(request))
                .send()
                .await
                .map_err(|e| failure::from_sdk(&e))?;
            for (table, items) in output.responses.unwrap_or_default() {
                let is_data = table == self.tables().data;
                let into = if is_data { &mut batch.data } else { &mut batch.keys };
                into.extend(items);
            }
            request = output.unprocessed_keys.unwrap_or_default();
            if request.is_empty() {
                return Ok(());
            }
        }
        Err(Error::unavailable("database: a batch was left unread"))
    }
}

/// What a batch found.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) data: Vec<Map>,
    pub(crate) keys: Vec<Map>,
}

/// The sort key of an item.
pub(crate) fn sort_key(item: &Map) -> Option<&str> {
    item.get(attribute::SK)?.as_s().ok().map(String::as_str)
}

/// A page's cursor, if it can be one of ours.
pub(crate) fn cursor(page: &Page) -> Result<Option<&str>> {
    let Some(cursor) = page.cursor.as_deref() else { return Ok(None) };
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
    if !cursor.is_empty() && cursor.len() <= 64 && cursor.bytes().all(plain) {
        Ok(Some(cursor))
    } else {
        Err(Error::invalid("cursor", "is not the next_cursor of a page of this list"))
    }
}
