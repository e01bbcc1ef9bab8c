use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trennwand_domain::{Error, Result};

/// The public name of the preset.
pub const PRESET_NAME: &str = "contact isolation for privately used WhatsApp";

/// The days of mail that iOS knows (`MailNumberOfPastDaysToSync`); 0 is all.
const PAST_DAYS: [u8; 6] = [0, 1, 3, 7, 14, 31];

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every word that may stand here.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl Choice for $name {
            const WORDS: &'static [&'static str] = Self::WORDS;

            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }
    )*};
}

trait Choice: Sized {
    const WORDS: &'static [&'static str];
    fn from_word(word: &str) -> Option<Self>;
}

choices! {
    /// The address book; the one value is the promise of the service.
    Contacts {
        /// Unmanaged apps do not see business contacts, managed apps do not write private ones.
        Strict = "strict",
    }
    /// Documents and the clipboard; the one value is the promise of the service.
    Isolation {
        /// Closed between managed and unmanaged.
        Isolated = "isolated",
    }
    /// AirDrop from managed apps.
    NearbySharing {
        /// AirDrop counts as unmanaged.
        Isolated = "isolated",
        /// AirDrop is left alone.
        Open = "open",
    }
    /// iCloud for managed apps and books.
    CloudSync {
        /// Managed data stays out of iCloud.
        Blocked = "blocked",
        /// Left alone.
        Allowed = "allowed",
    }
    /// Backups to a computer.
    Backup {
        /// Only encrypted.
        Encrypted = "encrypted",
        /// Left alone.
        Any = "any",
    }
    /// Siri on a locked phone.
    SiriWhileLocked {
        /// Left alone.
        Allowed = "allowed",
        /// Off.
        Blocked = "blocked",
    }
    /// Earlier notifications and widgets on the lock screen.
    LockScreenPreviews {
        /// Left alone.
        Shown = "shown",
        /// Off.
        Hidden = "hidden",
    }
}

/// The managed account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MailOptions {
    /// Days of mail kept on the phone: 0 (all), 1, 3, 7, 14 or 31.
    pub past_days: u8,
}

/// What shall hold on a tenant's phones, in the tenant's words.
///
/// ```json
/// {"schema_version":1,"contacts":"strict","documents":"isolated","clipboard":"isolated",
///  "nearby_sharing":"isolated","cloud_sync":"blocked","backup":"encrypted",
///  "siri_while_locked":"allowed","lock_screen_previews":"shown","mail":{"past_days":7}}
/// ```
///
/// `contacts`, `documents` and `clipboard` are the promise of the service and have one value each;
/// they stand in the document so that it says all that holds. What is left out takes the preset's
/// value, except `schema_version`. Unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct PolicyDocument {
    /// Always 1.
    pub schema_version: u8,
    /// Unmanaged apps do not see business contacts.
    pub contacts: Contacts,
    /// Business documents do not open in unmanaged apps, nor private ones in managed apps.
    pub documents: Isolation,
    /// Copy and paste follows the same border.
    pub clipboard: Isolation,
    /// AirDrop.
    pub nearby_sharing: NearbySharing,
    /// iCloud.
    pub cloud_sync: CloudSync,
    /// Backups to a computer.
    pub backup: Backup,
    /// Siri on a locked phone.
    pub siri_while_locked: SiriWhileLocked,
    /// The lock screen.
    pub lock_screen_previews: LockScreenPreviews,
    /// The managed account.
    pub mail: MailOptions,
}

impl PolicyDocument {
    /// The document of the preset [`PRESET_NAME`], with which every tenant is born.
    #[must_use]
    pub const fn preset() -> Self {
        Self {
            schema_version: 1,
            contacts: Contacts::Strict,
            documents: Isolation::Isolated,
            clipboard: Isolation::Isolated,
            nearby_sharing: NearbySharing::Isolated,
            cloud_sync: CloudSync::Blocked,
            backup: Backup::Encrypted,
            siri_while_locked: SiriWhileLocked::Allowed,
            lock_screen_previews: LockScreenPreviews::Shown,
            mail: MailOptions { past_days: 7 },
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// `invalid` with the path of the field, such as `mail.past_days`, and what would be right.
    pub fn parse(text: &str) -> Result<Self> {
        let value = serde_json::from_str(text)
            .map_err(|e| Error::invalid("document", format!("not JSON: {e}")))?;
        Self::from_value("", &value)
    }

    /// Reads a document that stands at `path` of a larger one; errors name their field below it.
    /// An empty `path` is the top.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_value(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::of(path, value)?;
        let preset = Self::preset();
        let schema_version = match fields.take("schema_version") {
            Some(version) if version.as_u64() == Some(1) => 1,
            _ => return Err(fields.error("schema_version", "must be 1")),
        };
        let document = Self {
            schema_version,
            contacts: fields.choice("contacts", preset.contacts)?,
            documents: fields.choice("documents", preset.documents)?,
            clipboard: fields.choice("clipboard", preset.clipboard)?,
            nearby_sharing: fields.choice("nearby_sharing", preset.nearby_sharing)?,
            cloud_sync: fields.choice("cloud_sync", preset.cloud_sync)?,
            backup: fields.choice("backup", preset.backup)?,
            siri_while_locked: fields.choice("siri_while_locked", preset.siri_while_locked)?,
            lock_screen_previews: fields
                .choice("lock_screen_previews", preset.lock_screen_previews)?,
            mail: match fields.take("mail") {
                None => preset.mail,
                Some(mail) => MailOptions::from_value(&fields.path("mail"), mail)?,
            },
        };
        fields.end()?;
        Ok(document)
    }

    /// The one text of this document: all fields, in fixed order, no white space.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // Words and numbers only: there is nothing in it that JSON could not express.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl MailOptions {
    fn from_value(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::of(path, value)?;
        let past_days = match fields.take("past_days") {
            None => PolicyDocument::preset().mail.past_days,
            Some(days) => PAST_DAYS
                .into_iter()
                .find(|&d| days.as_u64() == Some(d.into()))
                .ok_or_else(|| fields.error("past_days", "must be 0 (all), 1, 3, 7, 14 or 31"))?,
        };
        fields.end()?;
        Ok(Self { past_days })
    }
}

impl TryFrom<Value> for PolicyDocument {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        Self::from_value("", &value)
    }
}

