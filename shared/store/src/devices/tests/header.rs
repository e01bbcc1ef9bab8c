//! The header as a whole.

use super::*;

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
    assert_transaction(usage, cost(1, 0.0, 4.0), "an answered query");

    device.revision = 3;
    violate(&mut device);
    let (saved, usage) = Meter::measure(devices.save(&device, query)).await;
    saved.unwrap();
    assert_transaction(usage, cost(1, 0.0, 5.0), "an answered query with a changed verdict");
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
