use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A span of time, always non-negative.
pub use std::time::Duration;

/// Where the present comes from. Production passes the system's clock, tests a [`ManualClock`].
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present.
    fn now(&self) -> Timestamp;
}

/// A moment in milliseconds since the Unix epoch, shown as RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// From whole seconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_s(s: i64) -> Self {
        Self(s.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Days since the Unix epoch (UTC), rounded down.
    #[must_use]
    pub const fn unix_day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// Minute of the day in UTC, 0 to 1439.
    #[must_use]
    pub const fn minute_of_day(self) -> u16 {
        (self.0.rem_euclid(86_400_000) / 60_000) as u16
    }

    /// The moment `after` this one.
    #[must_use]
    pub const fn plus(self, after: Duration) -> Self {
        Self(self.0.saturating_add(after.as_millis() as i64))
    }

    /// The moment `before` this one.
    #[must_use]
    pub const fn minus(self, before: Duration) -> Self {
        Self(self.0.saturating_sub(before.as_millis() as i64))
    }

    /// How long after `earlier` this moment is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    /// The same moment for crates that speak `time`; the epoch if out of their range.
    #[must_use]
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Reads an RFC 3339 time.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let t = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(t.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_offset_date_time().format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse_rfc3339(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 time"))
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `at`.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_as_rfc_3339() {
        let t = Timestamp::from_unix_ms(1_795_000_000_123);
        assert_eq!(t.to_string(), "2026-11-18T11:06:40.123Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-18T12:06:40.123+01:00"), Some(t));
        assert_eq!(Timestamp::from_unix_s(0).to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn minute_of_day_counts_from_midnight_utc() {
        assert_eq!(Timestamp::parse_rfc3339("2026-11-18T09:46:40Z").unwrap().minute_of_day(), 586);
    }
}
