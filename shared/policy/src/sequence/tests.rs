use trennwand_domain::Purpose;

use super::*;
use crate::{
    Outcome,
    fixtures::{NOON, TENANT, device, head, tag},
    identifier, recognise, reconcile, record, wanted,
};
use SlotKind::*;

const HOUR: Duration = Duration::from_secs(3600);

/// What a phone answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Ack,
    Error,
    NotNow,
}
use Says::{Ack, Error, NotNow};

/// A phone and the server's view of it, driven as `checkin` drives them.
struct Phone {
    device: Device,
    wanted: Wanted,
    now: Timestamp,
    /// PayloadUUIDs of the wall and the account on the phone.
    has: [Option<String>; 2],
    queue: Vec<QueuedCommand>,
}

impl Phone {
    fn new() -> Self {
        let device = device();
        let wanted = wanted(TENANT, &head(), &device).unwrap();
        Self { device, wanted, now: NOON, has: [None, None], queue: Vec::new() }
    }

    fn next(&self, after: After) -> Option<(CommandUuid, Option<SlotKind>)> {
        match next(after, &self.device, Some(&self.wanted), self.now, &self.queue, &tag)? {
            Next::Derived(uuid, slot) => Some((uuid, Some(slot))),
            Next::Queued(command) => Some((command.uuid, None)),
        }
    }

    /// Records an answer to a derived step and does on the phone what was asked.
    fn answer(&mut self, uuid: CommandUuid, says: Says) -> bool {
        if says == NotNow {
            return false;
        }
        let Some(answered) = recognise(&self.device, uuid, &tag) else {
            return false;
        };
        let outcome = match (says, answered.slot) {
            (Ack, _) => Outcome::Acknowledged,
            (_, Wall) => Outcome::Error(ReasonCode::WallInstallFailed),
            _ => Outcome::Error(ReasonCode::AccountInstallFailed),
        };
        record(&mut self.device, answered, outcome, self.now);
        if says == Ack {
            match answered.slot {
                Wall => self.has[0] = Some(self.wanted.wall.uuid.clone()),
                Account => self.has[1] = self.wanted.account.as_ref().ok().map(|a| a.uuid.clone()),
                RemoveAccount => self.has[1] = None,
                ProfileList => self.list_profiles(answered),
                _ => {}
            }
        }
        true
    }

    fn list_profiles(&mut self, answered: crate::Answered) {
        let [wall, account] = self.has.clone();
        let installed = |id: &str| {
            let has = if id == identifier(TENANT, Purpose::Wall) { &wall } else { &account };
            has.as_deref()
        };
        reconcile(&mut self.device, TENANT, Some(&self.wanted), answered, installed, self.now);
    }

    /// One conversation; `says` answers each step. Returns the steps that were offered.
    fn connect(&mut self, mut says: impl FnMut(&mut Self, SlotKind) -> Says) -> Vec<SlotKind> {
        let mut offered = Vec::new();
        let mut after = After::Idle;
        while let Some((uuid, slot)) = self.next(after) {
            let not_now = match slot {
                None => {
                    self.queue.retain(|queued| queued.uuid != uuid);
                    false
                }
                Some(slot) => {
                    offered.push(slot);
                    let says = says(self, slot);
                    self.answer(uuid, says);
                    says == NotNow
                }
            };
            after = After::Answer { uuid, not_now };
            assert!(offered.len() < 64, "no end: {offered:?}");
        }
        offered
    }

    fn obey(&mut self) -> Vec<SlotKind> {
        self.connect(|_, _| Ack)
    }

    fn wait(&mut self, hours: u32) -> &mut Self {
        self.now = self.now.plus(HOUR * hours);
        self
    }

    fn unwant_account(&mut self) {
        self.wanted.account = Err(ReasonCode::MailNone);
    }
}

const QUERIES: [SlotKind; 4] = [ProfileList, Restrictions, SecurityInfo, ManagedApplications];

fn then_queries(installs: &[SlotKind]) -> Vec<SlotKind> {
    installs.iter().chain(&QUERIES).copied().collect()
}

#[test]
fn a_fresh_phone_gets_the_wall_then_the_account_then_the_questions_and_then_rests() {
    let mut phone = Phone::new();
    assert_eq!(phone.obey(), then_queries(&[Wall, Account]));
    assert_eq!(phone.obey(), []);
    assert_eq!(phone.wait(19).obey(), []);
    assert_eq!(phone.wait(1).obey(), QUERIES);
}

