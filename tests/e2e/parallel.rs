//! Ten connections of one phone at once, while the database has conflicts.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use trennwand_domain::{Duration, Timestamp};
use trennwand_simulator::Phone;
use trennwand_store::{Fault, FaultPlan};

use crate::world::{Enrolled, World, received, text};

const CONNECTIONS: usize = 10;

const COMMANDS: usize = 100;

/// More calls of the database than the connections need.
const CALLS: u32 = 20_000;

/// Every so many calls there is a conflict.
const STEP: usize = 13;

/// How often one report is sent until it is answered.
const TRIES: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_connections_answer_a_hundred_commands_each_once_and_in_order() {
    let plan = FaultPlan::default();
    let world = World::with(|options| options.faults = Some(plan.clone())).await;
    let Enrolled { phone, device } = world.enroll_and_connect("company").await;
    let path = world.path(&format!("/devices/{device}/commands"));
    let mut ordered = BTreeSet::new();
    for place in 0..COMMANDS {
        // A lock comes first, an answer to a question changes the header, a list does not.
        let kind = ["certificate_list", "security_info", "device_lock"][place % 3];
        world.clock.advance(Duration::from_millis(1));
        let order = world.tenant.post(&path, json!({ "type": kind })).await.expect(202);
        ordered.insert(text(&order, "command_uuid"));
    }
    world.settle().await;
    world.measured("");
    (1..CALLS).step_by(STEP).for_each(|nth| plan.on_request(nth, Fault::Conflict));

    let conversations = (0..CONNECTIONS).map(|_| conversation(&world, &phone));
    let conversations = join_all(conversations).await;
    let conflicts = CALLS as usize / STEP - plan.left();
    assert!(conflicts > 50, "{conflicts} conflicts");
    plan.clear();

    let mut told = BTreeSet::new();
    for received in conversations {
        assert!(received.is_sorted(), "the order of the queue: {received:?}");
        told.extend(received);
    }
    assert_eq!(told, ordered, "every command was delivered, and nothing else");
    let effects = world.measured("PUT /mdm/").iter().filter(|m| m.usage.wcu > 0.0).count();
    assert_eq!(effects, COMMANDS, "each was acknowledged once");

    world.settle().await;
    let list = world.tenant.get(&format!("{path}?limit=100")).await.expect(200);
    let answered = list["items"].as_array().expect("commands");
    assert_eq!(answered.len(), COMMANDS);
    assert!(answered.iter().all(|command| command["status"] == "acknowledged"), "{list}");
    let uuids = answered.iter().map(|command| text(command, "command_uuid"));
    assert!(uuids.is_sorted(), "listed in the order of delivery");
    let times = answered.iter().map(|c| Timestamp::parse_rfc3339(&text(c, "answered_at")));
    assert!(times.is_sorted(), "and acknowledged in it: {list}");
    let idle = phone.connect().await.expect("the phone connects");
    assert_eq!(received(&idle), Vec::<&str>::new());
}

/// One connection: `Idle`, and an answer to every command; says which commands it got.
async fn conversation(world: &World, phone: &Phone) -> Vec<String> {
    let mut received = Vec::new();
    let mut report = body("Idle", None, "");
    loop {
        let answer = tell(world, phone, &report).await;
        if answer.is_empty() {
            return received;
        }
        let uuid = value(&answer, "CommandUUID");
        let facts = match value(&answer, "RequestType").as_str() {
            "CertificateList" => "<key>CertificateList</key><array/>",
            "SecurityInfo" => {
                "<key>SecurityInfo</key><dict><key>PasscodePresent</key><true/></dict>"
            }
            _ => "",
        };
        report = body("Acknowledged", Some(&uuid), facts);
        received.push(uuid);
    }
}

/// Sends a report until it is answered, as a phone does.
async fn tell(world: &World, phone: &Phone, report: &str) -> String {
    for _ in 0..TRIES {
        world.clock.advance(Duration::from_millis(1));
        let (status, answer) = phone.send_raw(report.into()).await.expect("an answer");
        match status {
            200 => return String::from_utf8(answer).expect("a property list"),
            503 => {}
            other => panic!("answered with {other}"),
        }
    }
    panic!("not answered");
}

fn body(status: &str, uuid: Option<&str>, more: &str) -> String {
    let uuid = uuid.map(|uuid| format!("<key>CommandUUID</key><string>{uuid}</string>"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\"><dict>\
         <key>Status</key><string>{status}</string><key>UDID</key><string>any</string>\
         {}{more}</dict></plist>",
        uuid.unwrap_or_default(),
    )
}

/// The text of a key of a property list.
fn value(plist: &str, key: &str) -> String {
    let (_, rest) = plist.split_once(&format!("<key>{key}</key>")).expect(key);
    let (_, rest) = rest.split_once("<string>").expect(key);
    rest.split('<').next().unwrap_or_default().to_owned()
}
