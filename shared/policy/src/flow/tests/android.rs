//! Written by hand from the descriptions in Google's discovery document, revision 20261104.

use super::*;
use crate::ManagedApp;

const SHOW: &str = "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_";
const OLD: Os = Os(8, 0);

fn cross_profile(key: &str, value: Option<&str>) -> Vec<Template> {
    let member = value.map(|value| (key.to_owned(), Part::from(value)));
    let policies = Part::Dict(member.into_iter().collect());
    let payload = BTreeMap::from([("crossProfilePolicies".to_owned(), policies)]);
    vec![template(Target::AndroidPersonal, ANDROID_POLICY, payload)]
}

/// Closed, open, absent or residual, on Android 8, 13, 14, 15, 16, 17.
fn row(target: Target, templates: &[Template], channel: Channel, sink: Sink) -> String {
    let letter = |os| match standing(target, templates, channel, sink, os) {
        Status::Closed => 'c',
        Status::Open => 'o',
        Status::Absent(_) => 'a',
        Status::Residual(_) => 'r',
    };
    [OLD, Os(13, 0), Os(14, 0), Os(15, 0), Os(16, 0), Os(17, 1)].map(letter).iter().collect()
}

#[test]
fn each_cross_profile_setting_by_version() {
    let target = Target::AndroidPersonal;
    for (key, channel, value, expected) in [
        // The default is open. Below 14, EXCEPT_SYSTEM falls back to DISALLOWED: closed all the same.
        ("showWorkContactsInPersonalProfile", Channel::CrossProfileContacts, None, "oooooo"),
        (
            "showWorkContactsInPersonalProfile",
            Channel::CrossProfileContacts,
            Some("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_UNSPECIFIED"),
            "oooooo",
        ),
        (
            "showWorkContactsInPersonalProfile",
            Channel::CrossProfileContacts,
            Some("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_ALLOWED"),
            "oooooo",
        ),
        (
            "showWorkContactsInPersonalProfile",
            Channel::CrossProfileContacts,
            Some("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED"),
            "cccccc",
        ),
        (
            "showWorkContactsInPersonalProfile",
            Channel::CrossProfileContacts,
            Some("SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM"),
            "cccccc",
        ),
        ("crossProfileCopyPaste", Channel::Pasteboard, None, "cccccc"),
        (
            "crossProfileCopyPaste",
            Channel::Pasteboard,
            Some("CROSS_PROFILE_COPY_PASTE_UNSPECIFIED"),
            "cccccc",
        ),
        (
            "crossProfileCopyPaste",
            Channel::Pasteboard,
            Some("COPY_FROM_WORK_TO_PERSONAL_DISALLOWED"),
            "cccccc",
        ),
        (
            "crossProfileCopyPaste",
            Channel::Pasteboard,
            Some("CROSS_PROFILE_COPY_PASTE_ALLOWED"),
            "oooooo",
        ),
        ("crossProfileDataSharing", Channel::OpenIn, None, "cccccc"),
        (
            "crossProfileDataSharing",
            Channel::OpenIn,
            Some("CROSS_PROFILE_DATA_SHARING_DISALLOWED"),
            "cccccc",
        ),
        (
            "crossProfileDataSharing",
            Channel::OpenIn,
            Some("DATA_SHARING_FROM_WORK_TO_PERSONAL_DISALLOWED"),
            "cccccc",
        ),
        (
            "crossProfileDataSharing",
            Channel::OpenIn,
            Some("CROSS_PROFILE_DATA_SHARING_ALLOWED"),
            "oooooo",
        ),
        // Follows appFunctions, which is open by default; there are none below 16.
        ("crossProfileAppFunctions", Channel::AppFunctions, None, "aaaaoo"),
        (
            "crossProfileAppFunctions",
            Channel::AppFunctions,
            Some("CROSS_PROFILE_APP_FUNCTIONS_UNSPECIFIED"),
            "aaaaoo",
        ),
        (
            "crossProfileAppFunctions",
            Channel::AppFunctions,
            Some("CROSS_PROFILE_APP_FUNCTIONS_ALLOWED"),
            "aaaaoo",
        ),
        (
            "crossProfileAppFunctions",
            Channel::AppFunctions,
            Some("CROSS_PROFILE_APP_FUNCTIONS_DISALLOWED"),
            "aaaacc",
        ),
        ("workProfileWidgetsDefault", Channel::Widgets, None, "cccccc"),
        (
            "workProfileWidgetsDefault",
            Channel::Widgets,
            Some("WORK_PROFILE_WIDGETS_DEFAULT_DISALLOWED"),
            "cccccc",
        ),
        (
            "workProfileWidgetsDefault",
            Channel::Widgets,
            Some("WORK_PROFILE_WIDGETS_DEFAULT_ALLOWED"),
            "oooooo",
        ),
    ] {
        let templates = cross_profile(key, value);
        let found = row(target, &templates, channel, Sink::UnmanagedApps);
        assert_eq!(found, expected, "{key} {value:?}");
    }
}

