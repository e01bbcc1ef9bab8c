use plist::Dictionary;
use trennwand_domain::Secret;

use crate::{PlistError, Report, plist_guard, read};

/// Apple promises no length of a device token; 32 bytes are usual.
const MAX_TOKEN: usize = 1024;
const MAX_UNLOCK_TOKEN: usize = 64 * 1024;

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
    /// If it is refused by [`plist_guard`] or is not a message of the protocol.
    pub fn parse(bytes: &[u8]) -> Result<Self, PlistError> {
        let message = plist_guard::parse(bytes)?;
        if message.contains_key("MessageType") {
            Checkin::read(&message).map(Self::Checkin)
        } else {
            Report::read(message).map(Self::Report)
        }
    }
}

impl Checkin {
    fn read(message: &Dictionary) -> Result<Self, PlistError> {
        let kind = read::text(message, "MessageType")?;
        if is_user_channel(message) {
            return Ok(Self::UserChannel);
        }
        Ok(match kind.as_str() {
            "Authenticate" => Self::Authenticate(Authenticate::read(message)?),
            "TokenUpdate" => Self::TokenUpdate(TokenUpdate::read(message)?),
            "CheckOut" => Self::CheckOut,
            "UserAuthenticate" => Self::UserChannel,
            other => Self::Unsupported(
                other.chars().filter(char::is_ascii_alphanumeric).take(40).collect(),
            ),
        })
    }
}

impl Authenticate {
    fn read(message: &Dictionary) -> Result<Self, PlistError> {
        let model = match read::optional_text(message, "ProductName")? {
            Some(name) => Some(name),
            None => read::optional_text(message, "Model")?,
        };
        Ok(Self {
            udid: Secret::new(read::text(message, "UDID")?),
            topic: read::text(message, "Topic")?,
            os_version: read::optional_text(message, "OSVersion")?,
            build_version: read::optional_text(message, "BuildVersion")?,
            model,
        })
    }
}

impl TokenUpdate {
    fn read(message: &Dictionary) -> Result<Self, PlistError> {
        let token = read::optional_data(message, "Token", MAX_TOKEN)?;
        Ok(Self {
            token: Secret::new(token.ok_or(PlistError::Missing("Token"))?),
            push_magic: Secret::new(read::text(message, "PushMagic")?),
            topic: read::text(message, "Topic")?,
            unlock_token: read::optional_data(message, "UnlockToken", MAX_UNLOCK_TOKEN)?
                .map(Secret::new),
            awaiting_configuration: read::optional_bool(message, "AwaitingConfiguration")?
                .unwrap_or(false),
        })
    }
}

/// The members that only messages of a user channel have.
const USER_MEMBERS: [&str; 4] = ["UserID", "UserShortName", "UserLongName", "EnrollmentUserID"];

