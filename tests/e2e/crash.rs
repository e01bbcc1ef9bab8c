//! The server is killed at any moment, again and again, while phones enrol and answer commands.
//! What it has answered with success is still true afterwards.
#![cfg(unix)]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use clap::Parser as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use trennwand::{Cli, Order, start};
use trennwand_domain::Entropy;
use trennwand_runtime::{SystemClock, SystemEntropy};
use trennwand_simulator::{Event, Handset, Keys, Phone, Received, Sent, StandInApns, Surroundings};

use self::server::{Api, Server};
use crate::world::text;

mod server;

/// How often the server is killed, unless the machine is too busy for that.
const LIVES: usize = 15;

/// After this long it is killed no more.
const ENOUGH: Duration = Duration::from_secs(25);

/// The longest that it lives, in milliseconds after it has become ready.
const LIFE_MS: u64 = 900;

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause before something is tried again.
const PAUSE: Duration = Duration::from_millis(15);

/// The pause between two enrolments or two conversations.
const BREATH: Duration = Duration::from_millis(400);

/// How many phones enrol at most: each connects all the time.
const PHONES: usize = 16;

/// How many of the latest promises are looked at after each start; at the end all are.
const LATEST: usize = 8;

/// The arguments of the server process; by it the test below knows that it is one.
const ARGUMENTS: &str = "TRENNWAND_SERVER_ARGUMENTS";

/// The server process: serves as the command line says until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "not a test: the process that the test below starts and kills"]
async fn a_server_process() {
    let Some(arguments) = std::env::var_os(ARGUMENTS) else { return };
    let arguments = arguments.into_string().expect("text");
    let Order::Serve { options, .. } = Cli::parse_from(arguments.split('\n')).order() else {
        panic!("not a server's arguments: {arguments}")
    };
    let _running = start(*options).await.expect("the server starts");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_with_success_survives_a_killed_server() {
    let mut server = Server::new();
    server.start().await;
    let reseller = server.reseller();
    let tenant = text(&reseller.insist("/v1/tenants", json!({ "name": "Musterbau" })).await, "id");
    active(&reseller, &tenant).await;
    let clients = format!("/v1/tenants/{tenant}/clients");
    let client = reseller.insist(&clients, json!({ "name": "test" })).await;
    let client = (text(&client, "client_id"), text(&client, "client_secret"));
    let yard = Arc::new(Yard {
        tenant: Api::new(&server.base_url(), client),
        path: format!("/v1/tenants/{tenant}"),
        keys: Keys::pool(),
        phones: Mutex::default(),
        promises: Mutex::default(),
        over: AtomicBool::new(false),
        places: AtomicU64::new(0),
    });
    let workers: Vec<_> = (0..2).map(|_| tokio::spawn(Arc::clone(&yard).enrol())).collect();
    let orders = tokio::spawn(Arc::clone(&yard).order());

    let mut tenants = vec![tenant];
    let started = Instant::now();
    for life in 0..LIVES {
        if started.elapsed() > ENOUGH {
            break;
        }
        let drawn = u64::from_be_bytes((&SystemEntropy as &dyn Entropy).bytes());
        sleep(Duration::from_millis(drawn % LIFE_MS)).await;
        let born = json!({ "name": format!("Tenant {life}") });
        if let Some((201, made)) = server.reseller().call(Method::POST, "/v1/tenants", born).await {
            tenants.push(text(&made, "id"));
        }
        server.kill();
        server.start().await;
        yard.keeps_its_promises(LATEST).await;
    }
    yard.over.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.expect("enrols");
    }
    orders.await.expect("orders");
    yard.keeps_its_promises(usize::MAX).await;
    yard.everything_is_done().await;
    for tenant in tenants {
        active(&server.reseller(), &tenant).await;
    }
}

