//! The local server in a process of its own, on a file, under steady load: does it stay as it was?

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::{
    runtime::Builder,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use trennwand::{Credentials, Data, Options, start};
use trennwand_simulator::Keys;

use crate::{
    api::{Api, new_tenant, text},
    figures::Figures,
    process,
    rig::{self, Enrolled},
    summary::{median, percentile_ms},
    wire::Wire,
};

const PHONES: usize = 16;

/// Rows of the result.
const ROWS: u32 = 12;

const HEAD: &str = "\
| minute | memory MB | CPU ms per request | requests/s | order p50, p99 ms | \
conversation p50, p99 ms | idle p50, p99 ms | stream records | database MB |
|---|---|---|---|---|---|---|---|---|";

/// The whole server, until standard input ends.
pub(crate) fn serve(directory: PathBuf, credentials: PathBuf) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // Log lines are made as always and thrown away.
        rig::log_to_nowhere();
        let mut options = Options::new(Data::Directory(directory));
        options.listen.set_port(0);
        options.credentials = Credentials::File(credentials);
        let server = start(options).await.expect("the server starts");
        let ended = || std::io::stdin().read_to_end(&mut Vec::new());
        drop(tokio::task::spawn_blocking(ended).await);
        server.shutdown().await;
    });
}

/// What took how long since the last row.
#[derive(Debug, Default)]
struct Took {
    orders: Vec<Duration>,
    conversations: Vec<Duration>,
    idles: Vec<Duration>,
}

type Shared = Arc<Mutex<Took>>;

fn note(took: &Shared, add: impl FnOnce(&mut Took)) {
    add(&mut took.lock().unwrap_or_else(PoisonError::into_inner));
}

/// A row of the result.
struct Row {
    minute: f64,
    memory_mb: f64,
    cpu_ms_per_request: f64,
    per_second: f64,
    order_ms: [f64; 2],
    conversation_ms: [f64; 2],
    idle_ms: [f64; 2],
    stream_records: i64,
    database_mb: f64,
}

pub(crate) fn run(figures: &Figures, minutes: u64, commands: u64, idles: u64) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    let length = Duration::from_secs(minutes * 60);
    let rows = runtime.block_on(load(figures, &server, directory.path(), length, commands, idles));
    let served = format!(
        "{minutes} minutes, {PHONES} phones; per second {commands} commands (ordered by the API, \
         delivered, acknowledged) and {idles} idle connects beside them.\n\n"
    );
    figures.publish("soak", &(served + &table(&rows)));
}

