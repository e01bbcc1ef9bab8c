//! Log lines: JSON for machines, plain lines for a terminal.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line.
    Json,
    /// For people at a terminal.
    Plain,
}

/// Starts logging to standard error, and makes panics a log line that says where, not what: their
/// message can hold anything. `directives` are those of `RUST_LOG`, such as `info`; what cannot be
/// read of them is left out. Further calls change nothing.
pub fn init(format: Format, directives: &str) {
    let filter = EnvFilter::builder().parse_lossy(directives);
    let registry = tracing_subscriber::registry().with(filter);
    let line = fmt::layer().with_writer(std::io::stderr);
    let started = match format {
        Format::Json => registry.with(line.json().flatten_event(true)).try_init(),
        Format::Plain => registry.with(line.with_target(false)).try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let at = panic.location().map(ToString::to_string);
            tracing::error!(target: "panic", at, "panicked");
        }));
    }
}