/// Waits until a tenant is active.
async fn active(reseller: &Api, tenant: &str) {
    let started = Instant::now();
    loop {
        let seen = reseller.see(&format!("/v1/tenants/{tenant}")).await;
        if seen["status"] == "active" {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{seen}");
        sleep(PAUSE).await;
    }
}

/// What was answered with success.
#[derive(Default, Clone)]
struct Promises {
    /// Enrolments that were created.
    invited: BTreeSet<String>,
    /// Of these the ones whose phone was enrolled.
    enrolled: BTreeSet<String>,
    /// Device and command.
    ordered: Vec<(String, String)>,
}

/// A tenant, its phones, and what they were promised.
struct Yard {
    tenant: Api,
    path: String,
    keys: Keys,
    phones: Mutex<Vec<(String, Phone)>>,
    promises: Mutex<Promises>,
    over: AtomicBool,
    places: AtomicU64,
}

impl Yard {
    fn promises(&self) -> MutexGuard<'_, Promises> {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phones(&self) -> Vec<(String, Phone)> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn phone(&self) -> Phone {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let place = self.places.fetch_add(1, Ordering::SeqCst);
        let handset = Handset::new(format!("iPhone {place}"), &*entropy);
        let (clock, apns) = (Arc::new(SystemClock), StandInApns::new());
        let around = Surroundings { clock, entropy, keys: self.keys.clone(), apns };
        Phone::new(handset, around).expect("a phone")
    }

    /// Enrols one phone after the other and lets each answer commands.
    async fn enrol(self: Arc<Self>) {
        let mut living = Vec::new();
        while !self.is_over() && self.phones().len() < PHONES {
            if let Some((device, phone)) = self.enrol_one().await {
                let mut phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
                phones.push((device, phone.clone()));
                drop(phones);
                living.push(tokio::spawn(Arc::clone(&self).live(phone)));
            }
            sleep(BREATH).await;
        }
        for phone in living {
            phone.await.expect("lives");
        }
    }

    /// `None` if the invitation was lost with the server before it was used or answered.
    async fn enrol_one(&self) -> Option<(String, Phone)> {
        let order = json!({ "platform": "ios", "ownership": "company" });
        let path = format!("{}/enrollments", self.path);
        let (status, invitation) = self.tenant.call(Method::POST, &path, order).await?;
        assert_eq!(status, 201, "{invitation}");
        let (id, phone) = (text(&invitation, "id"), self.phone());
        self.promises().invited.insert(id.clone());
        let offer = loop {
            match phone.open(&text(&invitation, "url")).await {
                Ok(offer) => break offer,
                Err(_) => sleep(PAUSE).await,
            }
        };
        // A certificate that was issued and not received is lost; the invitation is to be renewed.
        let identity = phone.obtain_identity(&offer).await.ok()?;
        while let Err(error) = phone.check_in(offer.clone(), identity.clone()).await {
            assert_eq!(error.status(), None, "the certificate counts: {error}");
            sleep(PAUSE).await;
        }
        self.promises().enrolled.insert(id.clone());
        loop {
            let path = format!("{}/enrollments/{id}", self.path);
            match self.tenant.call(Method::GET, &path, Value::Null).await {
                Some((200, seen)) => return Some((text(&seen, "device"), phone)),
                Some(other) => panic!("{other:?}"),
                None => sleep(PAUSE).await,
            }
        }
    }

    /// A phone connects all the time.
    async fn live(self: Arc<Self>, phone: Phone) {
        while !self.is_over() {
            if let Err(error) = phone.connect().await {
                assert_eq!(error.status(), None, "the phone is welcome: {error}");
            }
            sleep(BREATH).await;
        }
    }

    /// Orders commands for one phone after the other.
    async fn order(self: Arc<Self>) {
        let kinds = ["device_lock", "security_info", "certificate_list", "profile_list"];
        for place in 0.. {
            if self.is_over() {
                return;
            }
            let phones = self.phones();
            let Some((device, _)) = phones.get(place % phones.len().max(1)) else {
                sleep(PAUSE).await;
                continue;
            };
            let path = format!("{}/devices/{device}/commands", self.path);
            let order = json!({ "type": kinds[place % kinds.len()] });
            match self.tenant.call(Method::POST, &path, order).await {
                Some((202, order)) => {
                    self.promises().ordered.push((device.clone(), text(&order, "id")));
                }
                Some(other) => panic!("{other:?}"),
                None => {}
            }
            sleep(PAUSE * 2).await;
        }
    }

    /// The latest of what was promised so far holds.
    async fn keeps_its_promises(&self, latest: usize) {
        let promises = self.promises().clone();
        for id in promises.invited.iter().rev().take(latest) {
            self.tenant.see(&format!("{}/enrollments/{id}", self.path)).await;
        }
        let phones = self.phones();
        for (device, _) in phones.iter().rev().take(latest) {
            let seen = self.tenant.see(&format!("{}/devices/{device}", self.path)).await;
            assert_eq!(seen["state"], "enrolled");
        }
        for (device, order) in promises.ordered.iter().rev().take(latest) {
            let path = format!("{}/devices/{device}/commands/{order}", self.path);
            let seen = self.tenant.see(&path).await;
            assert!(seen["status"] == "queued" || seen["status"] == "acknowledged", "{seen}");
        }
    }

    /// Everything is carried out, each command once.
    async fn everything_is_done(&self) {
        let promises = self.promises().clone();
        let phones = self.phones();
        assert_eq!(phones.len(), promises.enrolled.len());
        assert!(phones.len() > 2 && promises.ordered.len() > 5, "something happened");
        for (device, phone) in &phones {
            for _ in 0..2 {
                phone.connect().await.expect("the phone connects");
            }
            assert_eq!(phone.profiles().len(), 1, "the wall");
            let seen = self.tenant.see(&format!("{}/devices/{device}", self.path)).await;
            assert_eq!(seen["policy"]["applied_version"], seen["policy"]["version"], "{seen}");
            answered_commands_do_not_come_again(phone);
        }
        for (device, order) in &promises.ordered {
            let path = format!("{}/devices/{device}/commands/{order}", self.path);
            let seen = self.tenant.see(&path).await;
            assert_eq!(seen["status"], "acknowledged", "{seen}");
        }
    }
}

/// A command whose report was answered is never delivered afterwards.
fn answered_commands_do_not_come_again(phone: &Phone) {
    let mut answered = BTreeSet::new();
    for event in phone.transcript() {
        let Event::Exchange(exchange) = event else { continue };
        if exchange.status != Some(200) {
            continue;
        }
        if let Sent::Report { uuid, status, .. } = exchange.sent
            && status != "NotNow"
        {
            answered.insert(uuid);
        }
        if let Received::Command { uuid, .. } = exchange.received {
            assert!(!answered.contains(&uuid), "{uuid} comes again");
        }
    }
}
