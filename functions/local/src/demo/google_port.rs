use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::task::JoinHandle;
use trennwand_runtime::{SystemClock, SystemEntropy};
use trennwand_simulator::StandInGoogle;

use super::{DemoError, client::Result};
use crate::{Console, Running, android, files::write_private};

/// A stand-in for Google, and how its notifications reach the service.
pub(crate) enum Google<'a> {
    /// In the server of this process, which delivers them.
    Inside(&'a Running),
    /// Beside a service that runs elsewhere.
    Beside(&'a GooglePort),
}

impl Google<'_> {
    pub(super) fn stand_in(&self) -> &StandInGoogle {
        match self {
            Self::Inside(server) => server.google(),
            Self::Beside(port) => &port.google,
        }
    }

    /// Waits until nothing happens any more, as far as that can be seen.
    pub(super) async fn settle(&self) -> Result<()> {
        match self {
            Self::Inside(server) => {
                server.settle().await.map_err(|e| DemoError::Server(e.to_string()))
            }
            Self::Beside(_) => Ok(()),
        }
    }
}

/// Google as far as a service elsewhere sees it: the API, the keys, and Pub/Sub.
pub(crate) struct GooglePort {
    google: StandInGoogle,
    pushing: JoinHandle<()>,
}

impl GooglePort {
    /// Listens here and pushes to the service at `base_url`.
    pub(crate) async fn open(at: SocketAddr, base_url: &str) -> Result<Self> {
        let google = listen(at).await?;
        let (pushed, endpoint) = (google.clone(), android::endpoint(base_url));
        let pushing = tokio::spawn(async move {
            loop {
                if pushed.waiting() > 0
                    && let Err(error) = android::push_to(&pushed, &endpoint).await
                {
                    tracing::warn!(?error, "a notification was not delivered");
                }
                tokio::time::sleep(android::GLANCE).await;
            }
        });
        Ok(Self { google, pushing })
    }
}

impl Drop for GooglePort {
    fn drop(&mut self) {
        self.pushing.abort();
    }
}

async fn listen(at: SocketAddr) -> Result<StandInGoogle> {
    let started = StandInGoogle::start_at(at, Arc::new(SystemClock), Arc::new(SystemEntropy));
    started.await.map_err(|e| DemoError::Server(format!("cannot play Google on {at}: {e}")))
}

/// Google, played for a service that runs elsewhere; without phones.
#[derive(Debug)]
pub struct GoogleAlone {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to put the service account's key file.
    pub account: PathBuf,
}

impl GoogleAlone {
    /// Serves for ever.
    ///
    /// # Errors
    /// If the address is taken, or the file cannot be written.
    pub async fn serve(&self, console: Console) -> Result<()> {
        let google = listen(self.listen).await?;
        let written = write_private(&self.account, google.key_file().as_bytes());
        written.map_err(|e| DemoError::Server(format!("{}: {e}", self.account.display())))?;
        console.say(format_args!("A stand-in for Google on {} (Ctrl-C ends it).", self.listen));
        std::future::pending().await
    }
}
