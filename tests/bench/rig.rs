//! Enrolled phones with signed requests, and the function of the device path on its own.

use std::{
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use trennwand::{Credentials, Data, Options, start};
use trennwand_domain::{Authenticator, Clock, DeviceId, Duration, Secret, TenantId, TenantScope};
use trennwand_fn_checkin::{State, router};
use trennwand_pki::FileMasterKey;
use trennwand_runtime::{Core, SystemClock, SystemEntropy, telemetry};
use trennwand_simulator::{Handset, Keys, Phone, StandInApns, Surroundings};
use trennwand_store::{Store, Tables, client};
use trennwand_web::{Shell, finish};

use crate::api::{Api, new_tenant, text};

/// The content type of a connect.
const CONNECT: &str = "application/x-apple-aspen-mdm";

/// An idle connect, signed.
#[derive(Debug, Clone)]
pub(crate) struct Idle {
    pub(crate) path: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Idle {
    /// As bytes on a connection.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { path, signature, body } = self;
        format!(
            "PUT {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: MDM/1.0\r\naccept: */*\r\n\
             content-type: {CONNECT}\r\nmdm-signature: {signature}\r\ncontent-length: {}\r\n\r\n\
             {body}",
            body.len(),
        )
        .into()
    }

    /// As a router gets it.
    pub(crate) fn request(&self) -> Request<Body> {
        let request = Request::builder().method(Method::PUT).uri(&self.path);
        let request = request.header("content-type", CONNECT);
        let request = request.header("mdm-signature", &self.signature);
        let request = request.header("content-length", self.body.len());
        request.body(self.body.clone().into()).expect("a request")
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.path.split('/').nth(2).and_then(|t| t.parse().ok()).expect("a tenant")
    }

    pub(crate) fn device(&self) -> DeviceId {
        self.path.split('/').nth(3).and_then(|t| t.parse().ok()).expect("a device")
    }

    pub(crate) fn to_json(&self) -> Value {
        json!([self.path, self.signature, self.body])
    }

    pub(crate) fn from_json(value: &Value) -> Self {
        let part = |n: usize| value[n].as_str().expect("a text").to_owned();
        Self { path: part(0), signature: part(1), body: part(2) }
    }
}

/// A phone and what it needs to speak without us.
pub(crate) struct Enrolled {
    pub(crate) phone: Phone,
    pub(crate) idle: Idle,
}

/// Enrols a company phone, lets it work off what there is to do, and signs an idle connect.
pub(crate) async fn enroll(tenant_id: &str, tenant: &Api, keys: &Keys, place: usize) -> Enrolled {
    let path = format!("/v1/tenants/{tenant_id}");
    let user = json!({
        "email": format!("user{place}@musterbau.example"), "display_name": "Anna Albers",
    });
    let user = text(&tenant.post(&format!("{path}/users"), user).await, "id");
    let order = json!({ "platform": "ios", "ownership": "company", "user": user });
    let invitation = tenant.post(&format!("{path}/enrollments"), order).await;
    let entropy = Arc::new(SystemEntropy);
    let phone = Phone::new(
        Handset::new("iPhone", &*entropy),
        Surroundings {
            clock: Arc::new(SystemClock),
            entropy,
            keys: keys.clone(),
            apns: StandInApns::new(),
        },
    );
    let phone = phone.expect("a phone");
    let offer = phone.open(&text(&invitation, "url")).await.expect("a profile");
    let path = offer.server_url.path().to_owned();
    phone.install(offer).await.expect("the phone enrols");
    let exchanges = phone.connect().await.expect("the phone connects");
    let body = exchanges[0].body.clone();
    let signature = BASE64_STANDARD.encode(phone.sign(&body).expect("a signature"));
    let idle = Idle { path, signature, body: String::from_utf8(body).expect("XML") };
    Enrolled { phone, idle }
}

/// Enrols phones in a server with this directory, which ends when they have nothing left to do.
pub(crate) async fn prepare(directory: &Path, phones: usize) -> Vec<Idle> {
    let mut options = Options::new(Data::Directory(directory.to_owned()));
    options.listen.set_port(0);
    options.credentials = Credentials::Returned;
    let server = start(options).await.expect("the server starts");
    let minted = server.credentials().expect("clients are minted").reseller.clone();
    let reseller = Api::new(server.base_url(), &minted.client_id, &minted.client_secret);
    let (tenant_id, tenant) = new_tenant(&reseller).await;
    let keys = Keys::pool();
    let mut idles = Vec::new();
    for place in 0..phones {
        idles.push(enroll(&tenant_id, &tenant, &keys, place).await.idle);
    }
    server.shutdown().await;
    idles
}

/// The database file in a server's directory.
pub(crate) fn database_file(directory: &Path) -> PathBuf {
    directory.join("database.sqlite")
}

/// Serves a database file; returns its address.
pub(crate) async fn serve_database(file: &Path) -> String {
    let database = Database::new(file.to_str().expect("Unicode")).expect("a database");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    address
}

/// What the function needs, on this database. The master key opens nothing that was sealed before,
/// which an idle connect does not need.
pub(crate) fn core(database: &str) -> Core {
    let store = Store::new(client::connect(&format!("http://{database}"), None), Tables::default());
    let entropy = Arc::new(SystemEntropy);
    let master = FileMasterKey::from_bytes(Secret::new([7; 32]), entropy.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Core::new(store, Arc::new(master), clock, entropy, "http://localhost")
}

/// The function with everything that is around it, its cache of heads included.
pub(crate) fn function(core: &Core, keep_heads_for: Duration) -> Router {
    let shell = Shell { ids: core.ids.clone(), function: "checkin" };
    finish(router(State::new(core.clone(), keep_heads_for)), shell)
}

/// The scope in which a phone's partition is read without a request.
pub(crate) fn scope(tenant: TenantId) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "a measurement vouches for itself")]
    TenantScope::vouched(Authenticator::DeviceCertificate, tenant)
}

/// Log lines are made as in the cloud, and thrown away.
pub(crate) fn log_to_nowhere() {
    let subscriber = telemetry::subscriber("checkin", "info", io::sink);
    tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
}
