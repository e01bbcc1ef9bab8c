use std::collections::BTreeMap;

use trennwand_domain::{
    CommandKind, CommandResult, CommandStatus, CommandUuid, Control, ControlState, Device,
    DeviceId, DeviceState, Digest, Duration, ErrorKind, Ownership, Priority, QueuedCommand,
    ReasonCode, Sealed, SlotKind, Timestamp, Token, UserId, Verdict,
};

use super::{Authentication, DeviceFilter, TokenUpdate, WakeTarget};
use crate::{
    Meter, Page, Store, Usage,
    testing::{NOON, enrol, full_device, invite, invited_device, push, scope, store},
};

const HOUR: Duration = Duration::from_secs(3600);

fn id(bits: u128) -> DeviceId {
    DeviceId::from_bits(bits)
}

fn command(priority: Priority, ms: i64) -> QueuedCommand {
    let at = Timestamp::from_unix_ms(ms);
    QueuedCommand {
        uuid: CommandUuid::queued(priority, at, [1; 10]),
        kind: CommandKind::SecurityInfo,
    }
}

fn answer(command: &QueuedCommand) -> CommandResult {
    CommandResult {
        uuid: command.uuid,
        kind: command.kind,
        status: CommandStatus::Acknowledged,
        answered_at: NOON,
        result: BTreeMap::from([("PasscodePresent".into(), "true".into())]),
    }
}

async fn enqueue(store: &Store, commands: &[QueuedCommand]) {
    let mut tx = store.transaction();
    for command in commands {
        store.devices(&scope(1)).enqueue(&mut tx, id(1), command);
    }
    tx.commit().await.unwrap();
}

fn authentication(certificate: &[u8]) -> Authentication {
    Authentication {
        certificate: Digest::of(certificate),
        udid_hash: [8; 16],
        os_version: Some("26.0.1".into()),
        model: Some("iPhone17,1".into()),
        at: NOON,
    }
}

fn token_update(certificate: &[u8]) -> TokenUpdate {
    TokenUpdate {
        certificate: Digest::of(certificate),
        push: push(2),
        unlock_token: None,
        at: NOON,
    }
}

/// Stores the phone 1 as it is after its certificate was issued.
async fn issued(store: &Store) {
    issued_for(store, Ownership::Company).await;
}

async fn issued_for(store: &Store, ownership: Ownership) {
    let mut device = invited_device(1);
    device.ownership = ownership;
    device.state = DeviceState::Enrolling;
    device.pending_certificate = Some(Digest::of(b"first"));
    enrol(store, &scope(1), &device).await;
}

fn is_not_found(error: &trennwand_domain::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound { .. })
}

fn is_concurrent(error: &trennwand_domain::Error) -> bool {
    *error.kind() == ErrorKind::Conflict { code: ReasonCode::ConcurrentChange }
}

fn cost(requests: u32, rcu: f64, wcu: f64) -> Usage {
    Usage { requests, rcu, wcu }
}

