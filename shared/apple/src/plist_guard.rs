//! Size, depth and number of elements are checked on the bytes before anything is decoded.

use plist::Dictionary;

use crate::PlistError;

/// The largest body that is looked at, in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// The deepest nesting; Apple's messages need 6.
pub const MAX_DEPTH: usize = 32;
/// The most values (keys included), counted as often as they are reached.
pub const MAX_ELEMENTS: usize = 50_000;

/// Decodes an XML or binary property list from a stranger.
///
/// # Errors
/// If it is not one whose outermost value is a dictionary, or exceeds a limit.
pub fn parse(_bytes: &[u8]) -> Result<Dictionary, PlistError> {
    todo!()
}
