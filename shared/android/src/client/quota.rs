use std::sync::{Mutex, PoisonError};

use trennwand_domain::{Duration, Timestamp};

/// How many requests Google takes.
///
/// Google's default is 1,000 in 100 s for a project, counted over all of its users. A process cannot
/// see what others of the same project send: with several processes each gets its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The most in any 100 s.
    pub per_100_s: u32,
    /// How many of them may go at once.
    pub burst: u32,
    /// A request that would have to wait longer than this fails instead.
    pub longest_wait: Duration,
}

impl Default for Quota {
    /// The whole of a project's default, for a single process.
    fn default() -> Self {
        Self { per_100_s: 1_000, burst: 100, longest_wait: Duration::from_secs(120) }
    }
}

/// A bucket of thousandths of requests that fills at a steady rate. A bucket of `burst` that fills at
/// `per_100_s - burst` in 100 s lets no more than `per_100_s` through in any 100 s.
#[derive(Debug)]
pub(super) struct Bucket {
    quota: Quota,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// May be below zero: then the next request waits until it would be zero again.
    thousandths: i64,
    at: Timestamp,
}

impl Bucket {
    pub(super) fn new(quota: Quota, now: Timestamp) -> Self {
        let state = State { thousandths: i64::from(quota.burst) * 1_000, at: now };
        Self { quota, state: Mutex::new(state) }
    }

    /// Takes one request out and says how long to wait before it may be sent.
    ///
    /// # Errors
    /// How long it would have to wait, if that is too long; then nothing is taken.
    pub(super) fn take(&self, now: Timestamp) -> Result<Option<Duration>, Duration> {
        let mut state = self.filled(now);
        let left = state.thousandths - 1_000;
        let wait = self.time_for(-left);
        if wait > self.quota.longest_wait {
            return Err(wait);
        }
        state.thousandths = left;
        Ok(Some(wait).filter(|wait| !wait.is_zero()))
    }

    /// Google says that it was too much, so somebody else uses the quota too: starts from nothing.
    pub(super) fn drain(&self, now: Timestamp) {
        let mut state = self.filled(now);
        state.thousandths = state.thousandths.min(0);
    }

    /// Thousandths of a request per millisecond × 100, at least one.
    fn rate(&self) -> i64 {
        i64::from(self.quota.per_100_s.saturating_sub(self.quota.burst)).max(1)
    }

    fn time_for(&self, thousandths: i64) -> Duration {
        let missing = u64::try_from(thousandths).unwrap_or(0);
        // 100 s bring `rate` requests, so a thousandth takes 100 ms / rate.
        Duration::from_millis((missing * 100).div_ceil(self.rate().unsigned_abs()))
    }

    fn filled(&self, now: Timestamp) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.since(state.at).as_millis().min(10_000_000) as i64;
        // What does not make a whole thousandth stays in `at`.
        let gained = passed * self.rate() / 100;
        if gained > 0 {
            state.at = now;
            let full = i64::from(self.quota.burst) * 1_000;
            state.thousandths = (state.thousandths + gained).min(full);
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_steady_rate() {
        let bucket = Bucket::new(Quota::default(), START);
        for _ in 0..100 {
            assert_eq!(bucket.take(START), Ok(None));
        }
        // 900 in 100 s: one each 111.1 ms.
        assert_eq!(bucket.take(START), Ok(Some(ms(112))));
        assert_eq!(bucket.take(START), Ok(Some(ms(223))));
        assert_eq!(bucket.take(START.plus(ms(1_000))), Ok(None));
    }

    #[test]
    fn no_100_seconds_see_more_than_the_quota_however_the_requests_come() {
        let quota = Quota { longest_wait: Duration::MAX, ..Quota::default() };
        let bucket = Bucket::new(quota, START);
        // Everyone asks as soon as possible for 400 s, with a rest in between.
        let mut sent = Vec::new();
        let mut now = START;
        while now < START.plus(Duration::from_secs(400)) {
            if sent.len() == 1_500 {
                now = now.plus(Duration::from_secs(60));
            }
            let wait = bucket.take(now).unwrap().unwrap_or_default();
            now = now.plus(wait);
            sent.push(now);
        }
        assert!(sent.len() > 2_500, "{}", sent.len());
        let mut most = 0;
        for (i, first) in sent.iter().enumerate() {
            let end = first.plus(Duration::from_secs(100));
            most = most.max(sent[i..].iter().take_while(|at| **at < end).count());
        }
        assert!(most <= 1_000, "{most} in 100 s");
        assert!(most > 950, "the quota is used: {most}");
    }

    #[test]
    fn who_would_wait_too_long_is_told_so_and_takes_nothing() {
        let quota = Quota { per_100_s: 20, burst: 10, longest_wait: Duration::from_secs(15) };
        let bucket = Bucket::new(quota, START);
        for _ in 0..10 {
            assert_eq!(bucket.take(START), Ok(None));
        }
        assert_eq!(bucket.take(START), Ok(Some(ms(10_000))));
        for _ in 0..3 {
            assert_eq!(bucket.take(START), Err(ms(20_000)));
        }
        assert_eq!(bucket.take(START.plus(ms(10_000))), Ok(Some(ms(10_000))));
    }

    #[test]
    fn after_google_s_no_the_bucket_starts_from_nothing() {
        let bucket = Bucket::new(Quota::default(), START);
        bucket.drain(START);
        assert_eq!(bucket.take(START), Ok(Some(ms(112))));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let bucket = Bucket::new(Quota { per_100_s: 2, burst: 1, ..Quota::default() }, START);
        assert_eq!(bucket.take(START), Ok(None));
        assert_eq!(bucket.take(START.minus(ms(5_000))), Ok(Some(ms(100_000))));
    }
}