#[test]
fn a_changed_wall_is_offered_alone_and_the_phone_is_asked_again() {
    let mut phone = Phone::new();
    phone.obey();
    phone.wanted.wall.token = Token::from_bytes([1; 10]);
    phone.wanted.wall.uuid = crate::profile_uuid(TENANT, Purpose::Wall, phone.wanted.wall.token);
    assert_eq!(phone.obey(), then_queries(&[Wall]));
    assert_eq!(phone.obey(), []);
}

#[test]
fn the_account_waits_for_the_wall() {
    let mut phone = Phone::new();
    let busy = |_: &mut Phone, slot| if slot == Wall { NotNow } else { Ack };
    assert_eq!(phone.connect(busy), then_queries(&[Wall]));
    assert_eq!(phone.connect(busy), [Wall]);
    assert_eq!(phone.obey(), then_queries(&[Wall, Account]));
}

#[test]
fn a_refused_wall_is_offered_again_after_a_day_and_without_it_there_is_no_account() {
    let mut phone = Phone::new();
    let refuse = |_: &mut Phone, slot| if slot == Wall { Error } else { Ack };
    assert_eq!(phone.connect(refuse), then_queries(&[Wall]));
    assert_eq!(phone.wait(10).obey(), []);
    assert_eq!(phone.wait(14).obey(), then_queries(&[Wall, Account]));
}

#[test]
fn not_now_passes_over_a_step_until_the_next_idle() {
    let mut phone = Phone::new();
    let busy = |_: &mut Phone, slot| if slot == Restrictions { NotNow } else { Ack };
    assert_eq!(phone.connect(busy), then_queries(&[Wall, Account]));
    assert_eq!(phone.connect(busy), [Restrictions]);
    assert_eq!(phone.obey(), [Restrictions]);
    assert_eq!(phone.obey(), []);
}

#[test]
fn a_lost_wall_is_offered_again_in_the_same_conversation_and_the_account_stays() {
    let mut phone = Phone::new();
    phone.obey();
    phone.has[0] = None;
    let twice = [&QUERIES[..], &[Wall], &QUERIES].concat();
    assert_eq!(phone.wait(24).obey(), twice);
    assert_eq!(phone.device.slots.of(Wall).status, SlotStatus::Acknowledged);
    assert!(phone.has[1].is_some());
    assert_eq!(phone.obey(), []);
}

#[test]
fn a_lost_wall_that_is_refused_takes_the_account_with_it_and_both_come_back_after_a_day() {
    let mut phone = Phone::new();
    phone.obey();
    phone.has[0] = None;
    let refuse = |_: &mut Phone, slot| if slot == Wall { Error } else { Ack };
    let offered = phone.wait(24).connect(refuse);
    assert_eq!(offered, [&QUERIES[..], &[Wall, RemoveAccount], &QUERIES].concat());
    assert_eq!(phone.device.slots.of(Wall).cause, Some(ReasonCode::WallLost));
    assert_eq!(phone.has, [None, None]);
    assert_eq!(phone.wait(1).obey(), []);
    assert_eq!(phone.wait(23).obey(), then_queries(&[Wall, Account]));
}

#[test]
fn a_refused_update_of_the_wall_leaves_the_account_alone() {
    let mut phone = Phone::new();
    phone.obey();
    phone.wanted.wall.token = Token::from_bytes([1; 10]);
    let refuse = |_: &mut Phone, slot| if slot == Wall { Error } else { Ack };
    assert_eq!(phone.connect(refuse), then_queries(&[Wall]));
    assert_eq!(phone.obey(), []);
    assert!(phone.has[1].is_some());
}

#[test]
fn an_acknowledged_wall_that_never_appears_is_given_up_for_a_day() {
    let mut phone = Phone::new();
    let vanishing = |phone: &mut Phone, slot| {
        if slot == ProfileList {
            phone.has[0] = None;
        }
        Ack
    };
    let offered = phone.connect(vanishing);
    assert_eq!(offered.iter().filter(|&&slot| slot == Wall).count(), 2, "{offered:?}");
    assert_eq!(phone.device.slots.of(Wall).status, SlotStatus::Error);
    assert!(offered.contains(&RemoveAccount), "{offered:?}");
    assert_eq!(phone.has, [None, None]);
}

#[test]
fn an_older_revision_than_the_one_acknowledged_is_replaced() {
    let mut phone = Phone::new();
    phone.obey();
    phone.has[0] = Some("00000000-0000-8000-8000-000000000000".to_owned());
    assert_eq!(phone.wait(24).obey(), [&QUERIES[..], &[Wall], &QUERIES].concat());
    assert_eq!(phone.has[0].as_deref(), Some(phone.wanted.wall.uuid.as_str()));
}

