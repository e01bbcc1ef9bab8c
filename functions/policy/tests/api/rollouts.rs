//! What roll-outs in stages cost for many phones.

use trennwand_domain::{Rule, Target};
use trennwand_store::{IndexedPhone, Meter};

use super::{policies::seed, *};

/// A draft of the tenant's policy with another wall; the policy's path and the version.
async fn draft(world: &World) -> (String, Value) {
    let listed = world.get("/policies").await;
    let path = format!("/policies/{}", text(&listed["items"][0]["id"]));
    let known = world.send(&world.token, "GET", &path, None, None).await;
    let mut document = known.body["document"].clone();
    document["siri_while_locked"] = "blocked".into();
    let body = json!({ "document": document });
    let put = world.send(&world.token, "PUT", &path, Some(&known.etag), Some(body)).await;
    (path, put.body["version"].clone())
}

/// Ten thousand phones: nothing is written per phone, what is read is one request per MB of index.
#[tokio::test]
async fn a_roll_out_in_stages_to_ten_thousand_phones_is_ten_writes_at_most() {
    let world = World::new().await;
    seed(&world, &vec![(Target::IosDevice, None, false); 10_000]).await;
    let (policy, version) = draft(&world).await;
    let store = &world.core.store;
    let before = store.tenant(&world.scope).head().await.unwrap().unwrap();

    let order = json!({ "version": version, "stages": [10, 100] });
    let rollouts = format!("{policy}/rollouts");
    let ((status, made), usage) = Meter::measure(world.post(&rollouts, order)).await;
    assert_eq!(status, 201, "{made}");
    // Five items: policy, roll-out, head, one wall's template and the audit event, two units each. One
    // more is the roll-out's place in the index of what is due.
    assert!(usage.wcu <= 11.0, "{usage:?}");
    assert!(usage.requests <= 20, "{usage:?}");

    let one = format!("{rollouts}/{}", text(&made["id"]));
    let (shown, usage) = Meter::measure(world.get(&one)).await;
    let targeted = shown["progress"]["targeted"].as_u64().unwrap();
    assert!((900..1100).contains(&targeted), "a tenth: {shown}");
    assert_eq!(shown["progress"]["pending"], targeted);
    assert!(usage.requests <= 12, "{usage:?}");
    assert_eq!(usage.wcu, 0.0);

    // What the reader of wakes reads, and whom it finds.
    let after = store.tenant(&world.scope).head().await.unwrap().unwrap();
    let (woken, usage) = Meter::measure(async {
        let (mut woken, mut cursor) = (0, None);
        loop {
            let page = store.devices(&world.scope).page_index(cursor).await.unwrap();
            let is_woken = |phone: &&IndexedPhone| {
                let differs = Rule::differ_for(&before.rules, &after.rules, &phone.traits());
                differs && phone.wake.is_some()
            };
            woken += page.0.iter().filter(is_woken).count() as u64;
            cursor = page.1;
            if cursor.is_none() {
                return woken;
            }
        }
    })
    .await;
    assert_eq!(woken, targeted, "only the phones that it reached are woken");
    assert!(usage.requests <= 6, "{usage:?}");

    for order in ["pause", "resume", "rollback"] {
        let path = format!("{one}/{order}");
        let ((status, _), usage) = Meter::measure(world.post(&path, json!({}))).await;
        assert_eq!(status, 200, "{order}");
        assert!(usage.wcu <= 11.0 && usage.requests <= 8, "{order}: {usage:?}");
    }
    let back = store.tenant(&world.scope).head().await.unwrap().unwrap();
    assert_eq!(back.rules, before.rules);
}
