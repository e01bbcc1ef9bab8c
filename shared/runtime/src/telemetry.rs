//! Log lines: JSON for machines, plain lines for a terminal.

mod metrics;

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer as _,
    filter::{Targets, filter_fn},
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line, for this function; those about its work are metrics too.
    Json(&'static str),
    /// For people at a terminal.
    Plain,
}

/// Libraries that see requests, answers and secrets. Below a warning they print them, so nothing
/// below a warning is taken from them, whatever the directives say.
const LIBRARIES: [&str; 9] =
    ["aws_", "hyper", "h2", "a2", "reqwest", "rustls", "dynoxide", "mio", "tokio"];

/// Starts logging to standard error, and makes panics a log line that says where, not what: their
/// message can hold anything. `directives` are those of `RUST_LOG`, such as `info`; what cannot be
/// read of them is left out. Further calls change nothing.
pub fn init(format: Format, directives: &str) {
    let started = match format {
        Format::Json(function) => subscriber(function, directives, io::stderr).try_init(),
        Format::Plain => {
            let colours = io::stderr().is_terminal();
            let line = fmt::layer().with_writer(io::stderr).with_target(false).with_ansi(colours);
            let line = line.with_filter(filter_fn(is_ours_or_grave));
            tracing_subscriber::registry().with(wanted(directives)).with(line).try_init()
        }
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let at = panic.location().map(ToString::to_string);
            tracing::error!(target: "panic", at, "panicked");
        }));
    }
}

/// What [`init`] starts for machines, writing elsewhere.
pub fn subscriber<W>(
    function: &'static str,
    directives: &str,
    writer: W,
) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let line = fmt::layer().json().with_writer(writer).event_format(metrics::Lines::new(function));
    let line = line.with_filter(filter_fn(is_ours_or_grave));
    tracing_subscriber::registry().with(wanted(directives)).with(line)
}

/// Which lines are wanted; what cannot be read is left out. Directives for spans, which would need
/// regular expressions (350 kB of every function), are not known.
fn wanted(directives: &str) -> Targets {
    let read = directives.split(',').filter_map(|one| one.trim().parse::<Targets>().ok());
    read.fold(Targets::new(), |all, one| match one.default_level() {
        Some(level) => all.with_default(level).with_targets(one),
        None => all.with_targets(one),
    })
}

fn is_ours_or_grave(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::WARN || !LIBRARIES.iter().any(|l| line.target().starts_with(l))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_as_far_as_they_can_be() {
        let lines = |directives, target| {
            let wanted = wanted(directives);
            [Level::ERROR, Level::INFO, Level::TRACE]
                .map(|level| wanted.would_enable(target, &level))
        };
        assert_eq!(lines("info", "request"), [true, true, false]);
        assert_eq!(lines("warn,dynoxide=error", "dynoxide::server"), [true, false, false]);
        assert_eq!(lines("info, records=trace", "records"), [true, true, true]);
        assert_eq!(lines("info,records=loud", "records"), [true, true, false]);
        assert_eq!(lines("", "request"), [true, false, false]);
    }
}
