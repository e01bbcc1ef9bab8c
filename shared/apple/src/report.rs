use std::fmt;

use plist::{Dictionary, Value};
use trennwand_domain::Secret;

use crate::{PlistError, checkin, read};

const MAX_ERROR_ITEMS: usize = 8;
const MAX_ERROR_TEXT: usize = 500;

/// What is read already, and what says who sent it: not kept in the body.
const NOT_KEPT: [&str; 11] = [
    "Status",
    "CommandUUID",
    "ErrorChain",
    "UDID",
    "EnrollmentID",
    "EnrollmentUserID",
    "UserID",
    "UserShortName",
    "UserLongName",
    "SerialNumber",
    "NotOnConsole",
];

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

impl Report {
    pub(crate) fn read(mut message: Dictionary) -> Result<Self, PlistError> {
        let status = match read::text(&message, "Status")?.as_str() {
            "Idle" => ReportStatus::Idle,
            "Acknowledged" => ReportStatus::Acknowledged,
            "Error" => ReportStatus::Error,
            "CommandFormatError" => ReportStatus::CommandFormatError,
            "NotNow" => ReportStatus::NotNow,
            _ => return Err(PlistError::Unexpected("Status")),
        };
        let command_uuid = read::optional_text(&message, "CommandUUID")?;
        let udid = read::optional_text(&message, "UDID")?.map(Secret::new);
        let user_channel = checkin::is_user_channel(&message);
        let error_chain = ErrorItem::read_chain(message.get("ErrorChain"));
        message.retain(|key, _| !NOT_KEPT.contains(&key.as_str()));
        Ok(Self { status, command_uuid, error_chain, udid, user_channel, body: message })
    }
}

impl ErrorItem {
    /// Items that are not as the schema says are left out: an error stays an error.
    fn read_chain(chain: Option<&Value>) -> Vec<Self> {
        let items = chain.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        items
            .iter()
            .take(MAX_ERROR_ITEMS)
            .filter_map(|item| {
                let item = item.as_dictionary()?;
                let text = |key| {
                    let text = item.get(key).and_then(Value::as_string)?;
                    Some(read::cut(text, MAX_ERROR_TEXT))
                };
                Some(Self {
                    domain: text("ErrorDomain")?,
                    code: item.get("ErrorCode").and_then(Value::as_signed_integer)?,
                    us_english_description: text("USEnglishDescription"),
                    localized_description: text("LocalizedDescription"),
                })
            })
            .collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn parse(members: &str) -> Result<Report, PlistError> {
        let body = format!("<plist version=\"1.0\"><dict>{members}</dict></plist>");
        Request::parse(body.as_bytes()).map(|request| match request {
            Request::Report(report) => report,
            Request::Checkin(checkin) => panic!("{checkin:?}"),
        })
    }

    #[test]
    fn an_idle_phone_says_little() {
        let report =
            parse("<key>Status</key><string>Idle</string><key>UDID</key><string>00008140</string>")
                .unwrap();
        assert_eq!((report.status, report.command_uuid), (ReportStatus::Idle, None));
        assert_eq!(report.udid, Some(Secret::new("00008140".to_owned())));
        assert!(report.body.is_empty() && report.error_chain.is_empty() && !report.user_channel);
    }

    #[test]
    fn an_error_is_read_with_its_chain_and_shown_without_its_texts() {
        let item = "<dict><key>ErrorCode</key><integer>4001</integer><key>ErrorDomain</key>\
            <string>MCInstallationErrorDomain</string><key>LocalizedDescription</key>\
            <string>anna@example.com ist schon da</string><key>USEnglishDescription</key>\
            <string>anna@example.com exists</string></dict>";
        let report = parse(&format!(
            "<key>Status</key><string>Error</string><key>CommandUUID</key><string>X</string>\
            <key>ErrorChain</key><array>{item}<string>odd</string>{}</array>",
            item.repeat(20),
        ))
        .unwrap();
        assert_eq!(report.status, ReportStatus::Error);
        assert_eq!(report.command_uuid.as_deref(), Some("X"));
        assert_eq!(report.error_chain.len(), MAX_ERROR_ITEMS - 1, "the odd one is left out");
        let first = &report.error_chain[0];
        assert_eq!((first.domain.as_str(), first.code), ("MCInstallationErrorDomain", 4001));
        assert_eq!(first.us_english_description.as_deref(), Some("anna@example.com exists"));
        assert!(!format!("{report:?}").contains("anna"));
    }

    #[test]
    fn every_status_of_the_protocol_is_known_and_no_other() {
        for (word, status) in [
            ("Idle", ReportStatus::Idle),
            ("Acknowledged", ReportStatus::Acknowledged),
            ("Error", ReportStatus::Error),
            ("CommandFormatError", ReportStatus::CommandFormatError),
            ("NotNow", ReportStatus::NotNow),
        ] {
            let report = parse(&format!("<key>Status</key><string>{word}</string>")).unwrap();
            assert_eq!(report.status, status);
        }
        let other = parse("<key>Status</key><string>idle</string>");
        assert_eq!(other, Err(PlistError::Unexpected("Status")));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let report = parse(&format!(
            "<key>Status</key><string>Error</string><key>ErrorChain</key><array><dict>\
            <key>ErrorCode</key><integer>1</integer><key>ErrorDomain</key><string>D</string>\
            <key>LocalizedDescription</key><string>{}</string></dict></array>",
            "€".repeat(400),
        ))
        .unwrap();
        let text = report.error_chain[0].localized_description.as_deref();
        assert_eq!(text.map(str::len), Some(498), "166 characters of three bytes");
    }

    #[test]
    fn a_user_channel_is_told_apart() {
        let report = parse(
            "<key>Status</key><string>Idle</string><key>UserID</key><string>FFFF</string>\
            <key>UserLongName</key><string>Anna</string>",
        )
        .unwrap();
        assert!(report.user_channel && report.body.is_empty());
    }
}
