use std::time::Duration;

use trennwand_domain::{Ownership, Platform};

use super::*;
use crate::{
    Meter,
    testing::{NOON, enrollment, invited_device, scope, store},
};

fn binding(reserved: u32) -> AndroidBinding {
    AndroidBinding {
        state: BindingState::Bound,
        signup: None,
        callback: None,
        enterprise: Some("enterprises/LC01".into()),
        changed_at: NOON,
        reserved,
        taken: 0,
        officer: None,
        brand: None,
        revision: 0,
    }
}

async fn put(store: &Store, binding: &AndroidBinding) -> Result<()> {
    let mut tx = store.transaction();
    store.android(&scope(1)).put_binding(&mut tx, binding);
    tx.commit().await
}

async fn invite(store: &Store, bits: u128) -> Result<()> {
    let scope = scope(1);
    let invitation = Enrollment { platform: Platform::Android, ..enrollment(bits) };
    let device = Device { platform: Platform::Android, ..invited_device(bits) };
    let mut tx = store.transaction();
    store.enrollments(&scope).insert(&mut tx, &invitation, &device);
    store.android(&scope).take(&mut tx);
    tx.commit().await
}

#[tokio::test]
async fn a_binding_is_replaced_only_as_it_was_read_and_keeps_what_is_taken() {
    let store = store().await;
    let scope = scope(1);
    put(&store, &binding(5)).await.unwrap();
    assert_eq!(put(&store, &binding(5)).await.unwrap_err().code(), "concurrent_change");
    invite(&store, 1).await.unwrap();
    let read = store.android(&scope).binding().await.unwrap().unwrap();
    assert_eq!(read, AndroidBinding { taken: 1, revision: 1, ..binding(5) });
    put(&store, &AndroidBinding { reserved: 9, ..read.clone() }).await.unwrap();
    let changed = store.android(&scope).binding().await.unwrap().unwrap();
    assert_eq!((changed.reserved, changed.taken, changed.revision), (9, 1, 2));
    assert_eq!(store.android(&crate::testing::scope(2)).binding().await.unwrap(), None);
    assert_eq!(store.due().enterprises(0..=1439).await.unwrap(), [scope]);
    put(&store, &AndroidBinding { state: BindingState::Unbound, ..changed }).await.unwrap();
    assert_eq!(store.due().enterprises(0..=1439).await.unwrap(), []);
}

#[tokio::test]
async fn no_more_phones_are_invited_than_are_reserved() {
    let store = store().await;
    put(&store, &binding(2)).await.unwrap();
    let invited = futures(&store, 1..=6).await;
    assert_eq!(invited.iter().filter(|result| result.is_ok()).count(), 2);
    for refused in invited.into_iter().filter_map(Result::err) {
        assert_eq!(refused.code(), "android_reservation_exhausted");
    }
    // What ran out makes room.
    let android = scope(1);
    let full = store.android(&android).binding().await.unwrap().unwrap();
    let late = NOON.plus(Duration::from_secs(86_401));
    assert_eq!(store.android(&android).recount(&full, NOON).await.unwrap(), 2);
    assert_eq!(store.android(&android).recount(&full, late).await.unwrap(), 0);
    invite(&store, 9).await.unwrap();
}

#[tokio::test]
async fn fewer_phones_are_not_kept_than_were_invited_meanwhile() {
    let store = store().await;
    put(&store, &binding(3)).await.unwrap();
    let read = store.android(&scope(1)).binding().await.unwrap().unwrap();
    for bits in 1..=2 {
        invite(&store, bits).await.unwrap();
    }
    let fewer = AndroidBinding { reserved: 1, ..read.clone() };
    assert_eq!(put(&store, &fewer).await.unwrap_err().code(), "concurrent_change");
    put(&store, &AndroidBinding { reserved: 2, ..read }).await.unwrap();
}