pub(crate) fn is_user_channel(message: &Dictionary) -> bool {
    USER_MEMBERS.iter().any(|key| message.contains_key(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(members: &str) -> Result<Request, PlistError> {
        let body = format!("<plist version=\"1.0\"><dict>{members}</dict></plist>");
        Request::parse(body.as_bytes())
    }

    fn checkin(members: &str) -> Checkin {
        match parse(members) {
            Ok(Request::Checkin(checkin)) => checkin,
            other => panic!("{other:?}"),
        }
    }

    const AUTHENTICATE: &str = "<key>MessageType</key><string>Authenticate</string>\
        <key>Topic</key><string>com.apple.mgmt.External.x</string>\
        <key>UDID</key><string>00008140-001C2D3E4F5A6B7C</string>\
        <key>DeviceName</key><string>iPhone von Anna</string>\
        <key>SerialNumber</key><string>F2LXYZ</string>";

    /// The shortest one that is known from captures.
    #[test]
    fn a_minimal_authenticate_is_read() {
        let Checkin::Authenticate(read) = checkin(AUTHENTICATE) else { panic!() };
        assert_eq!(read.udid.expose(), "00008140-001C2D3E4F5A6B7C");
        assert_eq!(read.topic, "com.apple.mgmt.External.x");
        assert_eq!((read.os_version, read.build_version, read.model), (None, None, None));
    }

    #[test]
    fn authenticate_forgets_serial_number_imei_and_name() {
        let read = checkin(&format!(
            "{AUTHENTICATE}<key>IMEI</key><string>35 123456</string>\
            <key>OSVersion</key><string>27.1</string><key>BuildVersion</key><string>24B83</string>\
            <key>ProductName</key><string>iPhone17,3</string><key>Model</key><string>MYM</string>"
        ));
        let shown = format!("{read:?}");
        for forgotten in ["F2LXYZ", "35 123456", "Anna", "00008140"] {
            assert!(!shown.contains(forgotten), "{shown}");
        }
        let Checkin::Authenticate(read) = read else { panic!() };
        assert_eq!(read.os_version.as_deref(), Some("27.1"));
        assert_eq!(read.model.as_deref(), Some("iPhone17,3"));
    }

    const TOKEN_UPDATE: &str = "<key>MessageType</key><string>TokenUpdate</string>\
        <key>Topic</key><string>com.apple.mgmt.External.x</string>\
        <key>UDID</key><string>00008140-001C2D3E4F5A6B7C</string>\
        <key>PushMagic</key><string>0DD5B64E</string><key>Token</key><data>YWJj</data>";

    #[test]
    fn a_token_update_is_read() {
        let expected = TokenUpdate {
            token: Secret::new(b"abc".to_vec()),
            push_magic: Secret::new("0DD5B64E".into()),
            topic: "com.apple.mgmt.External.x".into(),
            unlock_token: None,
            awaiting_configuration: false,
        };
        assert_eq!(checkin(TOKEN_UPDATE), Checkin::TokenUpdate(expected.clone()));
        let more = format!(
            "{TOKEN_UPDATE}<key>UnlockToken</key><data>eHl6</data>\
            <key>AwaitingConfiguration</key><true/>"
        );
        let expected = TokenUpdate {
            unlock_token: Some(Secret::new(b"xyz".to_vec())),
            awaiting_configuration: true,
            ..expected
        };
        assert_eq!(checkin(&more), Checkin::TokenUpdate(expected));
    }

    #[test]
    fn a_user_channels_token_is_never_taken_for_the_devices() {
        for user in ["UserID", "UserShortName", "EnrollmentUserID"] {
            let message = format!("{TOKEN_UPDATE}<key>{user}</key><string>FFFF</string>");
            assert_eq!(checkin(&message), Checkin::UserChannel);
        }
        let message = "<key>MessageType</key><string>UserAuthenticate</string>";
        assert_eq!(checkin(message), Checkin::UserChannel);
    }

    #[test]
    fn other_messages_are_named_harmlessly() {
        let message = "<key>MessageType</key><string>Get&#10;Token\u{1b}[31m</string>";
        assert_eq!(checkin(message), Checkin::Unsupported("GetToken31m".into()));
        let check_out = "<key>MessageType</key><string>CheckOut</string>";
        assert_eq!(checkin(check_out), Checkin::CheckOut);
    }

    #[test]
    fn incomplete_or_odd_messages_are_refused_by_the_members_name() {
        for (members, error) in [
            (AUTHENTICATE.replace("UDID", "EnrollmentID"), PlistError::Missing("UDID")),
            (AUTHENTICATE.replace("Topic", "topic"), PlistError::Missing("Topic")),
            (TOKEN_UPDATE.replace("<data>YWJj</data>", "<data/>"), PlistError::Unexpected("Token")),
            (TOKEN_UPDATE.replace("Token</key>", "T</key>"), PlistError::Missing("Token")),
            (TOKEN_UPDATE.replace("0DD5B64E", ""), PlistError::Unexpected("PushMagic")),
            (AUTHENTICATE.replace("00008140", &"0".repeat(600)), PlistError::Unexpected("UDID")),
            ("<key>MessageType</key><true/>".into(), PlistError::Unexpected("MessageType")),
            (String::new(), PlistError::Missing("Status")),
        ] {
            assert_eq!(parse(&members).unwrap_err(), error);
        }
    }
}
