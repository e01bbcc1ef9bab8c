//! Idle connects per second, beside queries of the bare database in the same run.

use std::{sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    task::JoinSet,
    time::Instant,
};
use trennwand_store::Store;

use crate::{
    figures::Figures,
    process,
    rig::{self, Idle},
    summary::{median, percentile_ms},
    wire::Wire,
};

/// As in Lambda.
const KEEP_HEADS_FOR: Duration = Duration::from_secs(5);

const CONNECTIONS: [usize; 3] = [1, 8, 32];

/// The name of the thread that makes the load and is not counted.
const LOAD: &str = "load";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The query of a connect, through the SDK.
    Query,
    /// The same, its bytes prepared: no SDK, no signing, no decoding.
    RawQuery,
    /// Idle connects: a query and the head.
    Connect,
    /// Idle connects with a warm cache of heads: a query.
    CachedConnect,
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::Query, "query of the database through the SDK"),
    (Kind::RawQuery, "the same as prepared bytes"),
    (Kind::Connect, "idle connect, head read (2 requests)"),
    (Kind::CachedConnect, "idle connect, head cached (1 request)"),
];

/// One measurement.
#[derive(Debug)]
struct Sample {
    per_second: f64,
    cpu_s_per_1000: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// What is loaded.
struct Target {
    store: Store,
    idles: Vec<Idle>,
    /// Where connects go, heads read every time and heads cached.
    addresses: [String; 2],
    database: String,
}

pub(crate) fn run(figures: &Figures, seconds: u64, rounds: usize) {
    rig::log_to_nowhere();
    let served = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let served = served.expect("a runtime");
    let load = Builder::new_multi_thread().worker_threads(1).thread_name(LOAD).enable_all().build();
    let load = load.expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    figures.note("Enrolling phones.");
    let target = served.block_on(set_up(directory.path()));
    let target = Arc::new(target);
    let mut table = String::from(
        "| connections | what | per second | ratio to the query | CPU s per 1000 | p50 ms | p99 ms \
         |\n|---|---|---|---|---|---|---|\n",
    );
    for connections in CONNECTIONS {
        let mut samples: Vec<Vec<Sample>> = KINDS.iter().map(|_| Vec::new()).collect();
        for round in 0..=rounds {
            for (place, (kind, _)) in KINDS.into_iter().enumerate() {
                let length = Duration::from_secs(seconds);
                let sample = measure(&served, &load, &target, kind, connections, length);
                // The first round warms up.
                if round > 0 {
                    samples[place].push(sample);
                }
            }
            figures.note(format_args!("{connections} connections, round {round} of {rounds}"));
        }
        for ((_, name), found) in KINDS.iter().zip(&samples) {
            let of = |part: fn(&Sample) -> f64| median(found.iter().map(part).collect());
            let ratios = found.iter().zip(&samples[0]).map(|(s, q)| s.per_second / q.per_second);
            table += &format!(
                "| {connections} | {name} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} |\n",
                of(|s| s.per_second),
                median(ratios.collect()),
                of(|s| s.cpu_s_per_1000),
                of(|s| s.p50_ms),
                of(|s| s.p99_ms),
            );
        }
    }
    figures.publish("connects", &table);
}

async fn set_up(directory: &std::path::Path) -> Target {
    let idles = rig::prepare(directory, CONNECTIONS[2]).await;
    let database = rig::serve_database(&rig::database_file(directory)).await;
    let core = rig::core(&database);
    let fresh = serve(rig::function(&core, Duration::ZERO)).await;
    let cached = serve(rig::function(&core, KEEP_HEADS_FOR)).await;
    Target { store: core.store, idles, addresses: [fresh, cached], database }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    address
}

/// One load for a while; CPU is that of everything but the load's own thread.
fn measure(
    served: &Runtime,
    load: &Runtime,
    target: &Arc<Target>,
    kind: Kind,
    connections: usize,
    length: Duration,
) -> Sample {
    let cpu = || process::cpu(std::process::id()).saturating_sub(process::cpu_of_threads(LOAD));
    let (before, started) = (cpu(), Instant::now());
    let until = started + length;
    let mut took = match kind {
        // Queries are made by whom connects are made by.
        Kind::Query => served.block_on(all(connections, |n| query(Arc::clone(target), n, until))),
        _ => load.block_on(all(connections, |n| http(Arc::clone(target), kind, n, until))),
    };
    let (seconds, used) = (started.elapsed().as_secs_f64(), cpu().saturating_sub(before));
    let count = took.len() as f64;
    Sample {
        per_second: count / seconds,
        cpu_s_per_1000: used.as_secs_f64() / count * 1000.0,
        p50_ms: percentile_ms(&mut took, 0.5),
        p99_ms: percentile_ms(&mut took, 0.99),
    }
}

/// How long each exchange of all connections took.
async fn all<F>(connections: usize, one: impl Fn(usize) -> F) -> Vec<Duration>
where
    F: Future<Output = Vec<Duration>> + Send + 'static,
{
    let tasks: JoinSet<_> = (0..connections).map(one).collect();
    tasks.join_all().await.concat()
}

async fn query(target: Arc<Target>, n: usize, until: Instant) -> Vec<Duration> {
    let idle = &target.idles[n];
    let (scope, device) = (rig::scope(idle.tenant()), idle.device());
    let mut took = Vec::new();
    while Instant::now() < until {
        let started = Instant::now();
        let view = target.store.devices(&scope).connect_view(device).await;
        took.push(started.elapsed());
        assert!(view.expect("the database answers").is_some(), "there is a header");
    }
    took
}

async fn http(target: Arc<Target>, kind: Kind, n: usize, until: Instant) -> Vec<Duration> {
    let idle = &target.idles[n];
    let (address, request) = match kind {
        Kind::Connect => (&target.addresses[0], idle.bytes()),
        Kind::CachedConnect => (&target.addresses[1], idle.bytes()),
        Kind::Query | Kind::RawQuery => (&target.database, raw_query(idle)),
    };
    let mut wire = Wire::open(address).await;
    let mut took = Vec::new();
    while Instant::now() < until {
        let started = Instant::now();
        let answered = wire.exchange(&request).await;
        took.push(started.elapsed());
        // An idle phone has nothing to do; a query finds the header.
        assert_eq!(answered == 0, kind != Kind::RawQuery, "{answered} bytes");
    }
    took
}

/// The query of a connect as the SDK sends it.
fn raw_query(idle: &Idle) -> Vec<u8> {
    let body = serde_json::json!({
        "TableName": "data",
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :from AND :to",
        "ExpressionAttributeValues": {
            ":pk": { "S": format!("T#{}#D#{}", idle.tenant(), idle.device()) },
            ":from": { "S": "0" },
            ":to": { "S": "1~" },
        },
        "Limit": 4,
        "ConsistentRead": true,
        "ReturnConsumedCapacity": "INDEXES",
    });
    let body = body.to_string();
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amz-target: DynamoDB_20120810.Query\r\nx-amz-date: 20260101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-target, Signature=00\r\ncontent-length: {}\r\n\r\n\
         {body}",
        body.len(),
    )
    .into()
}
