//! The main job as a reseller and a customer's administrator do it, through the API and on
//! simulated phones; nothing here knows the inside of the service.

mod android;
mod apns_port;
mod client;
mod google_port;
mod guest;
mod narrator;
mod preview;
mod rollout;
mod tour;
mod verdicts;

use std::sync::Arc;

use serde_json::{Value, json};
use trennwand_domain::Clock as _;
use trennwand_runtime::{SystemClock, SystemEntropy};
use trennwand_simulator::{Handset, Keys, Online, Phone, StandInApns, Surroundings};

pub(crate) use self::google_port::Google;
use self::{
    android::AndroidOnline,
    client::{ApiClient, Result, items, text},
    narrator::Narrator,
    verdicts::Verdicts,
};
pub use self::{client::DemoError, google_port::GoogleAlone, guest::Guest, tour::Tour};
use crate::{Console, Running};

/// A person of the demo's company with a phone.
pub(crate) struct Cast {
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) platform: &'static str,
    pub(crate) ownership: &'static str,
    /// Whether the phone reports that data may leave the managed area.
    pub(crate) leaks: bool,
}

const CAST: [Cast; 3] = [
    Cast {
        name: "Anna Albers",
        email: "anna@musterbau.example",
        phone: "Anna's own iPhone",
        platform: "ios",
        ownership: "personal",
        leaks: false,
    },
    Cast {
        name: "Bernd Brandt",
        email: "bernd@musterbau.example",
        phone: "Bernd's company iPhone",
        platform: "ios",
        ownership: "company",
        leaks: false,
    },
    Cast {
        name: "Clara Conrad",
        email: "clara@musterbau.example",
        phone: "Clara's leaking iPhone",
        platform: "ios",
        ownership: "personal",
        leaks: true,
    },
];

/// A way for a phone of the cast into management.
pub(crate) struct Invitation {
    pub(crate) phone: &'static str,
    pub(crate) device: String,
    link: String,
}

/// Keeps the demo's phones online.
pub struct Cameo {
    phones: Vec<Online>,
    android: Option<AndroidOnline>,
}

impl std::fmt::Debug for Cameo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cameo({} iPhones, {:?})", self.phones.len(), self.android)
    }
}

/// Where the demo plays.
pub(crate) struct Stage<'a> {
    pub(crate) base_url: &'a str,
    /// Id and secret of the reseller's client.
    pub(crate) reseller: (&'a str, &'a str),
    /// The push service that phones listen to.
    pub(crate) apns: &'a StandInApns,
    /// Google for Android phones, if they are played.
    pub(crate) google: Option<Google<'a>>,
    /// The service has no test portal: the customer brings a push certificate, which only a stand-in
    /// of Apple's service takes, accepts the operator's terms, and asks one phone something at the end.
    pub(crate) elsewhere: bool,
}

/// Plays the main job on a server that minted credentials. The phones stay online as long as the
/// returned value lives.
///
/// # Errors
/// If the server refuses a step.
pub async fn play(server: &Running, console: Console) -> Result<Cameo> {
    let minted = server.credentials().ok_or_else(|| {
        DemoError::Server("the demo needs a server that minted credentials".into())
    })?;
    let stage = Stage {
        base_url: &minted.base_url,
        reseller: (&minted.reseller.client_id, &minted.reseller.client_secret),
        apns: server.apns(),
        google: Some(Google::Inside(server)),
        elsewhere: false,
    };
    perform(stage, console).await
}

pub(crate) async fn perform(stage: Stage<'_>, console: Console) -> Result<Cameo> {
    let Stage { base_url, reseller: (id, secret), .. } = stage;

    console.title("1. A reseller adds a customer");
    let reseller = ApiClient::sign_in(base_url, id, secret).await?;
    console.say("   The reseller has signed in (OAuth 2.0 client credentials).");
    let name = format!("Musterbau GmbH, demo of {}", SystemClock.now());
    let tenant = reseller.post("/v1/tenants", json!({ "name": name })).await?;
    let tenant = text(&tenant, "id").to_owned();
    console.say(format_args!("   New customer \"{name}\": {tenant}."));
    until_active(&reseller, &tenant, console).await?;

    let path = format!("/v1/tenants/{tenant}/clients");
    let client = reseller.post(&path, json!({ "name": "demo" })).await?;
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let customer = Customer {
        api: ApiClient::sign_in(base_url, id, secret).await?,
        root: format!("/v1/tenants/{tenant}"),
    };
    console.say("   The customer's administrator has credentials of their own and signs in.");

    console.title("2. The customer says where its mail lives and who uses a phone");
    if stage.elsewhere {
        customer.bring_push_certificate(console).await?;
        customer.accept_terms(console).await?;
    }
    let invitations = customer.prepare(console).await?;

    console.title("3. Three phones are enrolled");
    let narrator = Narrator::start(console);
    let phones = enroll(stage.apns, &narrator, &invitations).await?;

    console.title("4. The phones are woken, get the wall and the account, and are asked");
    let online = phones.iter().map(Phone::stay_online).collect();
    let verdicts = Verdicts::wait(&customer, &invitations, 1).await?;
    narrator.catch_up();
    console.say("\n   What the phones have proven so far:");
    verdicts.show(console);

    console.title("5. The customer changes the policy: no Siri while a phone is locked");
    // Elsewhere nobody may play the timer that takes a roll-out on.
    let in_stages = if stage.elsewhere { None } else { Some(invitations.as_slice()) };
    let version = customer.change_policy(console, in_stages).await?;
    let verdicts = Verdicts::wait(&customer, &invitations, version).await?;
    narrator.catch_up();
    for (cast, phone) in CAST.iter().zip(&phones) {
        let blocked = phone.restrictions().bool("allowAssistantWhileLocked") == Some(false);
        let siri = if blocked { "is silent while locked now" } else { "still answers" };
        console.say(format_args!("   Siri on {} {siri}.", cast.phone));
    }
    if stage.elsewhere {
        for (cast, invitation) in CAST.iter().zip(&invitations).take(1) {
            customer.ask(console, cast, invitation).await?;
        }
        narrator.catch_up();
    }

    console.title("6. The verdicts");
    verdicts.show(console);
    console.say(LEGEND);
    let mut cameo = Cameo { phones: online, android: None };
    if let Some(google) = &stage.google {
        cameo.android = Some(android::play(google, &customer, version, console).await?);
    }
    Ok(cameo)
}

