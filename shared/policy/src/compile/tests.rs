use super::*;
use crate::fixtures::exchange_online;

fn preset(mail: Option<&MailSettings>) -> Vec<Template> {
    compile(&PolicyDocument::preset(), Target::IosDevice, mail)
}

fn value(template: &Template, key: &str) -> Option<bool> {
    match template.payload.get(key) {
        Some(Part::Bool(value)) => Some(*value),
        _ => None,
    }
}

/// Apple support 101932 and the schema's defaults: business contacts are closed only if all hold.
#[test]
fn every_wall_sets_all_four_deciding_keys() {
    let open = PolicyDocument::parse(
        r#"{"schema_version":1,"nearby_sharing":"open","cloud_sync":"allowed","backup":"any",
            "siri_while_locked":"blocked","lock_screen_previews":"hidden"}"#,
    )
    .unwrap();
    for document in [PolicyDocument::preset(), open] {
        let wall = wall(&document, Target::IosDevice);
        assert_eq!(wall.payload_type, "com.apple.applicationaccess");
        for key in [
            "allowOpenFromManagedToUnmanaged",
            "allowOpenFromUnmanagedToManaged",
            "allowUnmanagedToReadManagedContacts",
            "allowManagedToWriteUnmanagedContacts",
        ] {
            assert_eq!(value(&wall, key), Some(false), "{key}");
        }
        assert_eq!(value(&wall, "requireManagedPasteboard"), Some(true));
        assert!(!wall.personal());
    }
}

#[test]
fn each_choice_of_the_document_moves_its_keys_only() {
    let preset = wall(&PolicyDocument::preset(), Target::IosDevice);
    for (field, word, keys) in [
        ("nearby_sharing", "open", &["forceAirDropUnmanaged"][..]),
        (
            "cloud_sync",
            "allowed",
            &[
                "allowEnterpriseBookBackup",
                "allowEnterpriseBookMetadataSync",
                "allowManagedAppsCloudSync",
            ],
        ),
        ("backup", "any", &["forceEncryptedBackup"]),
        (
            "siri_while_locked",
            "blocked",
            &["allowAssistantWhileLocked"],
        ),
        (
            "lock_screen_previews",
            "hidden",
            &[
                "allowLockScreenNotificationsView",
                "allowLockScreenTodayView",
            ],
        ),
    ] {
        let text = format!(r#"{{"schema_version":1,"{field}":"{word}"}}"#);
        let changed = wall(&PolicyDocument::parse(&text).unwrap(), Target::IosDevice);
        let moved: Vec<_> = preset
            .payload
            .iter()
            .filter(|(key, part)| changed.payload.get(*key) != Some(part))
            .map(|(key, _)| key.as_str())
            .collect();
        assert_eq!(moved, keys, "{field}");
        assert_eq!(changed.payload.len(), preset.payload.len());
    }
}

#[test]
fn the_account_closes_every_way_out_that_a_profile_can_close() {
    let templates = preset(Some(&exchange_online()));
    assert_eq!(templates.len(), 2);
    assert_eq!(
        [templates[0].purpose, templates[1].purpose],
        [Purpose::Wall, Purpose::Account]
    );
    let account = &templates[1];
    assert_eq!(account.payload_type, "com.apple.eas.account");
    assert!(account.personal());
    for (key, expected) in [
        ("SSL", true),
        ("OAuth", true),
        ("PreventMove", true),
        ("PreventAppSheet", true),
        ("allowMailDrop", false),
        ("disableMailRecentsSyncing", true),
        ("EnableContacts", true),
        ("EnableMailUserOverridable", false),
        ("EnableContactsUserOverridable", false),
        ("EnableCalendarsUserOverridable", false),
        ("EnableRemindersUserOverridable", false),
        ("EnableNotesUserOverridable", false),
    ] {
        assert_eq!(value(account, key), Some(expected), "{key}");
    }
    assert_eq!(
        account.payload["UserName"],
        Part::Variable(Variable::MailLogin)
    );
    assert_eq!(
        account.payload["EmailAddress"],
        Part::Variable(Variable::Email)
    );
    assert!(!account.payload.contains_key("Password"));
}

#[test]
fn each_kind_of_mail_has_its_account() {
    let mail = |kind, host: Option<&str>, auth| MailSettings {
        kind,
        host: host.map(str::to_owned),
        auth,
    };
    assert_eq!(
        preset(Some(&mail(MailKind::None, None, MailAuth::Oauth))).len(),
        1
    );
    assert_eq!(preset(None).len(), 1);

    let own = mail(
        MailKind::Exchange,
        Some("mail.krume.example"),
        MailAuth::Password,
    );
    let own = &preset(Some(&own))[1];
    assert_eq!(own.payload["Host"], Part::from("mail.krume.example"));
    assert_eq!(value(own, "OAuth"), Some(false));

    let google = &preset(Some(&mail(
        MailKind::GoogleWorkspace,
        None,
        MailAuth::Oauth,
    )))[1];
    assert_eq!(google.payload_type, "com.apple.google-oauth");
    assert_eq!(
        google.payload["EmailAddress"],
        Part::Variable(Variable::Email)
    );
}

#[test]
fn a_template_survives_its_text_and_a_change_of_the_wall_leaves_the_account_alone() {
    let before = preset(Some(&exchange_online()));
    for template in &before {
        assert_eq!(&Template::from_body(&template.to_body()).unwrap(), template);
    }
    let changed = PolicyDocument::parse(r#"{"schema_version":1,"backup":"any"}"#).unwrap();
    let after = compile(&changed, Target::IosDevice, Some(&exchange_online()));
    assert_ne!(before[0].digest(), after[0].digest());
    assert_eq!(before[1].digest(), after[1].digest());
}

#[test]
fn what_is_not_a_template_is_refused() {
    for body in ["", "{}", "[]", r#"{"target":"ios-device","x":1}"#] {
        assert!(Template::from_body(body).is_err(), "{body}");
    }
}
