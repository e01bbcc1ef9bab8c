use trennwand_domain::{MailAuth, MailSettings, Target, UserId};

use super::*;
use crate::fixtures::{TENANT, device, head};

#[test]
fn a_phone_with_user_and_mail_gets_wall_and_account() {
    let wanted = wanted(TENANT, &head(), &device()).unwrap();
    let account = wanted.account.unwrap();
    assert_eq!(wanted.version, 1);
    assert_eq!(wanted.wall.identifier, "trennwand.ten_00000000000000000000000007.wall");
    assert_eq!(account.identifier, "trennwand.ten_00000000000000000000000007.account");
    assert_ne!(wanted.wall.token, account.token);
    assert_ne!(wanted.wall.uuid, account.uuid);
}

#[test]
fn without_user_or_mail_a_phone_gets_the_wall_only_and_is_told_why() {
    let mail = |kind| Some(MailSettings { kind, host: None, auth: MailAuth::Oauth });
    for (mail, user, cause) in [
        (mail(MailKind::None), true, ReasonCode::MailNone),
        (mail(MailKind::None), false, ReasonCode::MailNone),
        (None, true, ReasonCode::MailNotSet),
        (None, false, ReasonCode::MailNotSet),
        (mail(MailKind::ExchangeOnline), false, ReasonCode::NoUser),
    ] {
        let head = AssignmentHead { mail, ..head() };
        let mut device = device();
        device.user = user.then_some(UserId::from_bits(8));
        let wanted = wanted(TENANT, &head, &device).unwrap();
        assert_eq!(wanted.account, Err(cause));
    }
}

#[test]
fn the_person_is_part_of_the_account_only() {
    let one = wanted(TENANT, &head(), &device()).unwrap();
    let mut other = device();
    other.person = Some(Token::from_bytes([1; 10]));
    let two = wanted(TENANT, &head(), &other).unwrap();
    assert_eq!(one.wall, two.wall);
    assert_ne!(one.account.unwrap().token, two.account.unwrap().token);
}

#[test]
fn another_name_of_the_organisation_is_another_rendering_under_the_same_identifiers() {
    let one = wanted(TENANT, &head(), &device()).unwrap();
    let renamed = AssignmentHead { organization: "Krume GmbH".to_owned(), ..head() };
    let two = wanted(TENANT, &renamed, &device()).unwrap();
    assert_eq!(one.wall.identifier, two.wall.identifier);
    assert_ne!(one.wall.token, two.wall.token);
    assert_ne!(one.wall.uuid, two.wall.uuid);
}

#[test]
fn no_rule_or_no_wall_for_the_target_wants_nothing() {
    assert_eq!(wanted(TENANT, &AssignmentHead { rules: vec![], ..head() }, &device()), None);
    let mut bare = head();
    bare.rules[0].artefacts.clear();
    assert_eq!(wanted(TENANT, &bare, &device()), None);
}

#[test]
fn the_applied_version_is_the_one_whose_wall_was_acknowledged() {
    let mut device = device();
    let wanted = wanted(TENANT, &head(), &device).unwrap();
    assert_eq!(applied_version(&device, &wanted), None);
    let slot = device.slots.of_mut(SlotKind::Wall);
    slot.token = wanted.wall.token;
    slot.status = SlotStatus::Error;
    assert_eq!(applied_version(&device, &wanted), None);
    device.slots.of_mut(SlotKind::Wall).status = SlotStatus::Acknowledged;
    assert_eq!(applied_version(&device, &wanted), Some(1));
    device.applied_version = Some(7);
    assert_eq!(applied_version(&device, &wanted), Some(1), "the same wall, whatever its number");
    device.slots.of_mut(SlotKind::Wall).token = Token::default();
    assert_eq!(applied_version(&device, &wanted), None, "the wall of another policy stands");
    device.applied_policy = Some(wanted.policy.mark());
    assert_eq!(applied_version(&device, &wanted), Some(7), "an older wall stands");
    device.slots.of_mut(SlotKind::Wall).status = SlotStatus::Lost;
    assert_eq!(applied_version(&device, &wanted), None);
}

#[test]
fn an_android_phones_mail_app_is_the_same_for_whoever_uses_it() {
    let mut device = device();
    device.target = Target::AndroidPersonal;
    let mut head = head();
    let of = |purpose, personal| ArtefactRef {
        target: Target::AndroidPersonal,
        purpose,
        digest: Digest::of(b"any"),
        personal,
    };
    head.rules[0].artefacts = vec![of(Purpose::Wall, false), of(Purpose::Account, false)];
    let known = wanted(TENANT, &head, &device).unwrap().account.unwrap();
    device.user = None;
    device.person = None;
    assert_eq!(wanted(TENANT, &head, &device).unwrap().account, Ok(known));
}