/// Invitations that are made one after the other, but none waits for another's reading.
async fn futures(store: &Store, all: std::ops::RangeInclusive<u128>) -> Vec<Result<()>> {
    let tasks: Vec<_> = all
        .map(|bits| {
            let store = store.clone();
            tokio::spawn(async move { invite(&store, bits).await })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn the_platforms_quota_is_never_exceeded() {
    let store = store().await;
    let reserve = async |before, after| {
        let mut tx = store.transaction();
        store.android(&scope(1)).reserve(&mut tx, before, after, 500);
        tx.commit().await
    };
    reserve(0, 400).await.unwrap();
    assert_eq!(reserve(0, 101).await.unwrap_err().code(), "android_quota_exhausted");
    reserve(0, 100).await.unwrap();
    reserve(400, 100).await.unwrap();
    assert_eq!(store.android(&scope(1)).reserved().await.unwrap(), 200);
    // More is given back than there is: the count is broken, and nobody's quota used up.
    assert_eq!(reserve(201, 0).await.unwrap_err().code(), "internal");
    let first = crate::testing::store().await;
    let mut tx = first.transaction();
    first.android(&scope(1)).reserve(&mut tx, 0, 501, 500);
    assert_eq!(tx.commit().await.unwrap_err().code(), "android_quota_exhausted");
}

#[tokio::test]
async fn an_enterprise_belongs_to_one_tenant() {
    let store = store().await;
    let claim = async |tenant| {
        let mut tx = store.transaction();
        store.android(&scope(tenant)).put_enterprise_owner(&mut tx, "LC01");
        tx.commit().await
    };
    claim(1).await.unwrap();
    claim(1).await.unwrap();
    assert_eq!(claim(2).await.unwrap_err().code(), "already_exists");
    let owner = store.directory().enterprise("LC01").await.unwrap();
    assert_eq!(owner, Some(scope(1)));
}

#[tokio::test]
async fn a_report_is_read_and_written_in_one_request_each() {
    let store = store().await;
    let scope = scope(1);
    put(&store, &binding(2)).await.unwrap();
    invite(&store, 1).await.unwrap();
    let android = store.android(&scope);
    let (view, usage) = Meter::measure(android.report_view(DeviceId::from_bits(1), true)).await;
    let view = view.unwrap();
    assert_eq!(usage.requests, 1);
    let mut device = view.device.clone().unwrap();
    assert!(view.phone.is_none() && view.binding.is_some() && view.head.is_none());
    device.state = DeviceState::Enrolled;
    device.ownership = Ownership::Company;
    device.udid_hash = Some([3; 16]);
    let phone = AndroidPhone {
        name: "enterprises/LC01/devices/3a".into(),
        reported_at: NOON,
        published_at: NOON,
        report: "{}".into(),
        needs: Some(AndroidNeed::Place),
    };
    let change = |binding| ReportChange { device: &device, phone: &phone, enrolls: true, binding };
    let read = view.binding.unwrap().revision;
    // The tenant gave its enterprise up meanwhile.
    let refused = android.save_report(change(read + 1)).await.unwrap_err();
    assert_eq!(refused.code(), "concurrent_change");
    let change = change(read);
    let (saved, usage) = Meter::measure(android.save_report(change)).await;
    saved.unwrap();
    assert_eq!(usage.requests, 1);
    let view = android.report_view(device.id, false).await.unwrap();
    assert_eq!(view.phone, Some(phone));
    assert_eq!(view.device.map(|device| device.state), Some(DeviceState::Enrolled));
    let invitation = store.enrollments(&scope).get(device.enrollment).await.unwrap().unwrap();
    assert_eq!(invitation.used_at, Some(NOON));
    let phone = view.phone.unwrap();
    let late = ReportChange { device: &device, phone: &phone, enrolls: false, binding: 1 };
    assert_eq!(android.save_report(late).await.unwrap_err().code(), "concurrent_change");
}
