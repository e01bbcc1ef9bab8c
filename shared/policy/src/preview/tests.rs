use super::*;
use crate::fixtures::exchange_online;

fn document(fields: &str) -> PolicyDocument {
    let comma = if fields.is_empty() { "" } else { "," };
    PolicyDocument::parse(&format!(r#"{{"schema_version":1{comma}{fields}}}"#)).unwrap()
}

fn fleet(phones: &[(Target, Option<Os>, u32)]) -> Fleet {
    let mut fleet = Fleet::default();
    for &(target, os, n) in phones {
        fleet.add(target, os, n);
    }
    fleet
}

#[test]
fn a_change_that_opens_a_way_says_on_how_many_phones_a_proof_is_lost() {
    let mail = exchange_online();
    let fleet = fleet(&[
        (Target::IosDevice, None, 900),
        (Target::IosDevice, Some(Os(17, 0)), 100),
        (Target::AndroidPersonal, Some(Os(12, 0)), 40),
        (Target::AndroidPersonal, Some(Os(14, 0)), 60),
    ]);
    let (x, y) = (document(""), document(r#""nearby_sharing":"open""#));
    let before = Edition { document: &x, mail: Some(&mail) };
    let after = Edition { document: &y, mail: Some(&mail) };
    let preview = preview(&fleet, Some(before), after);
    assert!(preview.possible && !preview.touches_mail_account);
    let iphone = &preview.targets[0];
    assert_eq!((iphone.target, iphone.phones, iphone.os_unknown), (Target::IosDevice, 1000, 900));
    assert_eq!(iphone.artefacts.len(), 2);
    let paths: Vec<_> = iphone.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["wall.forceAirDropUnmanaged"]);
    let lost: Vec<_> = iphone.loses.iter().map(|l| (l.source, l.channel, l.phones)).collect();
    assert_eq!(
        lost,
        [
            (Source::Contacts, Channel::Nearby, 1000),
            (Source::Mail, Channel::Nearby, 1000),
            (Source::Documents, Channel::Nearby, 1000)
        ]
    );
    assert!(iphone.gains.is_empty());

    let android = &preview.targets[1];
    let lost = |channel| android.loses.iter().find(|l| l.channel == channel).map(|l| l.phones);
    assert_eq!(lost(Channel::Nearby), Some(100), "Bluetooth sharing can be closed since 8");
    assert_eq!(lost(Channel::Streaming), Some(60), "streaming can be closed since 13");
}

#[test]
fn a_key_that_a_system_is_too_old_for_is_named_with_the_phones() {
    let fleet = fleet(&[
        (Target::AndroidPersonal, Some(Os(12, 0)), 40),
        (Target::AndroidPersonal, Some(Os(15, 0)), 60),
        (Target::AndroidPersonal, None, 5),
    ]);
    let x = document("");
    let preview = preview(&fleet, None, Edition { document: &x, mail: None });
    let android = preview.targets.iter().find(|t| t.target == Target::AndroidPersonal).unwrap();
    let ignored: Vec<_> = android.ignored.iter().map(|i| (i.key, i.phones)).collect();
    assert!(ignored.contains(&("assistContentPolicy", 40)), "{ignored:?}");
    assert!(ignored.contains(&("crossDevicePolicies.taskContinuityHandoff", 100)), "{ignored:?}");
    assert!(!ignored.iter().any(|(key, _)| key.contains("showWorkContacts")), "{ignored:?}");
    assert_eq!(android.os_unknown, 5);
}

#[test]
fn blocking_is_refused_while_a_phone_may_answer_api_level() {
    let blocks = document(r#""contacts":"caller_id_allowed","non_compliance":"block""#);
    let strict = document(r#""contacts":"strict","non_compliance":"block""#);
    let exempts = document(r#""non_compliance":"block","contact_apps":["com.example.dial"]"#);
    for (document, os, refused) in [
        (&blocks, Some(Os(13, 0)), true),
        (&blocks, Some(Os(14, 0)), false),
        (&blocks, None, true),
        (&strict, Some(Os(13, 0)), false),
        (&exempts, Some(Os(13, 0)), true),
    ] {
        let fleet =
            fleet(&[(Target::AndroidCompany, os, 1), (Target::AndroidCompany, Some(Os(16, 0)), 9)]);
        let preview = preview(&fleet, None, Edition { document, mail: None });
        assert_eq!(preview.possible, !refused, "{os:?}");
    }
    assert!(check_fleet(&blocks, Target::AndroidCompany, &Fleet::default()).is_ok());
}

#[test]
fn a_refusal_for_phones_that_are_there_makes_the_roll_out_impossible() {
    let x = PolicyDocument::preset();
    let edition = Edition { document: &x, mail: None };
    assert!(preview(&Fleet::default(), None, edition).possible);
    let fleet = fleet(&[(Target::AndroidFullyManaged, Some(Os(14, 0)), 1)]);
    let preview = preview(&fleet, None, edition);
    assert!(!preview.possible);
    let refusal = preview.targets.last().unwrap().refused.as_ref().unwrap();
    assert_eq!(refusal.code, RefusalCode::MessengersOnFullyManaged);
    assert_eq!(refusal.field, Some("messengers"));
}

#[test]
fn no_change_is_no_change() {
    let fleet =
        fleet(&[(Target::IosDevice, None, 10_000), (Target::IosSupervised, Some(Os(18, 0)), 3)]);
    let (x, mail) = (document(""), exchange_online());
    let edition = Edition { document: &x, mail: Some(&mail) };
    for target in preview(&fleet, Some(edition), edition).targets {
        assert!(target.changes.is_empty() && target.loses.is_empty() && target.gains.is_empty());
        assert!(!target.touches_mail_account);
    }
}
