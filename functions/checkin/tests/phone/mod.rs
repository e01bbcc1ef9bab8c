//! A phone's end of the device channel.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use plist::{Dictionary, Value};
use tower::ServiceExt as _;
use trennwand_domain::{DeviceId, Digest, Duration, IssuedCertificate, Ownership, Sealed};
use trennwand_fn_checkin::{State, router};
use trennwand_pki::{
    Certificate, DEVICE_LIFETIME, DeviceAuthority, DeviceShape, RsaKey, Subject, Usage,
    sign_detached_like_device,
};

use crate::support::{NOON, TOPIC, World, key};

/// A phone that has its certificate and nothing else.
pub(crate) struct Phone {
    pub(crate) id: DeviceId,
    pub(crate) certificate: Certificate,
    pub(crate) installed: Vec<Dictionary>,
    key: RsaKey,
    path: String,
    pub(crate) router: Router,
}

/// A command as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    pub(crate) uuid: String,
    pub(crate) kind: String,
    pub(crate) body: Dictionary,
}

impl Phone {
    /// Invited and issued a certificate.
    pub(crate) async fn issued(world: &World, ownership: Ownership) -> Self {
        let (enrollment, _) = world.invite(ownership).await;
        let (key, certificate) = identity(1);
        let issued = IssuedCertificate {
            transaction: "t".into(),
            public_key: Digest::of(key.spki_der()),
            certificate: Sealed::from_bytes(vec![]),
        };
        let mut tx = world.core.store.transaction();
        let enrollments = world.core.store.enrollments(&world.scope);
        enrollments.issue(&mut tx, &enrollment, &issued, certificate.hash(), world.now());
        tx.commit().await.unwrap();
        Self {
            id: enrollment.device,
            certificate,
            installed: Vec::new(),
            key,
            path: format!("/mdm/{}/{}", world.scope.tenant(), enrollment.device),
            router: router(State::new(world.core.clone(), Duration::ZERO)),
        }
    }

    /// Authenticated and enrolled.
    pub(crate) async fn enrolled(world: &World, ownership: Ownership) -> Self {
        let phone = Self::issued(world, ownership).await;
        assert_eq!(phone.put(&authenticate()).await, (StatusCode::OK, vec![]));
        assert_eq!(phone.put(&token_update()).await, (StatusCode::OK, vec![]));
        phone
    }

    pub(crate) async fn put(&self, body: &str) -> (StatusCode, Vec<u8>) {
        self.put_as(&self.key, &self.certificate, body).await
    }

    pub(crate) async fn put_as(
        &self,
        key: &RsaKey,
        certificate: &Certificate,
        body: &str,
    ) -> (StatusCode, Vec<u8>) {
        self.put_signed(&sign(key, certificate, body), body).await
    }

    pub(crate) fn signature(&self, body: &str) -> String {
        sign(&self.key, &self.certificate, body)
    }

    pub(crate) async fn put_signed(&self, signature: &str, body: &str) -> (StatusCode, Vec<u8>) {
        self.put_to(&self.path, signature, body).await
    }

    pub(crate) async fn put_to(
        &self,
        path: &str,
        signature: &str,
        body: &str,
    ) -> (StatusCode, Vec<u8>) {
        let request = Request::put(path)
            .header("mdm-signature", signature)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
    }

    /// Puts a report; the next command, if there is one.
    pub(crate) async fn report(&self, body: &str) -> Option<Command> {
        let (status, body) = self.put(body).await;
        assert_eq!(status, StatusCode::OK);
        if body.is_empty() {
            return None;
        }
        let message: Dictionary = plist::from_bytes(&body).unwrap();
        let command = message["Command"].as_dictionary().unwrap().clone();
        Some(Command {
            uuid: message["CommandUUID"].as_string().unwrap().into(),
            kind: command["RequestType"].as_string().unwrap().into(),
            body: command,
        })
    }

    pub(crate) async fn idle(&self) -> Option<Command> {
        self.report(&status("Idle", None, "")).await
    }

    /// Does what a command says and tells of it.
    pub(crate) fn obey(&mut self, command: &Command) -> String {
        let members = match command.kind.as_str() {
            "InstallProfile" => {
                let profile = command.body["Payload"].as_data().unwrap();
                let profile: Dictionary = plist::from_bytes(profile).unwrap();
                let same = |p: &Dictionary| p["PayloadIdentifier"] == profile["PayloadIdentifier"];
                self.installed.retain(|p| !same(p));
                self.installed.push(profile);
                String::new()
            }
            "ProfileList" => self.profiles(),
            "Restrictions" => RESTRICTIONS.into(),
            "SecurityInfo" => "<key>SecurityInfo</key><dict/>".into(),
            "ManagedApplicationList" => "<key>ManagedApplicationList</key><dict/>".into(),
            _ => String::new(),
        };
        status("Acknowledged", Some(&command.uuid), &members)
    }

