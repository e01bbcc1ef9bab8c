use time::{Date, Month, PrimitiveDateTime, Time};
use trennwand_domain::Timestamp;

use super::{Element, Fault, tag, write};

/// A time as RFC 5280 writes it: UTCTime until 2049, GeneralizedTime after; seconds, UTC.
pub(crate) fn time(at: Timestamp) -> Vec<u8> {
    let t = at.to_offset_date_time();
    let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
    let (hour, minute, second) = (t.hour(), t.minute(), t.second());
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        let text = format!("{:02}{rest}", year % 100);
        write::element(tag::UTC_TIME, text.as_bytes())
    } else {
        write::element(tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
    }
}

/// Reads a time in the forms of RFC 5280.
pub(crate) fn read_time(element: &Element<'_>) -> Result<Timestamp, Fault> {
    let (year_digits, text) = match element.tag {
        tag::UTC_TIME => (2, element.content),
        tag::GENERALIZED_TIME => (4, element.content),
        _ => return Err(Fault::Malformed),
    };
    let digits = text.strip_suffix(b"Z").ok_or(Fault::Malformed)?;
    if digits.len() != year_digits + 10 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fault::Malformed);
    }
    let number = |range: std::ops::Range<usize>| {
        digits[range].iter().fold(0u16, |n, &d| n * 10 + u16::from(d - b'0'))
    };
    let year = match number(0..year_digits) {
        short @ 0..50 if year_digits == 2 => short + 2000,
        short @ 50..100 if year_digits == 2 => short + 1900,
        year => year,
    };
    let pair = |i: usize| number(year_digits + 2 * i..year_digits + 2 * i + 2) as u8;
    read_parts(year, [pair(0), pair(1), pair(2), pair(3), pair(4)]).ok_or(Fault::Malformed)
}

fn read_parts(year: u16, [month, day, hour, minute, second]: [u8; 5]) -> Option<Timestamp> {
    let month = Month::try_from(month).ok()?;
    let date = Date::from_calendar_date(year.into(), month, day).ok()?;
    let time = Time::from_hms(hour, minute, second).ok()?;
    Some(Timestamp::from_unix_s(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::Der;

    fn read(tag: u8, text: &str) -> Option<String> {
        let element = Element { tag, content: text.as_bytes(), whole: &[] };
        read_time(&element).ok().map(|t| t.to_string())
    }

    #[test]
    fn the_century_of_a_short_year_follows_rfc_5280() {
        assert_eq!(read(tag::UTC_TIME, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(read(tag::UTC_TIME, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(read(tag::GENERALIZED_TIME, "20500101000000Z").unwrap(), "2050-01-01T00:00:00Z");
    }

    #[test]
    fn times_that_do_not_exist_are_refused() {
        for wrong in ["", "Z", "491231235959", "490231235959Z", "491331000000Z", "49123123595é"] {
            assert_eq!(read(tag::UTC_TIME, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_written_time_is_read_again() {
        for text in ["2026-11-18T11:06:40Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"] {
            let at = Timestamp::parse_rfc3339(text).unwrap();
            let der = time(at);
            assert_eq!(read_time(&Der::new(&der).next().unwrap()), Ok(at));
        }
    }
}