/// The server's process; it ends with this.
struct Server {
    process: Child,
    credentials: PathBuf,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let credentials = directory.join("credentials.json");
        let process = Command::new(std::env::current_exe().expect("this program"))
            .arg("serve")
            .args([&directory.join("data"), &credentials])
            .stdin(Stdio::piped())
            .spawn();
        Self { process: process.expect("the server starts"), credentials }
    }

    /// What it writes down once it is ready.
    async fn ready(&self) -> Value {
        loop {
            let text = fs::read_to_string(&self.credentials).unwrap_or_default();
            if let Ok(minted) = serde_json::from_str(&text) {
                return minted;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

async fn load(
    figures: &Figures,
    server: &Server,
    directory: &Path,
    length: Duration,
    commands: u64,
    idles: u64,
) -> Vec<Row> {
    let minted = server.ready().await;
    let base_url = text(&minted, "base_url");
    let client = &minted["reseller"];
    let reseller = Api::new(&base_url, &text(client, "client_id"), &text(client, "client_secret"));
    let (tenant_id, tenant) = new_tenant(&reseller).await;
    let (tenant, keys) = (Arc::new(tenant), Keys::pool());
    let mut phones = Vec::new();
    for place in 0..PHONES {
        phones.push(rig::enroll(&tenant_id, &tenant, &keys, place).await);
    }
    let phones: Arc<[Enrolled]> = phones.into();

    let (took, mut tasks) = (Shared::default(), JoinSet::new());
    let pace = Duration::from_secs(1) * PHONES as u32 / commands as u32;
    for (place, enrolled) in phones.iter().enumerate() {
        let path = format!("/v1/tenants/{tenant_id}/devices/{}", enrolled.idle.device());
        let (phones, tenant) = (Arc::clone(&phones), Arc::clone(&tenant));
        tasks.spawn(talk(phones, place, pace, tenant, path, took.clone()));
    }
    let address = base_url.trim_start_matches("http://").to_owned();
    tasks.spawn(idle(
        address,
        Arc::clone(&phones),
        Duration::from_secs(1) / idles as u32,
        took.clone(),
    ));

    let process = server.process.id();
    let database = rig::database_file(&directory.join("data"));
    let (started, mut rows) = (Instant::now(), Vec::new());
    figures.note(HEAD);
    for n in 1..=ROWS {
        let (before, since) = (process::cpu(process), Instant::now());
        tokio::select! {
            () = sleep_until(started + length * n / ROWS) => {}
            ended = tasks.join_next() => panic!("the load broke off: {ended:?}"),
        }
        let cpu = process::cpu(process).saturating_sub(before);
        let took = std::mem::take(&mut *took.lock().unwrap_or_else(PoisonError::into_inner));
        let row = row(took, cpu, since.elapsed(), started.elapsed(), process, &database);
        figures.note(line(&row));
        rows.push(row);
    }
    rows
}

fn row(
    mut took: Took,
    cpu: Duration,
    since: Duration,
    started: Duration,
    process: u32,
    database: &Path,
) -> Row {
    let requests = (took.orders.len() + 2 * took.conversations.len() + took.idles.len()) as f64;
    let both = |d: &mut Vec<Duration>| [percentile_ms(d, 0.5), percentile_ms(d, 0.99)];
    Row {
        minute: started.as_secs_f64() / 60.0,
        memory_mb: process::memory_mb(process),
        cpu_ms_per_request: cpu.as_secs_f64() * 1000.0 / requests,
        per_second: requests / since.as_secs_f64(),
        order_ms: both(&mut took.orders),
        conversation_ms: both(&mut took.conversations),
        idle_ms: both(&mut took.idles),
        stream_records: stream_records(database),
        database_mb: fs::metadata(database).map_or(0.0, |file| file.len() as f64 / 1e6),
    }
}

/// How many records of the stream are stored.
fn stream_records(database: &Path) -> i64 {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = connection.expect("the database");
    connection.busy_timeout(Duration::from_secs(5)).expect("a setting");
    let count = "SELECT COUNT(*) FROM _stream_records";
    connection.query_row(count, [], |row| row.get(0)).expect("a table")
}

/// Again and again, a command is ordered, delivered and acknowledged, and somebody looks at the phone.
async fn talk(
    phones: Arc<[Enrolled]>,
    place: usize,
    pace: Duration,
    tenant: Arc<Api>,
    path: String,
    took: Shared,
) {
    sleep(pace * place as u32 / PHONES as u32).await;
    let mut ticks = interval(pace);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let started = Instant::now();
        let order = json!({ "type": "security_info" });
        tenant.post(&format!("{path}/commands"), order).await;
        let ordered = started.elapsed();
        let started = Instant::now();
        let exchanges = phones[place].phone.connect().await.expect("the phone connects");
        let talked = started.elapsed();
        assert!(exchanges.len() >= 2, "the command was delivered: {exchanges:?}");
        tenant.get(&format!("{path}/compliance")).await;
        note(&took, |t| {
            t.orders.push(ordered);
            t.conversations.push(talked);
        });
    }
}

/// Idle connects at this pace, one after the other.
async fn idle(address: String, phones: Arc<[Enrolled]>, pace: Duration, took: Shared) {
    let requests: Vec<_> = phones.iter().map(|p| p.idle.bytes()).collect();
    let mut wire = Wire::open(&address).await;
    let mut ticks = interval(pace);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for request in requests.iter().cycle() {
        ticks.tick().await;
        let started = Instant::now();
        wire.exchange(request).await;
        note(&took, |t| t.idles.push(started.elapsed()));
    }
}

fn line(row: &Row) -> String {
    let pair = |[p50, p99]: [f64; 2]| format!("{p50:.1}, {p99:.1}");
    format!(
        "| {:.0} | {:.0} | {:.2} | {:.0} | {} | {} | {} | {} | {:.1} |",
        row.minute,
        row.memory_mb,
        row.cpu_ms_per_request,
        row.per_second,
        pair(row.order_ms),
        pair(row.conversation_ms),
        pair(row.idle_ms),
        row.stream_records,
        row.database_mb,
    )
}

fn table(rows: &[Row]) -> String {
    let lines: Vec<_> = rows.iter().map(line).collect();
    let mut text = format!("{HEAD}\n{}\n", lines.join("\n"));
    let quarter = rows.len() / 4;
    let (early, late) = (&rows[quarter..2 * quarter], &rows[rows.len() - quarter..]);
    let ratio = |part: fn(&Row) -> f64| {
        let of = |rows: &[Row]| median(rows.iter().map(part).collect());
        of(late) / of(early)
    };
    text += &format!(
        "\nLast quarter to second quarter (medians): memory {:.2}, order p50 {:.2}, conversation \
         p50 {:.2}, CPU per request {:.2}.\n",
        ratio(|r| r.memory_mb),
        ratio(|r| r.order_ms[0]),
        ratio(|r| r.conversation_ms[0]),
        ratio(|r| r.cpu_ms_per_request),
    );
    text
}
