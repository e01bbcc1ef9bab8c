//! Enrolments that say to be the same phone.

use super::*;

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
async fn those_who_say_to_be_the_same_phone_are_found_until_it_is_settled() {
    let store = store().await;
    let saying = |bits, hash| Device { udid_hash: Some([hash; 16]), ..full_device(bits) };
    let (here, there) = (scope(1), scope(2));
    let devices = store.devices(&here);
    let (first, second, other) = (saying(1, 7), saying(2, 7), saying(3, 8));
    assert_eq!(devices.say_phone(&first).await.unwrap(), []);
    assert_eq!(devices.say_phone(&other).await.unwrap(), []);
    for _ in 0..2 {
        assert_eq!(devices.say_phone(&second).await.unwrap(), [id(1)], "again after a failure");
    }
    devices.settle_phone(&second).await.unwrap();
    assert_eq!(devices.say_phone(&second).await.unwrap(), [], "nothing is left to be done");
    assert_eq!(devices.say_phone(&first).await.unwrap(), [id(2)]);
    devices.forget_phone([7; 16], id(2)).await.unwrap();
    assert_eq!(devices.say_phone(&first).await.unwrap(), []);
    assert_eq!(store.devices(&there).say_phone(&saying(4, 7)).await.unwrap(), []);
    assert_eq!(devices.say_phone(&invited_device(5)).await.unwrap(), [], "it has not said yet");
}

#[tokio::test]
async fn a_claimed_phone_can_be_forgotten_until_it_is_heard_of() {
    let store = store().await;
    let device = Device { claimed_by: None, ..full_device(1) };
    enrol(&store, &scope(1), &device).await;
    let scope = scope(1);
    let devices = store.devices(&scope);
    devices.claim(id(1), id(2)).await.unwrap();
    devices.claim(id(9), id(2)).await.unwrap();
    assert_eq!(devices.get(id(9)).await.unwrap(), None, "claiming creates nothing");
    let claimed = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!((claimed.state, claimed.claimed_by), (DeviceState::Enrolled, Some(id(2))));
    devices.refute_claim(id(1)).await.unwrap();
    devices.refute_claim(id(1)).await.unwrap();
    let heard = devices.get(id(1)).await.unwrap().unwrap();
    assert_eq!((heard.claimed_by, heard.revision), (None, claimed.revision + 1));
    assert_eq!(forget(&devices, &store).await.unwrap_err().code(), "device_enrolled");
    devices.claim(id(1), id(2)).await.unwrap();
    forget(&devices, &store).await.unwrap();
    assert_eq!(devices.get(id(1)).await.unwrap(), None);
    assert_eq!(devices.page_push_targets(None).await.unwrap().0, []);
}
