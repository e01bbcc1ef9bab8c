use std::{net::SocketAddr, path::PathBuf};

use serde_json::{Value, json};
use trennwand_domain::Clock as _;
use trennwand_pki::{RsaKey, TOPIC_PREFIX, test_push_certificate};
use trennwand_runtime::SystemClock;
use trennwand_simulator::StandInApns;

use super::{
    Cast, Customer, DemoError, Invitation, Stage,
    apns_port::ApnsPort,
    client::{ApiClient, Result, items, text},
    google_port::{Google, GooglePort},
    perform, verdicts,
};
use crate::Console;

/// The demo on a service that runs elsewhere.
#[derive(Debug)]
pub struct Tour {
    /// Where the service is reached, without `/` at the end.
    pub base_url: String,
    /// A JSON file with `client_id` and `client_secret` of the operator.
    pub operator: PathBuf,
    /// Where Apple's push service is played.
    pub apns: SocketAddr,
    /// Where Google is played; without it there are no Android phones.
    pub google: Option<SocketAddr>,
}

impl Tour {
    /// The operator makes a reseller, then the main job is played.
    ///
    /// # Errors
    /// If the service refuses a step.
    pub async fn play(&self, console: Console) -> Result<()> {
        let operator = std::fs::read(&self.operator).ok();
        let operator = operator.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        let operator = operator.ok_or_else(|| {
            DemoError::Server(format!("{} has no credentials", self.operator.display()))
        })?;
        let apns = StandInApns::new();
        let _port = ApnsPort::open(self.apns, apns.clone()).await?;
        let google = match self.google {
            Some(at) => Some(GooglePort::open(at, &self.base_url).await?),
            None => None,
        };

        console.title("0. The operator makes a reseller");
        let (id, secret) = (text(&operator, "client_id"), text(&operator, "client_secret"));
        let operator = ApiClient::sign_in(&self.base_url, id, secret).await?;
        let made = operator.post("/v1/resellers", json!({ "name": "Systemhaus Nord" })).await?;
        let reseller = text(&made, "id");
        console.say(format_args!("   New reseller \"Systemhaus Nord\": {reseller}."));
        let path = format!("/v1/resellers/{reseller}/clients");
        let client = operator.post(&path, json!({ "name": "demo" })).await?;

        let stage = Stage {
            base_url: &self.base_url,
            reseller: (text(&client, "client_id"), text(&client, "client_secret")),
            apns: &apns,
            google: google.as_ref().map(Google::Beside),
            elsewhere: true,
        };
        let phones = perform(stage, console).await?;
        console.say(format_args!("\n   Pushes that the stand-in took: {}.", apns.count().taken));
        drop(phones);
        Ok(())
    }
}

impl Customer {
    /// Uploads a push certificate that Apple would refuse and the stand-in takes.
    pub(super) async fn bring_push_certificate(&self, console: Console) -> Result<()> {
        let cannot = |error| DemoError::Server(format!("no push certificate: {error:?}"));
        let key = tokio::task::spawn_blocking(RsaKey::generate).await;
        let key = key.map_err(trennwand_domain::Error::internal).and_then(|key| key);
        let key = key.map_err(cannot)?;
        let tenant = self.root.rsplit('_').next().unwrap_or_default();
        let topic = format!("{TOPIC_PREFIX}External.{}", tenant.to_lowercase());
        let certificate = test_push_certificate(&key, &topic, SystemClock.now()).map_err(cannot)?;
        let body =
            json!({ "certificate": certificate.to_pem(), "private_key": key.to_pem().expose() });
        self.api.put(&format!("{}/apns/certificate", self.root), body, None).await?;
        console.say("   A push certificate is uploaded (a stand-in's, not Apple's).");
        Ok(())
    }

    /// Accepts the operator's terms, if there are any: Google wants that before it is let in.
    pub(super) async fn accept_terms(&self, console: Console) -> Result<()> {
        let path = format!("{}/agreements", self.root);
        let agreements = self.api.get(&path).await?;
        for open in items(&agreements).iter().filter(|a| text(a, "status") == "open") {
            let version = text(open, "version");
            self.api.post(&path, json!({ "version": version })).await?;
            console.say(format_args!("   The operator's terms, version {version}, are accepted."));
        }
        Ok(())
    }

    /// Asks a phone something and waits for its answer.
    pub(super) async fn ask(
        &self,
        console: Console,
        cast: &Cast,
        invitation: &Invitation,
    ) -> Result<()> {
        let path = format!("{}/devices/{}/commands", self.root, invitation.device);
        let command = self.api.post(&path, json!({ "type": "security_info" })).await?;
        let path = format!("{path}/{}", text(&command, "id"));
        for _ in 0..verdicts::GLANCES {
            let command = self.api.get(&path).await?;
            if text(&command, "status") == "acknowledged" {
                let passcode = &command["result"]["passcode_present"];
                let phone = cast.phone;
                console.say(format_args!(
                    "   Asked for security information, {phone} answers: passcode_present = {passcode}.",
                ));
                return Ok(());
            }
            tokio::time::sleep(verdicts::GLANCE).await;
        }
        Err(DemoError::Server(format!("{} did not answer", cast.phone)))
    }
}