    /// Connects and obeys until there is nothing more; the kinds of the commands.
    pub(crate) async fn converse(&mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        let mut next = self.idle().await;
        while let Some(command) = next {
            kinds.push(command.kind.clone());
            assert!(kinds.len() < 30, "{kinds:?}");
            let answer = self.obey(&command);
            next = self.report(&answer).await;
        }
        kinds
    }

    fn profiles(&self) -> String {
        let entry = |profile: &Dictionary| {
            let text = |name: &str| profile[name].as_string().unwrap().to_owned();
            format!(
                "<dict><key>PayloadIdentifier</key><string>{}</string><key>PayloadUUID</key>\
                 <string>{}</string><key>PayloadContent</key><array/></dict>",
                text("PayloadIdentifier"),
                text("PayloadUUID")
            )
        };
        let entries: String = self.installed.iter().map(entry).collect();
        format!("<key>ProfileList</key><array>{entries}</array>")
    }
}

fn sign(key: &RsaKey, certificate: &Certificate, body: &str) -> String {
    let shape = DeviceShape::Genuine;
    let signature = sign_detached_like_device(body.as_bytes(), key, certificate, shape);
    STANDARD.encode(signature.unwrap())
}

/// All that the wall closes, as reported by a phone that has it.
const RESTRICTIONS: &str = "<key>GlobalRestrictions</key><dict><key>restrictedBool</key><dict>\
    <key>allowOpenFromManagedToUnmanaged</key><dict><key>value</key><false/></dict>\
    <key>allowOpenFromUnmanagedToManaged</key><dict><key>value</key><false/></dict>\
    <key>allowUnmanagedToReadManagedContacts</key><dict><key>value</key><false/></dict>\
    <key>allowManagedToWriteUnmanagedContacts</key><dict><key>value</key><false/></dict>\
    <key>requireManagedPasteboard</key><dict><key>value</key><true/></dict></dict></dict>";

/// The same answer from a phone whose border is open.
pub(crate) fn leak() -> String {
    RESTRICTIONS.replacen("<false/>", "<true/>", 1)
}

/// A certificate that some CA issued; the device channel knows certificates by their hash.
pub(crate) fn identity(place: usize) -> (RsaKey, Certificate) {
    let (ca_key, key) = (key(0), key(place));
    let subject = Subject::new().common_name("test");
    let ca = DeviceAuthority::self_signed_ca(ca_key, &subject, NOON, [1; 16]).unwrap();
    let until = NOON.plus(DEVICE_LIFETIME);
    let serial = [place as u8 + 2; 16];
    let certificate =
        ca.issue(&subject, key.spki_der(), NOON, until, serial, Usage::Device).unwrap();
    (key, certificate)
}

pub(crate) fn message(members: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>{members}\
         <key>UDID</key><string>00008140-0011223344556677</string></dict></plist>"
    )
}

pub(crate) fn status(status: &str, uuid: Option<&str>, members: &str) -> String {
    let uuid = uuid
        .map_or_else(String::new, |uuid| format!("<key>CommandUUID</key><string>{uuid}</string>"));
    message(&format!("<key>Status</key><string>{status}</string>{uuid}{members}"))
}

pub(crate) fn authenticate() -> String {
    message(&format!(
        "<key>MessageType</key><string>Authenticate</string><key>Topic</key><string>{TOPIC}\
         </string><key>OSVersion</key><string>27.1</string><key>ProductName</key>\
         <string>iPhone17,3</string><key>SerialNumber</key><string>POISON</string>"
    ))
}

pub(crate) fn token_update() -> String {
    message(&format!(
        "<key>MessageType</key><string>TokenUpdate</string><key>Topic</key><string>{TOPIC}\
         </string><key>PushMagic</key><string>magic</string><key>Token</key><data>AQIDBA==</data>"
    ))
}

pub(crate) fn check_out() -> String {
    message(&format!(
        "<key>MessageType</key><string>CheckOut</string><key>Topic</key><string>{TOPIC}</string>"
    ))
}

/// A value of a payload of an installed profile.
pub(crate) fn payload_value<'a>(profile: &'a Dictionary, name: &str) -> Option<&'a Value> {
    let payloads = profile["PayloadContent"].as_array().unwrap();
    payloads.iter().find_map(|p| p.as_dictionary().unwrap().get(name))
}
