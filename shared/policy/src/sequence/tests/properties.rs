use proptest::{collection::vec, prelude::*};

use super::*;

/// What happens while a phone is connected: its answer (0 NotNow, 1 Error), and what is on it when
/// it lists its profiles: wall and account (0 and 1 gone, 2 in an old revision).
type Event = (u8, u8, u8);

#[derive(Debug, Clone)]
struct Conversation {
    hours_before: u32,
    change: u8,
    events: Vec<Event>,
}

fn conversations() -> impl Strategy<Value = Vec<Conversation>> {
    // How often one of so many answers is a refusal, and a profile missing; 1 is always.
    let rarity = || prop_oneof![1..4u8, Just(8), Just(100)];
    let events = (rarity(), rarity())
        .prop_flat_map(|(refusal, missing)| vec((0..1 + refusal, 0..missing, 0..missing), 64));
    let conversation = (0..40u32, 0..8u8, events)
        .prop_map(|(hours_before, change, events)| Conversation { hours_before, change, events });
    vec(conversation, 1..6)
}

fn tamper(has: &mut Option<String>, how: u8) {
    match how {
        0 | 1 => *has = None,
        2 => *has = has.take().map(|_| "OLD".to_owned()),
        _ => {}
    }
}

fn change(phone: &mut Phone, how: u8, step: usize) {
    let mut head = head();
    match how {
        0 => head.organization = format!("Krume {step}"),
        1 => head.mail = None,
        2 => {}
        _ => return,
    }
    phone.wanted = wanted(TENANT, &head, &phone.device).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever a phone answers: the conversation ends soon, commands only move forward, a
    /// repeated answer has no effect and gets the same reply, and an account is offered only
    /// while a wall stands. Afterwards an obedient phone comes to rest in what is wanted.
    #[test]
    fn every_conversation_ends_and_the_wall_comes_first(script in conversations()) {
        let mut phone = Phone::new();
        let mut wall_was_acknowledged = false;
        for (step, conversation) in script.into_iter().enumerate() {
            phone.wait(conversation.hours_before);
            change(&mut phone, conversation.change, step);
            let mut events = conversation.events.into_iter();
            let mut after = After::Idle;
            let mut offered: Vec<(CommandUuid, SlotKind)> = Vec::new();
            let mut installs_answered = 0;
            let mut first_round = None;
            while let Some((uuid, slot)) = phone.next(after) {
                let slot = slot.unwrap();
                prop_assert!(offered.last().is_none_or(|&(last, _)| uuid > last));
                prop_assert!(offered.len() < 50, "no end: {offered:?}");
                let Some(Position::Derived { round, .. }) = uuid.position() else {
                    unreachable!("derived");
                };
                // A further round is opened only by what an install or a loss made due again.
                let first = *first_round.get_or_insert(round);
                prop_assert!(round - first <= 2 * installs_answered + 2);
                offered.push((uuid, slot));
                if slot == Account {
                    prop_assert!(wall_was_acknowledged);
                    prop_assert_eq!(
                        phone.device.slots.of(Wall).status,
                        SlotStatus::Acknowledged
                    );
                }
                let (says, wall, account) = events.next().unwrap_or_default();
                let says = match says { 0 => NotNow, 1 => Error, _ => Ack };
                if slot == ProfileList && says == Ack {
                    tamper(&mut phone.has[0], wall);
                    tamper(&mut phone.has[1], account);
                }
                let recorded = phone.answer(uuid, says);
                prop_assert_eq!(recorded, says != NotNow, "an offered step is recognised");
                installs_answered += u64::from(recorded && slot.is_install());
                wall_was_acknowledged |= slot == Wall && says == Ack;
                after = After::Answer { uuid, not_now: says == NotNow };

                let (before, reply) = (phone.device.clone(), phone.next(after));
                if recorded {
                    prop_assert!(!phone.answer(uuid, Ack), "a repeat is not recorded");
                    prop_assert_eq!(&before, &phone.device);
                    prop_assert_eq!(reply, phone.next(after));
                }
            }
        }
        for _ in 0..3 {
            phone.wait(25).obey();
        }
        let wall = phone.wanted.wall.uuid.clone();
        prop_assert_eq!(phone.has[0].as_ref(), Some(&wall));
        let account = phone.wanted.account.as_ref().ok().map(|a| a.uuid.clone());
        prop_assert_eq!(&phone.has[1], &account);
        prop_assert!(phone.obey().is_empty());
    }

    /// Numbers from a stranger move nothing and overflow nothing.
    #[test]
    fn any_uuid_is_safe(bits: u128, not_now: bool) {
        let phone = Phone::new();
        let uuid = CommandUuid::from_bits(bits);
        if let Some((next, _)) = phone.next(After::Answer { uuid, not_now }) {
            prop_assert!(next > uuid);
        }
        if let Some(answered) = recognise(&phone.device, uuid, &tag) {
            prop_assert_eq!(answered.round, 1);
        }
    }
}
