use serde::{Deserialize, Serialize};
use serde_json::Value;
use trennwand_domain::{Error, Result};

pub use apps::{ManagedApp, is_bundle_id, is_package_name};
pub use named::named_refusal;
use read::{Choice, Fields, choices};
pub use schema::{SCHEMA_ID, schema};

mod apps;
mod named;
mod read;
mod schema;

/// The public name of the preset.
pub const PRESET_NAME: &str = "contact isolation for privately used WhatsApp";

/// The days of mail that iOS knows (`MailNumberOfPastDaysToSync`); 0 is all.
const PAST_DAYS: [u8; 6] = [0, 1, 3, 7, 14, 31];

choices! {
    /// The address book. Either way unmanaged and personal apps do not see business contacts; on an
    /// iPhone the two are the same, and its own phone app shows who calls.
    Contacts {
        /// On Android not even the phone's own dialler shows who calls.
        Strict = "strict",
        /// On Android 14 and later the maker's dialler, messages and contacts apps may look business
        /// contacts up; below 14 as strict.
        CallerIdAllowed = "caller_id_allowed",
    }
    /// Documents and the clipboard; the one value is the promise of the service.
    Isolation {
        /// Closed between managed and unmanaged.
        Isolated = "isolated",
    }
    /// AirDrop, Bluetooth and streaming to devices nearby.
    NearbySharing {
        /// Closed for business data.
        Isolated = "isolated",
        /// Left alone.
        Open = "open",
    }
    /// The personal cloud for managed apps and books.
    CloudSync {
        /// Managed data stays out of it.
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
    /// Notifications and widgets on the lock screen.
    LockScreenPreviews {
        /// Left alone.
        Shown = "shown",
        /// Off.
        Hidden = "hidden",
    }
    /// Messengers that upload address books, used privately.
    Messengers {
        /// The user may have them; they do not see business contacts.
        Allowed = "allowed",
        /// The phone does not run them, where that can be enforced.
        Blocked = "blocked",
    }
    /// The code that unlocks the phone, or its business side where that has one of its own.
    Passcode {
        /// No requirement.
        None = "none",
        /// A code of at least six digits, or Android's medium complexity.
        Required = "required",
        /// Eight characters with letters and digits, or Android's high complexity.
        Strong = "strong",
    }
    /// What happens on a phone that does not meet the policy. Nothing is ever wiped by itself.
    NonCompliance {
        /// It is reported.
        Report = "report",
        /// Business apps are switched off until it is met (Android).
        Block = "block",
    }
    /// Something on a company's phones.
    Permission {
        /// Left to the user.
        Allowed = "allowed",
        /// Closed.
        Blocked = "blocked",
    }
}

/// The managed account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MailOptions {
    /// Days of mail kept on the phone: 0 (all), 1, 3, 7, 14 or 31.
    pub past_days: u8,
}

/// What more holds on phones that belong to the company. Personal phones never get any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CompanyPhones {
    /// Adding and removing accounts. Also stops private ones where the phone knows no difference.
    pub accounts: Permission,
    /// Configuration profiles that the user installs.
    pub other_profiles: Permission,
    /// Pairing with computers.
    pub computers: Permission,
    /// Files over USB.
    pub usb_files: Permission,
    /// The screen mirrored to a Mac.
    pub mirroring: Permission,
    /// Android's private space. Blocking removes one that exists, with all that is in it.
    pub private_space: Permission,
}

/// What shall hold on a tenant's phones, in the tenant's words: one document for every kind of phone.
///
/// ```json
/// {"schema_version":1,"contacts":"caller_id_allowed","documents":"isolated",
///  "clipboard":"isolated","nearby_sharing":"isolated","cloud_sync":"blocked",
///  "backup":"encrypted","siri_while_locked":"allowed","lock_screen_previews":"shown",
///  "mail":{"past_days":7},"messengers":"allowed","passcode":"none","managed_apps":[],
///  "contact_apps":[],"company_phones":{"accounts":"allowed","other_profiles":"allowed",
///  "computers":"allowed","usb_files":"blocked","mirroring":"allowed","private_space":"allowed"},
///  "non_compliance":"report"}
/// ```
///
/// `documents` and `clipboard` have one value each: on an iPhone contacts are kept apart only as
/// long as documents are. They stand in the document so that it says all that holds. What is left
/// out takes the preset's value, but `contacts`, which is then `strict`, and `schema_version`, which
/// must be there. Unknown fields are refused. The published JSON Schema is [`schema()`].
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
    /// Devices nearby.
    pub nearby_sharing: NearbySharing,
    /// The personal cloud.
    pub cloud_sync: CloudSync,
    /// Backups to a computer.
    pub backup: Backup,
    /// Siri on a locked phone.
    pub siri_while_locked: SiriWhileLocked,
    /// The lock screen.
    pub lock_screen_previews: LockScreenPreviews,
    /// The managed account.
    pub mail: MailOptions,
    /// Messengers that upload address books, used privately.
    pub messengers: Messengers,
    /// The code that unlocks the phone.
    pub passcode: Passcode,
    /// Apps inside the wall.
    pub managed_apps: Vec<ManagedApp>,
    /// Personal Android apps, by package name, that may read business contacts (Android 14 and later),
    /// such as a company's own dialler.
    pub contact_apps: Vec<String>,
    /// What more holds on phones that belong to the company.
    pub company_phones: CompanyPhones,
    /// What happens on a phone that does not meet the policy.
    pub non_compliance: NonCompliance,
}

