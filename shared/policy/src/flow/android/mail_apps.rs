use super::*;
use crate::keys::OUTLOOK;

const OUTLOOK_DOCS: &str = "Microsoft, Outlook for iOS and Android app configuration";

/// The ways through the app that business mail is read with.
pub(in crate::flow) const MAIL_APPS: &[Way] = &[
    residual(
        SecondAccount,
        &[Contacts, Mail],
        UnmanagedApps,
        PROFILES,
        Why::HandMadeAccount,
        K,
        &[Trap(1)],
    ),
    residual(
        SecondAccount,
        &[Contacts, Mail],
        PersonalCloud,
        ALL,
        Why::PrivateAccountBeside,
        K,
        &[],
    ),
    // It is the address book of the business side, which the border closes, too. Both have to be set:
    // the switch may be the user's otherwise. Whether an app of today has these keys is asked before
    // they are sent, so this rests on them less than on the border.
    Way {
        closes: Closes::App {
            package: OUTLOOK,
            keys: &[
                set("com.microsoft.outlook.Contacts.LocalSyncEnabled", false),
                set("com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed", false),
            ],
            since: Os(8, 0),
        },
        reference: OUTLOOK_DOCS,
        ..residual(
            AddressBookCopy,
            &[Contacts],
            UnmanagedApps,
            ALL,
            Why::NotDocumented,
            K,
            &[Trap(7)],
        )
    },
];
