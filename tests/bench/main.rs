//! How fast the device path is, where its instructions go, and whether a server that runs for long
//! stays as it was.
//!
//! `cargo bench -p trennwand-tests -- connects | instructions | soak`, each with `--help`; with
//! `--write` the results go into `infra/PERFORMANCE.md`. Phones are enrolled by the real server and
//! their requests signed beforehand; then the function of the device path runs alone over the same
//! database, as it does in the cloud.

mod api;
mod connects;
mod figures;
mod instructions;
mod process;
mod rig;
mod soak;
mod summary;
mod wire;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Benchmarks of the device path.
#[derive(Debug, Parser)]
#[command(name = "device_path")]
struct Cli {
    /// Writes the results into infra/PERFORMANCE.md.
    #[arg(long, global = true)]
    write: bool,
    /// Said by `cargo bench`.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Idle connects per second over HTTP beside queries of the bare database.
    Connects {
        /// How long each measurement takes, in seconds.
        #[arg(long, default_value_t = 2)]
        seconds: u64,
        /// How often each measurement is made; medians count.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Instructions of a warm idle connect, counted by callgrind (valgrind must be installed).
    Instructions {
        /// Over how many connects the count is averaged.
        #[arg(long, default_value_t = 200)]
        count: usize,
        /// Leaves what callgrind wrote in this directory, for `callgrind_annotate`; one file per
        /// line of the result.
        #[arg(long, value_name = "DIR")]
        profiles: Option<PathBuf>,
    },
    /// The local server under steady load on a file: memory and write latency over time.
    Soak {
        /// How long, in minutes.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
        /// Commands that are ordered, delivered and acknowledged per second.
        #[arg(long, default_value_t = 10)]
        commands: u64,
        /// Idle connects per second beside them.
        #[arg(long, default_value_t = 50)]
        idles: u64,
    },
    /// The database alone.
    #[command(hide = true)]
    Database { file: PathBuf },
    /// What callgrind watches.
    #[command(hide = true)]
    Watched { endpoint: String, idles: PathBuf, count: usize },
    /// The whole server, until standard input ends.
    #[command(hide = true)]
    Serve { directory: PathBuf, credentials: PathBuf },
}

fn main() {
    let cli = Cli::parse();
    let figures = figures::Figures::new(cli.write);
    match cli.what {
        What::Connects { seconds, rounds } => connects::run(&figures, seconds, rounds),
        What::Instructions { count, profiles } => {
            instructions::run(&figures, count, profiles.as_deref());
        }
        What::Soak { minutes, commands, idles } => soak::run(&figures, minutes, commands, idles),
        What::Database { file } => instructions::database(&file),
        What::Watched { endpoint, idles, count } => {
            instructions::watched(&endpoint, &idles, count);
        }
        What::Serve { directory, credentials } => soak::serve(directory, credentials),
    }
}