#[tokio::test]
async fn a_connect_reads_header_and_the_first_commands_in_one_request() {
    let store = store().await;
    let device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let commands: Vec<_> = (1..=4).map(|ms| command(Priority::Normal, ms)).collect();
    let urgent = command(Priority::Urgent, 9);
    enqueue(&store, &commands).await;
    enqueue(&store, std::slice::from_ref(&urgent)).await;
    let devices = store.devices(&scope(1));
    devices.save(&device, Some((SlotKind::ProfileList, b"{}"))).await.unwrap();

    let (view, usage) = Meter::measure(devices.connect_view(id(1))).await;
    let view = view.unwrap().unwrap();
    assert_eq!(view.device, Device { revision: 2, ..device });
    assert_eq!(view.queue, [urgent, commands[0].clone(), commands[1].clone()]);
    assert!(view.more);
    assert_eq!(usage, cost(1, 1.0, 0.0));
    let behind = devices.next_queued_after(id(1), commands[1].uuid).await.unwrap();
    assert_eq!(behind, commands[2..]);
    assert_eq!(devices.connect_view(id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn an_idle_connect_costs_one_unit_and_the_days_first_two_more() {
    let store = store().await;
    let device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let devices = store.devices(&scope(1));
    let (_, usage) = Meter::measure(devices.connect_view(id(1))).await;
    assert_eq!(usage, cost(1, 1.0, 0.0));
    let (_, usage) = Meter::measure(devices.touch_day(&device, NOON.plus(HOUR))).await;
    assert_eq!(usage, Usage::default(), "11:06 and 12:06 are the same day");
    let tomorrow = NOON.plus(24 * HOUR);
    let (_, usage) = Meter::measure(devices.touch_day(&device, tomorrow)).await;
    assert_eq!(usage, cost(1, 0.0, 2.0));
    let seen = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(seen.last_seen_at, Some(tomorrow));
    devices.touch_day(&full_device(2), tomorrow).await.unwrap();
    assert_eq!(devices.get(id(2)).await.unwrap(), None, "touching creates nothing");
}

#[tokio::test]
async fn an_answer_to_a_queued_command_is_kept_once() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let waiting = command(Priority::Normal, 1);
    enqueue(&store, std::slice::from_ref(&waiting)).await;
    let devices = store.devices(&scope(1));
    assert_eq!(devices.queued(id(1), waiting.uuid).await.unwrap(), Some(waiting.clone()));

    let result = answer(&waiting);
    let (first, usage) = Meter::measure(devices.answer_queued(id(1), &result, None, None)).await;
    assert!(first.unwrap());
    assert_eq!(usage, cost(1, 0.0, 4.0));
    let other = CommandResult { status: CommandStatus::Error, ..result.clone() };
    assert!(
        !devices.answer_queued(id(1), &other, None, None).await.unwrap(),
        "a repeat has no effect"
    );
    assert_eq!(devices.result(id(1), waiting.uuid).await.unwrap(), Some(result.clone()));
    assert_eq!(devices.results(id(1), &Page::first(10)).await.unwrap().items, [result]);
    assert_eq!(devices.queue(id(1), &Page::first(10)).await.unwrap().items, []);
}

#[tokio::test]
async fn an_answer_with_a_changed_verdict_costs_seven_and_needs_the_header_as_read() {
    let store = store().await;
    let mut device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let waiting = [command(Priority::Normal, 1), command(Priority::Normal, 2)];
    enqueue(&store, &waiting).await;
    let devices = store.devices(&scope(1));
    violate(&mut device);
    let result = answer(&waiting[0]);
    let (done, usage) =
        Meter::measure(devices.answer_queued(id(1), &result, Some(&device), None)).await;
    assert!(done.unwrap());
    assert_eq!(usage, cost(1, 0.0, 7.0));
    let facts = Some((SlotKind::SecurityInfo, b"{}".as_slice()));
    let late = answer(&waiting[1]);
    let error = devices.answer_queued(id(1), &late, Some(&device), facts).await.unwrap_err();
    assert!(is_concurrent(&error), "{error:?}");
    assert!(devices.queued(id(1), waiting[1].uuid).await.unwrap().is_some(), "nothing happened");
    assert_eq!(devices.facts(id(1)).await.unwrap(), []);
}

#[tokio::test]
async fn an_answer_to_an_operators_question_is_kept_judged_and_done_with_in_one_request() {
    let store = store().await;
    let mut device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let waiting = command(Priority::Normal, 1);
    enqueue(&store, std::slice::from_ref(&waiting)).await;
    let devices = store.devices(&scope(1));
    violate(&mut device);
    let (result, facts) = (answer(&waiting), b"{}".as_slice());
    let answered =
        devices.answer_queued(id(1), &result, Some(&device), Some((SlotKind::SecurityInfo, facts)));
    let (done, usage) = Meter::measure(answered).await;
    assert!(done.unwrap());
    assert_eq!(usage, cost(1, 0.0, 9.0), "seven, and the facts");
    assert_eq!(devices.facts(id(1)).await.unwrap(), [(SlotKind::SecurityInfo, facts.to_vec())]);
    let stored = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(stored.controls.verdict(), Verdict::Violated);

    let other = Some((SlotKind::SecurityInfo, b"[]".as_slice()));
    let again = devices.answer_queued(id(1), &result, Some(&stored), other).await;
    assert!(!again.unwrap(), "a repeat has no effect");
    assert_eq!(devices.facts(id(1)).await.unwrap(), [(SlotKind::SecurityInfo, facts.to_vec())]);
}

fn violate(device: &mut Device) {
    let state = ControlState {
        verdict: Verdict::Violated,
        reason: ReasonCode::ManagedToUnmanagedOpen,
        observed_at: Some(NOON),
    };
    device.controls.set(Control::ContactsClosed, state);
}

#[tokio::test]
async fn the_same_command_is_queued_once() {
    let store = store().await;
    let waiting = command(Priority::Normal, 1);
    enqueue(&store, &[waiting.clone(), command(Priority::Normal, 2)]).await;
    let mut tx = store.transaction();
    store.devices(&scope(1)).enqueue(&mut tx, id(1), &waiting);
    store.devices(&scope(1)).enqueue(&mut tx, id(1), &command(Priority::Normal, 3));
    let error = tx.commit().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyExists { what: "command" });
}

#[tokio::test]
async fn saving_costs_one_alone_four_with_facts_and_one_more_with_a_changed_verdict() {
    let store = store().await;
    let mut device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let devices = store.devices(&scope(1));

    device.slots.of_mut(SlotKind::Wall).round += 1;
    let (saved, usage) = Meter::measure(devices.save(&device, None)).await;
    saved.unwrap();
    assert_eq!(usage, cost(1, 0.0, 1.0), "an acknowledged install");

    device.revision = 2;
    device.slots.of_mut(SlotKind::ProfileList).round += 1;
    let facts = br#"{"profiles":[]}"#;
    let query = Some((SlotKind::ProfileList, facts.as_slice()));
    let (saved, usage) = Meter::measure(devices.save(&device, query)).await;
    saved.unwrap();
    assert_eq!(usage, cost(1, 0.0, 4.0), "an answered query");

    device.revision = 3;
    violate(&mut device);
    let (saved, usage) = Meter::measure(devices.save(&device, query)).await;
    saved.unwrap();
    assert_eq!(usage, cost(1, 0.0, 5.0), "an answered query with a changed verdict");
    assert_eq!(devices.facts(id(1)).await.unwrap(), [(SlotKind::ProfileList, facts.to_vec())]);
}

#[tokio::test]
async fn a_header_that_changed_since_it_was_read_is_not_overwritten() {
    let store = store().await;
    let mut device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let devices = store.devices(&scope(1));
    devices.save(&device, None).await.unwrap();
    device.os_version = Some("27.0".into());
    for facts in [None, Some((SlotKind::Restrictions, b"{}".as_slice()))] {
        let error = devices.save(&device, facts).await.unwrap_err();
        assert!(is_concurrent(&error), "{error:?}");
    }
    assert_eq!(devices.facts(id(1)).await.unwrap(), []);
}

#[tokio::test]
async fn a_phone_enrols_with_its_pending_certificate() {
    let store = store().await;
    issued(&store).await;
    let devices = store.devices(&scope(1));

    let message = authentication(b"first");
    let (done, usage) = Meter::measure(devices.authenticate(id(1), &message)).await;
    done.unwrap();
    assert_eq!(usage, cost(1, 0.0, 5.0));
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(device.certificate, Some(Digest::of(b"first")));
    assert_eq!(device.pending_certificate, None);
    assert_eq!(device.state, DeviceState::Enrolling);
    assert_eq!(device.udid_hash, Some([8; 16]));
    assert_eq!(device.model.as_deref(), Some("iPhone17,1"));

    let (done, usage) = Meter::measure(devices.token_update(id(1), &token_update(b"first"))).await;
    done.unwrap();
    assert_eq!(usage, cost(1, 0.0, 3.0));
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(device.state, DeviceState::Enrolled);
    assert_eq!(device.enrolled_at, Some(NOON));
    assert_eq!(device.push, Some(push(2)));
    assert_eq!(device.revision, 3);

    for (token, requests, wcu) in [(2, 1, 1.0), (3, 2, 3.0)] {
        let again =
            TokenUpdate { at: NOON.plus(HOUR), push: push(token), ..token_update(b"first") };
        let (done, usage) = Meter::measure(devices.token_update(id(1), &again)).await;
        done.unwrap();
        assert_eq!(usage, cost(requests, 0.0, wcu), "another token needs a second look");
    }
    assert_eq!(devices.get(id(1)).await.unwrap().unwrap().enrolled_at, Some(NOON));
}

#[tokio::test]
async fn of_a_personal_phone_neither_system_nor_unlock_token_is_kept() {
    let store = store().await;
    issued_for(&store, Ownership::Personal).await;
    let devices = store.devices(&scope(1));
    devices.authenticate(id(1), &authentication(b"first")).await.unwrap();
    let unlock = Some(Sealed::from_bytes(vec![7; 1800]));
    let message = TokenUpdate { unlock_token: unlock, ..token_update(b"first") };
    let (done, usage) = Meter::measure(devices.token_update(id(1), &message)).await;
    done.unwrap();
    assert_eq!(usage.wcu, 3.0, "the header only");
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (device.state, device.os_version, device.model),
        (DeviceState::Enrolled, None, None)
    );
}

