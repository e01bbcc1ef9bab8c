use trennwand_domain::Target;

use super::{
    Before,
    Channel::{self, *},
    Closes, Confidence, Key, Must,
    Sink::{self, *},
    Source::{self, *},
    Trap, Way, Why, keep, set,
};
use crate::Os;

const ALL: &[Target] = &[Target::IosUserEnrollment, Target::IosDevice, Target::IosSupervised];
const SUPERVISED: &[Target] = &[Target::IosSupervised];
const UNSUPERVISED: &[Target] = &[Target::IosUserEnrollment, Target::IosDevice];

const OUT: Key = set("allowOpenFromManagedToUnmanaged", false);
const IN: Key = set("allowOpenFromUnmanagedToManaged", false);
const READ: Key = keep("allowUnmanagedToReadManagedContacts", false);
const WRITE: Key = keep("allowManagedToWriteUnmanagedContacts", false);
const EAS: &str = "com.apple.eas.account";
const YAML: &str = "Apple com.apple.applicationaccess.yaml";
const EAS_YAML: &str = "Apple com.apple.eas.account.yaml";

const fn keys(keys: &'static [Key], since: Os) -> Closes {
    Closes::Keys { keys, since, before: Before::Residual(Why::OsTooOld) }
}

const fn account(keys: &'static [Key], since: Os) -> Closes {
    Closes::Account { payload_type: EAS, keys, since }
}

const fn documented(
    channel: Channel,
    sources: &'static [Source],
    sink: Sink,
    targets: &'static [Target],
    closes: Closes,
    reference: &'static str,
) -> Way {
    let confidence = Confidence::Documented;
    let (traps, otherwise) = (&[], None);
    Way { channel, sources, sink, targets, closes, otherwise, confidence, reference, traps }
}

const fn residual(
    channel: Channel,
    sources: &'static [Source],
    sink: Sink,
    targets: &'static [Target],
    why: Why,
    confidence: Confidence,
    traps: &'static [Trap],
) -> Way {
    let closes = Closes::Nothing(why);
    let (reference, otherwise) = ("", None);
    Way { channel, sources, sink, targets, closes, otherwise, confidence, reference, traps }
}

const fn with(way: Way, confidence: Confidence, traps: &'static [Trap]) -> Way {
    Way { confidence, traps, ..way }
}

/// A way that the tenant may leave open.
const fn optional(way: Way, why: Why) -> Way {
    Way { otherwise: Some(why), ..way }
}

const S: Confidence = Confidence::Documented;
const R: Confidence = Confidence::Reported;
const K: Confidence = Confidence::Believed;
const U: Confidence = Confidence::Unknown;

