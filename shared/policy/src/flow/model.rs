use serde::Serialize;

use crate::words::texts;

texts! {
    /// Business data.
    Source {
        /// The address book of the business account.
        Contacts = "contacts", "business contacts", "geschäftliche Kontakte";
        /// Messages of the business account.
        Mail = "mail", "business mail", "geschäftliche E-Mail";
        /// Files of managed apps.
        Documents = "documents", "business documents", "geschäftliche Dokumente";
        /// What business apps show in notifications.
        Notifications = "notifications", "business notifications", "geschäftliche Mitteilungen";
    }
}

texts! {
    /// Where business data must not end up.
    Sink {
        /// Unmanaged apps of an iPhone, apps of Android's personal side; messengers above all.
        UnmanagedApps = "unmanaged_apps", "private apps", "private Apps";
        /// A cloud account of the person's own.
        PersonalCloud = "personal_cloud", "the private cloud", "die private Cloud";
        /// Other devices: nearby, by cable, by backup.
        OtherDevices = "other_devices", "other devices", "andere Geräte";
        /// People who see the locked phone.
        Onlookers = "onlookers", "people who see the locked phone", "Menschen, die das gesperrte Telefon sehen";
    }
}

texts! {
    /// A way that data could take.
    Channel {
        /// The system's interface to contacts.
        ContactsApi = "contacts_api", "reading contacts in an app", "Lesen der Kontakte in einer App";
        /// Saving contacts into an account that private apps read.
        ContactWrite = "contact_write", "saving business contacts into the private address book", "Speichern geschäftlicher Kontakte im privaten Adressbuch";
        /// The switch for contacts in the settings of the account.
        ContactSync = "contact_sync", "the account's switch for contacts", "der Schalter für Kontakte des Kontos";
        /// The system's contact picker.
        ContactPicker = "contact_picker", "the system's contact picker", "die Kontaktauswahl des Systems";
        /// The user's choice of contacts for one app.
        LimitedAccess = "limited_access", "contacts that the user chooses for an app", "Kontakte, die der Benutzer für eine App auswählt";
        /// Open in, share sheet.
        OpenIn = "open_in", "opening and sharing in another app", "Öffnen und Teilen in einer anderen App";
        /// Copy and paste.
        Pasteboard = "pasteboard", "copy and paste", "Kopieren und Einsetzen";
        /// AirDrop, Bluetooth, beam.
        Nearby = "nearby", "AirDrop and sharing with devices nearby", "AirDrop und Teilen mit Geräten in der Nähe";
        /// Cloud for managed apps and books.
        CloudSync = "cloud_sync", "cloud synchronisation", "Synchronisation mit der Cloud";
        /// Backup to the cloud.
        CloudBackup = "cloud_backup", "backup to the cloud", "Sicherung in der Cloud";
        /// Backup to a computer that is not encrypted.
        LocalBackup = "local_backup", "a readable backup on a computer", "eine lesbare Sicherung auf einem Computer";
        /// Moving messages to another account.
        MailMove = "mail_move", "moving mail to another account", "Verschieben von E-Mail in ein anderes Konto";
        /// Attachments by the cloud.
        MailDrop = "mail_drop", "mail attachments by the cloud (Mail Drop)", "E-Mail-Anhänge über die Cloud (Mail Drop)";
        /// Recent addresses.
        RecentsSync = "recents_sync", "synchronisation of recent addresses", "Synchronisation zuletzt benutzter Adressen";
        /// The app that is opened for a tapped number.
        DefaultDialler = "default_dialler", "the app that calls a tapped number", "die App, die eine angetippte Nummer anruft";
        /// The app that is opened for a message.
        DefaultMessenger = "default_messenger", "the app that writes to a tapped number", "die App, die an eine angetippte Nummer schreibt";
        /// Looking up across the border of the work profile.
        CrossProfileContacts = "cross_profile_contacts", "looking up business contacts from the private side", "Suche nach geschäftlichen Kontakten von der privaten Seite";
        /// Apps exempted from the border.
        ContactExemptions = "contact_exemptions", "private apps exempted from the border", "private Apps mit Ausnahme von der Trennung";
        /// Functions that apps offer to assistants.
        AppFunctions = "app_functions", "app functions", "App-Funktionen";
        /// What an assistant gets of the screen.
        AssistContent = "assist_content", "screen content for assistants", "Bildschirminhalt für Assistenten";
        /// Siri, Spotlight, keyboards.
        Assistant = "assistant", "Siri, search suggestions and keyboards", "Siri, Suchvorschläge und Tastaturen";
        /// Contacts for cars and headsets.
        BluetoothContacts = "bluetooth_contacts", "contacts over Bluetooth", "Kontakte über Bluetooth";
        /// Widgets on the home screen.
        Widgets = "widgets", "widgets on the private home screen", "Widgets auf dem privaten Startbildschirm";
        /// Apps that read notifications.
        NotificationListener = "notification_listener", "private apps that read notifications", "private Apps, die Mitteilungen lesen";
        /// Notifications on the lock screen.
        LockScreen = "lock_screen", "the lock screen", "der Sperrbildschirm";
        /// An app that talks to itself across the border.
        ConnectedApps = "connected_apps", "one app on both sides", "eine App auf beiden Seiten";
        /// Apps and notifications shown on devices nearby.
        Streaming = "streaming", "streaming of apps and notifications to other devices", "Übertragung von Apps und Mitteilungen auf andere Geräte";
        /// Handing on what one is doing.
        Handoff = "handoff", "handing over to another device", "Weitergabe an ein anderes Gerät";
        /// Cable.
        Usb = "usb", "files over USB", "Dateien über USB";
        /// An account made by hand.
        SecondAccount = "second_account", "a second account made by hand", "ein zweites, von Hand eingerichtetes Konto";
        /// An app that is managed and leaks.
        ManagedApp = "managed_app", "a managed app", "eine verwaltete App";
        /// A mail app that saves contacts on the phone.
        AddressBookCopy = "address_book_copy", "the mail app's copies in the phone's address book", "Kopien der E-Mail-App im Adressbuch des Telefons";
        /// A profile from elsewhere.
        ForeignProfile = "foreign_profile", "a profile from elsewhere", "ein fremdes Profil";
        /// One side only.
        OneSide = "one_side", "apps beside the contacts on a phone without a private side", "Apps neben den Kontakten auf einem Telefon ohne private Seite";
        /// Copies made before.
        EarlierCopies = "earlier_copies", "copies made before enrolment", "Kopien aus der Zeit vor der Einrichtung";
        /// By hand.
        ByHand = "by_hand", "typing, photographing, reading aloud", "Abtippen, Fotografieren, Vorlesen";
        /// The end of management.
        EndOfManagement = "end_of_management", "the user ends management", "der Benutzer beendet die Verwaltung";
    }
}