#[tokio::test]
async fn a_repeated_authenticate_with_the_certificate_in_use_changes_nothing() {
    let store = store().await;
    let device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let devices = store.devices(&scope(1));
    let before = devices.get(id(1)).await.unwrap();
    devices.authenticate(id(1), &authentication(b"current")).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap(), before);
}

#[tokio::test]
async fn an_unlock_token_is_kept_apart_from_the_header() {
    let store = store().await;
    issued(&store).await;
    let devices = store.devices(&scope(1));
    devices.authenticate(id(1), &authentication(b"first")).await.unwrap();
    let unlock = Sealed::from_bytes(vec![7; 1800]);
    let message = TokenUpdate { unlock_token: Some(unlock), ..token_update(b"first") };
    let (done, usage) = Meter::measure(devices.token_update(id(1), &message)).await;
    done.unwrap();
    assert_eq!(usage, cost(2, 0.0, 5.0));
}

#[tokio::test]
async fn a_second_authenticate_forgets_what_was_known_before() {
    let store = store().await;
    let device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let devices = store.devices(&scope(1));
    devices.authenticate(id(1), &authentication(b"pending")).await.unwrap();
    let again = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(again.slots, trennwand_domain::Slots::default());
    assert_eq!(again.controls.verdict(), Verdict::Unknown);
    assert_eq!((again.state, again.push), (DeviceState::Enrolling, None));
    assert_eq!(again.person, device.person, "whose phone it is stays");
    assert_eq!(store.due().wakes(0, 0..=1439, None).await.unwrap().wakes, []);
}

