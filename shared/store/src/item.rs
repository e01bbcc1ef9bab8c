use std::{collections::HashMap, str::FromStr};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use trennwand_domain::{Error, Result, Timestamp};

use crate::layout::{Key, attribute};

/// An item as the SDK has it.
pub(crate) type Map = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn bytes(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// A set of byte strings; there is no empty one.
pub(crate) fn byte_set(values: impl IntoIterator<Item = Vec<u8>>) -> AttributeValue {
    AttributeValue::Bs(values.into_iter().map(Blob::new).collect())
}

pub(crate) fn moment(value: Timestamp) -> AttributeValue {
    number(value.unix_ms())
}

impl Key {
    pub(crate) fn to_map(&self) -> Map {
        Map::from([(attribute::PK.into(), text(&self.pk)), (attribute::SK.into(), text(&self.sk))])
    }
}

/// An item that is being made.
#[derive(Clone)]
pub(crate) struct Item(Map);

impl Item {
    pub(crate) fn at(key: &Key) -> Self {
        Self(key.to_map())
    }

    pub(crate) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    pub(crate) fn maybe(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn into_map(self) -> Map {
        self.0
    }
}

/// An item that is being read. What is stored was written by us: an item that does not fit is an
/// internal error.
pub(crate) struct Fields(Map);

impl From<Map> for Fields {
    fn from(map: Map) -> Self {
        Self(map)
    }
}

fn broken(name: &str) -> Error {
    Error::internal(format_args!("stored item: attribute {name} is missing or malformed"))
}

impl Fields {
    pub(crate) fn opt_text(&mut self, name: &str) -> Result<Option<String>> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(broken(name)),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String> {
        self.opt_text(name)?.ok_or_else(|| broken(name))
    }

    /// A text with a meaning, such as an identifier.
    pub(crate) fn opt_parsed<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let text = self.opt_text(name)?;
        text.map(|t| t.parse().map_err(|_| broken(name))).transpose()
    }

    pub(crate) fn parsed<T: FromStr>(&mut self, name: &str) -> Result<T> {
        self.opt_parsed(name)?.ok_or_else(|| broken(name))
    }

    /// A word of the API.
    pub(crate) fn word<T>(&mut self, name: &str, read: fn(&str) -> Option<T>) -> Result<T> {
        read(&self.text(name)?).ok_or_else(|| broken(name))
    }

    pub(crate) fn opt_number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(AttributeValue::N(n)) => n.parse().map(Some).map_err(|_| broken(name)),
            Some(_) => Err(broken(name)),
        }
    }

    pub(crate) fn number<T: FromStr>(&mut self, name: &str) -> Result<T> {
        self.opt_number(name)?.ok_or_else(|| broken(name))
    }

    pub(crate) fn opt_moment(&mut self, name: &str) -> Result<Option<Timestamp>> {
        Ok(self.opt_number(name)?.map(Timestamp::from_unix_ms))
    }

    pub(crate) fn moment(&mut self, name: &str) -> Result<Timestamp> {
        self.number(name).map(Timestamp::from_unix_ms)
    }

    pub(crate) fn opt_bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(AttributeValue::B(blob)) => Ok(Some(blob.into_inner())),
            Some(_) => Err(broken(name)),
        }
    }

    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        self.opt_bytes(name)?.ok_or_else(|| broken(name))
    }

    pub(crate) fn opt_array<const N: usize>(&mut self, name: &str) -> Result<Option<[u8; N]>> {
        let bytes = self.opt_bytes(name)?;
        bytes.map(|b| b.try_into().map_err(|_| broken(name))).transpose()
    }

    pub(crate) fn array<const N: usize>(&mut self, name: &str) -> Result<[u8; N]> {
        self.opt_array(name)?.ok_or_else(|| broken(name))
    }

    /// A set of byte strings of this length, sorted.
    pub(crate) fn byte_set<const N: usize>(&mut self, name: &str) -> Result<Vec<[u8; N]>> {
        let Some(set) = self.0.remove(name) else { return Ok(Vec::new()) };
        let AttributeValue::Bs(set) = set else { return Err(broken(name)) };
        let value = |blob: Blob| blob.into_inner().try_into().map_err(|_| broken(name));
        let mut values: Vec<[u8; N]> = set.into_iter().map(value).collect::<Result<_>>()?;
        values.sort_unstable();
        Ok(values)
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool> {
        match self.0.remove(name) {
            None => Ok(false),
            Some(AttributeValue::Bool(flag)) => Ok(flag),
            Some(_) => Err(broken(name)),
        }
    }

    /// A list of byte strings.
    pub(crate) fn byte_list(&mut self, name: &str) -> Result<Vec<Vec<u8>>> {
        let Some(list) = self.0.remove(name) else { return Ok(Vec::new()) };
        let AttributeValue::L(list) = list else { return Err(broken(name)) };
        list.into_iter()
            .map(|value| match value {
                AttributeValue::B(blob) => Ok(blob.into_inner()),
                _ => Err(broken(name)),
            })
            .collect()
    }

    /// JSON in a text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        self.opt_json(name)?.ok_or_else(|| broken(name))
    }

    pub(crate) fn opt_json<T: serde::de::DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>> {
        let text = self.opt_text(name)?;
        text.map(|t| serde_json::from_str(&t).map_err(|_| broken(name))).transpose()
    }
}

/// JSON as a text attribute. Our own types with text keys always serialise; what would not is
/// stored as `null` and fails when it is read.
pub(crate) fn json(value: &impl serde::Serialize) -> AttributeValue {
    text(serde_json::to_string(value).unwrap_or_else(|_| "null".into()))
}
