use std::ops::RangeInclusive;

use trennwand_domain::{Duration, Timestamp};

const LAST: u16 = 1439;

/// The minutes of the day (UTC) that began after `last` and up to `now`: at most two ranges, at most
/// all of a day.
pub(crate) fn between(last: Timestamp, now: Timestamp) -> Vec<RangeInclusive<u16>> {
    let minute = |t: Timestamp| t.unix_s().div_euclid(60);
    let elapsed = minute(now) - minute(last);
    if elapsed <= 0 {
        return Vec::new();
    }
    if elapsed > i64::from(LAST) {
        return vec![0..=LAST];
    }
    let (from, to) = (last.plus(Duration::from_secs(60)).minute_of_day(), now.minute_of_day());
    match from <= to {
        true => vec![from..=to],
        false => vec![from..=LAST, 0..=to],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("2026-11-{text}Z")).unwrap()
    }

    #[test]
    fn each_minute_comes_once() {
        for (last, now, expected) in [
            ("18T10:00:00", "18T10:00:59", vec![]),
            ("18T10:00:59", "18T10:01:00", vec![601..=601]),
            ("18T10:00:00", "18T10:05:30", vec![601..=605]),
            ("18T10:05:00", "18T10:00:00", vec![]),
            ("18T23:58:00", "19T00:02:00", vec![1439..=1439, 0..=2]),
            ("18T23:59:00", "19T00:02:00", vec![0..=2]),
            ("18T10:00:00", "19T09:59:00", vec![601..=1439, 0..=599]),
            ("18T10:00:00", "19T10:00:00", vec![0..=1439]),
            ("01T10:00:00", "19T10:00:00", vec![0..=1439]),
        ] {
            assert_eq!(between(at(last), at(now)), expected, "{last} to {now}");
        }
    }
}
