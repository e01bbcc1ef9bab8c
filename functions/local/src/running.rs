use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::Router;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use trennwand_domain::{Clock, Duration, Error, Result, Timestamp};
use trennwand_fn_schedule::ScheduleState;
use trennwand_pki::FileMasterKey;
use trennwand_runtime::{Core, Message};
use trennwand_simulator::{StandInApns, StandInGoogle};
use trennwand_store::{Store, Tables, client};

use crate::{
    Credentials, Data, Measured, Minted, Options,
    android::LocalAndroid,
    credentials::{self, mint},
    embedded::Embedded,
    files::Secrets,
    measure::Ledger,
    patient::Patient,
    pump::Pump,
    queue::Queue,
    service::{self, Portal},
    timer::Timer,
};

/// The wait before a message is delivered for the second time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How long open requests may go on once the server is told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

const DAY: Duration = Duration::from_secs(86_400);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// Data or keys cannot be used.
    #[error("cannot use the data: {0:?}")]
    Data(#[from] Error),
}

/// A server that runs; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    core: Core,
    credentials: Option<Minted>,
    apns: StandInApns,
    android: LocalAndroid,
    router: Router,
    ledger: Ledger,
    queue: Queue<Message>,
    pump: Pump,
    timer: Timer,
    stop: watch::Sender<bool>,
    http: Option<JoinHandle<()>>,
    tasks: Vec<JoinHandle<()>>,
    /// Ends after everything that uses it.
    _embedded: Embedded,
}

/// Starts the whole service.
///
/// # Errors
/// If it cannot listen, or data or keys cannot be used.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let listening = |source| StartError::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let now = options.clock.now();

    let secrets = Secrets::load(&options.data, &*options.entropy, now)?;
    let embedded = Embedded::start(&options.data).await?;
    let dynamo = client::connect(embedded.endpoint(), options.faults.clone());
    let store = Store::new(dynamo, Tables::default());
    store.create_tables().await?;
    let master =
        FileMasterKey::from_bytes(secrets.master_key.clone(), Arc::clone(&options.entropy));
    let core = Core::new(
        store,
        Arc::new(master),
        Arc::clone(&options.clock),
        Arc::clone(&options.entropy),
        &base_url(address),
    );

    let (queue, apns) = (Queue::new(FIRST_WAIT), StandInApns::new());
    let (clock, entropy) = (Arc::clone(&options.clock), Arc::clone(&options.entropy));
    let android = LocalAndroid::start(clock, entropy, Arc::new(queue.clone())).await?;
    let (router, google) = service::router(&core, secrets, &android);
    let portal = Portal { certifies: options.test_portal, agrees: options.demo_agreements };
    service::serve_queue(&core, &queue, Arc::new(apns.clone()), google, portal);
    let pump = Pump::new(service::events(&core, &queue), queue.clone(), &embedded);
    let schedule = ScheduleState { core: core.clone(), publisher: Arc::new(queue.clone()) };
    let timer = Timer::new(schedule, timer_start(&options.data, now));
    let ledger = Ledger::default();
    let router = ledger.around(router);

    let credentials = match &options.credentials {
        Credentials::None => None,
        Credentials::Returned | Credentials::File(_) => Some(mint(&core).await?),
    };
    let (stop, stopping) = watch::channel(false);
    let listener = Patient { listener, patience: options.patience };
    let http = tokio::spawn(serve(listener, router.clone(), stopping));
    if let (Credentials::File(path), Some(minted)) = (&options.credentials, &credentials) {
        credentials::write(minted, path)?;
    }
    let mut tasks = vec![tokio::spawn(pump.clone().run())];
    if options.timer.is_some() {
        tasks.push(tokio::spawn(android.clone().run(Arc::clone(&core.base_url))));
    }
    tasks.extend(options.timer.map(|every| tokio::spawn(timer.clone().run(every))));
    tracing::info!(%address, "serving");
    Ok(Running {
        address,
        core,
        credentials,
        apns,
        android,
        router,
        ledger,
        queue,
        pump,
        timer,
        stop,
        http: Some(http),
        tasks,
        _embedded: embedded,
    })
}

/// Phones whose minute passed while the server was off are woken when it starts.
fn timer_start(data: &Data, now: Timestamp) -> Timestamp {
    match data {
        Data::Directory(_) => now.minus(DAY),
        Data::Memory => now,
    }
}

/// The address under which this machine reaches the server.
fn base_url(address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, address.port()))
}

async fn serve(listener: Patient, router: Router, mut stopping: watch::Receiver<bool>) {
    let stopped = async move {
        // An error means that nobody can stop it any more: then it is over, too.
        drop(stopping.wait_for(|stop| *stop).await);
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the server ended");
    }
}

impl Running {
    /// Where the API is, without `/` at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.core.base_url
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The clients that were minted at the start.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Minted> {
        self.credentials.as_ref()
    }

    /// The push service that simulated phones listen to.
    #[must_use]
    pub const fn apns(&self) -> &StandInApns {
        &self.apns
    }

    /// The stand-in for Google, where simulated Android phones live.
    #[must_use]
    pub const fn google(&self) -> &StandInGoogle {
        self.android.google()
    }

    /// The store, to look behind the API.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.core.store
    }

    /// The server's clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.core.clock
    }

    /// All routes, to be called without a network.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// What the requests since the last call cost; of very many, the latest.
    #[must_use]
    pub fn take_measured(&self) -> Vec<Measured> {
        self.ledger.take()
    }

    /// Does what has become due since the last tick; says how many phones it wakes.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn tick(&self) -> Result<usize> {
        self.timer.tick().await
    }

    /// Returns when everything was worked off that follows from what was written so far: the stream
    /// is read and no message waits (delayed ones left aside).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn settle(&self) -> Result<()> {
        loop {
            self.queue.idle().await;
            let pushed = self.android.deliver(&self.core.base_url).await?;
            if self.pump.advance().await? == 0 && self.queue.is_idle() && pushed == 0 {
                return Ok(());
            }
        }
    }

    /// How many messages were given up since the start.
    #[must_use]
    pub fn messages_given_up(&self) -> usize {
        self.queue.given_up()
    }

    /// Stops: no new requests, open ones end, what is in the queues is taken up at the next start.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(http) = self.http.take() {
            let mut http = http;
            if tokio::time::timeout(PATIENCE, &mut http).await.is_err() {
                http.abort();
            }
        }
        if tokio::time::timeout(PATIENCE, self.settle()).await.is_err() {
            tracing::warn!("some work is left for the next start");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.queue.close();
        self.tasks.iter().chain(&self.http).for_each(JoinHandle::abort);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_this_machine_also_if_the_server_listens_everywhere() {
        for (address, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:9000", "http://[::1]:9000"),
            ("192.0.2.7:1", "http://192.0.2.7:1"),
        ] {
            assert_eq!(base_url(address.parse().unwrap()), url);
        }
    }
}