texts! {
    /// Why a way is not there, or stays open.
    Why {
        /// Another platform's.
        NoSuchFeature = "no_such_feature", "There is no such way on this kind of phone.", "Diesen Weg gibt es auf dieser Art Telefon nicht.";
        /// No account.
        NoAccount = "no_account", "There is no managed account on the phone.", "Auf dem Telefon ist kein verwaltetes Konto.";
        /// The tenant's choice.
        LeftOpen = "left_open", "The policy leaves this way open.", "Die Richtlinie lässt diesen Weg offen.";
        /// Account kind.
        AccountHasNoSetting = "account_has_no_setting", "This kind of account has no setting for it.", "Diese Art Konto hat dafür keine Einstellung.";
        /// Old system.
        OsTooOld = "os_too_old", "An older system does not heed the setting.", "Ein älteres System beachtet die Einstellung nicht.";
        /// New feature.
        NotThereYet = "not_there_yet", "Older systems do not have this way.", "Ältere Systeme haben diesen Weg nicht.";
        /// T1.
        HandMadeAccount = "hand_made_account", "An account that the user adds by hand is not managed; private apps can read its contacts.", "Ein von Hand eingerichtetes Konto ist nicht verwaltet; private Apps können seine Kontakte lesen.";
        /// T4.
        ForeignProfileUnseen = "foreign_profile_unseen", "A profile from elsewhere may set the same keys; the outcome is then undefined.", "Ein fremdes Profil kann dieselben Schlüssel setzen; das Ergebnis ist dann unbestimmt.";
        /// T6.
        CopiedBefore = "copied_before", "Contacts that were copied before enrolment are private contacts; management cannot see them.", "Vor der Einrichtung kopierte Kontakte sind private Kontakte; die Verwaltung sieht sie nicht.";
        /// T9.
        UsersDefaultApp = "users_default_app", "If the user makes a messenger the app for calls or messages, a number that is tapped goes to it.", "Macht der Benutzer einen Messenger zur App für Anrufe oder Nachrichten, geht eine angetippte Nummer dorthin.";
        /// T10.
        PickerUnknown = "picker_unknown", "Whether the picker shows business contacts to a private app is not known; what is picked goes to the app.", "Ob die Auswahl einer privaten App geschäftliche Kontakte zeigt, ist nicht bekannt; was ausgewählt wird, geht an die App.";
        /// T11.
        UsersChoice = "users_choice", "The user chooses this for each app; it cannot be managed and is no protection.", "Das wählt der Benutzer je App; es lässt sich nicht verwalten und ist kein Schutz.";
        /// T13.
        AssistantUnknown = "assistant_unknown", "What the assistant, suggestions and keyboards use is not documented.", "Was Assistent, Vorschläge und Tastaturen verwenden, ist nicht dokumentiert.";
        /// T14.
        AppBackups = "app_backups", "Managed apps have to be installed without backup; a profile cannot say so.", "Verwaltete Apps müssen ohne Sicherung installiert werden; ein Profil kann das nicht vorgeben.";
        /// T15.
        UserMayRemove = "user_may_remove", "The user can end management at any time; managed accounts and profiles go with it.", "Der Benutzer kann die Verwaltung jederzeit beenden; verwaltete Konten und Profile verschwinden damit.";
        /// Human.
        ByHandAlways = "by_hand_always", "What a person can read, a person can pass on.", "Was ein Mensch lesen kann, kann er weitergeben.";
        /// Google mail on Android.
        GoogleAccountsOpen = "google_accounts_open", "Mail is Google, so Google accounts stay open on the business side; a private one there would take contacts into the private cloud.", "E-Mail läuft über Google, daher bleiben Google-Konten auf der geschäftlichen Seite offen; ein privates dort nähme Kontakte in die private Cloud mit.";
        /// Quick Share.
        NotDocumented = "not_documented", "Which setting closes this way is not documented.", "Welche Einstellung diesen Weg schließt, ist nicht dokumentiert.";
        /// Company phones only.
        CompanyPhonesOnly = "company_phones_only", "Can be closed on company phones only.", "Lässt sich nur auf Firmentelefonen schließen.";
        /// Android keeps work notifications.
        SystemAppsRead = "system_apps_read", "Apps of the system can read notifications all the same.", "Apps des Systems können Mitteilungen trotzdem lesen.";
        /// Another mail app, or none.
        AppNotThere = "app_not_there", "The app is not among the business apps.", "Die App gehört nicht zu den geschäftlichen Apps.";
        /// Which accounts a mail app takes.
        PrivateAccountBeside = "private_account_beside", "A mail app may take a private account beside the business one. Which accounts it takes could only be said person by person, and many phones share one policy at Google.", "Eine E-Mail-App kann neben dem geschäftlichen ein privates Konto aufnehmen. Welche Konten sie aufnimmt, ließe sich nur je Person angeben, und viele Telefone teilen sich eine Richtlinie bei Google.";
        /// One managed side.
        AllAppsManaged = "all_apps_managed", "All apps on the phone are the company's.", "Alle Apps auf dem Telefon sind solche der Firma.";
    }
}

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in a document or schema of the maker's.
    Documented,
    /// A single report by others.
    Reported,
    /// General knowledge, not verified.
    Believed,
    /// Nobody has shown it.
    Unknown,
}

