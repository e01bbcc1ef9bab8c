use std::collections::BTreeMap;

use trennwand_domain::{Locale, MailAuth, MailKind, MailSettings, Purpose};

use super::*;
use crate::{
    Part, PolicyDocument, RESTRICTIONS, Template, artifacts, compile, fixtures::exchange_online,
    keys::ANDROID_POLICY, minimum_os,
};

mod android;
mod ios;
mod properties;

fn template(target: Target, payload_type: &str, payload: BTreeMap<String, Part>) -> Template {
    Template {
        target,
        purpose: Purpose::Wall,
        display_name: String::new(),
        description: String::new(),
        payload_type: payload_type.to_owned(),
        payload,
        more: Vec::new(),
    }
}

/// How a way from contacts (or documents, where contacts do not take it) stands.
fn standing(
    target: Target,
    templates: &[Template],
    channel: Channel,
    sink: Sink,
    os: Os,
) -> Status {
    let settings = Settings::of(target, templates);
    let way = ways(target).find(|way| way.channel == channel && way.sink == sink).unwrap();
    status(way, target, &settings, os)
}

#[test]
fn every_trap_is_on_a_way_or_has_a_place() {
    for (trap, about, place) in TRAPS {
        let on_a_way = Target::ALL.iter().flat_map(|&t| ways(t)).any(|w| w.traps.contains(&trap));
        assert!(on_a_way || place.is_some(), "T{} {about}", trap.0);
    }
}

#[test]
fn every_way_that_a_document_can_close_is_documented_or_says_what_it_rests_on() {
    for &target in Target::ALL {
        for way in ways(target) {
            let closable = !matches!(way.closes, Closes::Never(_) | Closes::Nothing(_));
            assert!(!closable || !way.reference.is_empty(), "{target} {}", way.channel);
            assert!(way.confidence != Confidence::Unknown || !closable, "{target} {}", way.channel);
        }
    }
}

#[test]
fn a_way_stands_once_for_each_flow() {
    for &target in Target::ALL {
        let mut seen = std::collections::BTreeSet::new();
        for way in ways(target) {
            for &source in way.sources {
                assert!(seen.insert((source, way.channel, way.sink)), "{target} {}", way.channel);
            }
        }
    }
}

#[test]
fn a_second_restrictions_payload_is_refused_by_name() {
    let mut templates = compile(&PolicyDocument::preset(), Target::IosDevice, None);
    let again = crate::Payload {
        payload_type: RESTRICTIONS.to_owned(),
        payload: templates[0].payload.clone(),
    };
    templates[0].more.push(again);
    let refusal = prove(Target::IosDevice, &templates).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::SecondRestrictions);
}

#[test]
fn a_messenger_that_is_managed_or_exempted_is_refused_by_name() {
    for (field, member, code) in [
        ("applications", "x", RefusalCode::MessengerManaged),
        ("crossProfilePolicies", "y", RefusalCode::MessengerExempted),
    ] {
        let mut templates = compile(&PolicyDocument::preset(), Target::AndroidPersonal, None);
        let payload = &mut templates[0].payload;
        match (payload.get_mut(field).unwrap(), member) {
            (Part::List(apps), _) => apps.push(Part::from([
                ("packageName", "com.whatsapp".into()),
                ("installType", "AVAILABLE".into()),
            ])),
            (Part::Dict(keys), _) => {
                let list = std::iter::once(Part::from("com.whatsapp")).collect();
                keys.insert(
                    "exemptionsToShowWorkContactsInPersonalProfile".to_owned(),
                    Part::from([("packageNames", list)]),
                );
            }
            _ => unreachable!(),
        }
        assert_eq!(prove(Target::AndroidPersonal, &templates).unwrap_err().code, code);
    }
    let app = crate::ManagedApp { ios: Some("net.whatsapp.WhatsApp".into()), android: None };
    let document = PolicyDocument { managed_apps: vec![app], ..PolicyDocument::preset() };
    let refusal = artifacts(&document, Target::IosDevice, None).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::MessengerManaged);
}

#[test]
fn a_refusal_names_the_way_and_what_closes_it() {
    let mut templates = compile(&PolicyDocument::preset(), Target::IosDevice, None);
    templates[0].payload.remove("allowOpenFromManagedToUnmanaged");
    let refusal = prove(Target::IosDevice, &templates).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::ManagedToUnmanagedOpen);
    assert_eq!(refusal.channel, Channel::ContactsApi);
    assert_eq!(refusal.closed_by, ["allowOpenFromManagedToUnmanaged"]);
    for locale in [Locale::En, Locale::De] {
        assert!(refusal.text(locale).contains("allowOpenFromManagedToUnmanaged"));
    }
    let error = trennwand_domain::Error::from(refusal).to_string();
    assert!(error.starts_with("document.documents: managed_to_unmanaged_open"), "{error}");
}

#[test]
fn a_contacts_switch_left_to_the_user_is_refused() {
    let mail = exchange_online();
    let mut templates = compile(&PolicyDocument::preset(), Target::IosDevice, Some(&mail));
    templates[1].payload.insert("EnableContactsUserOverridable".into(), true.into());
    let refusal = prove(Target::IosDevice, &templates).unwrap_err();
    assert_eq!(refusal.channel, Channel::ContactSync);
    assert_eq!(refusal.closed_by, ["EnableContactsUserOverridable"]);
}

#[test]
fn a_google_account_has_no_contacts_switch_and_the_proof_says_so() {
    let mail = MailSettings { kind: MailKind::GoogleWorkspace, host: None, auth: MailAuth::Oauth };
    let proof = artifacts(&PolicyDocument::preset(), Target::IosDevice, Some(&mail)).unwrap().proof;
    let line = proof.lines.iter().find(|l| l.channel == Channel::ContactSync).unwrap();
    assert_eq!(line.outcome, Standing::Residual { why: Why::AccountHasNoSetting });
}
