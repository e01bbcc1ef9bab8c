use trennwand_domain::Duration;

use super::*;
use crate::{
    fixtures::{NOON, answered, apps, bools, device, expected, profiles},
    observe,
};

#[test]
fn no_text_has_an_unfilled_placeholder_whatever_is_stored() {
    let mut device = device();
    for &reason in ReasonCode::ALL {
        for control in Control::ALL {
            for verdict in [Verdict::Unknown, Verdict::Violated, Verdict::Proven] {
                let state = ControlState { verdict, reason, observed_at: Some(NOON) };
                device.controls.set(control, state);
                for locale in [Locale::En, Locale::De] {
                    let report = explain(&device, control, locale, NOON, &[]);
                    assert!(!report.reason.text.contains(['{', '}']), "{:?}", report.reason);
                }
            }
        }
    }
}

#[test]
fn a_leak_is_explained_in_both_languages() {
    let mut device = device();
    let facts = [
        (SlotKind::Restrictions, bools(&[("requireManagedPasteboard", false)])),
        (SlotKind::ManagedApplications, apps(&["net.whatsapp.WhatsApp", "com.viber"])),
    ];
    for (slot, facts) in &facts {
        observe(&mut device, None, *slot, facts, NOON);
    }
    let text = |control, locale| explain(&device, control, locale, NOON, &facts).reason.text;
    assert_eq!(
        text(Control::ClipboardClosed, Locale::En),
        "The phone reports requireManagedPasteboard as open."
    );
    assert_eq!(
        text(Control::ClipboardClosed, Locale::De),
        "Das Telefon meldet requireManagedPasteboard als offen."
    );
    assert!(text(Control::MessengersUnmanaged, Locale::De).starts_with("WhatsApp, Viber ist"));
    let report = explain(&device, Control::ClipboardClosed, Locale::En, NOON, &facts);
    assert_eq!(report.verdict, Verdict::Violated);
    assert_eq!(report.source, "restrictions");
    assert_eq!(report.observed_at, Some(NOON));
    assert_eq!(report.fresh_until, Some(NOON.plus(Duration::from_secs(72 * 3600))));
}

#[test]
fn an_old_observation_reads_as_stale_and_says_so() {
    let mut device = device();
    observe(&mut device, None, SlotKind::ManagedApplications, &apps(&[]), NOON);
    let later = NOON.plus(Duration::from_secs(72 * 3600 + 1));
    let report = explain(&device, Control::MessengersUnmanaged, Locale::En, later, &[]);
    assert_eq!(report.verdict, Verdict::Stale);
    assert_eq!(report.reason.code, "observation_too_old");
}

#[test]
fn a_list_shows_the_reasons_of_the_worst_controls_once() {
    let fresh = device();
    let codes = |device: &Device| -> Vec<_> {
        reasons(device, Locale::En, NOON).into_iter().map(|r| r.code).collect()
    };
    assert_eq!(codes(&fresh), ["not_yet_asked"]);

    let mut leaking = fresh;
    let open = bools(&[("allowOpenFromManagedToUnmanaged", true)]);
    observe(&mut leaking, None, SlotKind::Restrictions, &open, NOON);
    assert_eq!(codes(&leaking), ["managed_to_unmanaged_open", "reported_open"]);
}

#[test]
fn an_account_that_is_not_wanted_does_not_apply_and_never_ages() {
    let acknowledged = trennwand_domain::SlotStatus::Acknowledged;
    let mut device = answered(acknowledged, trennwand_domain::SlotStatus::Never, None);
    let expected = expected(Some(ReasonCode::MailNone));
    let list = profiles(&[("wall", "AA-1")]);
    observe(&mut device, Some(&expected), SlotKind::ProfileList, &list, NOON);
    let report = explain(&device, Control::AccountManaged, Locale::En, NOON, &[]);
    assert_eq!(report.verdict, Verdict::NotApplicable);
    assert_eq!((report.source, report.fresh_until), ("settings", None));
}
