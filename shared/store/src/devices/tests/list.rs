//! Lists and wakes.

use super::*;

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

#[tokio::test]
async fn the_fleet_is_read_from_the_index_and_counts_phones_that_stay() {
    let store = store().await;
    for bits in 1..=4 {
        let mut device = full_device(bits);
        match bits {
            2 => device.state = DeviceState::Releasing,
            3 => device.state = DeviceState::Silent,
            4 => (device.user, device.os_version) = (None, None),
            _ => {}
        }
        enrol(&store, &scope(1), &device).await;
    }
    enrol(&store, &scope(2), &full_device(5)).await;
    let scope = scope(1);
    let (page, usage) = Meter::measure(store.devices(&scope).page_fleet(None)).await;
    let (members, more) = page.unwrap();
    assert_eq!((usage.requests, more), (1, None));
    let member = |bits, has_user, os_version: Option<&str>| FleetMember {
        device: id(bits),
        target: Target::IosDevice,
        groups: full_device(bits).groups,
        has_user,
        os_version: os_version.map(str::to_owned),
    };
    let os = Some("26.0.1");
    assert_eq!(members, [member(1, true, os), member(3, true, os), member(4, false, None)]);
    let behind = store.devices(&scope).page_fleet(Some(id(1))).await.unwrap();
    assert_eq!(behind.0.len(), 2);
}