#[tokio::test]
async fn a_foreign_certificate_and_a_foreign_tenant_are_nobody() {
    let store = store().await;
    issued(&store).await;
    for (tenant, device, certificate) in
        [(1, 1, b"other".as_slice()), (2, 1, b"first"), (1, 2, b"first")]
    {
        let scope = scope(tenant);
        let devices = store.devices(&scope);
        let error =
            devices.authenticate(id(device), &authentication(certificate)).await.unwrap_err();
        assert!(is_not_found(&error), "{error:?}");
        let error = devices.token_update(id(device), &token_update(certificate)).await.unwrap_err();
        assert!(is_not_found(&error), "{error:?}");
        let check_out = devices.check_out(id(device), Digest::of(certificate), NOON);
        assert!(is_not_found(&check_out.await.unwrap_err()));
    }
    let device = store.devices(&scope(1)).get(id(1)).await.unwrap().unwrap();
    assert_eq!(device.revision, 1, "nothing was written");
    let scope = scope(2);
    let foreign = store.devices(&scope);
    assert_eq!(foreign.get(id(1)).await.unwrap(), None);
    assert_eq!(foreign.connect_view(id(1)).await.unwrap(), None);
    assert_eq!(foreign.push_targets(&[id(1)]).await.unwrap(), []);
    let all = foreign.list(&DeviceFilter::default(), &Page::first(10)).await.unwrap();
    assert_eq!(all.items, []);
    assert!(is_not_found(&forget(&foreign, &store).await.unwrap_err()));
}

#[tokio::test]
async fn a_renewed_certificate_is_promoted_by_its_first_use() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let devices = store.devices(&scope(1));
    devices.token_update(id(1), &token_update(b"pending")).await.unwrap();
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(device.certificate, Some(Digest::of(b"pending")));
    assert_eq!(device.pending_certificate, None);
    assert!(devices.token_update(id(1), &token_update(b"current")).await.is_err());

    enrol(&store, &scope(1), &full_device(2)).await;
    devices.promote(id(2), Digest::of(b"pending")).await.unwrap();
    assert!(is_not_found(&devices.promote(id(2), Digest::of(b"pending")).await.unwrap_err()));
}

