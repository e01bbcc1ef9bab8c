use std::collections::BTreeMap;

use trennwand_domain::{MailAuth, MailKind, MailSettings, Purpose, Target};

use crate::{
    Backup, CloudSync, Contacts, Isolation, LockScreenPreviews, NearbySharing, Part,
    PolicyDocument, SiriWhileLocked, Template, Variable,
};

/// The templates that carry out `document` on phones of a kind: always the wall, and the account
/// if the tenant has mail of a kind that can be managed. The tenant plays no part; it comes in when
/// a template is rendered. `mail` must have passed [`crate::check_mail`].
#[must_use]
pub fn compile(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Vec<Template> {
    match target {
        Target::IosDevice => {
            let account = mail.and_then(|mail| account(document, target, mail));
            std::iter::once(wall(document, target))
                .chain(account)
                .collect()
        }
    }
}

/// `com.apple.applicationaccess`, the only one on the phone: two that set the same key behave
/// unpredictably (Apple). Every key that the document speaks of is set, so that the answer to
/// `Restrictions` can be compared.
fn wall(document: &PolicyDocument, target: Target) -> Template {
    let Contacts::Strict = document.contacts;
    let Isolation::Isolated = document.documents;
    let Isolation::Isolated = document.clipboard;
    let cloud = document.cloud_sync == CloudSync::Allowed;
    let lock_screen = document.lock_screen_previews == LockScreenPreviews::Shown;
    let keys = [
        // Without the first, the two exceptions below have no effect and contacts are open.
        ("allowOpenFromManagedToUnmanaged", false),
        ("allowOpenFromUnmanagedToManaged", false),
        ("allowUnmanagedToReadManagedContacts", false),
        ("allowManagedToWriteUnmanagedContacts", false),
        ("requireManagedPasteboard", true),
        (
            "forceAirDropUnmanaged",
            document.nearby_sharing == NearbySharing::Isolated,
        ),
        ("allowManagedAppsCloudSync", cloud),
        ("allowEnterpriseBookBackup", cloud),
        ("allowEnterpriseBookMetadataSync", cloud),
        ("forceEncryptedBackup", document.backup == Backup::Encrypted),
        (
            "allowAssistantWhileLocked",
            document.siri_while_locked == SiriWhileLocked::Allowed,
        ),
        ("allowLockScreenNotificationsView", lock_screen),
        ("allowLockScreenTodayView", lock_screen),
    ];
    Template {
        target,
        purpose: Purpose::Wall,
        display_name: "Separation of business data".to_owned(),
        description:
            "Keeps business contacts, documents and the clipboard apart from private apps."
                .to_owned(),
        payload_type: "com.apple.applicationaccess".to_owned(),
        payload: dict(keys),
    }
}

fn account(document: &PolicyDocument, target: Target, mail: &MailSettings) -> Option<Template> {
    let (payload_type, payload) = match mail.kind {
        MailKind::None => return None,
        MailKind::GoogleWorkspace => ("com.apple.google-oauth", google()),
        MailKind::ExchangeOnline => {
            let past_days = document.mail.past_days;
            (
                "com.apple.eas.account",
                exchange("outlook.office365.com", mail.auth, past_days),
            )
        }
        MailKind::Exchange => {
            let past_days = document.mail.past_days;
            let host = mail.host.as_deref().unwrap_or_default();
            (
                "com.apple.eas.account",
                exchange(host, mail.auth, past_days),
            )
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
        (
            "MailNumberOfPastDaysToSync",
            Part::Integer(past_days.into()),
        ),
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
    let handlers = dict([("AudioCall", "com.apple.mobilephone")]);
    Part::Dict(dict([("DefaultServiceHandlers", Part::Dict(handlers))]))
}

fn dict<P: Into<Part>, const N: usize>(parts: [(&str, P); N]) -> BTreeMap<String, Part> {
    parts
        .into_iter()
        .map(|(key, part)| (key.to_owned(), part.into()))
        .collect()
}

#[cfg(test)]
mod tests;
