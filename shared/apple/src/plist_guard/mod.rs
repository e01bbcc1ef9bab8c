//! Size, depth and number of elements are checked on the bytes before anything is decoded.
//!
//! The checks are stricter than the decoder behind them: whatever a real phone never sends
//! (processing instructions, CDATA, attributes, dates with an offset) is refused, so that there is
//! nothing about which the check and the decoder could disagree.

mod binary;
#[cfg(test)]
mod tests;
mod xml;

use std::io::Cursor;

use plist::{Dictionary, Value};

use crate::PlistError;

/// The largest body that is looked at, in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// The deepest nesting; Apple's messages need 6.
pub const MAX_DEPTH: usize = 32;
/// The most values (keys included), counted as often as they are reached.
pub const MAX_ELEMENTS: usize = 50_000;
/// The most bytes of text and data, counted as often as they are reached.
const MAX_CONTENT: usize = 2 * MAX_BODY;

const BINARY_MAGIC: &[u8] = b"bplist00";

/// Decodes an XML or binary property list from a stranger.
///
/// # Errors
/// If it is not one whose outermost value is a dictionary, or exceeds a limit.
pub fn parse(bytes: &[u8]) -> Result<Dictionary, PlistError> {
    if bytes.len() > MAX_BODY {
        return Err(PlistError::TooLarge);
    }
    let value = if bytes.starts_with(BINARY_MAGIC) {
        binary::check(bytes)?;
        Value::from_reader(Cursor::new(bytes))
    } else {
        Value::from_reader_xml(Cursor::new(xml::check(bytes)?))
    };
    match value {
        Ok(Value::Dictionary(dictionary)) => Ok(dictionary),
        Ok(_) => Err(PlistError::NotADictionary),
        Err(_) => Err(PlistError::Malformed),
    }
}

/// What may still be read.
struct Budget {
    elements: usize,
    content: usize,
}

impl Budget {
    const fn new() -> Self {
        Self { elements: MAX_ELEMENTS, content: MAX_CONTENT }
    }

    fn elements(&mut self, number: usize) -> Result<(), PlistError> {
        self.elements = self.elements.checked_sub(number).ok_or(PlistError::TooManyElements)?;
        Ok(())
    }

    fn content(&mut self, bytes: usize) -> Result<(), PlistError> {
        self.content = self.content.checked_sub(bytes).ok_or(PlistError::TooManyElements)?;
        Ok(())
    }
}