#[tokio::test]
async fn a_former_push_token_comes_back_only_if_the_present_one_is_dead() {
    let store = store().await;
    issued(&store).await;
    let devices = store.devices(&scope(1));
    devices.authenticate(id(1), &authentication(b"first")).await.unwrap();
    let tell = async |token| {
        let message = TokenUpdate { push: push(token), ..token_update(b"first") };
        devices.token_update(id(1), &message).await.unwrap();
        let device = devices.get(id(1)).await.unwrap().unwrap();
        assert_eq!(device.state, DeviceState::Enrolled);
        device.push.unwrap().token.expose()[0]
    };
    for (told, in_use) in [(1, 1), (1, 1), (2, 2), (2, 2), (1, 2), (3, 3), (2, 3), (1, 3)] {
        assert_eq!(tell(told).await, in_use, "after {told}");
    }
    let state = DeviceState::Enrolled;
    let dead = WakeTarget { device: id(1), state, push: push(3) };
    devices.mark_push_lost(&dead).await.unwrap();
    assert_eq!(tell(1).await, 1, "it may be alive");
    let before = devices.get(id(1)).await.unwrap().unwrap();
    devices.save(&before, None).await.unwrap();
    assert_eq!(tell(3).await, 1, "remembered by a header that is written as a whole");
    for token in 10..100 {
        assert_eq!(tell(token).await, token);
    }
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(device.former_push_tokens.len(), 4, "however many there were");
}

#[tokio::test]
async fn a_phone_that_is_being_released_stays_so() {
    let store = store().await;
    let device = Device { state: DeviceState::Releasing, ..full_device(1) };
    enrol(&store, &scope(1), &device).await;
    let devices = store.devices(&scope(1));
    devices.token_update(id(1), &token_update(b"current")).await.unwrap();
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!((device.state, device.push), (DeviceState::Releasing, Some(push(2))));
}

#[tokio::test]
async fn check_out_ends_an_enrolment_once() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let devices = store.devices(&scope(1));
    for _ in 0..2 {
        devices.check_out(id(1), Digest::of(b"current"), NOON.plus(HOUR)).await.unwrap();
    }
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!((device.state, device.revision), (DeviceState::Released, 2));
    assert_eq!(devices.page_push_targets(None).await.unwrap().0, []);
    let late = devices.token_update(id(1), &token_update(b"current")).await.unwrap_err();
    assert!(is_not_found(&late));
    let late = devices.authenticate(id(1), &authentication(b"current")).await.unwrap_err();
    assert!(is_not_found(&late));
}

#[tokio::test]
async fn a_dead_token_is_noted_unless_there_is_a_new_one() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let devices = store.devices(&scope(1));
    let target =
        |token| WakeTarget { device: id(1), state: DeviceState::Enrolled, push: push(token) };
    devices.mark_push_lost(&target(9)).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap().unwrap().state, DeviceState::Enrolled);
    devices.mark_push_lost(&target(1)).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap().unwrap().state, DeviceState::PushLost);
    devices.token_update(id(1), &token_update(b"current")).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap().unwrap().state, DeviceState::Enrolled);
}

