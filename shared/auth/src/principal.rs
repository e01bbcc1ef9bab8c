use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use trennwand_domain::{
    Client, ClientId, Clock, Duration, Owner, ResellerId, Result, TenantId, Timestamp,
};

use crate::{BoxFuture, Claims, Scopes};

/// How long a client's state is believed: a revoked client is refused after at most this time.
pub const CACHE_LIFE: Duration = Duration::from_secs(30);

/// Entries that the cache holds at most.
const CAPACITY: usize = 10_000;

/// Who calls, and what the caller may do at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The client.
    pub client: ClientId,
    /// Whom it acts for.
    pub owner: Owner,
    /// What token and client both allow.
    pub scopes: Scopes,
}

impl Principal {
    /// The caller behind a verified token, if the client is as the token says and not revoked.
    #[must_use]
    pub fn of(claims: &Claims, client: &Client) -> Option<Self> {
        let same = client.id == claims.client && client.owner == claims.owner;
        let present = Scopes::from_stored(client.owner.level(), &client.scopes);
        (same && !client.revoked).then(|| Self {
            client: client.id,
            owner: client.owner,
            scopes: claims.scopes.intersection(present),
        })
    }
}

/// Where the present state of clients is asked.
pub trait Principals: Send + Sync + fmt::Debug {
    /// The client as it is now; `None` if there is none.
    fn current(&self, owner: Owner, client: ClientId) -> BoxFuture<'_, Result<Option<Client>>>;

    /// Whether the tenant is one of the reseller's.
    fn owns(&self, reseller: ResellerId, tenant: TenantId) -> BoxFuture<'_, Result<bool>>;
}

/// Remembers clients for [`CACHE_LIFE`], and which tenant is whose (that never changes).
///
/// Only clients that a verified token names are asked for, so strangers cannot fill it.
pub struct CachedPrincipals {
    inner: Arc<dyn Principals>,
    clock: Arc<dyn Clock>,
    clients: Mutex<HashMap<ClientId, (Timestamp, Client)>>,
    owned: Mutex<HashMap<TenantId, ResellerId>>,
}

impl CachedPrincipals {
    /// A cache before `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Principals>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock, clients: Mutex::default(), owned: Mutex::default() }
    }

    fn remembered(&self, owner: Owner, client: ClientId) -> Option<Client> {
        let now = self.clock.now();
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, found) = clients.get(&client)?;
        let fresh = now >= *read_at && now.since(*read_at) < CACHE_LIFE;
        (fresh && found.owner == owner).then(|| found.clone())
    }
}

impl Principals for CachedPrincipals {
    fn current(&self, owner: Owner, client: ClientId) -> BoxFuture<'_, Result<Option<Client>>> {
        Box::pin(async move {
            if let Some(found) = self.remembered(owner, client) {
                return Ok(Some(found));
            }
            let asked_at = self.clock.now();
            let found = self.inner.current(owner, client).await?;
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            match &found {
                Some(found) => {
                    make_room(&mut clients);
                    clients.insert(client, (asked_at, found.clone()));
                }
                None => drop(clients.remove(&client)),
            }
            Ok(found)
        })
    }

    fn owns(&self, reseller: ResellerId, tenant: TenantId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            {
                let owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
                if owned.get(&tenant) == Some(&reseller) {
                    return Ok(true);
                }
            }
            let owns = self.inner.owns(reseller, tenant).await?;
            if owns {
                let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
                make_room(&mut owned);
                owned.insert(tenant, reseller);
            }
            Ok(owns)
        })
    }
}

/// Forgets everything once the map is full: simple, and rare.
fn make_room<K, V>(map: &mut HashMap<K, V>) {
    if map.len() >= CAPACITY {
        map.clear();
    }
}

impl fmt::Debug for CachedPrincipals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CachedPrincipals").field(&self.inner).finish()
    }
}
