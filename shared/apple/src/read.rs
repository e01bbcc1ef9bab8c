//! Typed members of a decoded dictionary; errors name the member, never its value.

use plist::{Dictionary, Value};

use crate::PlistError;

/// The longest text that is taken from a message, in bytes.
const MAX_TEXT: usize = 512;

pub(crate) fn text(from: &Dictionary, key: &'static str) -> Result<String, PlistError> {
    optional_text(from, key)?.ok_or(PlistError::Missing(key))
}

/// A text that is there is neither empty nor overlong.
pub(crate) fn optional_text(
    from: &Dictionary,
    key: &'static str,
) -> Result<Option<String>, PlistError> {
    optional(from, key, |value| {
        value.as_string().filter(|t| !t.is_empty() && t.len() <= MAX_TEXT).map(str::to_owned)
    })
}

pub(crate) fn optional_data(
    from: &Dictionary,
    key: &'static str,
    max_len: usize,
) -> Result<Option<Vec<u8>>, PlistError> {
    optional(from, key, |value| {
        value.as_data().filter(|d| !d.is_empty() && d.len() <= max_len).map(<[u8]>::to_vec)
    })
}

pub(crate) fn optional_bool(
    from: &Dictionary,
    key: &'static str,
) -> Result<Option<bool>, PlistError> {
    optional(from, key, Value::as_boolean)
}

pub(crate) fn optional_integer(
    from: &Dictionary,
    key: &'static str,
) -> Result<Option<i64>, PlistError> {
    optional(from, key, Value::as_signed_integer)
}

pub(crate) fn optional_dictionary<'a>(
    from: &'a Dictionary,
    key: &'static str,
) -> Result<Option<&'a Dictionary>, PlistError> {
    optional(from, key, Value::as_dictionary)
}

pub(crate) fn dictionary<'a>(
    from: &'a Dictionary,
    key: &'static str,
) -> Result<&'a Dictionary, PlistError> {
    optional_dictionary(from, key)?.ok_or(PlistError::Missing(key))
}

pub(crate) fn array<'a>(
    from: &'a Dictionary,
    key: &'static str,
) -> Result<&'a [Value], PlistError> {
    optional(from, key, Value::as_array)
        .map(|a| a.map(Vec::as_slice))?
        .ok_or(PlistError::Missing(key))
}

/// Cuts a text to at most `max_len` bytes, between characters.
pub(crate) fn cut(text: &str, max_len: usize) -> String {
    let end = (0..=max_len.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text[..end.unwrap_or(0)].to_owned()
}

fn optional<'a, T>(
    from: &'a Dictionary,
    key: &'static str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, PlistError> {
    from.get(key).map(|value| read(value).ok_or(PlistError::Unexpected(key))).transpose()
}
