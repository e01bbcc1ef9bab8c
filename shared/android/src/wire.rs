//! How Google's JSON writes numbers, spans and bytes.

use serde::{Deserialize, Deserializer, Serializer, de};

/// `int64`: a decimal number in quotes; some answers have a bare number.
pub(crate) mod int64 {
    use super::*;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
        match Option::<Either>::deserialize(d)? {
            None => Ok(None),
            Some(Either::Number(number)) => Ok(Some(number)),
            Some(Either::Text(text)) => text.parse().map(Some).map_err(de::Error::custom),
        }
    }

    pub(crate) fn serialize<S: Serializer>(value: &Option<i64>, s: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => s.collect_str(value),
            None => s.serialize_none(),
        }
    }
}

/// `google-duration`: seconds with up to nine decimals and the suffix `s`; decimals are dropped.
pub(crate) mod seconds {
    use trennwand_domain::Duration;

    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Duration>, D::Error> {
        let Some(text) = Option::<String>::deserialize(d)? else {
            return Ok(None);
        };
        let whole = text.strip_suffix('s').map(|t| t.split_once('.').map_or(t, |(whole, _)| whole));
        let seconds = whole.and_then(|whole| whole.parse().ok());
        seconds
            .map(|s| Some(Duration::from_secs(s)))
            .ok_or_else(|| de::Error::custom("no duration"))
    }

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => s.collect_str(&format_args!("{}s", value.as_secs())),
            None => s.serialize_none(),
        }
    }
}
