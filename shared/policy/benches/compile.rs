//! How long compiling and previewing take, without any IO.
//!
//! `cargo bench -p trennwand-policy --bench compile`; with `-- --write` the results go into `infra/PERFORMANCE.md`.

use std::{
    fs,
    hint::black_box,
    io::Write as _,
    time::{Duration, Instant},
};

use trennwand_domain::{MailAuth, MailKind, MailSettings, Target};
use trennwand_policy::{Edition, Fleet, NearbySharing, Os, PolicyDocument, artifacts, preview};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/PERFORMANCE.md");
const BEGIN: &str = "<!-- compile: begin -->\n";
const END: &str = "<!-- compile: end -->";
const ROUNDS: usize = 2000;

fn main() {
    let mail = MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
    let preset = PolicyDocument::preset();
    let open = PolicyDocument { nearby_sharing: NearbySharing::Open, ..PolicyDocument::preset() };
    let fleet = fleet();
    let rows = [
        (
            "the preset compiled and proved for all six targets",
            measure(|| {
                for &target in Target::ALL {
                    drop(black_box(artifacts(black_box(&preset), target, Some(&mail))));
                }
            }),
        ),
        (
            "preview of a change over a counted fleet of 10,000 phones",
            measure(|| {
                let before = Edition { document: &preset, mail: Some(&mail) };
                let after = Edition { document: &open, mail: Some(&mail) };
                drop(black_box(preview(&fleet, Some(before), after)));
            }),
        ),
    ];
    let mut table = String::from("| what | median µs | 99 % µs |\n|---|---|---|\n");
    for (what, [median, most]) in rows {
        table += &format!("| {what} | {} | {} |\n", median.as_micros(), most.as_micros());
    }
    std::io::stdout().write_all(table.as_bytes()).expect("a terminal");
    if std::env::args().any(|word| word == "--write") {
        let text = fs::read_to_string(FILE).expect("infra/PERFORMANCE.md");
        let (head, rest) = text.split_once(BEGIN).expect("the begin mark");
        let (_, tail) = rest.split_once(END).expect("the end mark");
        fs::write(FILE, format!("{head}{BEGIN}{table}{END}{tail}")).expect("written");
    }
}

/// Ten thousand phones of several kinds and systems.
fn fleet() -> Fleet {
    let mut fleet = Fleet::default();
    fleet.add(Target::IosDevice, None, 4000);
    for minor in 0..10 {
        fleet.add(Target::IosDevice, Some(Os(17, minor)), 100);
        fleet.add(Target::AndroidPersonal, Some(Os(8 + minor, 0)), 300);
        fleet.add(Target::AndroidCompany, Some(Os(8 + minor, 0)), 200);
    }
    fleet
}

/// Median and 99th percentile of what one call takes.
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn measure(mut work: impl FnMut()) -> [Duration; 2] {
    let mut taken: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    [taken[ROUNDS / 2], taken[ROUNDS * 99 / 100]]
}
