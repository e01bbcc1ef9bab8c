use std::sync::Arc;

use plist::{Dictionary, Value};
use reqwest::Url;
use trennwand_pki::sign_detached_like_device;

use crate::{
    Exchange, Fault, Offer, Phone, Received, Sent, SimulatorError,
    answers::{Facts, Outcome, answer, dictionary},
    entropy,
    error::Result,
    phone::{Management, Unsent},
    scep::Identity,
    wire::{Reply, decode, encode},
};

const CHECK_IN: &str = "application/x-apple-aspen-mdm-checkin";
const CONNECT: &str = "application/x-apple-aspen-mdm";

/// More commands than any sane server sends in one conversation.
const MAX_STEPS: usize = 100;

/// Apple's right to query device information: without it, Authenticate tells less.
const DEVICE_INFORMATION: u32 = 16;

/// Apple's right to lock and to remove the passcode, which needs the UnlockToken.
const PASSCODE_REMOVAL: u32 = 4;

impl Phone {
    /// Authenticate and TokenUpdate with an identity; then the phone can be pushed to.
    ///
    /// # Errors
    /// If the server refuses; the phone then keeps nothing.
    pub async fn check_in(&self, offer: Offer, identity: Identity) -> Result<()> {
        let _line = self.0.line.lock().await;
        let around = &self.0.around;
        let management = Management {
            push_token: around.entropy.bytes::<32>().to_vec(),
            push_magic: entropy::uuid(&*around.entropy),
            offer,
            identity,
        };
        let authenticate = self.authenticate(&management);
        self.tell(&management, Sent::Authenticate, authenticate).await?;
        self.update_token(management).await
    }

