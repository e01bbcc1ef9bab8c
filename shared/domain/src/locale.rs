use serde::{Deserialize, Serialize};

/// The languages that texts for people exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Locale {
    /// The language to answer in, from an `Accept-Language` header (RFC 9110 §12.5.4): the best
    /// weighted of those we have, English if there is none.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0_f32, Self::En);
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|p| p.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            let primary = tag.split('-').next().unwrap_or_default();
            let locale = match primary {
                p if p.eq_ignore_ascii_case("de") => Self::De,
                p if p.eq_ignore_ascii_case("en") || p == "*" => Self::En,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, locale);
            }
        }
        best.1
    }

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_weighted_language_wins() {
        for (header, expected) in [
            ("", Locale::En),
            ("de", Locale::De),
            ("de-AT,de;q=0.9,en;q=0.8", Locale::De),
            ("fr, en;q=0.5, de;q=0.6", Locale::De),
            ("en-GB,en;q=0.9,de;q=0.8", Locale::En),
            ("de;q=0, en;q=0.1", Locale::En),
            ("fr", Locale::En),
            ("de;q=banana", Locale::En),
        ] {
            assert_eq!(Locale::from_accept_language(header), expected, "{header:?}");
        }
    }
}
