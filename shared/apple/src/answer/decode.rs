use std::collections::BTreeMap;

use plist::{Dictionary, Value};
use trennwand_domain::{CommandKind, Digest, Ownership};

use crate::{
    AccessRights, Answer, CertificateEntry, GlobalRestrictions, PlistError, ProfileEntry, Report,
    ReportStatus, SecurityFacts, command::DEVICE_INFORMATION_QUERIES, read,
};

/// The most entries that are kept of a list.
const MAX_ENTRIES: usize = 1000;
/// The longest word that is kept, in bytes.
const MAX_WORD: usize = 256;

/// The restrictions that may be known about a personal phone: those that management may set under
/// User Enrolment (`userenrollment.mode: allowed` in Apple's schema), and the second exception for
/// contacts. Others may be the family's own settings.
const KNOWN_ON_PERSONAL: [&str; 23] = [
    "allowAssistant",
    "allowAssistantWhileLocked",
    "allowDiagnosticSubmission",
    "allowEnterpriseBookBackup",
    "allowEnterpriseBookMetadataSync",
    "allowLockScreenControlCenter",
    "allowLockScreenNotificationsView",
    "allowLockScreenTodayView",
    "allowManagedAppsCloudSync",
    "allowManagedToWriteUnmanagedContacts",
    "allowOpenFromManagedToUnmanaged",
    "allowOpenFromUnmanagedToManaged",
    "allowRemoteScreenObservation",
    "allowScreenShot",
    "allowUnmanagedToReadManagedContacts",
    "forceAirDropUnmanaged",
    "forceAirPlayOutgoingRequestsPairingPassword",
    "forceEncryptedBackup",
    "forceOnDeviceOnlyDictation",
    "forceOnDeviceOnlyTranslation",
    "forceWatchWristDetection",
    "requireManagedPasteboard",
    "safariForceFraudWarning",
];

impl Answer {
    /// Reads the answer to a command of this kind from an acknowledged report, reduced to what may be
    /// known about such a phone.
    ///
    /// # Errors
    /// If it is not acknowledged, a member that Apple's schema requires is absent or of another type,
    /// or such a phone must not be asked.
    pub fn decode(
        kind: CommandKind,
        ownership: Ownership,
        report: &Report,
    ) -> Result<Self, PlistError> {
        if report.status != ReportStatus::Acknowledged {
            return Err(PlistError::Unexpected("Status"));
        }
        if !AccessRights::of(ownership).permits(kind) {
            return Err(PlistError::NotPermitted);
        }
        let body = &report.body;
        match kind {
            CommandKind::ProfileList => profiles(body, ownership).map(Self::ProfileList),
            CommandKind::Restrictions => restrictions(body, ownership).map(Self::Restrictions),
            CommandKind::SecurityInfo => security(body).map(Self::SecurityInfo),
            CommandKind::ManagedApplicationList => {
                applications(body).map(Self::ManagedApplicationList)
            }
            CommandKind::DeviceInformation => information(body).map(Self::DeviceInformation),
            CommandKind::CertificateList => certificates(body).map(Self::CertificateList),
            CommandKind::DeviceLock => Ok(Self::DeviceLock),
            CommandKind::Release | CommandKind::WipeBusiness | CommandKind::WipeDevice => {
                Err(PlistError::NotPermitted)
            }
        }
    }
}

fn profiles(body: &Dictionary, ownership: Ownership) -> Result<Vec<ProfileEntry>, PlistError> {
    const KEY: &str = "ProfileList";
    let entries = entries(body, KEY)?.map(|item| {
        let item = item.as_dictionary().ok_or(PlistError::Unexpected(KEY))?;
        Ok(ProfileEntry {
            identifier: word(item, "PayloadIdentifier")?,
            uuid: word(item, "PayloadUUID")?.to_ascii_uppercase(),
            managed: read::optional_bool(item, "IsManaged")?,
            restricts: restricts(item),
        })
    });
    entries
        .filter(|entry| match entry {
            Ok(entry) => ownership == Ownership::Company || entry.managed != Some(false),
            Err(_) => true,
        })
        .collect()
}

fn restricts(profile: &Dictionary) -> bool {
    let payloads = profile.get("PayloadContent").and_then(Value::as_array);
    payloads.is_some_and(|payloads| {
        payloads.iter().filter_map(Value::as_dictionary).any(|payload| {
            payload.get("PayloadType").and_then(Value::as_string)
                == Some("com.apple.applicationaccess")
        })
    })
}