    /// The phone gets another push token, as after a restore, and tells the server.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn renew_push_token(&self) -> Result<()> {
        let _line = self.0.line.lock().await;
        let mut management = self.management()?;
        self.0.around.apns.forget(&management.push_token);
        management.push_token = self.0.around.entropy.bytes::<32>().to_vec();
        self.update_token(management).await
    }

    /// The user removes management: everything managed goes, and the server is told if it asked so.
    ///
    /// # Errors
    /// If the phone is not managed, or telling fails; management is gone all the same.
    pub async fn leave(&self) -> Result<()> {
        let _line = self.0.line.lock().await;
        let management = self.management()?;
        self.unenroll();
        if !management.offer.check_out_when_removed {
            return Ok(());
        }
        let body = self.message("CheckOut", &management);
        self.tell(&management, Sent::CheckOut, body).await
    }

    /// Connects and answers commands until there are none. A report whose answer was lost earlier
    /// is sent first, instead of `Idle`.
    ///
    /// # Errors
    /// If the phone is not managed, the server answers anything but 200, or the connection breaks.
    pub async fn connect(&self) -> Result<Vec<Exchange>> {
        let _line = self.0.line.lock().await;
        let management = self.management()?;
        let unsent = self.state().unsent.take();
        let mut next = match unsent {
            Some(unsent) => unsent,
            None => {
                let body = [("Status", "Idle".into()), ("UDID", self.udid())];
                Unsent { sent: Sent::Idle, body: self.encoded(dictionary(body))? }
            }
        };
        let mut exchanges = Vec::new();
        for _ in 0..MAX_STEPS {
            let command = self.step(&management, next, &mut exchanges).await?;
            let Some(command) = command else {
                return Ok(exchanges);
            };
            next = self.carry_out(&management, &command)?;
        }
        Err(SimulatorError::protocol("the server never stops sending commands"))
    }

    /// Sends a body of a test's own making as a connect, signed. Takes no turn, so that two
    /// connections can be open at once. Returns the status and the answer.
    ///
    /// # Errors
    /// If the phone is not managed or the connection breaks.
    pub async fn send_raw(&self, body: Vec<u8>) -> Result<(u16, Vec<u8>)> {
        let management = self.management()?;
        let url = management.offer.server_url.clone();
        let reply = self.put(&management, url, Sent::Raw, Some(CONNECT), body).await?;
        Ok((reply.status.as_u16(), reply.body))
    }

    /// Sends the bytes of an earlier exchange again.
    ///
    /// # Errors
    /// As [`Self::send_raw`].
    pub async fn replay(&self, exchange: &Exchange) -> Result<(u16, Vec<u8>)> {
        let management = self.management()?;
        let (url, kind) = match exchange.sent {
            Sent::Authenticate | Sent::TokenUpdate | Sent::CheckOut => {
                (management.offer.check_in_url.clone(), CHECK_IN)
            }
            _ => (management.offer.server_url.clone(), CONNECT),
        };
        let sent = exchange.sent.clone();
        let reply = self.put(&management, url, sent, Some(kind), exchange.body.clone()).await?;
        Ok((reply.status.as_u16(), reply.body))
    }

    /// The phone's signature over a body, as it stands in base64 in the header of a request; for
    /// requests of a test's own making that are signed beforehand.
    ///
    /// # Errors
    /// If the phone is not managed.
    pub fn sign(&self, body: &[u8]) -> Result<Vec<u8>> {
        self.signature(&self.management()?, body)
    }

    async fn update_token(&self, management: Management) -> Result<()> {
        let around = &self.0.around;
        let mut body = self.message("TokenUpdate", &management);
        body.insert("Token".into(), Value::Data(management.push_token.clone()));
        body.insert("PushMagic".into(), management.push_magic.as_str().into());
        body.insert("AwaitingConfiguration".into(), false.into());
        if management.offer.access_rights & PASSCODE_REMOVAL != 0 {
            let unlock = around.entropy.bytes::<64>().to_vec();
            body.insert("UnlockToken".into(), Value::Data(unlock));
        }
        // The server may push before its answer has arrived.
        let (token, magic) = (&management.push_token, &management.push_magic);
        around.apns.listen(token, magic, &management.offer.topic, Arc::clone(&self.0.wake));
        let told = self.tell(&management, Sent::TokenUpdate, body).await;
        match told {
            Ok(()) => self.state().management = Some(management),
            Err(_) => around.apns.forget(token),
        }
        told
    }

    /// One request of a conversation; returns the next command.
    async fn step(
        &self,
        management: &Management,
        request: Unsent,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Option<Dictionary>> {
        let (loses, repeats, kind) = {
            let mut state = self.state();
            let is_report = request.sent != Sent::Idle;
            let loses = is_report && state.behaviour.takes_loss();
            let kind = state.behaviour.sends_content_type.then_some(CONNECT);
            (loses, is_report && state.behaviour.repeats_reports, kind)
        };
        let url = management.offer.server_url.clone();
        for _ in 0..u8::from(repeats) {
            let (sent, body) = (request.sent.clone(), request.body.clone());
            self.put(management, url.clone(), sent, kind, body).await?;
        }
        if loses {
            return self.lose(management, request, kind).await;
        }
        let put = self.put(management, url, request.sent.clone(), kind, request.body.clone()).await;
        let reply = match put.and_then(|reply| reply.success("connect")) {
            Ok(reply) => reply,
            Err(error) => {
                self.refused(&error, request);
                return Err(error);
            }
        };
        exchanges.extend(self.last_exchange());
        (!reply.body.is_empty()).then(|| decode(&reply.body)).transpose()
    }

    /// The report reaches the server, its answer does not reach the phone.
    async fn lose(
        &self,
        management: &Management,
        request: Unsent,
        kind: Option<&'static str>,
    ) -> Result<Option<Dictionary>> {
        let signature = self.signature(management, &request.body)?;
        let url = management.offer.server_url.clone();
        self.0.wire.put(url, kind, Some(&signature), request.body.clone()).await?;
        self.note(Exchange {
            sent: request.sent.clone(),
            status: None,
            received: Received::Lost,
            body: request.body.clone(),
        });
        self.state().unsent = Some(request);
        Err(SimulatorError::Connection("the answer was lost".into()))
    }

    /// What a refusal means to a phone: 401, and from iOS 17 on 403 with Apple's code, end
    /// management; after anything else it keeps its report and comes again.
    fn refused(&self, error: &SimulatorError, request: Unsent) {
        let ends = match error {
            SimulatorError::Status { status: 401, .. } => true,
            SimulatorError::Status { status: 403, body, .. } => {
                body.contains("com.apple.unrecognized.device")
            }
            _ => false,
        };
        if ends {
            self.unenroll();
        } else if request.sent != Sent::Idle {
            self.state().unsent = Some(request);
        }
    }

    fn unenroll(&self) {
        {
            let mut state = self.state();
            if let Some(management) = state.management.take() {
                self.0.around.apns.forget(&management.push_token);
            }
            state.unsent = None;
            state.inside.remove_management();
        }
        self.settle();
    }

    /// Carries out a command and makes the report.
    fn carry_out(&self, management: &Management, message: &Dictionary) -> Result<Unsent> {
        let uuid = message.get("CommandUUID").and_then(Value::as_string);
        let command = message.get("Command").and_then(Value::as_dictionary);
        let (Some(uuid), Some(command)) = (uuid, command) else {
            return Err(SimulatorError::protocol("not a command"));
        };
        let certificates = [
            (self.0.handset.device_name.clone(), management.identity.certificate.der().to_vec()),
            ("Device CA".into(), management.identity.authority.der().to_vec()),
        ];
        let facts = Facts {
            handset: &self.0.handset,
            access_rights: management.offer.access_rights,
            enrollment: &management.offer.profile,
            certificates: &certificates,
        };
        let outcome = {
            let state = &mut *self.state();
            answer(command, &mut state.inside, &mut state.behaviour, &facts)
        };
        self.settle();
        let (status, mut body) = match outcome {
            Outcome::Acknowledged(body) => ("Acknowledged", body),
            Outcome::NotNow => ("NotNow", Dictionary::new()),
            Outcome::CommandFormatError => ("CommandFormatError", Dictionary::new()),
            Outcome::Error(faults) => {
                let chain = faults.iter().map(error_item).collect();
                ("Error", dictionary([("ErrorChain", Value::Array(chain))]))
            }
        };
        body.insert("Status".into(), status.into());
        body.insert("CommandUUID".into(), uuid.into());
        body.insert("UDID".into(), self.udid());
        let request_type = command.get("RequestType").and_then(Value::as_string);
        let sent = Sent::Report {
            request_type: request_type.unwrap_or_default().into(),
            uuid: uuid.into(),
            status: status.into(),
        };
        Ok(Unsent { sent, body: self.encoded(body)? })
    }

    fn authenticate(&self, management: &Management) -> Dictionary {
        let handset = &self.0.handset;
        let mut body = self.message("Authenticate", management);
        let mut say = |key: &str, value: &str| body.insert(key.into(), value.into());
        // Apple's schema ties these two to the right to query as well; other captures show them
        // without it, and a server must cope with the phone that tells more.
        say("SerialNumber", &handset.serial_number);
        say("IMEI", &handset.imei);
        say("DeviceName", &handset.device_name);
        if management.offer.access_rights & DEVICE_INFORMATION != 0 {
            say("OSVersion", &handset.os_version);
            say("BuildVersion", &handset.build_version);
            say("ProductName", &handset.product_name);
            say("ModelName", &handset.model_name);
        }
        body
    }

    fn message(&self, kind: &str, management: &Management) -> Dictionary {
        dictionary([
            ("MessageType", kind.into()),
            ("UDID", self.udid()),
            ("Topic", management.offer.topic.as_str().into()),
        ])
    }

    fn udid(&self) -> Value {
        self.0.handset.udid.as_str().into()
    }

    fn encoded(&self, body: Dictionary) -> Result<Vec<u8>> {
        let binary = self.state().behaviour.binary;
        encode(body, binary)
    }

    async fn tell(&self, management: &Management, sent: Sent, body: Dictionary) -> Result<()> {
        let what = match sent {
            Sent::Authenticate => "Authenticate",
            Sent::TokenUpdate => "TokenUpdate",
            _ => "CheckOut",
        };
        let (url, body) = (management.offer.check_in_url.clone(), self.encoded(body)?);
        self.put(management, url, sent, Some(CHECK_IN), body).await?.success(what)?;
        Ok(())
    }

    async fn put(
        &self,
        management: &Management,
        url: Url,
        sent: Sent,
        kind: Option<&'static str>,
        body: Vec<u8>,
    ) -> Result<Reply> {
        let signature = self.signature(management, &body)?;
        let reply = self.0.wire.put(url, kind, Some(&signature), body.clone()).await?;
        self.note(Exchange {
            sent,
            status: Some(reply.status.as_u16()),
            received: received(&reply),
            body,
        });
        Ok(reply)
    }

    fn signature(&self, management: &Management, body: &[u8]) -> Result<Vec<u8>> {
        let (shape, identity) = (self.state().behaviour.shape, &management.identity);
        sign_detached_like_device(body, &identity.key, &identity.certificate, shape)
            .map_err(SimulatorError::protocol)
    }
}

fn received(reply: &Reply) -> Received {
    if reply.body.is_empty() {
        return Received::Nothing;
    }
    let command = decode(&reply.body).ok().and_then(|message| {
        let command = message.get("Command")?.as_dictionary()?;
        Some(Received::Command {
            request_type: command.get("RequestType")?.as_string()?.to_owned(),
            uuid: message.get("CommandUUID")?.as_string()?.to_owned(),
        })
    });
    command.unwrap_or(Received::Other(reply.body.len()))
}

fn error_item(fault: &Fault) -> Value {
    dictionary([
        ("ErrorDomain", fault.domain.as_str().into()),
        ("ErrorCode", fault.code.into()),
        ("LocalizedDescription", fault.description.as_str().into()),
        ("USEnglishDescription", fault.description.as_str().into()),
    ])
    .into()
}
