use serde::Serialize;
use trennwand_domain::{MailKind, MailSettings, Platform, Target};

use crate::{
    Backup, Contacts, LockScreenPreviews, MailOptions, Messengers, NonCompliance, Passcode,
    Permission, PolicyDocument, SiriWhileLocked, keys::OUTLOOK, words::texts,
};

texts! {
    /// What a kind of phone makes of a field of the document, if not what one would expect.
    Note {
        /// No private side in reach.
        MessengersNotBlocked = "messengers_not_blocked",
            "Cannot be enforced here: management has no say in private apps. They stay possible, and do not see business contacts.",
            "Lässt sich hier nicht durchsetzen: Die Verwaltung hat keinen Einfluss auf private Apps. Sie bleiben möglich und sehen geschäftliche Kontakte nicht.";
        /// T12.
        IphoneShowsCallers = "iphone_shows_callers",
            "The iPhone's own phone app shows the names of business contacts either way.",
            "Die Telefon-App des iPhones zeigt die Namen geschäftlicher Kontakte in jedem Fall.";
        /// Strict on Android.
        NoCallerNames = "no_caller_names",
            "No app on the private side shows who calls, not even the phone's own.",
            "Keine App der privaten Seite zeigt, wer anruft, auch nicht die des Telefons.";
        /// EXCEPT_SYSTEM below 14.
        CallerNamesSince14 = "caller_names_since_14",
            "The maker's own dialler, messages and contacts apps show business contacts on Android 14 and later. Below, the phone falls back to none and answers API_LEVEL: that is stricter, not a violation.",
            "Die Apps des Herstellers für Anrufe, Nachrichten und Kontakte zeigen geschäftliche Kontakte ab Android 14. Darunter fällt das Telefon auf keine zurück und meldet API_LEVEL: Das ist strenger und kein Verstoß.";
        /// UE passcode.
        PasscodeIgnored = "passcode_ignored",
            "This kind of enrolment ignores requirements for the passcode; none is promised.",
            "Diese Art der Einrichtung ignoriert Vorgaben für den Code; zugesagt wird keine.";
        /// Apple only.
        IphoneOnly = "iphone_only", "Has no counterpart on Android.", "Hat auf Android keine Entsprechung.";
        /// Android only.
        AndroidOnly = "android_only", "Has no counterpart on an iPhone.", "Hat auf dem iPhone keine Entsprechung.";
        /// Supervision.
        NeedsSupervision = "needs_supervision",
            "Can be closed on supervised iPhones only.",
            "Lässt sich nur auf betreuten iPhones schließen.";
        /// Not on this target.
        NotOnThisTarget = "not_on_this_target",
            "Cannot be set on this kind of phone.",
            "Lässt sich auf dieser Art Telefon nicht einstellen.";
        /// AMAPI.
        BlockingByOlderRules = "blocking_by_older_rules",
            "Google's newer rules cannot block without a wipe, so older ones are used, which Google calls deprecated.",
            "Googles neuere Regeln können nicht sperren, ohne auch zu löschen; daher werden ältere verwendet, die Google als überholt bezeichnet.";
        /// Private space.
        PrivateSpaceRemoved = "private_space_removed",
            "A private space that exists on the phone is removed with all that is in it.",
            "Ein vorhandenes privates Profil auf dem Telefon wird mit allem Inhalt entfernt.";
        /// Exemptions.
        ExemptionsSince14 = "exemptions_since_14",
            "Exempted apps are inside the wall on Android 14 and later; below, the list has no effect and the phone answers API_LEVEL.",
            "Ausgenommene Apps sind ab Android 14 innerhalb der Trennwand; darunter wirkt die Liste nicht und das Telefon meldet API_LEVEL.";
        /// Other platform.
        AppsOfOtherPlatform = "apps_of_other_platform",
            "Some apps of the list have no identifier for this platform and are left out.",
            "Einige Apps der Liste haben keine Kennung für diese Plattform und werden ausgelassen.";
        /// iOS managed apps.
        AppsByCommand = "apps_by_command",
            "A profile cannot install apps: this list says what is inside the wall; installing is a command of its own, without backup.",
            "Ein Profil kann keine Apps installieren: Die Liste sagt, was innerhalb der Trennwand ist; installiert wird mit einem eigenen Befehl, ohne Sicherung.";
        /// Gmail keys.
        MailKeysFromReports = "mail_keys_from_reports",
            "The mail app's settings are known from reports only; they are compared with what the app declares before they are sent.",
            "Die Einstellungen der Mail-App sind nur aus Berichten bekannt; vor dem Senden werden sie mit dem verglichen, was die App angibt.";
        /// Outlook's contacts.
        OutlookKeepsContacts = "outlook_keeps_contacts",
            "Outlook does not save contacts in the phone's address book, so no app for calls shows the names that only Outlook knows.",
            "Outlook speichert keine Kontakte im Adressbuch des Telefons; daher zeigt keine Telefon-App die Namen, die nur Outlook kennt.";
        /// Google account.
        GoogleByEnrolment = "google_by_enrolment",
            "The business account is the Google account that the phone is enrolled with.",
            "Das geschäftliche Konto ist das Google-Konto, mit dem das Telefon eingerichtet wird.";
        /// Widgets stay.
        PreviewsRedacted = "previews_redacted",
            "Business notifications are shown without their content.",
            "Geschäftliche Mitteilungen werden ohne Inhalt gezeigt.";
    }
}

/// A note and the field of the document that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NoteAt {
    /// Path of the field.
    pub field: &'static str,
    /// What is to be said.
    pub note: Note,
}