fn restrictions(body: &Dictionary, ownership: Ownership) -> Result<GlobalRestrictions, PlistError> {
    let global = read::dictionary(body, "GlobalRestrictions")?;
    let bools = in_force(global, "restrictedBool", Value::as_boolean)?;
    Ok(match ownership {
        Ownership::Personal => GlobalRestrictions {
            bools: bools.filter(|(key, _)| KNOWN_ON_PERSONAL.contains(&key.as_str())).collect(),
            values: BTreeMap::new(),
        },
        Ownership::Company => GlobalRestrictions {
            bools: bools.collect(),
            values: in_force(global, "restrictedValue", Value::as_signed_integer)?.collect(),
        },
    })
}

/// `{key: {value: …}}`; a key whose value is of another type counts as not listed.
fn in_force<'a, T: 'a>(
    global: &'a Dictionary,
    group: &'static str,
    read: impl Fn(&Value) -> Option<T> + 'a,
) -> Result<impl Iterator<Item = (String, T)> + 'a, PlistError> {
    let group = read::optional_dictionary(global, group)?.into_iter().flatten();
    Ok(group.take(MAX_ENTRIES).filter_map(move |(key, parameters)| {
        let value = read(parameters.as_dictionary()?.get("value")?)?;
        (key.len() <= MAX_WORD).then(|| (key.clone(), value))
    }))
}

fn security(body: &Dictionary) -> Result<SecurityFacts, PlistError> {
    let info = read::dictionary(body, "SecurityInfo")?;
    let management = read::optional_dictionary(info, "ManagementStatus")?;
    Ok(SecurityFacts {
        hardware_encryption_caps: read::optional_integer(info, "HardwareEncryptionCaps")?,
        passcode_present: read::optional_bool(info, "PasscodePresent")?,
        passcode_compliant: read::optional_bool(info, "PasscodeCompliant")?,
        passcode_compliant_with_profiles: read::optional_bool(
            info,
            "PasscodeCompliantWithProfiles",
        )?,
        user_enrollment: management
            .map(|status| read::optional_bool(status, "IsUserEnrollment"))
            .transpose()?
            .flatten(),
    })
}

fn applications(body: &Dictionary) -> Result<BTreeMap<String, String>, PlistError> {
    const KEY: &str = "ManagedApplicationList";
    let list = read::dictionary(body, KEY)?;
    if list.len() > MAX_ENTRIES {
        return Err(PlistError::TooManyElements);
    }
    list.iter()
        .map(|(bundle, app)| {
            let app = app.as_dictionary().ok_or(PlistError::Unexpected(KEY))?;
            Ok((read::cut(bundle, MAX_WORD), word(app, "Status")?))
        })
        .collect()
}

fn information(body: &Dictionary) -> Result<BTreeMap<String, String>, PlistError> {
    let answers = read::dictionary(body, "QueryResponses")?;
    let known = DEVICE_INFORMATION_QUERIES.iter().filter_map(|(name, _)| {
        let text = match answers.get(name)? {
            Value::String(text) => read::cut(text, MAX_WORD),
            Value::Boolean(value) => value.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            _ => return None,
        };
        Some(((*name).to_owned(), text))
    });
    Ok(known.collect())
}

fn certificates(body: &Dictionary) -> Result<Vec<CertificateEntry>, PlistError> {
    const KEY: &str = "CertificateList";
    entries(body, KEY)?
        .map(|item| {
            let item = item.as_dictionary().ok_or(PlistError::Unexpected(KEY))?;
            let data = item.get("Data").ok_or(PlistError::Missing("Data"))?;
            Ok(CertificateEntry {
                common_name: word(item, "CommonName")?,
                identity: read::optional_bool(item, "IsIdentity")?.unwrap_or(false),
                sha256: Digest::of(data.as_data().ok_or(PlistError::Unexpected("Data"))?),
            })
        })
        .collect()
}

/// A text that others may have chosen: an odd one must not spoil the list, so it is cut.
fn word(item: &Dictionary, key: &'static str) -> Result<String, PlistError> {
    let value = item.get(key).ok_or(PlistError::Missing(key))?;
    let text = value.as_string().ok_or(PlistError::Unexpected(key))?;
    Ok(read::cut(text, MAX_WORD))
}

/// A list that would be cut silently could hide what is looked for, so an overlong one is refused.
fn entries<'a>(
    body: &'a Dictionary,
    key: &'static str,
) -> Result<impl Iterator<Item = &'a Value>, PlistError> {
    let items = read::array(body, key)?;
    if items.len() > MAX_ENTRIES {
        return Err(PlistError::TooManyElements);
    }
    Ok(items.iter())
}
