//! The queue, and the answers to what was in it.

use super::*;

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
    assert_transaction(usage, cost(1, 0.0, 4.0), "the command and its result");
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
async fn the_whole_queue_is_read_as_it_is_now_a_hundred_at_a_time() {
    let store = store().await;
    enrol(&store, &scope(1), &full_device(1)).await;
    let waiting: Vec<_> = (1..=230).map(|n| command(Priority::Normal, n)).collect();
    for some in waiting.chunks(50) {
        enqueue(&store, some).await;
    }
    let (queue, usage) = Meter::measure(store.devices(&scope(1)).whole_queue(id(1))).await;
    assert_eq!(queue.unwrap(), waiting);
    assert_eq!(usage.requests, 3);
    let (_, one) = Meter::measure(store.devices(&scope(1)).whole_queue(id(2))).await;
    assert_eq!((one.requests, one.rcu), (1, 1.0), "none, and consistent");
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
    assert_transaction(usage, cost(1, 0.0, 7.0), "those, the header and its index");
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
    assert_transaction(usage, cost(1, 0.0, 9.0), "seven, and the facts");
    assert_eq!(devices.facts(id(1)).await.unwrap(), [(SlotKind::SecurityInfo, facts.to_vec())]);
    let stored = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!(stored.controls.verdict(), Verdict::Violated);

    let other = Some((SlotKind::SecurityInfo, b"[]".as_slice()));
    let again = devices.answer_queued(id(1), &result, Some(&stored), other).await;
    assert!(!again.unwrap(), "a repeat has no effect");
    assert_eq!(devices.facts(id(1)).await.unwrap(), [(SlotKind::SecurityInfo, facts.to_vec())]);
}

#[tokio::test]
async fn the_same_command_is_queued_once() {
    let store = store().await;
    let waiting = command(Priority::Normal, 1);
    enqueue(&store, &[waiting.clone(), command(Priority::Normal, 2)]).await;
    let mut tx = store.transaction();
    store.devices(&scope(1)).enqueue(&mut tx, id(1), Platform::Ios, &waiting);
    store.devices(&scope(1)).enqueue(&mut tx, id(1), Platform::Ios, &command(Priority::Normal, 3));
    let error = tx.commit().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyExists { what: "command" });
}
