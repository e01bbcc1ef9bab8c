use trennwand_domain::Target;

use super::{
    Before,
    Channel::{self, *},
    Closes, Confidence, Key, Must,
    Sink::{self, *},
    Source::{self, *},
    Trap, Way, Why, set,
};
use crate::Os;

mod mail_apps;

pub(super) use mail_apps::MAIL_APPS;

const PROFILES: &[Target] = &[Target::AndroidPersonal, Target::AndroidCompany];
const PERSONAL: &[Target] = &[Target::AndroidPersonal];
const COMPANY: &[Target] = &[Target::AndroidCompany, Target::AndroidFullyManaged];
const ALL: &[Target] =
    &[Target::AndroidPersonal, Target::AndroidCompany, Target::AndroidFullyManaged];
const FULL: &[Target] = &[Target::AndroidFullyManaged];
const DISCOVERY: &str = "Google androidmanagement v1, revision 20261104";

const fn one_of(path: &'static str, words: &'static [&'static str], default: bool) -> Key {
    Key { path, must: Must::BeOneOf { words, default } }
}

const fn keys(keys: &'static [Key], since: Os) -> Closes {
    Closes::Keys { keys, since, before: Before::Residual(Why::OsTooOld) }
}

const fn newer(keys: &'static [Key], since: Os) -> Closes {
    Closes::Keys { keys, since, before: Before::Absent(Why::NotThereYet) }
}

const fn documented(
    channel: Channel,
    sources: &'static [Source],
    sink: Sink,
    targets: &'static [Target],
    closes: Closes,
) -> Way {
    let (confidence, reference) = (Confidence::Documented, DISCOVERY);
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

const K: Confidence = Confidence::Believed;
const U: Confidence = Confidence::Unknown;

/// The ways on Android phones. What a version older than a setting's answers with `API_LEVEL` is not
/// closed there, but for the contacts setting: it falls back to the stricter value.
pub(super) const WAYS: &[Way] = &[
    documented(
        CrossProfileContacts,
        &[Contacts],
        UnmanagedApps,
        PROFILES,
        keys(
            &[one_of(
                "crossProfilePolicies.showWorkContactsInPersonalProfile",
                &[
                    "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED",
                    "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM",
                ],
                false,
            )],
            Os(7, 0),
        ),
    ),
    documented(
        ContactExemptions,
        &[Contacts],
        UnmanagedApps,
        PROFILES,
        newer(
            &[Key {
                path: "crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile.packageNames",
                must: Must::BeFreeOfCatalogue,
            }],
            Os(14, 0),
        ),
    ),
    documented(
        Pasteboard,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        PROFILES,
        keys(
            &[one_of(
                "crossProfilePolicies.crossProfileCopyPaste",
                &["COPY_FROM_WORK_TO_PERSONAL_DISALLOWED"],
                true,
            )],
            Os(7, 0),
        ),
    ),
    documented(
        OpenIn,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        PROFILES,
        keys(
            &[one_of(
                "crossProfilePolicies.crossProfileDataSharing",
                &[
                    "DATA_SHARING_FROM_WORK_TO_PERSONAL_DISALLOWED",
                    "CROSS_PROFILE_DATA_SHARING_DISALLOWED",
                ],
                true,
            )],
            Os(7, 0),
        ),
    ),
    // Left out, it follows `appFunctions`, which is open by default. App functions came with 16.
    Way {
        confidence: K,
        ..documented(
            AppFunctions,
            &[Contacts, Mail, Documents],
            UnmanagedApps,
            PROFILES,
            newer(
                &[one_of(
                    "crossProfilePolicies.crossProfileAppFunctions",
                    &["CROSS_PROFILE_APP_FUNCTIONS_DISALLOWED"],
                    false,
                )],
                Os(16, 0),
            ),
        )
    },
    documented(
        Widgets,
        &[Contacts, Mail],
        UnmanagedApps,
        PROFILES,
        keys(
            &[one_of(
                "crossProfilePolicies.workProfileWidgetsDefault",
                &["WORK_PROFILE_WIDGETS_DEFAULT_DISALLOWED"],
                true,
            )],
            Os(7, 0),
        ),
    ),
    documented(
        NotificationListener,
        &[Notifications],
        UnmanagedApps,
        PROFILES,
        keys(
            &[Key {
                path: "advancedSecurityOverrides.personalAppsThatCanReadWorkNotifications",
                must: Must::BeEmpty,
            }],
            Os(8, 0),
        ),
    ),
    documented(
        ConnectedApps,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        PROFILES,
        newer(
            &[Key {
                path: "applications.connectedWorkAndPersonalApp",
                must: Must::BeOneOf {
                    words: &["CONNECTED_WORK_AND_PERSONAL_APP_DISALLOWED"],
                    default: true,
                },
            }],
            Os(11, 0),
        ),
    ),
    Way {
        traps: &[Trap(5)],
        ..documented(
            ManagedApp,
            &[Contacts],
            UnmanagedApps,
            PROFILES,
            keys(
                &[
                    Key { path: "applications", must: Must::BeFreeOfCatalogue },
                    one_of("playStoreMode", &["WHITELIST"], true),
                ],
                Os(7, 0),
            ),
        )
    },
    // Below 15 the assistant of the person's choice may get the screen of a business app.
    documented(
        AssistContent,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        PROFILES,
        keys(&[one_of("assistContentPolicy", &["ASSIST_CONTENT_DISALLOWED"], false)], Os(15, 0)),
    ),
    residual(EarlierCopies, &[Contacts], UnmanagedApps, PROFILES, Why::CopiedBefore, K, &[Trap(6)]),
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
        PERSONAL,
        Why::UserMayRemove,
        K,
        &[Trap(15)],
    ),
    // One side: every app beside the contacts reads them.
    documented(
        OneSide,
        &[Contacts, Mail, Documents],
        UnmanagedApps,
        FULL,
        keys(
            &[
                one_of("playStoreMode", &["WHITELIST"], true),
                Key { path: "applications", must: Must::BeFreeOfCatalogue },
            ],
            Os(7, 0),
        ),
    ),
    Way {
        closes: Closes::Never(Why::AllAppsManaged),
        ..residual(
            CrossProfileContacts,
            &[Contacts],
            UnmanagedApps,
            FULL,
            Why::AllAppsManaged,
            Confidence::Documented,
            &[],
        )
    },
    // The type may have to stay open for the business account itself.
    Way {
        otherwise: Some(Why::GoogleAccountsOpen),
        ..documented(
            CloudSync,
            &[Contacts, Mail, Documents],
            PersonalCloud,
            PROFILES,
            keys(
                &[Key {
                    path: "accountTypesWithManagementDisabled",
                    must: Must::List("com.google"),
                }],
                Os(7, 0),
            ),
        )
    },
    Way {
        otherwise: Some(Why::GoogleAccountsOpen),
        ..documented(
            CloudSync,
            &[Contacts, Mail, Documents],
            PersonalCloud,
            FULL,
            keys(
                &[Key {
                    path: "accountTypesWithManagementDisabled",
                    must: Must::List("com.google"),
                }],
                Os(7, 0),
            ),
        )
    },
    documented(
        CloudBackup,
        &[Contacts, Documents],
        PersonalCloud,
        FULL,
        keys(&[one_of("backupService", &["BACKUP_SERVICE_DISABLED"], true)], Os(8, 0)),
    ),
    residual(CloudBackup, &[Documents], PersonalCloud, PROFILES, Why::NotDocumented, U, &[]),
    documented(
        BluetoothContacts,
        &[Contacts],
        OtherDevices,
        ALL,
        keys(&[set("bluetoothContactSharingDisabled", true)], Os(7, 0)),
    ),
    documented(
        Nearby,
        &[Documents],
        OtherDevices,
        ALL,
        keys(
            &[one_of(
                "deviceConnectivityManagement.bluetoothSharing",
                &["BLUETOOTH_SHARING_DISALLOWED"],
                false,
            )],
            Os(8, 0),
        ),
    ),
    residual(Nearby, &[Contacts], OtherDevices, ALL, Why::NotDocumented, U, &[]),
    documented(
        Streaming,
        &[Contacts, Mail, Documents],
        OtherDevices,
        ALL,
        keys(
            &[one_of(
                "crossDevicePolicies.nearbyAppStreaming",
                &["NEARBY_APP_STREAMING_DISABLED"],
                false,
            )],
            Os(13, 0),
        ),
    ),
    documented(
        Streaming,
        &[Notifications],
        OtherDevices,
        ALL,
        keys(
            &[one_of(
                "crossDevicePolicies.nearbyNotificationStreaming",
                &["NEARBY_NOTIFICATION_STREAMING_DISABLED"],
                false,
            )],
            Os(13, 0),
        ),
    ),
    documented(
        Handoff,
        &[Mail, Documents],
        OtherDevices,
        ALL,
        newer(
            &[one_of(
                "crossDevicePolicies.taskContinuityHandoff",
                &["TASK_CONTINUITY_HANDOFF_DISALLOWED"],
                false,
            )],
            Os(17, 1),
        ),
    ),
    documented(
        Usb,
        &[Documents],
        OtherDevices,
        COMPANY,
        keys(
            &[one_of(
                "deviceConnectivityManagement.usbDataAccess",
                &["DISALLOW_USB_FILE_TRANSFER", "DISALLOW_USB_DATA_TRANSFER"],
                true,
            )],
            Os(8, 0),
        ),
    ),
    residual(
        Usb,
        &[Documents],
        OtherDevices,
        PERSONAL,
        Why::CompanyPhonesOnly,
        Confidence::Documented,
        &[],
    ),
    documented(
        LockScreen,
        &[Notifications],
        Onlookers,
        ALL,
        keys(
            &[Key {
                path: "keyguardDisabledFeatures",
                must: Must::List("UNREDACTED_NOTIFICATIONS"),
            }],
            Os(7, 0),
        ),
    ),
];