/// A known trap, with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trap(pub u8);

impl Serialize for Trap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("T{}", self.0))
    }
}

/// What each trap is, and where it is dealt with if not on a way of the graph.
pub const TRAPS: [(Trap, &str, Option<&str>); 18] = [
    (Trap(1), "an Exchange account added by hand is not managed", None),
    (Trap(2), "the contacts switch of the account left to the user", None),
    (Trap(3), "contact keys without effect while managed data opens anywhere", None),
    (Trap(4), "a second restrictions payload", None),
    (Trap(5), "a messenger installed as managed app", None),
    (Trap(6), "contacts copied before enrolment", None),
    (Trap(7), "an app that saves business contacts into the private account", None),
    (
        Trap(8),
        "app protection alone does not intercept contacts",
        Some("the wall is management of the phone, never app protection alone"),
    ),
    (Trap(9), "a messenger as default app for calls or messages", None),
    (Trap(10), "the contact picker", None),
    (Trap(11), "limited contacts access is the user's choice", None),
    (
        Trap(12),
        "caller ID still shows business contacts",
        Some("wanted: the phone's own app is inside; said in the notes"),
    ),
    (Trap(13), "assistant, suggestions, keyboards", None),
    (Trap(14), "backups of managed apps", None),
    (Trap(15), "the user ends management", None),
    (
        Trap(16),
        "profile-based User Enrolment no longer exists",
        Some("ios-user-enrollment is account-driven only"),
    ),
    (
        Trap(17),
        "an exception key reported not to work",
        Some("no proof rests on it being true; every wall that may sets it false"),
    ),
    (
        Trap(18),
        "reports that the isolation works in practice",
        Some("regression evidence; no proof rests on it"),
    ),
];
