use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use trennwand_domain::{Clock, Duration, Entropy};
use trennwand_runtime::{SystemClock, SystemEntropy};
use trennwand_store::FaultPlan;

/// Where data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Database and keys in this directory.
    Directory(PathBuf),
    /// Nothing is kept.
    Memory,
}

/// Whether clients of the operator and of this machine's reseller are minted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// No; clients minted earlier stay valid.
    None,
    /// Yes, and they are only returned.
    Returned,
    /// Yes, and they are also written to this file (mode 0600) once the server is ready.
    File(PathBuf),
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where data is kept.
    pub data: Data,
    /// Whether clients are minted.
    pub credentials: Credentials,
    /// Whether new tenants get a push certificate of the test portal.
    pub test_portal: bool,
    /// Whether agreements for demonstration are accepted.
    pub demo_agreements: bool,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// How often the timer runs by itself; `None` if only [`crate::Running::tick`] moves it.
    pub timer: Option<Duration>,
    /// After how long a connection ends that nothing comes of: a slow client, or an idle one. Longer
    /// than a request may take (29 s).
    pub patience: Duration,
    /// Failures of the database to be injected, for tests.
    pub faults: Option<FaultPlan>,
}

impl Options {
    /// As the command line has it by default: port 8080 of this machine, everything on.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data,
            credentials: Credentials::None,
            test_portal: true,
            demo_agreements: true,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            timer: Some(Duration::from_secs(5)),
            patience: Duration::from_secs(120),
            faults: None,
        }
    }

    /// For a test: a free port, nothing kept, this clock, and a timer that the test moves.
    #[must_use]
    pub fn for_test(clock: Arc<dyn Clock>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials: Credentials::Returned,
            clock,
            timer: None,
            ..Self::new(Data::Memory)
        }
    }
}
