use super::*;
use crate::{
    best_verdict,
    fixtures::{NOON, answered, apps, bools, closed, device, expected, profiles},
    judge_install,
};
use Control::*;
use ReasonCode::*;
use SlotStatus::{Acknowledged, Error, Lost, Never};
use Verdict::*;

const BOTH: [(&str, &str); 2] = [("wall", "AA-1"), ("account", "BB-1")];

fn says(device: &Device, control: Control) -> (Verdict, ReasonCode) {
    let state = device.controls.of(control);
    (state.verdict, state.reason)
}

fn listed(mut device: Device, no_account: Option<ReasonCode>, list: &[(&str, &str)]) -> Device {
    let facts = profiles(list);
    observe(&mut device, Some(&expected(no_account)), SlotKind::ProfileList, &facts, NOON);
    device
}

/// By hand from the table of controls.
#[test]
fn a_profile_list_decides_account_shadow_account_and_policy() {
    let installed = || answered(Acknowledged, Acknowledged, None);
    for (device, list, account, shadow, policy) in [
        (
            installed(),
            &BOTH[..],
            (Proven, AccountReported),
            (Inferred, OnlyOursInstalled),
            (Proven, PolicyReported),
        ),
        // The spelling of a UUID is the phone's.
        (
            installed(),
            &[("wall", "aa-1"), ("account", "bb-1"), ("other", "x")],
            (Proven, AccountReported),
            (Inferred, OnlyOursInstalled),
            (Proven, PolicyReported),
        ),
        // The account is there in an older revision.
        (
            installed(),
            &[("wall", "AA-1"), ("account", "BB-0")],
            (Unknown, PolicyNotCurrent),
            (Inferred, OnlyOursInstalled),
            (Unknown, PolicyNotCurrent),
        ),
        // The wall is there in an older revision.
        (
            installed(),
            &[("wall", "AA-0"), ("account", "BB-1")],
            (Proven, AccountReported),
            (Inferred, OnlyOursInstalled),
            (Unknown, PolicyNotCurrent),
        ),
        // The account vanished.
        (
            answered(Acknowledged, Lost, None),
            &[("wall", "AA-1")],
            (Unknown, AccountNotInstalled),
            (Unknown, AccountNotInstalled),
            (Unknown, AccountNotInstalled),
        ),
        // The account was not offered yet.
        (
            answered(Acknowledged, Never, None),
            &[("wall", "AA-1")],
            (Unknown, AccountNotInstalled),
            (Unknown, AccountNotInstalled),
            (Unknown, PolicyNotCurrent),
        ),
        // The wall waits: NotNow.
        (
            answered(Never, Never, None),
            &[],
            (Unknown, WaitingForWall),
            (Unknown, WaitingForWall),
            (Unknown, PolicyNotCurrent),
        ),
        // The wall was refused.
        (
            answered(Error, Never, None),
            &[],
            (Unknown, WaitingForWall),
            (Unknown, WaitingForWall),
            (Unknown, WallInstallFailed),
        ),
        // The account was refused.
        (
            answered(Acknowledged, Error, Some(AccountInstallFailed)),
            &[("wall", "AA-1")],
            (Unknown, AccountInstallFailed),
            (Unknown, AccountInstallFailed),
            (Unknown, AccountInstallFailed),
        ),
        // One exists by hand.
        (
            answered(Acknowledged, Error, Some(AccountExistsByHand)),
            &[("wall", "AA-1")],
            (Unknown, AccountExistsByHand),
            (Violated, AccountExistsByHand),
            (Unknown, AccountExistsByHand),
        ),
    ] {
        let device = listed(device, None, list);
        assert_eq!(says(&device, AccountManaged), account, "{list:?}");
        assert_eq!(says(&device, NoShadowAccount), shadow, "{list:?}");
        assert_eq!(says(&device, PolicyCurrent), policy, "{list:?}");
    }
}

#[test]
fn a_phone_that_gets_no_account_says_why() {
    for (cause, verdict) in [(MailNone, NotApplicable), (MailNotSet, Unknown), (NoUser, Unknown)] {
        let device = listed(answered(Acknowledged, Never, None), Some(cause), &BOTH[..1]);
        assert_eq!(says(&device, AccountManaged), (verdict, cause));
        assert_eq!(says(&device, NoShadowAccount), (verdict, cause));
        assert_eq!(says(&device, PolicyCurrent), (Proven, PolicyReported));
    }
}