#[test]
fn a_list_that_was_asked_for_before_the_install_says_nothing_about_it() {
    let mut phone = Phone::new();
    let busy = |_: &mut Phone, slot| match slot {
        Wall | Account | ProfileList => NotNow,
        _ => Ack,
    };
    phone.connect(busy);
    let late = CommandUuid::derived(1, ProfileList, tag(1, ProfileList));
    let wall = CommandUuid::derived(2, Wall, phone.wanted.wall.token);
    assert!(phone.answer(wall, Ack));
    phone.has[0] = None;
    assert!(phone.answer(late, Ack));
    assert_eq!(phone.device.slots.of(Wall).status, SlotStatus::Acknowledged);
}

#[test]
fn an_account_that_is_no_longer_wanted_is_removed_once() {
    let mut phone = Phone::new();
    phone.obey();
    phone.unwant_account();
    assert_eq!(phone.obey(), then_queries(&[RemoveAccount]));
    assert_eq!(phone.has[1], None);
    assert_eq!(phone.obey(), []);
    assert_eq!(phone.wait(24).obey(), QUERIES);
}

#[test]
fn an_account_that_cannot_be_removed_because_it_is_gone_is_forgotten() {
    let mut phone = Phone::new();
    phone.obey();
    phone.unwant_account();
    phone.has[1] = None;
    let refuse = |_: &mut Phone, slot| if slot == RemoveAccount { Error } else { Ack };
    assert_eq!(phone.connect(refuse), then_queries(&[RemoveAccount]));
    assert_eq!(phone.wait(48).obey(), QUERIES);
}

#[test]
fn a_removal_that_was_refused_is_asked_for_again_after_a_day() {
    let mut phone = Phone::new();
    phone.obey();
    phone.unwant_account();
    let refuse = |phone: &mut Phone, slot| {
        let says = if slot == RemoveAccount { Error } else { Ack };
        assert!(phone.has[1].is_some());
        says
    };
    assert_eq!(phone.connect(refuse), then_queries(&[RemoveAccount]));
    assert_eq!(phone.wait(1).connect(refuse), []);
    assert_eq!(phone.wait(23).obey(), then_queries(&[RemoveAccount]));
    assert_eq!(phone.has[1], None);
}

#[test]
fn urgent_comes_first_and_normal_comes_last() {
    let mut phone = Phone::new();
    let queue = |priority| {
        let uuid = CommandUuid::queued(priority, NOON, [1; 10]);
        QueuedCommand { uuid, kind: trennwand_domain::CommandKind::SecurityInfo, issued: false }
    };
    phone.queue = vec![queue(Priority::Normal), queue(Priority::Urgent)];
    let mut order = Vec::new();
    let mut after = After::Idle;
    while let Some((uuid, slot)) = phone.next(after) {
        order.push(slot);
        phone.answer(uuid, Ack);
        after = After::Answer { uuid, not_now: false };
    }
    let derived = then_queries(&[Wall, Account]).into_iter().map(Some);
    let expected: Vec<_> = [None].into_iter().chain(derived).chain([None]).collect();
    assert_eq!(order, expected);
}

#[test]
fn a_foreign_answer_ends_the_conversation_and_is_not_recorded() {
    let phone = Phone::new();
    let foreign = CommandUuid::from_bits(0xf << 124);
    assert_eq!(phone.next(After::Answer { uuid: foreign, not_now: false }), None);
    assert_eq!(recognise(&phone.device, foreign, &tag), None);
}

#[test]
fn answers_that_cannot_have_been_asked_for_are_not_recognised() {
    let mut phone = Phone::new();
    phone.obey();
    let max = phone.device.slots.max_round();
    let good = CommandUuid::derived(max + 1, Restrictions, tag(max + 1, Restrictions));
    assert!(recognise(&phone.device, good, &tag).is_some());
    for uuid in [
        CommandUuid::derived(max, Restrictions, tag(max, Restrictions)),
        CommandUuid::derived(max + 2, Restrictions, tag(max + 2, Restrictions)),
        CommandUuid::derived(max + 1, Restrictions, tag(max, Restrictions)),
        CommandUuid::derived(max + 1, RemoveAccount, Token::default()),
        CommandUuid::derived(max + 1, Wall, Token::default()),
        CommandUuid::derived(CommandUuid::MAX_ROUND, Wall, phone.wanted.wall.token),
    ] {
        assert_eq!(recognise(&phone.device, uuid, &tag), None, "{uuid}");
    }
}

#[test]
fn nothing_is_installed_without_a_policy() {
    let phone = Phone::new();
    let first = next(After::Idle, &phone.device, None, NOON, &[], &tag).unwrap();
    assert!(matches!(first, Next::Derived(_, ProfileList)));
}

mod properties;
