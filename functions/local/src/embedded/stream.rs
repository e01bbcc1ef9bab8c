use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lambda_events::event::dynamodb::Event;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use trennwand_domain::{Error, Result};
use trennwand_store::Tables;

/// How many records are handed over at once, as in Lambda.
const BATCH: i64 = 100;

/// Dynoxide finds the newest record by a scan on every write and never deletes one; an index and
/// trimming make that constant. The checkpoint has no stream and changes together with the trimming.
const PREPARE: &str = "
    CREATE INDEX IF NOT EXISTS trennwand_stream
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE TABLE IF NOT EXISTS trennwand_checkpoint
        (table_name TEXT PRIMARY KEY, position INTEGER NOT NULL);";

const READ: &str = "
    SELECT CAST(sequence_number AS INTEGER), event_id, event_name, keys_json, new_image, old_image,
           created_at
    FROM _stream_records
    WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
    ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3";

const SAVE: &str = "
    INSERT INTO trennwand_checkpoint (table_name, position) VALUES (?1, ?2)
    ON CONFLICT (table_name) DO UPDATE SET position = ?2";

/// The last record stays: the next one's number is counted from it.
const TRIM: &str = "
    DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2";

/// Reads the stream of table `data` in the shape in which Lambda hands it over.
#[derive(Clone)]
pub(crate) struct StreamReader {
    connection: Arc<Mutex<Connection>>,
    table: Arc<str>,
    /// Up to here records were handled.
    position: i64,
    /// Up to here [`Self::next`] has handed records over.
    handed: i64,
    /// Up to here records are trimmed.
    saved: i64,
    /// How many records [`Self::next`] handed over.
    batch: usize,
    /// How many records were handled since the last checkpoint.
    unsaved: usize,
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamReader({}, {})", self.table, self.position)
    }
}

impl StreamReader {
    /// Opens the stream behind the last checkpoint, beside the database that serves the file.
    pub(super) fn open(file: &Path) -> Result<Self> {
        let table = Tables::default().data;
        let connection = Connection::open(file).map_err(broken)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(broken)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(broken)?;
        connection.execute_batch(PREPARE).map_err(broken)?;
        let position = connection
            .query_row(
                "SELECT position FROM trennwand_checkpoint WHERE table_name = ?1",
                params![table],
                |row| row.get(0),
            )
            .optional()
            .map_err(broken)?
            .unwrap_or(0);
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            table: table.into(),
            position,
            handed: position,
            saved: position,
            batch: 0,
            unsaved: 0,
        })
    }

    /// The next records, none if there are none; the same again until [`Self::advance`].
    pub(crate) async fn next(&mut self) -> Result<Event> {
        let (table, position) = (Arc::clone(&self.table), self.position);
        let records = self.with(move |connection| read(connection, &table, position)).await?;
        self.handed = records.last().map_or(position, |(number, _)| *number);
        self.batch = records.len();
        let records: Vec<_> = records.into_iter().map(|(_, record)| record).collect();
        serde_json::from_value(json!({ "Records": records })).map_err(broken)
    }

    /// What [`Self::next`] handed over was handled.
    pub(crate) const fn advance(&mut self) {
        self.position = self.handed;
        self.unsaved += self.batch;
        self.batch = 0;
    }

    /// How many records were handled that have no checkpoint behind them.
    pub(crate) const fn unsaved(&self) -> usize {
        self.unsaved
    }

    /// What was handled is never handed over again, also not after a restart, and is deleted.
    pub(crate) async fn checkpoint(&mut self) -> Result<()> {
        if self.saved == self.position {
            return Ok(());
        }
        let (table, position) = (Arc::clone(&self.table), self.position);
        self.with(move |connection| {
            let tx = connection.transaction()?;
            tx.execute(SAVE, params![table, position])?;
            tx.execute(TRIM, params![table, position])?;
            tx.commit()
        })
        .await?;
        self.saved = position;
        self.unsaved = 0;
        Ok(())
    }

    /// How many records are stored.
    #[cfg(test)]
    pub(crate) async fn stored(&self) -> Result<i64> {
        let count = "SELECT COUNT(*) FROM _stream_records";
        self.with(move |connection| connection.query_row(count, [], |row| row.get(0))).await
    }

    /// Runs `work` where it may block.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.connection);
        let work = move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work).await.map_err(broken)?.map_err(broken)
    }
}

fn read(
    connection: &Connection,
    table: &str,
    position: i64,
) -> rusqlite::Result<Vec<(i64, Value)>> {
    let mut statement = connection.prepare_cached(READ)?;
    let rows = statement.query_map(params![table, position, BATCH], |row| {
        let number: i64 = row.get(0)?;
        // A record from before dynoxide gave them identifiers is known by its number.
        let event_id = row.get::<_, Option<String>>(1)?.unwrap_or_else(|| number.to_string());
        let record = json!({
            "awsRegion": "local",
            "eventID": event_id,
            "eventName": row.get::<_, String>(2)?,
            "eventSource": "aws:dynamodb",
            "eventVersion": "1.1",
            "dynamodb": {
                "ApproximateCreationDateTime": row.get::<_, i64>(6)?,
                "Keys": image(row.get(3)?),
                "NewImage": image(row.get(4)?),
                "OldImage": image(row.get(5)?),
                "SequenceNumber": number.to_string(),
                "SizeBytes": 0,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        });
        Ok((number, record))
    })?;
    rows.collect()
}

/// An item in DynamoDB's JSON, `null` if there is none.
fn image(json: Option<String>) -> Value {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or(Value::Null)
}

fn broken(error: impl fmt::Display) -> Error {
    Error::unavailable(format_args!("the embedded database's stream: {error}"))
}
