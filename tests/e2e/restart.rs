//! A server that is stopped and started again on the same data.

use std::sync::Arc;

use trennwand::{Data, Options, start};
use trennwand_domain::{Clock, ManualClock};
use trennwand_simulator::Seeded;

use crate::world::{START, World, received};

#[tokio::test]
async fn a_restart_loses_nothing_and_goes_on_where_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let clock = Arc::new(ManualClock::new(START));
    let data = || Data::Directory(directory.path().to_owned());
    let options = |seed| {
        let mut options = Options::for_test(Arc::clone(&clock) as Arc<dyn Clock>);
        options.entropy = Arc::new(Seeded::new(seed));
        options.data = data();
        options
    };
    let server = start(options(1)).await.expect("the server starts");
    let address = server.address();
    let world = World::on(server, Arc::clone(&clock)).await;
    let it = world.enroll_and_connect("company").await;
    world.order(&it.device, "device_lock").await;
    let (tenant_id, verdict) = (world.tenant_id.clone(), world.verdict(&it.device).await);
    let World { server, .. } = world;
    server.shutdown().await;

    let mut again = options(2);
    again.listen = address;
    let server = start(again).await.expect("the server starts again");
    let minted = server.credentials().expect("clients").clone();
    let reseller = crate::world::Api::new(
        &minted.base_url,
        &minted.reseller.client_id,
        &minted.reseller.client_secret,
    );
    let tenant = reseller.get(&format!("/v1/tenants/{tenant_id}")).await.expect(200);
    assert_eq!(tenant["status"], "active");
    let talk = it.phone.connect().await.expect("the phone connects to the new server");
    assert_eq!(received(&talk), ["DeviceLock"], "the queue survived, nothing is installed again");
    let path = format!("/v1/tenants/{tenant_id}/clients");
    let client = reseller.post(&path, serde_json::json!({ "name": "again" })).await.expect(201);
    let tenant = crate::world::Api::new(
        &minted.base_url,
        &crate::world::text(&client, "client_id"),
        &crate::world::text(&client, "client_secret"),
    );
    let path = format!("/v1/tenants/{tenant_id}/devices/{}", it.device);
    assert_eq!(tenant.get(&path).await.expect(200)["verdict"], verdict.as_str());
}
