//! Nothing secret or personal comes out where it does not belong: poisoned values are planted, and
//! the log, every refusal and the database's file are searched for them.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use trennwand::Data;

use crate::world::{World, text};

/// Collects the log of the whole test binary.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<u8>>>);

impl Write for Collector {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Collector {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const EMAIL: &str = "poisoned-address@musterbau.example";
const LOGIN: &str = "poisoned-login@musterbau.example";
const NAME: &str = "Poisoned Displayname";
const EXTERNAL: &str = "poisoned-external-id";

#[tokio::test]
async fn poisoned_values_come_out_nowhere() {
    let log = Collector::default();
    let subscriber = trennwand_runtime::telemetry::subscriber("all", "trace", log.clone());
    // With a single subscriber, tracing asks whichever thread reaches a line first whether anyone listens.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);

    let directory = tempfile::tempdir().expect("a directory");
    let world = World::with(|o| o.data = Data::Directory(directory.path().to_owned())).await;
    let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
    world.tenant.put(&world.path("/mail"), mail).await.expect(200);
    let person = json!({
        "email": EMAIL, "mail_login": LOGIN, "display_name": NAME, "external_id": EXTERNAL,
    });
    let user = world.tenant.post(&world.path("/users"), person).await.expect(201);
    let invitation = world.invite("company", Some(&text(&user, "id"))).await;
    let url = text(&invitation, "url");
    let phone = world.phone();
    let offer = phone.open(&url).await.expect("the page");
    let challenge = offer.scep.challenge.clone();
    phone.install(offer).await.expect("the phone enrols");
    world.settle().await;
    phone.connect().await.expect("the phone connects");
    assert_eq!(phone.accounts().len(), 1, "the account was rendered");
    phone.misbehave(|b| b.reports_open_in = true);
    world.settle().await;

    let mut planted: Vec<(&str, String)> = vec![
        ("e-mail", EMAIL.into()),
        ("login", LOGIN.into()),
        ("name", NAME.into()),
        ("external id", EXTERNAL.into()),
        ("one-time token", url.rsplit('/').next().expect("a token").into()),
        ("challenge", challenge.expect("a challenge")),
        ("UDID", phone.handset().udid.clone()),
        ("serial number", phone.handset().serial_number.clone()),
        ("IMEI", phone.handset().imei.clone()),
        ("phone number", phone.handset().phone_number.clone()),
        ("push magic", phone.push_magic().expect("a push magic")),
    ];
    let token = phone.push_token().expect("a push token");
    planted.push(("push token", token.iter().map(|b| format!("{b:02x}")).collect()));
    let minted = world.server.credentials().expect("clients").clone();
    planted.push(("client secret", minted.reseller.client_secret.clone()));
    planted.push(("access token", world.tenant.sign_in().await));

    let refusals = refusals(&world, &text(&user, "id")).await;
    let debug = format!("{:?} {minted:?} {phone:?}", world.server);
    let database = {
        let World { server, .. } = world;
        server.shutdown().await;
        files(directory.path())
    };
    let written = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(written.len() > 1000, "the log was collected");
    for (what, value) in &planted {
        let found = |hay: &[u8]| {
            let lower = hay.to_ascii_lowercase();
            let needle = value.to_ascii_lowercase();
            lower.windows(needle.len()).any(|w| w == needle.as_bytes())
        };
        assert!(!found(&written), "{what} is in the log");
        assert!(!found(refusals.as_bytes()), "{what} is in a refusal");
        assert!(!found(debug.as_bytes()), "{what} is in Debug output");
    }
    for (what, value) in planted.iter().filter(|(what, _)| !what.starts_with("push")) {
        let found = database.windows(value.len()).any(|w| w == value.as_bytes());
        assert!(!found, "{what} is readable in the database's file");
    }
}

/// What requests that are wrong in many ways are answered.
async fn refusals(world: &World, user: &str) -> String {
    let mut all = String::new();
    let mut note = |body: Value| all.push_str(&body.to_string());
    let wrong = json!({ "email": EMAIL, "display_name": 7, "external_id": EXTERNAL });
    note(world.tenant.post(&world.path("/users"), wrong).await.body);
    let again = json!({ "email": EMAIL, "external_id": EXTERNAL });
    note(world.tenant.post(&world.path("/users"), again).await.body);
    note(world.reseller.get(&world.path("/users")).await.body);
    note(world.reseller.get(&world.path(&format!("/users/{user}"))).await.body);
    let unknown = json!({ "email": LOGIN, NAME: 1 });
    let path = world.path(&format!("/users/{user}"));
    note(world.tenant.send(Method::PATCH, &path, Some(&unknown), None).await.body);
    all.replace(&NAME.to_owned(), "") // a field's name that the caller made up is said back
}

fn files(directory: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().contains("credentials") {
            continue;
        }
        if let Ok(bytes) = std::fs::read(entry.path()) {
            all.extend(bytes);
        }
    }
    all
}
