//! Instructions of a warm idle connect, counted by callgrind: everything between a request that was
//! read and its answer, the SDK with its connection to the database included, the database not.

use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::Router;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tokio::runtime::Builder;
use tower::ServiceExt as _;
use trennwand_pki::DetachedSignature;
use trennwand_runtime::Core;

use crate::{
    figures::Figures,
    rig::{self, Idle},
};

/// Connects before counting starts.
const WARM_UP: usize = 20;

/// Longer than callgrind takes.
const LONG: Duration = Duration::from_secs(86_400);

/// What is counted, in this order.
const PHASES: [&str; 5] = [
    "idle connect, head read (2 requests)",
    "idle connect, head cached (1 request)",
    "of these: the signature (base64, CMS, RSA)",
    "of these: the query through the SDK",
    "of these: the head through the SDK",
];

pub(crate) fn run(figures: &Figures, count: usize, profiles: Option<&Path>) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    figures.note("Enrolling a phone.");
    let idles = runtime.block_on(rig::prepare(directory.path(), 1));
    let file = directory.path().join("idles.json");
    let idles: Vec<_> = idles.iter().map(Idle::to_json).collect();
    fs::write(&file, Value::from(idles).to_string()).expect("written");

    let this = std::env::current_exe().expect("this program");
    let address = directory.path().join("address");
    let database = Command::new(&this)
        .arg("database")
        .arg(rig::database_file(directory.path()))
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&address).expect("a file"))
        .spawn();
    let database = Ended(database.expect("the database starts"));
    let address = loop {
        let text = fs::read_to_string(&address).expect("a file");
        if let Some(address) = text.strip_suffix('\n') {
            break address.to_owned();
        }
        std::thread::sleep(Duration::from_millis(20));
    };

    figures.note("Counting.");
    let profiles = profiles.unwrap_or_else(|| directory.path());
    fs::create_dir_all(profiles).expect("a directory");
    let out = profiles.join("callgrind.out");
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--zero-before=*begin_phase*"])
        .args(["--dump-before=*end_phase*", "--compress-strings=no", "--compress-pos=no"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(&this)
        .arg("watched")
        .args([&address, file.to_str().expect("Unicode"), &count.to_string()])
        .status();
    assert!(status.expect("valgrind is installed").success());
    drop(database);

    let profiles = (1..=PHASES.len()).map(|n| Profile::read(&numbered(&out, n)));
    let profiles: Vec<_> = profiles.collect();
    figures.publish("instructions", &tables(&profiles, count));
}

fn numbered(out: &Path, n: usize) -> PathBuf {
    PathBuf::from(format!("{}.{n}", out.display()))
}

/// A process of ours, which ends with this.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Serves the database until standard input ends; says where.
pub(crate) fn database(file: &Path) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let address = runtime.block_on(rig::serve_database(file));
    trennwand::Console.say(address);
    drop(std::io::stdin().read_line(&mut String::new()));
}

/// What callgrind watches: each phase on one thread.
pub(crate) fn watched(database: &str, idles: &Path, count: usize) {
    rig::log_to_nowhere();
    let idles = fs::read_to_string(idles).expect("prepared");
    let idles: Value = serde_json::from_str(&idles).expect("JSON");
    let idle = Idle::from_json(&idles[0]);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let core = rig::core(database);
        for keep_heads_for in [Duration::ZERO, LONG] {
            let function = rig::function(&core, keep_heads_for);
            phase(count, async || connect(&function, &idle).await).await;
        }
        let signature = idle.signature.clone();
        phase(count, async || {
            let bytes = BASE64_STANDARD.decode(&signature).expect("base64");
            let parsed = DetachedSignature::parse(&bytes).expect("a signature");
            parsed.verify(idle.body.as_bytes()).expect("ours");
        })
        .await;
        phase(count, async || query(&core, &idle).await).await;
        phase(count, async || head(&core, &idle).await).await;
    });
}

async fn phase(count: usize, work: impl AsyncFn()) {
    for _ in 0..WARM_UP {
        work().await;
    }
    begin_phase();
    for _ in 0..count {
        work().await;
    }
    end_phase();
}

/// Where callgrind starts to count.
#[inline(never)]
fn begin_phase() {
    black_box(1);
}

/// Where it writes down what it counted.
#[inline(never)]
fn end_phase() {
    black_box(2);
}

async fn connect(function: &Router, idle: &Idle) {
    let answer = function.clone().oneshot(idle.request()).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers().get("content-length").map(|l| l.as_bytes()), Some(&b"0"[..]));
}

