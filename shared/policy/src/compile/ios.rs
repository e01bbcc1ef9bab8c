use std::collections::BTreeMap;

use trennwand_domain::{MailAuth, MailKind, MailSettings, Purpose, Target};

use crate::{
    Backup, CATALOGUE, CloudSync, LockScreenPreviews, Messengers, NearbySharing, Part, Passcode,
    Payload, Permission, PolicyDocument, SiriWhileLocked, Template, Variable,
    keys::{PASSCODE, RESTRICTIONS, permits, permits_payload},
};

/// A tapped number of a business contact is called with this. No document of Apple's names it.
const PHONE_APP: &str = "com.apple.mobilephone";

pub(super) fn templates(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Vec<Template> {
    let account = mail.and_then(|mail| account(document, target, mail));
    std::iter::once(wall(document, target)).chain(account).collect()
}

/// `com.apple.applicationaccess`, the only one on the phone: two that set the same key behave
/// unpredictably (Apple). Every key that the document speaks of is set, so that the answer to
/// `Restrictions` can be compared; but a key that the target forbids or ignores never gets there.
fn wall(document: &PolicyDocument, target: Target) -> Template {
    let mut payload = restrictions(document);
    if target == Target::IosSupervised {
        payload.extend(supervised(document));
    }
    payload.retain(|key, _| permits(target, key));
    Template {
        target,
        purpose: Purpose::Wall,
        display_name: "Separation of business data".to_owned(),
        description:
            "Keeps business contacts, documents and the clipboard apart from private apps."
                .to_owned(),
        payload_type: RESTRICTIONS.to_owned(),
        payload,
        more: passcode(document)
            .filter(|p| permits_payload(target, &p.payload_type))
            .into_iter()
            .collect(),
    }
}

fn restrictions(document: &PolicyDocument) -> BTreeMap<String, Part> {
    let cloud = document.cloud_sync == CloudSync::Allowed;
    let lock_screen = document.lock_screen_previews == LockScreenPreviews::Shown;
    dict([
        // Without the first, the two exceptions below have no effect and contacts are open.
        ("allowOpenFromManagedToUnmanaged", false),
        ("allowOpenFromUnmanagedToManaged", false),
        ("allowUnmanagedToReadManagedContacts", false),
        ("allowManagedToWriteUnmanagedContacts", false),
        ("requireManagedPasteboard", true),
        ("forceAirDropUnmanaged", document.nearby_sharing == NearbySharing::Isolated),
        ("allowManagedAppsCloudSync", cloud),
        ("allowEnterpriseBookBackup", cloud),
        ("allowEnterpriseBookMetadataSync", cloud),
        ("forceEncryptedBackup", document.backup == Backup::Encrypted),
        ("allowAssistantWhileLocked", document.siri_while_locked == SiriWhileLocked::Allowed),
        ("allowLockScreenNotificationsView", lock_screen),
        ("allowLockScreenTodayView", lock_screen),
    ])
}

/// What only a supervised phone heeds. That no messenger becomes the app for calls and messages is
/// part of keeping contacts apart; the rest is the tenant's choice and set only if it is made.
fn supervised(document: &PolicyDocument) -> BTreeMap<String, Part> {
    let mut keys = dict([
        ("allowDefaultCallingAppModification", false),
        ("allowDefaultMessagingAppModification", false),
    ]);
    let phones = document.company_phones;
    for (key, choice) in [
        ("allowAccountModification", phones.accounts),
        ("allowUIConfigurationProfileInstallation", phones.other_profiles),
        ("allowHostPairing", phones.computers),
        ("allowFilesUSBDriveAccess", phones.usb_files),
        ("allowiPhoneMirroring", phones.mirroring),
    ] {
        if choice == Permission::Blocked {
            keys.insert(key.to_owned(), false.into());
        }
    }
    if document.messengers == Messengers::Blocked {
        let ids = CATALOGUE.iter().map(|app| Part::from(app.ios)).collect();
        keys.insert("blockedAppBundleIDs".to_owned(), ids);
    }
    keys
}

/// Never `maxFailedAttempts`, which erases the phone.
fn passcode(document: &PolicyDocument) -> Option<Payload> {
    let (length, alphanumeric) = match document.passcode {
        Passcode::None => return None,
        Passcode::Required => (6, false),
        Passcode::Strong => (8, true),
    };
    let payload = dict([
        ("forcePIN", Part::from(true)),
        ("allowSimple", false.into()),
        ("minLength", Part::Integer(length)),
        ("requireAlphanumeric", alphanumeric.into()),
    ]);
    Some(Payload { payload_type: PASSCODE.to_owned(), payload })
}

fn account(document: &PolicyDocument, target: Target, mail: &MailSettings) -> Option<Template> {
    let past_days = document.mail.past_days;
    let (payload_type, payload) = match mail.kind {
        MailKind::None => return None,
        MailKind::GoogleWorkspace => ("com.apple.google-oauth", google()),
        MailKind::ExchangeOnline => {
            ("com.apple.eas.account", exchange("outlook.office365.com", mail.auth, past_days))
        }
        MailKind::Exchange => {
            let host = mail.host.as_deref().unwrap_or_default();
            ("com.apple.eas.account", exchange(host, mail.auth, past_days))
        }
    };
    Some(Template {
        target,
        purpose: Purpose::Account,
        display_name: "Business account".to_owned(),
        description: "Business mail, contacts and calendars, kept apart from private apps."
            .to_owned(),
        payload_type: payload_type.to_owned(),
        payload,
        more: Vec::new(),
    })
}

/// Exchange ActiveSync. The user cannot switch services off or on: a contacts switch left to the
/// user was seen to leave contacts readable for unmanaged apps. `Host` is ignored with OAuth, but
/// shown to the user.
fn exchange(host: &str, auth: MailAuth, past_days: u8) -> BTreeMap<String, Part> {
    let mut payload = dict([
        ("SSL", Part::from(true)),
        ("OAuth", (auth == MailAuth::Oauth).into()),
        ("EmailAddress", Variable::Email.into()),
        ("UserName", Variable::MailLogin.into()),
        ("MailNumberOfPastDaysToSync", Part::Integer(past_days.into())),
        ("PreventMove", true.into()),
        ("PreventAppSheet", true.into()),
        ("allowMailDrop", false.into()),
        ("disableMailRecentsSyncing", true.into()),
        ("CommunicationServiceRules", calls()),
    ]);
    if !host.is_empty() {
        payload.insert("Host".to_owned(), host.into());
    }
    for service in ["Mail", "Contacts", "Calendars", "Reminders", "Notes"] {
        payload.insert(format!("Enable{service}"), true.into());
        payload.insert(format!("Enable{service}UserOverridable"), false.into());
    }
    payload
}

/// A Google account; the user signs in after it was installed.
fn google() -> BTreeMap<String, Part> {
    dict([
        ("AccountDescription", Part::from(Variable::Organization)),
        ("EmailAddress", Variable::Email.into()),
        ("CommunicationServiceRules", calls()),
    ])
}

/// A tapped number of a business contact is called with the phone's own app, not with a messenger.
fn calls() -> Part {
    Part::from([("DefaultServiceHandlers", Part::from([("AudioCall", PHONE_APP.into())]))])
}

fn dict<P: Into<Part>, const N: usize>(parts: [(&str, P); N]) -> BTreeMap<String, Part> {
    parts.into_iter().map(|(key, part)| (key.to_owned(), part.into())).collect()
}