#[test]
fn the_verdict_of_a_sound_phone_is_the_best_that_was_expected() {
    for no_account in [None, Some(MailNone), Some(MailNotSet), Some(NoUser)] {
        let mut device = listed(answered(Acknowledged, Acknowledged, None), no_account, &BOTH);
        let expected = expected(no_account);
        for (slot, facts) in
            [(SlotKind::Restrictions, closed()), (SlotKind::ManagedApplications, apps(&[]))]
        {
            observe(&mut device, Some(&expected), slot, &facts, NOON);
        }
        assert_eq!(device.controls.verdict(), best_verdict(no_account), "{no_account:?}");
        assert_eq!(says(&device, ContactsClosed), (Proven, ReportedClosed));
    }
}

#[test]
fn a_lost_wall_takes_what_rested_on_it_at_once_and_the_next_answer_gives_it_back() {
    let mut device = answered(Acknowledged, Acknowledged, None);
    observe(&mut device, Some(&expected(None)), SlotKind::Restrictions, &closed(), NOON);
    device.slots.of_mut(SlotKind::Wall).status = Lost;
    let mut device = listed(device, None, &BOTH[1..]);
    for control in [ContactsClosed, DocumentsClosed, ClipboardClosed, PolicyCurrent] {
        assert_eq!(says(&device, control), (Unknown, WallLost), "{control:?}");
    }
    observe(&mut device, Some(&expected(None)), SlotKind::Restrictions, &closed(), NOON);
    assert_eq!(says(&device, ContactsClosed), (Proven, ReportedClosed));
}

#[test]
fn a_managed_messenger_is_a_violation() {
    let mut device = device();
    let whatsapp = apps(&["net.whatsapp.WhatsApp"]);
    observe(&mut device, None, SlotKind::ManagedApplications, &whatsapp, NOON);
    assert_eq!(says(&device, MessengersUnmanaged), (Violated, MessengerManaged));
    observe(&mut device, None, SlotKind::ManagedApplications, &apps(&[]), NOON);
    assert_eq!(says(&device, MessengersUnmanaged), (Proven, NoMessengerManaged));
}

#[test]
fn a_refused_question_makes_unknown_but_does_not_wash_a_violation() {
    let mut device = device();
    let expected = expected(None);
    let open = bools(&[("allowOpenFromManagedToUnmanaged", true)]);
    observe(&mut device, Some(&expected), SlotKind::Restrictions, &open, NOON);
    assert_eq!(says(&device, ContactsClosed), (Violated, ManagedToUnmanagedOpen));
    for slot in [SlotKind::Restrictions, SlotKind::ManagedApplications, SlotKind::ProfileList] {
        observe(&mut device, Some(&expected), slot, &Facts::Failed, NOON);
    }
    assert_eq!(says(&device, ContactsClosed), (Violated, ManagedToUnmanagedOpen));
    assert_eq!(says(&device, DocumentsClosed), (Violated, ReportedOpen));
    for control in [MessengersUnmanaged, AccountManaged, NoShadowAccount, PolicyCurrent] {
        assert_eq!(says(&device, control), (Unknown, QueryFailed), "{control:?}");
    }
}

#[test]
fn an_account_by_hand_is_a_violation_until_ours_is_installed() {
    let mut device = answered(Acknowledged, Error, Some(AccountExistsByHand));
    judge_install(&mut device, SlotKind::Account, NOON);
    assert_eq!(says(&device, NoShadowAccount), (Violated, AccountExistsByHand));
    assert_eq!(says(&device, AccountManaged), (Unknown, AccountExistsByHand));
    let mut device = listed(device, None, &BOTH[..1]);
    assert_eq!(says(&device, NoShadowAccount), (Violated, AccountExistsByHand));

    device.slots.of_mut(SlotKind::Account).status = Acknowledged;
    judge_install(&mut device, SlotKind::Account, NOON);
    assert_eq!(says(&device, NoShadowAccount), (Inferred, OnlyOursInstalled));
}

#[test]
fn an_answer_to_another_question_changes_nothing() {
    let mut device = device();
    let before = device.clone();
    for (slot, facts) in [
        (SlotKind::ProfileList, closed()),
        (SlotKind::Restrictions, apps(&["net.whatsapp.WhatsApp"])),
        (SlotKind::SecurityInfo, Facts::Failed),
        (SlotKind::Wall, Facts::Failed),
    ] {
        observe(&mut device, None, slot, &facts, NOON);
    }
    assert_eq!(device, before);
}
