//! The device channel: bodies, signatures and paths that are not what a phone sends.

mod answers;
mod bodies;
mod signatures;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method};
use serde_json::Value;
use trennwand_simulator::Sent;

use super::{Reply, send, send_bytes};
use crate::world::{Enrolled, World};

const IDLE: &str = "<key>Status</key><string>Idle</string>";
const DOCTYPE: &str = "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">";

struct Channel {
    world: World,
    it: Enrolled,
    http: Client,
}

impl Channel {
    async fn new() -> Self {
        let world = World::new().await;
        let it = world.enroll_and_connect("company").await;
        let http = Client::builder().no_proxy().build().expect("a client");
        drop(world.server.take_measured());
        Self { world, it, http }
    }

    fn url(&self) -> String {
        self.url_of(&self.world.tenant_id, &self.it.device)
    }

    fn url_of(&self, tenant: &str, device: &str) -> String {
        format!("{}/mdm/{tenant}/{device}", self.world.server.base_url())
    }

    /// Sends a body with a signature.
    async fn put(&self, url: &str, signature: &[u8], body: &[u8]) -> Reply {
        let signature = STANDARD.encode(signature);
        let headers = [("mdm-signature", signature.as_bytes())];
        send(&self.http, Method::PUT, url, &headers, body).await
    }

    /// Sends a body that the phone signed.
    async fn signed(&self, body: &[u8]) -> Reply {
        let signature = self.it.phone.sign(body).expect("a signature");
        self.put(&self.url(), &signature, body).await
    }

    /// The device with its verdicts, as the tenant sees it.
    async fn seen(&self) -> [Value; 3] {
        let at = self.world.path(&format!("/devices/{}", self.it.device));
        let read =
            async |rest: &str| self.world.tenant.get(&format!("{at}{rest}")).await.expect(200);
        [read("").await, read("/compliance").await, read("/commands").await]
    }

    fn nothing_was_written(&self, what: &str) {
        for measured in self.world.measured("PUT /mdm") {
            assert_eq!(measured.usage.wcu, 0.0, "{what}: {measured:?}");
        }
    }
}

fn xml(members: &str) -> Vec<u8> {
    list(&format!("<dict>{members}</dict>"))
}

fn list(inside: &str) -> Vec<u8> {
    let head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{DOCTYPE}\n");
    format!("{head}<plist version=\"1.0\">{inside}</plist>").into_bytes()
}

#[tokio::test]
async fn messages_that_are_sent_again_change_nothing_for_a_live_phone() {
    let channel = Channel::new().await;
    let before = channel.seen().await;
    let pushes = channel.world.server.apns().count().taken;
    let exchanges = channel.it.phone.exchanges();
    assert!(exchanges.iter().any(|e| e.sent == Sent::Authenticate));
    for exchange in exchanges.iter().rev().filter(|e| !e.body.is_empty()) {
        let (status, _) = channel.it.phone.replay(exchange).await.expect("an answer");
        assert_eq!(status, 200, "{:?}", exchange.sent);
    }
    channel.world.settle().await;
    assert_eq!(channel.seen().await, before);
    assert_eq!(channel.it.phone.connect().await.map(|t| t.len()).ok(), Some(1), "idle");
    assert!(channel.world.server.apns().count().taken <= pushes + 1, "no flood of pushes");
}