#[test]
fn settings_beside_the_border_by_version() {
    let target = Target::AndroidPersonal;
    let preset = compile(&PolicyDocument::preset(), target, None);
    let nothing = vec![template(target, ANDROID_POLICY, BTreeMap::new())];
    for (channel, sink, closed, absent) in [
        (Channel::BluetoothContacts, Sink::OtherDevices, "cccccc", "oooooo"),
        (Channel::AssistContent, Sink::UnmanagedApps, "rrrccc", "rrrooo"),
        (Channel::Streaming, Sink::OtherDevices, "rccccc", "rooooo"),
        (Channel::Handoff, Sink::OtherDevices, "aaaaac", "aaaaao"),
        (Channel::ContactExemptions, Sink::UnmanagedApps, "aacccc", "aacccc"),
        (Channel::NotificationListener, Sink::UnmanagedApps, "cccccc", "cccccc"),
        (Channel::CloudSync, Sink::PersonalCloud, "cccccc", "rrrrrr"),
    ] {
        assert_eq!(row(target, &preset, channel, sink), closed, "{channel}");
        assert_eq!(row(target, &nothing, channel, sink), absent, "{channel}");
    }
}

#[test]
fn contact_sharing_at_its_default_is_refused_by_name() {
    for value in [None, Some("UNSPECIFIED"), Some("ALLOWED")] {
        for target in [Target::AndroidPersonal, Target::AndroidCompany] {
            let mut templates = compile(&PolicyDocument::preset(), target, None);
            let Some(Part::Dict(keys)) = templates[0].payload.get_mut("crossProfilePolicies")
            else {
                panic!("no cross-profile policies");
            };
            keys.remove("showWorkContactsInPersonalProfile");
            if let Some(value) = value {
                let value = Part::Text(format!("{SHOW}{value}"));
                keys.insert("showWorkContactsInPersonalProfile".to_owned(), value);
            }
            let refusal = prove(target, &templates).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::ContactsAtDefault);
            assert_eq!(
                refusal.closed_by,
                ["crossProfilePolicies.showWorkContactsInPersonalProfile"]
            );
        }
    }
}

#[test]
fn a_fully_managed_phone_has_no_private_side_for_messengers() {
    let target = Target::AndroidFullyManaged;
    let allowed = PolicyDocument::preset();
    let refusal = artifacts(&allowed, target, None).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::MessengersOnFullyManaged);
    assert_eq!(refusal.closed_by, ["playStoreMode"]);
    assert!(compile(&allowed, target, None).is_empty(), "nothing unsound is emitted");
    let blocked = PolicyDocument { messengers: crate::Messengers::Blocked, ..allowed };
    assert!(artifacts(&blocked, target, None).is_ok());
}

const SAVES: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
const MAY_CHANGE: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";

/// A wall whose only business app is this one, with this configuration.
fn with_app(target: Target, package: &str, configuration: &[(&str, Part)]) -> Vec<Template> {
    let members = configuration.iter().map(|(key, part)| ((*key).to_owned(), part.clone()));
    let app = Part::from([
        ("packageName", package.into()),
        ("installType", "FORCE_INSTALLED".into()),
        ("managedConfiguration", Part::Dict(members.collect())),
    ]);
    let apps = std::iter::once(app).collect();
    let payload = BTreeMap::from([("applications".to_owned(), apps)]);
    vec![template(target, ANDROID_POLICY, payload)]
}

/// From Microsoft's description: contacts are not saved unless the first is true, and the user may
/// choose unless the second is false. What is left out is not counted on.
#[test]
fn outlook_saves_no_contacts_only_if_both_of_its_settings_say_so() {
    let outlook = "com.microsoft.office.outlook";
    let no = Part::from(false);
    for (configuration, expected) in [
        (vec![(SAVES, no.clone()), (MAY_CHANGE, no.clone())], "cccccc"),
        (vec![(SAVES, no.clone())], "oooooo"),
        (vec![(MAY_CHANGE, no.clone())], "oooooo"),
        (vec![(SAVES, no.clone()), (MAY_CHANGE, true.into())], "oooooo"),
        (vec![(SAVES, true.into()), (MAY_CHANGE, no.clone())], "oooooo"),
        (vec![(SAVES, "false".into()), (MAY_CHANGE, no.clone())], "oooooo"),
        (vec![], "oooooo"),
    ] {
        for target in [Target::AndroidPersonal, Target::AndroidCompany, Target::AndroidFullyManaged]
        {
            let templates = with_app(target, outlook, &configuration);
            let found = row(target, &templates, Channel::AddressBookCopy, Sink::UnmanagedApps);
            assert_eq!(found, expected, "{target} {configuration:?}");
        }
    }
    let other = with_app(Target::AndroidPersonal, "com.google.android.gm", &[]);
    let found = row(Target::AndroidPersonal, &other, Channel::AddressBookCopy, Sink::UnmanagedApps);
    assert_eq!(found, "aaaaaa", "without Outlook there is no such way");
}