async fn query(core: &Core, idle: &Idle) {
    let scope = rig::scope(idle.tenant());
    let view = core.store.devices(&scope).connect_view(idle.device()).await;
    assert!(view.expect("the database answers").is_some());
}

async fn head(core: &Core, idle: &Idle) {
    let scope = rig::scope(idle.tenant());
    let head = core.store.tenant(&scope).recent_head().await;
    assert!(head.expect("the database answers").is_some());
}

/// What callgrind wrote down about a phase.
struct Profile {
    total: u64,
    /// Own instructions by group of functions.
    groups: BTreeMap<&'static str, u64>,
}

impl Profile {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("callgrind wrote it");
        let (mut groups, mut group) = (BTreeMap::new(), "");
        let mut call = false;
        for line in text.lines() {
            if let Some(function) = line.strip_prefix("fn=") {
                group = group_of(function);
            } else if line.starts_with("calls=") {
                call = true;
            } else if line.starts_with(|c: char| c.is_ascii_digit()) && !std::mem::take(&mut call) {
                // A position and what it costs; behind `calls=` it is what the callee cost.
                let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0);
                *groups.entry(group).or_default() += cost;
            }
        }
        Self { total: groups.values().sum(), groups }
    }
}

/// Who a function belongs to, by its name; generic code counts for whom it was made.
fn group_of(function: &str) -> &'static str {
    const GROUPS: [(&str, &[&str]); 10] = [
        (
            "memory: allocating, copying, comparing",
            &[
                "malloc",
                "calloc",
                "realloc",
                "free",
                "mem",
                "__mem",
                "_int_",
                "unlink_chunk",
                "__rust",
                "alloc::",
                "__libc",
                "sysmalloc",
                "cfree",
                "_platform",
            ],
        ),
        (
            "cryptography",
            &[
                "aws_lc", "bn_", "sha2", "sha1", "rsaz", "bignum", "AWS_LC", "BN_", "RSA_", "EVP_",
                "hmac", "OPENSSL",
            ],
        ),
        ("DynamoDB SDK", &["aws_", "serde_dynamo"]),
        (
            "HTTP and router",
            &["hyper", "http", "axum", "tower", "h2::", "httparse", "matchit", "bytes"],
        ),
        ("asynchronous runtime", &["tokio", "futures", "mio"]),
        ("log", &["tracing", "valuable", "sharded", "matchers"]),
        (
            "JSON, property lists, texts",
            &[
                "serde",
                "plist",
                "quick_xml",
                "core::fmt",
                "core::str",
                "time::",
                "base64",
                "itoa",
                "ryu",
            ],
        ),
        ("our code", &["trennwand"]),
        ("standard library", &["core", "std", "hashbrown", "indexmap"]),
        (
            "kernel interface",
            &["sys", "recv", "send", "epoll", "write", "read", "clock_gettime", "pthread", "__"],
        ),
    ];
    let name = function.rsplit_once(".rs:").map_or(function, |(_, name)| name);
    let name = name.trim_start_matches(['<', '&', '*', '(', '\'']);
    let found = GROUPS.iter().find(|(_, starts)| starts.iter().any(|s| name.starts_with(s)));
    found.map_or("other", |(group, _)| group)
}

fn tables(profiles: &[Profile], count: usize) -> String {
    let per_connect = |instructions: u64| instructions as f64 / count as f64 / 1000.0;
    let mut text = String::from("| what | thousand instructions |\n|---|---|\n");
    for (name, profile) in PHASES.iter().zip(profiles) {
        text += &format!("| {name} | {:.0} |\n", per_connect(profile.total));
    }
    let [read, cached, signature, ..] = profiles else { unreachable!("five phases") };
    for (name, whole) in [(PHASES[0], read), (PHASES[1], cached)] {
        let rest = whole.total.saturating_sub(signature.total);
        text += &format!("| **{name}, without the signature** | **{:.0}** |\n", per_connect(rest));
    }
    text += "\n| where (own instructions, head cached) | thousand instructions | share |\n|---|---|---|\n";
    let mut groups: Vec<_> = cached.groups.iter().collect();
    groups.sort_by_key(|(_, instructions)| std::cmp::Reverse(**instructions));
    for (name, instructions) in groups {
        let share = *instructions as f64 / cached.total as f64 * 100.0;
        text += &format!("| {name} | {:.0} | {share:.0} % |\n", per_connect(*instructions));
    }
    text
}
