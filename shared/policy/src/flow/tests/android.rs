//! Written by hand from the descriptions in Google's discovery document, revision 20261104.

use super::*;

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