/// The fields of an object that were not read yet.
struct Fields<'a> {
    path: &'a str,
    all: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    fn of(path: &'a str, value: &'a Value) -> Result<Self> {
        let all = value.as_object().ok_or_else(|| {
            let field = if path.is_empty() { "document" } else { path };
            Error::invalid(field.to_owned(), "must be an object")
        })?;
        Ok(Self {
            path,
            all,
            known: Vec::new(),
        })
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.all.get(name)
    }

    fn choice<T: Choice>(&mut self, name: &'static str, absent: T) -> Result<T> {
        let Some(value) = self.take(name) else {
            return Ok(absent);
        };
        value
            .as_str()
            .and_then(T::from_word)
            .ok_or_else(|| self.error(name, format!("must be {}", alternatives(T::WORDS))))
    }

    fn end(self) -> Result<()> {
        let unknown = self
            .all
            .keys()
            .find(|name| !self.known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            let name: String = name.chars().take(64).collect();
            Err(self.error(
                &name,
                format!("is unknown; known are {}", self.known.join(", ")),
            ))
        })
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn error(&self, name: &str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::invalid(self.path(name), message)
    }
}

fn alternatives(words: &[&str]) -> String {
    words
        .iter()
        .map(|w| format!("\"{w}\""))
        .collect::<Vec<_>>()
        .join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESET: &str = concat!(
        r#"{"schema_version":1,"contacts":"strict","documents":"isolated","clipboard":"isolated","#,
        r#""nearby_sharing":"isolated","cloud_sync":"blocked","backup":"encrypted","#,
        r#""siri_while_locked":"allowed","lock_screen_previews":"shown","mail":{"past_days":7}}"#
    );

    #[test]
    fn the_preset_has_one_text_and_is_read_back() {
        assert_eq!(PolicyDocument::preset().canonical_json(), PRESET);
        assert_eq!(
            PolicyDocument::parse(PRESET).unwrap(),
            PolicyDocument::preset()
        );
        assert_eq!(
            serde_json::from_str::<PolicyDocument>(PRESET).unwrap(),
            PolicyDocument::preset()
        );
    }

    #[test]
    fn what_is_left_out_is_as_in_the_preset() {
        let document = PolicyDocument::parse(r#"{"backup":"any","schema_version":1}"#).unwrap();
        assert_eq!(
            document,
            PolicyDocument {
                backup: Backup::Any,
                ..PolicyDocument::preset()
            }
        );
    }

    #[test]
    fn an_error_names_the_field_and_what_would_be_right() {
        for (text, message) in [
            (
                "",
                "document: not JSON: EOF while parsing a value at line 1 column 0",
            ),
            ("[]", "document: must be an object"),
            ("{}", "schema_version: must be 1"),
            (r#"{"schema_version":2}"#, "schema_version: must be 1"),
            (r#"{"schema_version":"1"}"#, "schema_version: must be 1"),
            (
                r#"{"schema_version":1,"contacts":"open"}"#,
                r#"contacts: must be "strict""#,
            ),
            (
                r#"{"schema_version":1,"backup":null}"#,
                r#"backup: must be "encrypted" or "any""#,
            ),
            (
                r#"{"schema_version":1,"mail":7}"#,
                "mail: must be an object",
            ),
            (
                r#"{"schema_version":1,"mail":{"past_days":2}}"#,
                "mail.past_days: must be 0 (all), 1, 3, 7, 14 or 31",
            ),
            (
                r#"{"schema_version":1,"mail":{"days":2}}"#,
                "mail.days: is unknown; known are past_days",
            ),
        ] {
            assert_eq!(
                PolicyDocument::parse(text).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
        let nested = PolicyDocument::from_value(
            "document",
            &serde_json::json!({"schema_version": 1, "x": 1}),
        );
        assert!(
            nested
                .unwrap_err()
                .to_string()
                .starts_with("document.x: is unknown")
        );
    }
}
