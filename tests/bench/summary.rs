use std::time::Duration;

/// The middle value.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value below which this share of the durations lies, in milliseconds.
pub(crate) fn percentile_ms(durations: &mut [Duration], share: f64) -> f64 {
    durations.sort_unstable();
    let place = (durations.len() as f64 * share) as usize;
    let found = durations.get(place.min(durations.len().saturating_sub(1)));
    found.map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0)
}