#[tokio::test]
async fn a_superseded_phone_is_not_woken_and_stays_superseded() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let devices = store.devices(&scope(1));
    devices.supersede(id(1)).await.unwrap();
    devices.supersede(id(1)).await.unwrap();
    devices.supersede(id(2)).await.unwrap();
    let device = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!((device.state, device.push), (DeviceState::Superseded, None));
    assert_eq!(devices.get(id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn personal_variables_reach_only_the_persons_phone() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let devices = store.devices(&scope(1));
    let person = Some(Token::from_bytes([6; 10]));
    devices.set_person(id(1), UserId::from_bits(99), person).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap().unwrap().person, full_device(1).person);
    for person in [person, None] {
        devices.set_person(id(1), UserId::from_bits(3), person).await.unwrap();
        assert_eq!(devices.get(id(1)).await.unwrap().unwrap().person, person);
    }
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let store = store().await;
    for bits in 1..=5 {
        let mut device = full_device(bits);
        if bits == 2 {
            violate(&mut device);
        }
        if bits == 3 {
            device.state = DeviceState::PushLost;
            device.user = None;
            device.last_seen_at = Some(NOON.minus(48 * HOUR));
        }
        enrol(&store, &scope(1), &device).await;
    }
    enrol(&store, &scope(2), &full_device(6)).await;
    let scope = scope(1);
    let devices = store.devices(&scope);
    let ids = async |filter: DeviceFilter| {
        let listed = devices.list(&filter, &Page::first(100)).await.unwrap();
        assert_eq!(listed.next, None);
        listed.items.iter().map(|d| d.id.bits()).collect::<Vec<_>>()
    };
    let all = DeviceFilter::default;
    assert_eq!(ids(all()).await, [1, 2, 3, 4, 5]);
    let state = Some(DeviceState::PushLost);
    assert_eq!(ids(DeviceFilter { state, ..all() }).await, [3]);
    let user = Some(UserId::from_bits(3));
    assert_eq!(ids(DeviceFilter { user, ..all() }).await, [1, 2, 4, 5]);
    let before = Some(NOON.minus(HOUR));
    assert_eq!(ids(DeviceFilter { last_seen_before: before, ..all() }).await, [3]);
    let later = NOON.plus(73 * HOUR);
    for (verdict, now, expected) in [
        (Verdict::Violated, NOON, vec![2]),
        (Verdict::Proven, NOON, vec![1, 3, 4, 5]),
        (Verdict::Stale, NOON, vec![]),
        (Verdict::Stale, later, vec![1, 3, 4, 5]),
        (Verdict::Proven, later, vec![]),
        (Verdict::Violated, later, vec![2]),
    ] {
        let verdict = Some((verdict, now));
        assert_eq!(ids(DeviceFilter { verdict, ..all() }).await, expected, "{verdict:?}");
    }

    let mut seen = Vec::new();
    let mut page = Page::first(2);
    loop {
        let listed = devices.list(&all(), &page).await.unwrap();
        seen.extend(listed.items.iter().map(|d| d.id.bits()));
        page.cursor = listed.next;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    let forged = Page { limit: 2, cursor: Some("x#y".into()) };
    assert_eq!(devices.list(&all(), &forged).await.unwrap_err().code(), "invalid");
}

#[tokio::test]
async fn wakes_find_the_phones_that_can_be_woken() {
    let store = store().await;
    let minute = 720;
    enrol(&store, &scope(1), &full_device(1440 + minute)).await;
    enrol(&store, &scope(2), &full_device(2 * 1440 + minute + 1)).await;
    invite(&store, &scope(1), 3).await;
    let all = store.devices(&scope(1)).page_push_targets(None).await.unwrap();
    assert_eq!(all.0.len(), 1);
    assert_eq!(all.0[0].push, push(1));
    let some = store.devices(&scope(1)).push_targets(&[id(3), id(1440 + minute), id(9)]).await;
    assert_eq!(some.unwrap(), all.0);

    let wakes = async |shard, minutes| {
        let page = store.due().wakes(shard, minutes, None).await.unwrap();
        assert!(page.next.is_none());
        page.wakes.iter().map(|w| w.scope.tenant().bits()).collect::<Vec<_>>()
    };
    assert_eq!(wakes(1, 720..=720).await, [1]);
    assert_eq!(wakes(1, 721..=1439).await, Vec::<u128>::new());
    assert_eq!(wakes(2, 700..=721).await, [2]);
}

async fn forget(devices: &crate::Devices<'_>, store: &Store) -> trennwand_domain::Result<()> {
    let mut tx = store.transaction();
    devices.forget(&mut tx, id(1)).await?;
    tx.commit().await
}

#[tokio::test]
async fn a_phone_is_forgotten_with_everything_unless_it_is_managed() {
    let store = store().await;
    let device = full_device(1);
    enrol(&store, &scope(1), &device).await;
    let scope = scope(1);
    let devices = store.devices(&scope);
    devices.authenticate(id(1), &authentication(b"pending")).await.unwrap();
    devices.token_update(id(1), &token_update(b"pending")).await.unwrap();
    let device = devices.get(id(1)).await.unwrap().unwrap();
    devices.save(&device, Some((SlotKind::ProfileList, b"{}"))).await.unwrap();
    let waiting: Vec<_> = (0..30).map(|ms| command(Priority::Normal, ms)).collect();
    enqueue(&store, &waiting).await;
    let error = forget(&devices, &store).await.unwrap_err();
    assert_eq!(error.code(), "device_enrolled");
    devices.check_out(id(1), Digest::of(b"pending"), NOON).await.unwrap();
    forget(&devices, &store).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap(), None);
    assert_eq!(devices.queue(id(1), &Page::first(10)).await.unwrap().items, []);
    assert_eq!(devices.facts(id(1)).await.unwrap(), []);
    assert!(is_not_found(&forget(&devices, &store).await.unwrap_err()));
}
