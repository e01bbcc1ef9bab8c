use serde::{Deserialize, Serialize};
use serde_json::Value;
use trennwand_domain::Result;

/// The public name of the preset.
pub const PRESET_NAME: &str = "contact isolation for privately used WhatsApp";

/// The address book; the one value is the promise of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contacts {
    /// Unmanaged apps do not see business contacts, managed apps do not write private ones.
    Strict,
}

/// Documents and the clipboard; the one value is the promise of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Closed between managed and unmanaged.
    Isolated,
}

/// AirDrop from managed apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NearbySharing {
    /// AirDrop counts as unmanaged.
    Isolated,
    /// AirDrop is left alone.
    Open,
}

/// iCloud for managed apps and books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudSync {
    /// Managed data stays out of iCloud.
    Blocked,
    /// Left alone.
    Allowed,
}

/// Backups to a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backup {
    /// Only encrypted.
    Encrypted,
    /// Left alone.
    Any,
}

/// Siri on a locked phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiriWhileLocked {
    /// Left alone.
    Allowed,
    /// Off.
    Blocked,
}

/// Earlier notifications and widgets on the lock screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockScreenPreviews {
    /// Left alone.
    Shown,
    /// Off.
    Hidden,
}

/// The managed account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    pub fn preset() -> Self {
        todo!()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// `invalid` with the path of the field, such as `mail.past_days`, and what would be right.
    pub fn parse(_text: &str) -> Result<Self> {
        todo!()
    }

    /// Reads a document that stands at `path` of a larger one; errors name their field below it.
    /// An empty `path` is the top.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_value(_path: &str, _value: &Value) -> Result<Self> {
        todo!()
    }

    /// The one text of this document: all fields, in fixed order, no white space.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        todo!()
    }
}

impl TryFrom<Value> for PolicyDocument {
    type Error = trennwand_domain::Error;

    fn try_from(value: Value) -> Result<Self> {
        Self::from_value("", &value)
    }
}
