use trennwand_domain::Secret;

use crate::{PlistError, Report};

/// What a phone PUTs: both kinds may come to the same URL.
#[derive(Debug, Clone)]
pub enum Request {
    /// It has a `MessageType`.
    Checkin(Checkin),
    /// It has a `Status`.
    Report(Report),
}

/// A check-in message, by its `MessageType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkin {
    /// A new enrolment starts.
    Authenticate(Authenticate),
    /// The phone says where it can be woken.
    TokenUpdate(TokenUpdate),
    /// The enrolment profile was removed.
    CheckOut,
    /// A message of a user channel (macOS, Shared iPad), `UserAuthenticate` included: to be declined
    /// with 410, and never to be taken for the device's own.
    UserChannel,
    /// A message type that is not supported; letters and digits only, cut to 40 characters.
    Unsupported(String),
}

/// `Authenticate`. `SerialNumber`, `IMEI`, `MEID` and `DeviceName` are dropped when it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// `UDID`: only for the keyed hash that knows the same phone again.
    pub udid: Secret<String>,
    /// `Topic`.
    pub topic: String,
    /// `OSVersion`; needs access right 16, so personal phones never send it.
    pub os_version: Option<String>,
    /// `BuildVersion`; needs access right 16.
    pub build_version: Option<String>,
    /// `ProductName` (such as `iPhone17,1`), else `Model`; needs access right 16.
    pub model: Option<String>,
}

/// `TokenUpdate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUpdate {
    /// `Token`, any length.
    pub token: Secret<Vec<u8>>,
    /// `PushMagic`.
    pub push_magic: Secret<String>,
    /// `Topic`.
    pub topic: String,
    /// `UnlockToken`; needs access right 4. An earlier one is kept if this is `None`.
    pub unlock_token: Option<Secret<Vec<u8>>>,
    /// `AwaitingConfiguration`.
    pub awaiting_configuration: bool,
}

impl Request {
    /// Reads a body whose signature was verified.
    ///
    /// # Errors
    /// If it is refused by [`crate::plist_guard`] or is not a message of the protocol.
    pub fn parse(_bytes: &[u8]) -> Result<Self, PlistError> {
        todo!()
    }
}
