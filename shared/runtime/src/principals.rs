use trennwand_auth::{BoxFuture, Principals};
use trennwand_domain::{Client, ClientId, Owner, ResellerId, Result, TenantId};
use trennwand_store::Store;

/// The present state of clients, read from the store.
#[derive(Debug, Clone)]
pub struct StorePrincipals(pub Store);

impl Principals for StorePrincipals {
    fn current(&self, owner: Owner, client: ClientId) -> BoxFuture<'_, Result<Option<Client>>> {
        Box::pin(async move { self.0.clients().get(owner, client).await })
    }

    fn owns(&self, reseller: ResellerId, tenant: TenantId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move { Ok(self.0.tenants().owned_by(reseller, tenant).await?.is_some()) })
    }
}
