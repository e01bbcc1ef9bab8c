use std::fmt;

use plist::Dictionary;
use trennwand_domain::Secret;

/// What a phone says about a command, or that it is idle.
#[derive(Clone, PartialEq)]
pub struct Report {
    /// `Status`.
    pub status: ReportStatus,
    /// `CommandUUID`; absent when idle. Any text that the phone likes.
    pub command_uuid: Option<String>,
    /// `ErrorChain`, outermost first, at most 8.
    pub error_chain: Vec<ErrorItem>,
    /// `UDID`.
    pub udid: Option<Secret<String>>,
    /// Whether it comes from a user channel (macOS, Shared iPad).
    pub user_channel: bool,
    /// Everything else; see [`crate::Answer::decode`].
    pub body: Dictionary,
}

/// The `Status` of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStatus {
    /// Asks for the next command.
    Idle,
    /// Done.
    Acknowledged,
    /// Refused or failed; the error chain says why.
    Error,
    /// The command was not understood.
    CommandFormatError,
    /// Not possible at the moment; to be offered again at the next [`Self::Idle`].
    NotNow,
}

/// One link of an `ErrorChain`. The texts may name an account, so `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorItem {
    /// `ErrorDomain`, such as `MCInstallationErrorDomain`.
    pub domain: String,
    /// `ErrorCode`.
    pub code: i64,
    /// `USEnglishDescription`, cut to 500 characters.
    pub us_english_description: Option<String>,
    /// `LocalizedDescription`, cut to 500 characters.
    pub localized_description: Option<String>,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("status", &self.status)
            .field("error_chain", &self.error_chain)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ErrorItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorItem")
            .field("domain", &self.domain)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
