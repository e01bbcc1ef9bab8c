use std::{fs, net::Ipv4Addr, path::Path};

use dynoxide::Database;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use trennwand_domain::{Error, Result};

use crate::{Data, files::write_private};

mod stream;

pub(crate) use self::stream::StreamReader;

/// The database's file in the data directory.
pub(crate) const FILE: &str = "database.sqlite";

/// A DynamoDB of our own: dynoxide, serving on a loopback port, on a SQLite file. What need not be
/// kept has a file, too, because only a file has the second connection that trims the stream. It
/// ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Embedded {
    endpoint: String,
    stream: StreamReader,
    server: JoinHandle<()>,
    /// Removed after the server ended; `None` if the data is kept.
    _temporary: Option<TempDir>,
}

impl Embedded {
    /// Opens or creates the database and serves it.
    pub(crate) async fn start(data: &Data) -> Result<Self> {
        match data {
            Data::Directory(directory) => {
                fs::create_dir_all(directory).map_err(unusable)?;
                // SQLite gives the files beside it the rights of the first one.
                if !directory.join(FILE).exists() {
                    write_private(&directory.join(FILE), &[]).map_err(unusable)?;
                }
                let database = open(&directory.join(FILE))?;
                // `synchronous = NORMAL`: with a WAL this gives up the last writes before a power cut,
                // not those before a killed process, and no write waits for the disk.
                database.disable_bulk_loading().map_err(unusable)?;
                Self::serve(database, &directory.join(FILE), None).await
            }
            Data::Memory => {
                let directory =
                    tempfile::Builder::new().prefix("trennwand-").tempdir().map_err(unusable)?;
                let file = directory.path().join(FILE);
                let database = open(&file)?;
                database.enable_bulk_loading().map_err(unusable)?;
                Self::serve(database, &file, Some(directory)).await
            }
        }
    }

    async fn serve(database: Database, file: &Path, temporary: Option<TempDir>) -> Result<Self> {
        let stream = StreamReader::open(file)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Ok(Self { endpoint: format!("http://{address}"), stream, server, _temporary: temporary })
    }

    /// Where an SDK client finds it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The stream of table `data`; for one reader.
    pub(crate) fn stream(&self) -> StreamReader {
        self.stream.clone()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn open(file: &Path) -> Result<Database> {
    let file = file.to_str().ok_or_else(|| unusable("its path is not Unicode"))?;
    Database::new(file).map_err(unusable)
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::internal(format_args!("the embedded database cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{Owner, Reseller, ResellerId, Timestamp};
    use trennwand_store::{Page, Store, Tables, client};

    use super::*;

    async fn store(embedded: &Embedded) -> Store {
        let store = Store::new(client::connect(embedded.endpoint(), None), Tables::default());
        store.create_tables().await.unwrap();
        store
    }

    async fn write(store: &Store, bits: u128) {
        let mut tx = store.transaction();
        let reseller = Reseller {
            id: ResellerId::from_bits(bits),
            name: format!("Reseller {bits}"),
            created_at: Timestamp::from_unix_s(0),
        };
        store.resellers().insert(&mut tx, &reseller);
        tx.commit().await.unwrap();
    }

    /// The sort keys of the records of a batch.
    fn keys(event: &aws_lambda_events::event::dynamodb::Event) -> Vec<String> {
        let key = |record: &aws_lambda_events::event::dynamodb::EventRecord| match record
            .change
            .keys
            .get("sk")
        {
            Some(serde_dynamo::AttributeValue::S(sk)) => sk.clone(),
            other => panic!("{other:?}"),
        };
        event.records.iter().map(key).collect()
    }

    #[tokio::test]
    async fn data_survives_a_restart_and_so_does_the_streams_position() {
        let directory = tempfile::tempdir().unwrap();
        let data = Data::Directory(directory.path().join("new"));
        let embedded = Embedded::start(&data).await.unwrap();
        write(&store(&embedded).await, 1).await;
        let mut stream = embedded.stream();
        assert_eq!(
            keys(&stream.next().await.unwrap()),
            ["0", &ResellerId::from_bits(1).to_string()]
        );
        stream.advance();
        stream.checkpoint().await.unwrap();
        write(&store(&embedded).await, 2).await;
        assert_eq!(stream.next().await.unwrap().records.len(), 2);
        stream.advance();
        drop((stream, embedded));

        let embedded = Embedded::start(&data).await.unwrap();
        let store = store(&embedded).await;
        assert_eq!(store.resellers().list(&Page::first(10)).await.unwrap().items.len(), 2);
        let again = embedded.stream().next().await.unwrap();
        let second = ResellerId::from_bits(2).to_string();
        assert_eq!(keys(&again), ["0", &second], "not checkpointed, so handed over again");
        assert_eq!(store.directory().owner_of_client(client_id()).await.unwrap(), None::<Owner>);
    }

    fn client_id() -> trennwand_domain::ClientId {
        trennwand_domain::ClientId::from_bits(1)
    }

    #[tokio::test]
    async fn what_need_not_be_kept_is_gone_afterwards() {
        let embedded = Embedded::start(&Data::Memory).await.unwrap();
        let directory = embedded._temporary.as_ref().unwrap().path().to_owned();
        write(&store(&embedded).await, 1).await;
        drop(embedded);
        assert!(!directory.exists());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_stream_that_is_trimmed_while_it_is_written_loses_and_repeats_nothing() {
        const WRITERS: u128 = 4;
        const EACH: u128 = 100;
        let embedded = Embedded::start(&Data::Memory).await.unwrap();
        let store = store(&embedded).await;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(async move {
                    for i in 0..EACH {
                        write(&store, writer * EACH + i).await;
                    }
                })
            })
            .collect();
        let mut stream = embedded.stream();
        let mut seen = Vec::new();
        while seen.len() < (2 * WRITERS * EACH) as usize {
            let event = stream.next().await.unwrap();
            seen.extend(keys(&event));
            stream.advance();
            stream.checkpoint().await.unwrap();
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(stream.next().await.unwrap().records.len(), 0);
        assert_eq!(stream.stored().await.unwrap(), 1, "only the last record is left");
        seen.retain(|sk| sk != "0");
        for writer in 0..WRITERS {
            let ids =
                |from: u128| (from..from + EACH).map(|i| ResellerId::from_bits(i).to_string());
            let expected: Vec<_> = ids(writer * EACH).collect();
            let got: Vec<_> = seen.iter().filter(|sk| expected.contains(sk)).cloned().collect();
            assert_eq!(got, expected, "each once and in the order of its writer");
        }
    }
}
