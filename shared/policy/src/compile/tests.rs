use trennwand_domain::{MailAuth, MailKind, Person, Purpose, Secret, TenantId, Token};

use super::*;
use crate::{Part, Standing, Variable, Variables, fixtures::exchange_online, render};

fn wall(document: &PolicyDocument, target: Target) -> Template {
    templates(document, target, None).remove(0)
}

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
        ("siri_while_locked", "blocked", &["allowAssistantWhileLocked"]),
        (
            "lock_screen_previews",
            "hidden",
            &["allowLockScreenNotificationsView", "allowLockScreenTodayView"],
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
    assert_eq!([templates[0].purpose, templates[1].purpose], [Purpose::Wall, Purpose::Account]);
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
    assert_eq!(account.payload["UserName"], Part::Variable(Variable::MailLogin));
    assert_eq!(account.payload["EmailAddress"], Part::Variable(Variable::Email));
    assert!(!account.payload.contains_key("Password"));
}

#[test]
fn each_kind_of_mail_has_its_account() {
    let mail =
        |kind, host: Option<&str>, auth| MailSettings { kind, host: host.map(str::to_owned), auth };
    assert_eq!(preset(Some(&mail(MailKind::None, None, MailAuth::Oauth))).len(), 1);
    assert_eq!(preset(None).len(), 1);

    let own = mail(MailKind::Exchange, Some("mail.krume.example"), MailAuth::Password);
    let own = &preset(Some(&own))[1];
    assert_eq!(own.payload["Host"], Part::from("mail.krume.example"));
    assert_eq!(value(own, "OAuth"), Some(false));

    let google = &preset(Some(&mail(MailKind::GoogleWorkspace, None, MailAuth::Oauth)))[1];
    assert_eq!(google.payload_type, "com.apple.google-oauth");
    assert_eq!(google.payload["EmailAddress"], Part::Variable(Variable::Email));
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

fn document(fields: &str) -> PolicyDocument {
    let comma = if fields.is_empty() { "" } else { "," };
    PolicyDocument::parse(&format!(r#"{{"schema_version":1{comma}{fields}}}"#)).unwrap()
}

fn shown(templates: &[Template]) -> String {
    let secret = |text: &str| Secret::new(text.to_owned());
    let person = Person {
        external_id: None,
        email: secret("eva.brot@krume.example"),
        mail_login: Some(secret("eva")),
        display_name: None,
    };
    let variables = Variables { organization: "Bäckerei Krume", person: Some(&person) };
    let (tenant, token) = (TenantId::from_bits(7), Token::from_bytes([3; 10]));
    let mut all = String::new();
    for template in templates {
        let bytes = render(template, tenant, token, &variables).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let text = match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
            Err(_) => text,
        };
        all += &format!("== {} {}\n{text}\n", template.target, template.purpose);
    }
    all
}

/// What phones get of the preset: a change here is a change on every phone.
#[test]
fn every_artefact_of_the_preset() {
    let mail = exchange_online();
    for &target in Target::ALL {
        let text = match artifacts(&PolicyDocument::preset(), target, Some(&mail)) {
            Ok(compiled) => shown(&compiled.templates),
            Err(refusal) => serde_json::to_string_pretty(&refusal).unwrap(),
        };
        insta::assert_snapshot!(format!("preset_{target}"), text);
    }
    let blocked =
        PolicyDocument { messengers: crate::Messengers::Blocked, ..PolicyDocument::preset() };
    let full = artifacts(&blocked, Target::AndroidFullyManaged, Some(&mail)).unwrap();
    insta::assert_snapshot!("messengers_blocked_android-fully-managed", shown(&full.templates));
}

/// What is said of the preset: proofs and notes for every kind of phone.
#[test]
fn every_proof_of_the_preset() {
    let mail = exchange_online();
    for &target in Target::ALL {
        if let Ok(compiled) = artifacts(&PolicyDocument::preset(), target, Some(&mail)) {
            let lines: Vec<_> = compiled.proof.lines.iter().map(said).collect();
            let said = serde_json::json!({"lines": lines, "inside": compiled.proof.inside, "notes": compiled.notes});
            insta::assert_json_snapshot!(format!("proof_{target}"), said);
        }
    }
}

fn said(line: &crate::Line) -> String {
    let crate::Line { source, channel, sink, .. } = line;
    let how = match &line.outcome {
        Standing::Closed { by, since, before: None } => {
            format!("closed by {} since {since}", by.join(", "))
        }
        Standing::Closed { by, since, before: Some(before) } => {
            format!("closed by {} since {since}, before: {before:?}", by.join(", "))
        }
        Standing::Absent { why } => format!("absent: {why}"),
        Standing::Residual { why } => format!("residual: {why}"),
    };
    format!("{source} > {channel} > {sink}: {how} ({:?})", line.confidence)
}

#[test]
fn a_key_that_a_target_forbids_or_ignores_never_gets_there() {
    let all = document(
        r#""messengers":"blocked","passcode":"strong","lock_screen_previews":"hidden",
           "siri_while_locked":"blocked","non_compliance":"block","contact_apps":["com.a.b"],
           "managed_apps":[{"ios":"com.a.b","android":"com.a.b"}],
           "company_phones":{"accounts":"blocked","other_profiles":"blocked","computers":"blocked",
           "mirroring":"blocked","private_space":"blocked"}"#,
    );
    for document in [PolicyDocument::preset(), all] {
        for &target in Target::ALL {
            let wall = wall(&document, target);
            for key in wall.payload.keys() {
                assert!(crate::permits(target, key), "{target} {key}");
            }
        }
    }
}

#[test]
fn user_enrolment_gets_no_passcode_and_says_so() {
    let document = document(r#""passcode":"required""#);
    let of = |target| artifacts(&document, target, None).unwrap();
    assert_eq!(of(Target::IosDevice).templates[0].more.len(), 1);
    let user = of(Target::IosUserEnrollment);
    assert!(user.templates[0].more.is_empty());
    assert!(user.notes.iter().any(|n| n.note == crate::Note::PasscodeIgnored));
}

#[test]
fn what_cannot_be_blocked_is_said_for_each_kind_of_phone() {
    let document = document(r#""messengers":"blocked""#);
    for (target, enforced) in [
        (Target::IosUserEnrollment, false),
        (Target::IosDevice, false),
        (Target::IosSupervised, true),
        (Target::AndroidPersonal, false),
        (Target::AndroidCompany, true),
        (Target::AndroidFullyManaged, true),
    ] {
        let notes = artifacts(&document, target, None).unwrap().notes;
        let said = notes.iter().any(|n| n.note == crate::Note::MessengersNotBlocked);
        assert_eq!(said, !enforced, "{target}");
    }
}

#[test]
fn nothing_of_what_is_for_company_phones_reaches_a_personal_one() {
    let strict = document(
        r#""company_phones":{"accounts":"blocked","other_profiles":"blocked",
           "computers":"blocked","usb_files":"allowed","private_space":"blocked"}"#,
    );
    let plain = document("");
    for target in [Target::IosUserEnrollment, Target::IosDevice, Target::AndroidPersonal] {
        assert_eq!(wall(&strict, target), wall(&plain, target), "{target}");
    }
}

#[test]
fn no_policy_wipes_a_phone() {
    let document = document(r#""non_compliance":"block","passcode":"strong""#);
    for &target in Target::ALL {
        for template in templates(&document, target, Some(&exchange_online())) {
            let body = template.to_body();
            for word in ["wipe", "Wipe", "maxFailedAttempts", "policyEnforcementRules"] {
                assert!(!body.contains(word), "{target} {word}");
            }
        }
    }
}

#[test]
fn google_accounts_stay_open_on_the_business_side_only_if_mail_is_google() {
    let google =
        MailSettings { kind: MailKind::GoogleWorkspace, host: None, auth: MailAuth::Oauth };
    for (mail, closed) in [(None, true), (Some(exchange_online()), true), (Some(google), false)] {
        let wall = templates(&PolicyDocument::preset(), Target::AndroidPersonal, mail.as_ref());
        let key = wall[0].payload.get("accountTypesWithManagementDisabled");
        assert_eq!(key.is_some(), closed);
    }
}

#[test]
fn a_change_of_the_wall_leaves_the_account_alone_on_every_kind_of_phone() {
    let mail = exchange_online();
    let changed = document(
        r#""backup":"any","nearby_sharing":"open","passcode":"strong","contacts":"strict""#,
    );
    for &target in Target::ALL {
        let before = templates(&PolicyDocument::preset(), target, Some(&mail));
        let after = templates(&changed, target, Some(&mail));
        assert_ne!(before[0].digest(), after[0].digest(), "{target}");
        assert_eq!(before[1].to_body(), after[1].to_body(), "{target}");
        // A policy at Google is shared by many phones.
        let personal = target.platform() == trennwand_domain::Platform::Ios;
        assert!(!before[0].personal(), "{target}");
        assert_eq!(before[1].personal(), personal, "{target}");
    }
}

/// The best of many runs, so that a busy machine does not fail it.
#[test]
#[expect(clippy::disallowed_methods, reason = "measures; nothing is decided by it elsewhere")]
fn the_preset_is_compiled_for_all_targets_in_a_millisecond() {
    let (preset, mail) = (PolicyDocument::preset(), exchange_online());
    let limit_us = if cfg!(debug_assertions) { 50_000 } else { 1000 };
    let run = || {
        let start = std::time::Instant::now();
        for &target in Target::ALL {
            std::hint::black_box(artifacts(&preset, target, Some(&mail)).ok());
        }
        start.elapsed().as_micros()
    };
    let best = (0..50).map(|_| run()).min().unwrap();
    assert!(best < limit_us, "{best} µs");
}
