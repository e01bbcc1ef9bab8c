use std::{fmt, sync::Arc};

use axum::extract::FromRef;
use trennwand_auth::{CachedPrincipals, Verifier};
use trennwand_domain::{Clock, Entropy, IdGen};
use trennwand_pki::MasterKey;
use trennwand_store::Store;
use trennwand_web::Gate;

use crate::{StorePrincipals, Templates, Vault};

/// What every function needs; cheap to clone.
#[derive(Clone)]
pub struct Core {
    /// The repositories.
    pub store: Store,
    /// Keys of tenants and persons.
    pub vault: Vault,
    /// Templates by hash.
    pub templates: Templates,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Makes identifiers.
    pub ids: IdGen,
    /// Where the service is reached, without `/` at the end; part of links and profiles.
    pub base_url: Arc<str>,
}

impl Core {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        store: Store,
        master: Arc<dyn MasterKey>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        base_url: &str,
    ) -> Self {
        Self {
            vault: Vault::new(store.clone(), master, clock.clone(), entropy.clone()),
            templates: Templates::new(store.clone()),
            ids: IdGen::new(clock.clone(), entropy.clone()),
            base_url: base_url.trim_end_matches('/').into(),
            store,
            clock,
            entropy,
        }
    }

    /// The state of a router whose callers bring access tokens.
    #[must_use]
    pub fn api(&self, verifier: Verifier) -> Api {
        let store = Arc::new(StorePrincipals(self.store.clone()));
        let gate = Gate {
            verifier: Arc::new(verifier),
            principals: Arc::new(CachedPrincipals::new(store, self.clock.clone())),
            clock: self.clock.clone(),
        };
        Api { core: self.clone(), gate }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The SDK's client alone would fill pages.
        f.debug_struct("Core").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// State of a router whose callers bring access tokens: `State<Core>` and the extractors of `web`
/// work with it.
#[derive(Debug, Clone)]
pub struct Api {
    /// What every function needs.
    pub core: Core,
    /// Who may call.
    pub gate: Gate,
}

impl FromRef<Api> for Gate {
    fn from_ref(api: &Api) -> Self {
        api.gate.clone()
    }
}

impl FromRef<Api> for Core {
    fn from_ref(api: &Api) -> Self {
        api.core.clone()
    }
}