/// What the document says and this kind of phone cannot do, or does in its own way: nothing is
/// dropped silently.
#[must_use]
pub fn notes(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
) -> Vec<NoteAt> {
    let mut notes = Notes(Vec::new());
    match target.platform() {
        Platform::Ios => iphone(document, target, mail, &mut notes),
        Platform::Android => android(document, target, mail, &mut notes),
    }
    notes.0
}

struct Notes(Vec<NoteAt>);

impl Notes {
    fn add(&mut self, when: bool, field: &'static str, note: Note) {
        if when {
            self.0.push(NoteAt { field, note });
        }
    }
}

fn iphone(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
    notes: &mut Notes,
) {
    let supervised = target == Target::IosSupervised;
    let user = target == Target::IosUserEnrollment;
    let is_google = mail.is_some_and(|mail| mail.kind == MailKind::GoogleWorkspace);
    let blocked = document.messengers == Messengers::Blocked;
    let other = |ios: bool| document.managed_apps.iter().any(|app| app.ios.is_some() == ios);
    let block = document.non_compliance == NonCompliance::Block;
    let strict = document.contacts == Contacts::Strict;
    notes.add(strict, "contacts", Note::IphoneShowsCallers);
    notes.add(is_google && has_days(document.mail), "mail.past_days", Note::NotOnThisTarget);
    notes.add(blocked && !supervised, "messengers", Note::MessengersNotBlocked);
    notes.add(user && document.passcode != Passcode::None, "passcode", Note::PasscodeIgnored);
    notes.add(other(true), "managed_apps", Note::AppsByCommand);
    notes.add(other(false), "managed_apps", Note::AppsOfOtherPlatform);
    notes.add(!document.contact_apps.is_empty(), "contact_apps", Note::AndroidOnly);
    notes.add(block, "non_compliance", Note::AndroidOnly);
    let phones = document.company_phones;
    for (field, choice) in [
        ("company_phones.accounts", phones.accounts),
        ("company_phones.other_profiles", phones.other_profiles),
        ("company_phones.computers", phones.computers),
        ("company_phones.usb_files", phones.usb_files),
        ("company_phones.mirroring", phones.mirroring),
    ] {
        let wanted = choice == Permission::Blocked;
        notes.add(wanted && target == Target::IosDevice, field, Note::NeedsSupervision);
    }
    let space = phones.private_space == Permission::Blocked;
    notes.add(space && !user, "company_phones.private_space", Note::AndroidOnly);
}

fn android(
    document: &PolicyDocument,
    target: Target,
    mail: Option<&MailSettings>,
    notes: &mut Notes,
) {
    let personal = target == Target::AndroidPersonal;
    let full = target == Target::AndroidFullyManaged;
    let strict = document.contacts == Contacts::Strict;
    let exempts = !document.contact_apps.is_empty();
    let block = document.non_compliance == NonCompliance::Block;
    let kind = mail.map(|mail| mail.kind);
    let eas = matches!(kind, Some(MailKind::Exchange | MailKind::ExchangeOnline));
    let lacking = document.managed_apps.iter().any(|app| app.android.is_none());
    notes.add(strict && !full, "contacts", Note::NoCallerNames);
    notes.add(!strict && !full, "contacts", Note::CallerNamesSince14);
    notes.add(document.backup == Backup::Encrypted, "backup", Note::IphoneOnly);
    let siri = document.siri_while_locked == SiriWhileLocked::Blocked;
    notes.add(siri, "siri_while_locked", Note::IphoneOnly);
    let hidden = document.lock_screen_previews == LockScreenPreviews::Hidden;
    notes.add(hidden, "lock_screen_previews", Note::PreviewsRedacted);
    notes.add(has_days(document.mail), "mail.past_days", Note::IphoneOnly);
    notes.add(eas, "mail", Note::MailKeysFromReports);
    let managed = || document.managed_apps.iter().any(|a| a.android.as_deref() == Some(OUTLOOK));
    let outlook = kind == Some(MailKind::ExchangeOnline) || managed();
    notes.add(outlook, "contacts", Note::OutlookKeepsContacts);
    notes.add(kind == Some(MailKind::GoogleWorkspace), "mail", Note::GoogleByEnrolment);
    let blocked = document.messengers == Messengers::Blocked;
    notes.add(blocked && personal, "messengers", Note::MessengersNotBlocked);
    notes.add(lacking, "managed_apps", Note::AppsOfOtherPlatform);
    notes.add(exempts && !full, "contact_apps", Note::ExemptionsSince14);
    notes.add(exempts && full, "contact_apps", Note::NotOnThisTarget);
    notes.add(block, "non_compliance", Note::BlockingByOlderRules);
    let phones = document.company_phones;
    let wanted = |choice| choice == Permission::Blocked && !personal;
    notes.add(wanted(phones.accounts) && !full, "company_phones.accounts", Note::NotOnThisTarget);
    notes.add(wanted(phones.other_profiles), "company_phones.other_profiles", Note::IphoneOnly);
    notes.add(wanted(phones.computers), "company_phones.computers", Note::IphoneOnly);
    notes.add(wanted(phones.mirroring), "company_phones.mirroring", Note::IphoneOnly);
    let space = match target {
        Target::AndroidCompany => Note::PrivateSpaceRemoved,
        _ => Note::NotOnThisTarget,
    };
    notes.add(wanted(phones.private_space), "company_phones.private_space", space);
}

/// Whether the document asks for another span than the usual one.
fn has_days(mail: MailOptions) -> bool {
    mail != PolicyDocument::preset().mail
}
