//! What the device path costs in DynamoDB, measured by the meter and kept in `infra/PERFORMANCE.md`.
//!
//! `UPDATE_FIGURES=1 cargo test -p trennwand-tests figures` writes the table anew; without it the
//! table must agree with what is measured.

use std::fmt::Write as _;

use serde_json::json;
use trennwand::Measured;
use trennwand_simulator::Sent;
use trennwand_store::Usage;

use crate::world::{HOUR, World};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/PERFORMANCE.md");
const BEGIN: &str = "<!-- device path: begin -->\n";
const END: &str = "<!-- device path: end -->";

/// A row: what happened, what it may cost (the architecture's budget), what it did cost.
struct Row {
    what: &'static str,
    budget: Usage,
    cost: Usage,
}

const fn usage(requests: u32, rcu: f64, wcu: f64) -> Usage {
    Usage { requests, rcu, wcu }
}

#[tokio::test]
async fn the_device_path_stays_within_its_budget() {
    let rows = measure().await;
    for row in &rows {
        let Row { what, budget, cost } = row;
        assert!(cost.requests <= budget.requests, "{what}: {cost:?} exceeds {budget:?}");
        assert!(cost.rcu <= budget.rcu, "{what}: {cost:?} exceeds {budget:?}");
        assert!(cost.wcu <= budget.wcu, "{what}: {cost:?} exceeds {budget:?}");
    }
    let table = table(&rows);
    let text = std::fs::read_to_string(FILE).expect("infra/PERFORMANCE.md");
    let (head, rest) = text.split_once(BEGIN).expect("the begin mark");
    let (old, tail) = rest.split_once(END).expect("the end mark");
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        std::fs::write(FILE, format!("{head}{BEGIN}{table}{END}{tail}")).expect("written");
    } else {
        assert_eq!(old, table, "run UPDATE_FIGURES=1 cargo test -p trennwand-tests figures");
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| what | requests | RCU | WCU | budget (requests, RCU, WCU) |\n|---|---|---|---|---|\n",
    );
    for Row { what, budget, cost } in rows {
        writeln!(
            table,
            "| {what} | {} | {} | {} | {}, {}, {} |",
            cost.requests, cost.rcu, cost.wcu, budget.requests, budget.rcu, budget.wcu
        )
        .expect("text");
    }
    table
}

