//! What Linux says about a process.

use std::{fs, path::Path, time::Duration};

/// A tick of `/proc/*/stat`: 1/100 s on every Linux that Rust supports.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of a process so far, threads that ended included.
pub(crate) fn cpu(process: u32) -> Duration {
    ticks(Path::new(&format!("/proc/{process}/stat"))).expect("a running process")
}

/// CPU time of this process's living threads of this name.
pub(crate) fn cpu_of_threads(name: &str) -> Duration {
    let threads = fs::read_dir("/proc/self/task").expect("threads").flatten();
    let ours = threads.filter(|thread| {
        fs::read_to_string(thread.path().join("comm")).is_ok_and(|comm| comm.trim() == name)
    });
    ours.filter_map(|thread| ticks(&thread.path().join("stat"))).sum()
}

/// User and system time.
fn ticks(stat: &Path) -> Option<Duration> {
    let stat = fs::read_to_string(stat).ok()?;
    // The name, in parentheses, may hold spaces; the times are fields 14 and 15.
    let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: u32 = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    Some(TICK * ticks)
}

/// Memory of a process that no file backs, in MB.
pub(crate) fn memory_mb(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a running process");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|n| n.parse().ok());
    kb.map_or(f64::NAN, |kb: f64| kb / 1024.0)
}
