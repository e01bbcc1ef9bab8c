//! Check-in messages.

use super::*;

#[tokio::test]
async fn a_phone_enrols_with_its_pending_certificate() {
    let store = store().await;
    issued(&store).await;
    let devices = store.devices(&scope(1));

    let message = authentication(b"first");
    let (done, usage) = Meter::measure(devices.authenticate(id(1), &message)).await;
    done.unwrap();
    assert_eq!(usage, cost(1, 0.0, 2.0));
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