const LEGEND: &str = "
   proven: the phone reported it. inferred: it follows from what the phone reported.
   violated: the phone reported the opposite. A phone's verdict is its worst control.";

/// A customer's administrator.
pub(crate) struct Customer {
    pub(crate) api: ApiClient,
    pub(crate) root: String,
}

impl Customer {
    /// Mail settings, users, invitations; returns what came of the latter in the order of the cast.
    async fn prepare(&self, console: Console) -> Result<Vec<Invitation>> {
        let mail = json!({ "kind": "exchange_online", "auth": "oauth" });
        self.api.put(&format!("{}/mail", self.root), mail, None).await?;
        console.say("   Mail: Exchange Online, signed in by OAuth.");
        let mut invitations = Vec::new();
        for cast in &CAST {
            invitations.push(self.invite(console, cast).await?);
        }
        Ok(invitations)
    }

    /// Creates the user and an invitation for the user's phone.
    pub(super) async fn invite(&self, console: Console, cast: &Cast) -> Result<Invitation> {
        let user = json!({ "email": cast.email, "display_name": cast.name });
        let user = self.api.post(&format!("{}/users", self.root), user).await?;
        let order = json!({
            "platform": cast.platform, "ownership": cast.ownership, "user": text(&user, "id"),
        });
        let made = self.api.post(&format!("{}/enrollments", self.root), order).await?;
        console.say(format_args!(
            "   {} gets a link for {}; best possible verdict: {}.",
            cast.name,
            cast.phone,
            text(&made, "expected_best_verdict"),
        ));
        Ok(Invitation {
            phone: cast.phone,
            device: text(&made, "device").to_owned(),
            link: text(&made, "url").to_owned(),
        })
    }

    /// Makes a draft, then rolls it out, to these phones in stages; returns the new version.
    async fn change_policy(
        &self,
        console: Console,
        in_stages: Option<&[Invitation]>,
    ) -> Result<u32> {
        let policies = self.api.get(&format!("{}/policies", self.root)).await?;
        let id = items(&policies).first().map(|p| text(p, "id").to_owned()).unwrap_or_default();
        let path = format!("{}/policies/{id}", self.root);
        let (policy, tag) = self.api.get_tagged(&path).await?;
        let mut document = policy["document"].clone();
        document["siri_while_locked"] = "blocked".into();
        let draft = self.api.put(&path, json!({ "document": document }), Some(&tag)).await?;
        let version = version_of(&draft)?;
        console.say(format_args!(
            "   \"{}\" has a draft, version {version}. Nothing has reached a phone yet.",
            text(&policy, "name"),
        ));
        self.preview(console, &path, version).await?;
        if let Some(phones) = in_stages {
            self.roll_out_in_stages(console, &path, version, phones).await?;
        } else {
            self.api.post(&format!("{path}/rollouts"), json!({ "version": version })).await?;
            console.say("   It is rolled out to all phones.");
        }
        Ok(version)
    }
}

fn version_of(policy: &Value) -> Result<u32> {
    let version = policy["version"].as_u64().and_then(|v| u32::try_from(v).ok());
    version.ok_or_else(|| DemoError::Server("the draft has no version".into()))
}

async fn until_active(reseller: &ApiClient, tenant: &str, console: Console) -> Result<()> {
    for _ in 0..verdicts::GLANCES {
        let tenant = reseller.get(&format!("/v1/tenants/{tenant}")).await?;
        if text(&tenant, "status") == "active" {
            console
                .say("   Its certificate authority is made; it is active, with the preset policy");
            console.say("   \"contact isolation for privately used WhatsApp\" for everyone.");
            return Ok(());
        }
        tokio::time::sleep(verdicts::GLANCE).await;
    }
    Err(DemoError::Server("the customer did not become active".into()))
}

async fn enroll(
    apns: &StandInApns,
    narrator: &Narrator,
    invitations: &[Invitation],
) -> Result<Vec<Phone>> {
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        keys: Keys::Generated,
        apns: apns.clone(),
    };
    let mut phones = Vec::new();
    for (cast, invitation) in CAST.iter().zip(invitations) {
        let handset = Handset::new(cast.phone, &*around.entropy);
        let phone = Phone::new(handset, around.clone())?;
        phone.misbehave(|behaviour| behaviour.reports_open_in = cast.leaks);
        narrator.follow(cast.phone, &phone);
        phone.enroll(&invitation.link).await?;
        phones.push(phone);
    }
    narrator.catch_up();
    Ok(phones)
}