/// One request per exchange with the device channel.
async fn measure() -> Vec<Row> {
    let world = World::new().await;
    let user = world.user("anna@musterbau.example").await;
    let invitation = world.invite("company", Some(&user)).await;
    let phone = world.phone();
    world.measured("");
    phone.enroll(invitation["url"].as_str().expect("a link")).await.expect("the phone enrols");
    let enrolment = world.measured("");
    let page = of(&enrolment, "GET /e/");
    let scep = of(&enrolment, "POST /scep/");
    let checkins = of(&enrolment, "PUT /mdm/");
    world.settle().await;
    world.measured("");

    phone.connect().await.expect("the phone connects");
    // Idle, the answers to wall, account, ProfileList, Restrictions, SecurityInfo, apps.
    let first = costs(&world, "PUT /mdm/");
    assert_eq!(first.len(), 7, "{first:?}");

    phone.connect().await.expect("the phone connects");
    let idle = costs(&world, "PUT /mdm/");

    let path = world.path("/devices");
    let list = world.tenant.get(&path).await.expect(200);
    let device = list["items"][0]["id"].as_str().expect("an id").to_owned();
    world.order(&device, "device_lock").await;
    world.measured("");
    phone.connect().await.expect("the phone connects");
    let lock = costs(&world, "PUT /mdm/");

    phone.misbehave(|b| {
        b.say_not_now("DeviceLock", 1);
    });
    world.order(&device, "device_lock").await;
    world.measured("");
    phone.connect().await.expect("the phone connects");
    let not_now = costs(&world, "PUT /mdm/");
    phone.connect().await.expect("the phone connects");

    world.clock.advance(19 * HOUR);
    world.measured("");
    phone.connect().await.expect("the phone connects");
    let new_day = costs(&world, "PUT /mdm/");
    world.clock.advance(2 * HOUR);
    world.measured("");
    phone.connect().await.expect("the phone connects");
    let again = costs(&world, "PUT /mdm/");

    // As on a phone with many profiles: what is signed, parsed and judged is larger, what is kept not
    // by as much.
    for place in 0..8 {
        phone.install_by_hand(&private_profile(place)).expect("the phone takes it");
    }
    world.clock.advance(21 * HOUR);
    world.measured("");
    phone.connect().await.expect("the phone connects");
    let long = costs(&world, "PUT /mdm/");
    let reports = phone.exchanges();
    let list = reports.iter().rev().find(
        |e| matches!(&e.sent, Sent::Report { request_type, .. } if request_type == "ProfileList"),
    );
    let length = list.map(|list| list.body.len()).unwrap_or_default();
    assert!((10_000..14_000).contains(&length), "{length}");
    let mut asked = Vec::new();
    for question in ["security_info", "profile_list"] {
        world.order(&device, question).await;
        world.measured("");
        phone.connect().await.expect("the phone connects");
        asked.push(costs(&world, "PUT /mdm/"));
    }

    let (policy, tag) = world.policy().await;
    let path = world.path(&format!("/policies/{}", policy["id"].as_str().expect("an id")));
    let mut document = policy["document"].clone();
    document["siri_while_locked"] = "blocked".into();
    let body = json!({ "document": document });
    let put = world.tenant.send(reqwest::Method::PUT, &path, Some(&body), Some(&tag)).await;
    let version = put.expect(200)["version"].clone();
    world.measured("");
    world.tenant.post(&format!("{path}/rollouts"), json!({ "version": version })).await.expect(201);
    let rollout = costs(&world, "POST /v1/");
    world.settle().await;
    world.measured("");
    phone.connect().await.expect("the phone connects");
    let changed = costs(&world, "PUT /mdm/");
    let leave = {
        phone.leave().await.expect("the phone checks out");
        costs(&world, "PUT /mdm/")
    };

    let row = |what, budget, cost: Option<&Usage>| Row { what, budget, cost: *cost.expect(what) };
    vec![
        row("open the enrolment page (cold)", usage(2, 2.0, 0.0), page.first()),
        row("download the enrolment profile (cold)", usage(2, 2.0, 0.0), page.get(1)),
        row("SCEP: issue the certificate", usage(6, 5.0, 12.0), scep.first()),
        row("Authenticate (first)", usage(1, 0.0, 8.0), checkins.first()),
        row(
            "TokenUpdate (company phone: UnlockToken sealed too)",
            usage(2, 0.5, 5.0),
            checkins.get(1),
        ),
        row("idle connect", usage(2, 1.5, 0.0), idle.first()),
        row("idle connect, first of the day", usage(3, 1.5, 2.0), new_day.first()),
        row("connect + deliver a queued command", usage(2, 1.5, 0.0), lock.first()),
        row("acknowledge a queued command + next", usage(3, 1.5, 4.0), lock.get(1)),
        row(
            "acknowledge an operator's question that controls rest on + next",
            usage(3, 1.5, 9.0),
            asked[0].get(1),
        ),
        row(
            "the same with a ProfileList of 10 KB, of which the result keeps 2 KB",
            usage(3, 1.5, 11.0),
            asked[1].get(1),
        ),
        row("NotNow + next", usage(2, 1.5, 0.0), not_now.get(1)),
        row("connect + render the wall (template cold)", usage(3, 2.5, 0.0), changed.first()),
        row(
            "acknowledge the wall + next (the account, rendered)",
            usage(5, 4.0, 3.0),
            first.get(1),
        ),
        row("acknowledge the account + next", usage(3, 1.5, 3.0), first.get(2)),
        row("answer to ProfileList + next, verdict changed", usage(3, 1.5, 5.0), first.get(3)),
        row("answer to ProfileList + next, asked again", usage(3, 1.5, 5.0), again.get(1)),
        row(
            "answer to a ProfileList of 10 KB + next, asked again",
            usage(3, 1.5, 5.0),
            long.get(1),
        ),
        row("answer to Restrictions + next, asked again", usage(3, 1.5, 5.0), again.get(2)),
        row("CheckOut", usage(2, 1.0, 6.0), leave.first()),
        row(
            "roll-out (any number of phones; wake-ups apart)",
            usage(8, 6.0, 10.0),
            rollout.first(),
        ),
    ]
}

/// A profile that the phone's user has installed.
fn private_profile(place: u32) -> Vec<u8> {
    let uuid = |part: u32| format!("5A0F3C1E-7B2D-4E6F-8A9B-{part:04X}{place:08X}");
    format!(
        "<plist version=\"1.0\"><dict><key>PayloadType</key><string>Configuration</string>\
         <key>PayloadVersion</key><integer>1</integer>\
         <key>PayloadIdentifier</key><string>example.private.wifi.{place}</string>\
         <key>PayloadUUID</key><string>{}</string>\
         <key>PayloadDisplayName</key><string>Wi-Fi at home, number {place}</string>\
         <key>PayloadContent</key><array><dict>\
         <key>PayloadType</key><string>com.apple.wifi.managed</string>\
         <key>PayloadVersion</key><integer>1</integer>\
         <key>PayloadIdentifier</key><string>example.private.wifi.{place}.network</string>\
         <key>PayloadUUID</key><string>{}</string></dict></array></dict></plist>",
        uuid(1),
        uuid(2),
    )
    .into_bytes()
}

/// What the requests since the last call of [`World::measured`] or this cost, those of one path.
fn of(measured: &[Measured], prefix: &str) -> Vec<Usage> {
    measured.iter().filter(|m| m.request.starts_with(prefix)).map(|m| m.usage).collect()
}

fn costs(world: &World, prefix: &str) -> Vec<Usage> {
    of(&world.measured(""), prefix)
}