impl PolicyDocument {
    /// The document of the preset [`PRESET_NAME`], with which every tenant is born.
    #[must_use]
    pub const fn preset() -> Self {
        Self {
            schema_version: 1,
            contacts: Contacts::CallerIdAllowed,
            documents: Isolation::Isolated,
            clipboard: Isolation::Isolated,
            nearby_sharing: NearbySharing::Isolated,
            cloud_sync: CloudSync::Blocked,
            backup: Backup::Encrypted,
            siri_while_locked: SiriWhileLocked::Allowed,
            lock_screen_previews: LockScreenPreviews::Shown,
            mail: MailOptions { past_days: 7 },
            messengers: Messengers::Allowed,
            passcode: Passcode::None,
            managed_apps: Vec::new(),
            contact_apps: Vec::new(),
            company_phones: CompanyPhones::preset(),
            non_compliance: NonCompliance::Report,
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
            contacts: fields.choice("contacts", Contacts::Strict)?,
            documents: isolation(&mut fields, "documents", "allowOpenFromManagedToUnmanaged")?,
            clipboard: isolation(&mut fields, "clipboard", "requireManagedPasteboard")?,
            nearby_sharing: fields.choice("nearby_sharing", preset.nearby_sharing)?,
            cloud_sync: fields.choice("cloud_sync", preset.cloud_sync)?,
            backup: fields.choice("backup", preset.backup)?,
            siri_while_locked: fields.choice("siri_while_locked", preset.siri_while_locked)?,
            lock_screen_previews: fields
                .choice("lock_screen_previews", preset.lock_screen_previews)?,
            mail: fields.below("mail", preset.mail, MailOptions::from_value)?,
            messengers: fields.choice("messengers", preset.messengers)?,
            passcode: fields.choice("passcode", preset.passcode)?,
            managed_apps: apps::managed(&mut fields, "managed_apps")?,
            contact_apps: apps::exempted(&mut fields, "contact_apps")?,
            company_phones: fields.below(
                "company_phones",
                preset.company_phones,
                CompanyPhones::from_value,
            )?,
            non_compliance: fields.choice("non_compliance", preset.non_compliance)?,
        };
        fields.end()?;
        Ok(document)
    }

    /// The one text of this document: all fields, in fixed order, no white space.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // Words, numbers and identifiers: there is nothing in it that JSON could not express.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Documents or the clipboard: `open` is no mere misspelling, so its refusal says what it would do.
fn isolation(fields: &mut Fields<'_>, name: &'static str, key: &str) -> Result<Isolation> {
    if fields.take(name).and_then(Value::as_str) == Some("open") {
        let why = format!(
            "cannot be \"open\" together with contacts kept apart: unmanaged apps would receive \
             business contacts; {key} closes it"
        );
        return Err(fields.error(name, why));
    }
    fields.choice(name, Isolation::Isolated)
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

impl CompanyPhones {
    const fn preset() -> Self {
        Self {
            accounts: Permission::Allowed,
            other_profiles: Permission::Allowed,
            computers: Permission::Allowed,
            usb_files: Permission::Blocked,
            mirroring: Permission::Allowed,
            private_space: Permission::Allowed,
        }
    }

    fn from_value(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::of(path, value)?;
        let preset = Self::preset();
        let phones = Self {
            accounts: fields.choice("accounts", preset.accounts)?,
            other_profiles: fields.choice("other_profiles", preset.other_profiles)?,
            computers: fields.choice("computers", preset.computers)?,
            usb_files: fields.choice("usb_files", preset.usb_files)?,
            mirroring: fields.choice("mirroring", preset.mirroring)?,
            private_space: fields.choice("private_space", preset.private_space)?,
        };
        fields.end()?;
        Ok(phones)
    }
}

impl TryFrom<Value> for PolicyDocument {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        Self::from_value("", &value)
    }
}

#[cfg(test)]
mod tests;
