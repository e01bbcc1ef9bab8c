use trennwand_domain::Error;

/// Why a body was refused. Nothing of the body itself is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlistError {
    /// More bytes than [`crate::plist_guard::MAX_BODY`].
    #[error("the property list is too large")]
    TooLarge,
    /// Nested deeper than [`crate::plist_guard::MAX_DEPTH`]; also a binary list that contains itself.
    #[error("the property list is nested too deeply")]
    TooDeep,
    /// More than [`crate::plist_guard::MAX_ELEMENTS`] values, or values that unfold to too many bytes.
    #[error("the property list has too many elements")]
    TooManyElements,
    /// A document type with declarations of its own, or a reference to an entity that is not XML's.
    #[error("the property list declares or uses entities")]
    Entities,
    /// Not an XML or binary property list.
    #[error("not a property list")]
    Malformed,
    /// The outermost value is not a dictionary.
    #[error("the property list is not a dictionary")]
    NotADictionary,
    /// A member that the message needs is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A member has another type than Apple's schema says, or an unknown word.
    #[error("{0} is not as the schema says")]
    Unexpected(&'static str),
    /// An answer to something that such a phone must not be asked.
    #[error("such a phone must not be asked this")]
    NotPermitted,
}

impl From<PlistError> for Error {
    fn from(error: PlistError) -> Self {
        Self::invalid("body", error.to_string())
    }
}