/// The ways on iPhones and iPads.
pub(super) const WAYS: &[Way] = &[
    with(
        documented(
            ContactsApi,
            &[Contacts],
            UnmanagedApps,
            ALL,
            keys(&[OUT, READ], Os(12, 0)),
            "Apple support 101932; com.apple.applicationaccess.yaml",
        ),
        S,
        &[Trap(3), Trap(17), Trap(18)],
    ),
    with(
        documented(
            ContactWrite,
            &[Contacts],
            UnmanagedApps,
            ALL,
            keys(&[OUT, IN, WRITE], Os(12, 0)),
            "Apple support 101932; com.apple.applicationaccess.yaml",
        ),
        S,
        &[Trap(7)],
    ),
    documented(
        OpenIn,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        ALL,
        keys(&[OUT], Os(7, 0)),
        YAML,
    ),
    documented(
        Pasteboard,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        ALL,
        keys(&[OUT, set("requireManagedPasteboard", true)], Os(15, 0)),
        YAML,
    ),
    // Reported for Exchange: with the switch left to the user, contacts stayed readable.
    with(
        documented(
            ContactSync,
            &[Contacts],
            UnmanagedApps,
            ALL,
            account(
                &[keep("EnableContacts", true), set("EnableContactsUserOverridable", false)],
                Os(13, 0),
            ),
            "MicrosoftDocs/memdocs#2655",
        ),
        R,
        &[Trap(2)],
    ),
    with(
        documented(
            DefaultDialler,
            &[Contacts],
            UnmanagedApps,
            UNSUPERVISED,
            Closes::Account {
                payload_type: "",
                keys: &[Key {
                    path: "CommunicationServiceRules.DefaultServiceHandlers.AudioCall",
                    must: Must::BeOneOf { words: &["com.apple.mobilephone"], default: false },
                }],
                since: Os(10, 0),
            },
            "Apple com.apple.eas.account.yaml, com.apple.google-oauth.yaml",
        ),
        K,
        &[Trap(9)],
    ),
    with(
        documented(
            DefaultDialler,
            &[Contacts],
            UnmanagedApps,
            SUPERVISED,
            Closes::Keys {
                keys: &[set("allowDefaultCallingAppModification", false)],
                since: Os(18, 4),
                before: Before::Residual(Why::UsersDefaultApp),
            },
            "Apple developer documentation, Restrictions",
        ),
        S,
        &[Trap(9)],
    ),
    with(
        documented(
            DefaultMessenger,
            &[Contacts],
            UnmanagedApps,
            SUPERVISED,
            Closes::Keys {
                keys: &[set("allowDefaultMessagingAppModification", false)],
                since: Os(18, 4),
                before: Before::Residual(Why::UsersDefaultApp),
            },
            "Apple developer documentation, Restrictions",
        ),
        S,
        &[Trap(9)],
    ),
    residual(
        DefaultMessenger,
        &[Contacts],
        UnmanagedApps,
        UNSUPERVISED,
        Why::UsersDefaultApp,
        S,
        &[Trap(9)],
    ),
    optional(
        with(
            documented(
                SecondAccount,
                &[Contacts, Mail],
                UnmanagedApps,
                SUPERVISED,
                keys(&[set("allowAccountModification", false)], Os(7, 0)),
                YAML,
            ),
            S,
            &[Trap(1)],
        ),
        Why::HandMadeAccount,
    ),
    residual(
        SecondAccount,
        &[Contacts, Mail],
        UnmanagedApps,
        UNSUPERVISED,
        Why::HandMadeAccount,
        S,
        &[Trap(1)],
    ),
    optional(
        with(
            documented(
                ForeignProfile,
                &[Contacts, Documents],
                UnmanagedApps,
                SUPERVISED,
                keys(&[set("allowUIConfigurationProfileInstallation", false)], Os(6, 0)),
                YAML,
            ),
            S,
            &[Trap(4)],
        ),
        Why::ForeignProfileUnseen,
    ),
    residual(
        ForeignProfile,
        &[Contacts, Documents],
        UnmanagedApps,
        UNSUPERVISED,
        Why::ForeignProfileUnseen,
        S,
        &[Trap(4)],
    ),
    residual(ContactPicker, &[Contacts], UnmanagedApps, ALL, Why::PickerUnknown, U, &[Trap(10)]),
    residual(LimitedAccess, &[Contacts], UnmanagedApps, ALL, Why::UsersChoice, S, &[Trap(11)]),
    residual(EarlierCopies, &[Contacts], UnmanagedApps, ALL, Why::CopiedBefore, K, &[Trap(6)]),
    residual(
        Assistant,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        ALL,
        Why::AssistantUnknown,
        U,
        &[Trap(13)],
    ),
    residual(
        ByHand,
        &[Contacts, Mail, Documents, Notifications],
        UnmanagedApps,
        ALL,
        Why::ByHandAlways,
        K,
        &[],
    ),
    residual(
        EndOfManagement,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        UNSUPERVISED,
        Why::UserMayRemove,
        K,
        &[Trap(15)],
    ),
    Way {
        closes: Closes::Never(Why::NoSuchFeature),
        ..residual(
            NotificationListener,
            &[Notifications],
            UnmanagedApps,
            ALL,
            Why::NoSuchFeature,
            K,
            &[],
        )
    },
    Way {
        closes: Closes::Never(Why::NoSuchFeature),
        ..residual(
            CrossProfileContacts,
            &[Contacts],
            UnmanagedApps,
            ALL,
            Why::NoSuchFeature,
            S,
            &[],
        )
    },
    documented(
        Nearby,
        &[Contacts, Mail, Documents],
        OtherDevices,
        ALL,
        keys(&[set("forceAirDropUnmanaged", true), OUT], Os(9, 0)),
        YAML,
    ),
    documented(
        LocalBackup,
        &[Contacts, Mail, Documents],
        OtherDevices,
        ALL,
        keys(&[set("forceEncryptedBackup", true)], Os(4, 0)),
        YAML,
    ),
    documented(
        CloudSync,
        &[Documents],
        PersonalCloud,
        ALL,
        keys(
            &[
                set("allowManagedAppsCloudSync", false),
                set("allowEnterpriseBookMetadataSync", false),
            ],
            Os(8, 0),
        ),
        YAML,
    ),
    with(
        documented(
            CloudBackup,
            &[Documents],
            PersonalCloud,
            ALL,
            keys(&[set("allowEnterpriseBookBackup", false)], Os(8, 0)),
            YAML,
        ),
        S,
        &[Trap(14)],
    ),
    residual(ManagedApp, &[Documents], PersonalCloud, ALL, Why::AppBackups, S, &[Trap(14)]),
    documented(
        MailMove,
        &[Mail],
        PersonalCloud,
        ALL,
        account(&[set("PreventMove", true)], Os(5, 0)),
        EAS_YAML,
    ),
    documented(
        MailDrop,
        &[Mail, Documents],
        PersonalCloud,
        ALL,
        account(&[keep("allowMailDrop", false)], Os(9, 2)),
        EAS_YAML,
    ),
    documented(
        RecentsSync,
        &[Contacts],
        PersonalCloud,
        ALL,
        account(&[set("disableMailRecentsSyncing", true)], Os(4, 0)),
        EAS_YAML,
    ),
    documented(
        LockScreen,
        &[Notifications],
        Onlookers,
        ALL,
        keys(
            &[
                set("allowLockScreenNotificationsView", false),
                set("allowLockScreenTodayView", false),
            ],
            Os(7, 0),
        ),
        YAML,
    ),
    documented(
        Assistant,
        &[Contacts, Mail],
        Onlookers,
        ALL,
        keys(&[set("allowAssistantWhileLocked", false)], Os(5, 1)),
        YAML,
    ),
    documented(
        Streaming,
        &[Contacts, Mail, Documents, Notifications],
        OtherDevices,
        SUPERVISED,
        Closes::Keys {
            keys: &[set("allowiPhoneMirroring", false)],
            since: Os(18, 0),
            before: Before::Absent(Why::NotThereYet),
        },
        YAML,
    ),
    residual(
        Streaming,
        &[Contacts, Mail, Documents, Notifications],
        OtherDevices,
        UNSUPERVISED,
        Why::CompanyPhonesOnly,
        S,
        &[],
    ),
    documented(
        Usb,
        &[Documents],
        OtherDevices,
        SUPERVISED,
        keys(&[set("allowFilesUSBDriveAccess", false)], Os(13, 0)),
        YAML,
    ),
    residual(Usb, &[Documents], OtherDevices, UNSUPERVISED, Why::CompanyPhonesOnly, S, &[]),
    with(
        documented(
            ManagedApp,
            &[Contacts],
            UnmanagedApps,
            ALL,
            keys(&[Key { path: "managed_apps", must: Must::BeFreeOfCatalogue }], Os(7, 0)),
            "by definition: managed apps are inside",
        ),
        S,
        &[Trap(5)],
    ),
    residual(BluetoothContacts, &[Contacts], OtherDevices, ALL, Why::NotDocumented, U, &[]),
];