#[test]
fn outlook_is_closed_whoever_brings_it_and_the_proof_says_how_sure_that_is() {
    let app = ManagedApp { ios: None, android: Some("com.microsoft.office.outlook".into()) };
    let brought = PolicyDocument { managed_apps: vec![app], ..PolicyDocument::preset() };
    let blocked =
        PolicyDocument { messengers: crate::Messengers::Blocked, ..PolicyDocument::preset() };
    let online = exchange_online();
    for (document, mail) in [(&brought, None), (&brought, Some(&online)), (&blocked, Some(&online))]
    {
        for target in [Target::AndroidPersonal, Target::AndroidCompany, Target::AndroidFullyManaged]
        {
            let Ok(compiled) = artifacts(document, target, mail) else {
                assert_eq!(target, Target::AndroidFullyManaged);
                continue;
            };
            let mut lines = compiled.proof.lines.iter();
            let line = lines.find(|line| line.channel == Channel::AddressBookCopy).unwrap();
            let Standing::Closed { by, .. } = &line.outcome else { panic!("{target}: {line:?}") };
            assert_eq!(*by, [SAVES, MAY_CHANGE]);
            assert_eq!(line.confidence, Confidence::Believed);
            let beside = (Channel::SecondAccount, Sink::PersonalCloud);
            let mut lines = compiled.proof.lines.iter();
            let private = lines.find(|line| (line.channel, line.sink) == beside).unwrap();
            let why = Why::PrivateAccountBeside;
            assert_eq!(private.outcome, Standing::Residual { why });
        }
    }
}

#[test]
fn an_outlook_that_may_save_contacts_is_refused_by_name() {
    let mail = exchange_online();
    for at in 0..2 {
        let mut templates =
            compile(&PolicyDocument::preset(), Target::AndroidPersonal, Some(&mail));
        assert_eq!(templates.len(), 2, "the wall and the account");
        let outlook = match at {
            0 => match templates[0].payload.get_mut("applications") {
                Some(Part::List(apps)) => apps.last_mut(),
                _ => None,
            },
            _ => None,
        };
        let configuration = match outlook {
            Some(Part::Dict(app)) => app.get_mut("managedConfiguration"),
            _ => templates[1].payload.get_mut("managedConfiguration"),
        };
        let Some(Part::Dict(configuration)) = configuration else { panic!("no configuration") };
        configuration.insert(MAY_CHANGE.to_owned(), true.into()).expect("it was false");
        let refusal = prove(Target::AndroidPersonal, &templates).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::ContactsOpen);
        assert_eq!(refusal.channel, Channel::AddressBookCopy);
        assert_eq!(refusal.closed_by, [MAY_CHANGE]);
    }
}

#[test]
fn exempted_apps_are_inside_the_wall() {
    let document = PolicyDocument {
        contact_apps: vec!["com.example.dial".into()],
        ..PolicyDocument::preset()
    };
    let proof = artifacts(&document, Target::AndroidPersonal, None).unwrap().proof;
    let inside: Vec<_> = proof.inside.iter().map(|app| (app.id.as_str(), app.exempted)).collect();
    assert_eq!(inside, [("com.example.dial", true), ("com.google.android.contacts", false)]);
}

#[test]
fn a_policy_found_at_google_is_read_by_the_same_ways() {
    let target = Target::AndroidPersonal;
    let open = |change: &dyn Fn(&mut serde_json::Value)| {
        let wall = compile(&PolicyDocument::preset(), target, None).remove(0);
        let mut found =
            serde_json::Value::Object(crate::android_settings(&wall, None, "Krume", None).unwrap());
        change(&mut found["crossProfilePolicies"]);
        open_for_contacts(target, found.as_object().unwrap())
    };
    assert_eq!(open(&|_| ()), []);
    for word in ["UNSPECIFIED", "ALLOWED", "ALLOWED_EXCEPT_SYSTEM"] {
        let shown = format!("{SHOW}{word}");
        assert_eq!(
            open(&|border| border["showWorkContactsInPersonalProfile"] = shown.as_str().into()),
            [Channel::CrossProfileContacts],
            "{word}"
        );
    }
    assert_eq!(
        open(&|border| border["showWorkContactsInPersonalProfile"] = serde_json::Value::Null),
        [Channel::CrossProfileContacts],
    );
    // Contacts stay closed, but the messenger is let through.
    assert_eq!(
        open(&|border| {
            border["exemptionsToShowWorkContactsInPersonalProfile"] =
                serde_json::json!({ "packageNames": ["com.whatsapp"] });
        }),
        [Channel::ContactExemptions],
    );
    assert_eq!(
        open(&|border| border["crossProfileCopyPaste"] = "CROSS_PROFILE_COPY_PASTE_ALLOWED".into()),
        [Channel::Pasteboard],
    );
    let nothing = open_for_contacts(target, &serde_json::Map::new());
    assert!(nothing.contains(&Channel::CrossProfileContacts), "{nothing:?}");
}
