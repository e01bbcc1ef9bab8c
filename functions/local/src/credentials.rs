use std::path::Path;

use serde::Serialize;
use trennwand_auth::{ClientSecret, Scopes};
use trennwand_domain::{Client, Error, Owner, Reseller, ResellerId, Result};
use trennwand_runtime::Core;
use trennwand_store::Page;

use crate::files::write_private;

/// The name of the clients that are minted here; those of earlier starts are known by it.
const CLIENT_NAME: &str = "local server";

/// The reseller of this machine: always the same one, so that its tenants stay its own.
const LOCAL_RESELLER: ResellerId = ResellerId::from_bits(1);

/// Fresh clients of the operator and of this machine's reseller.
#[derive(Serialize, Clone)]
pub struct Minted {
    /// Where the API is.
    pub base_url: String,
    /// Where access tokens are had.
    pub token_url: String,
    /// The platform's client.
    pub operator: OperatorClient,
    /// The reseller's client.
    pub reseller: ResellerClient,
}

/// A client of the operator.
#[derive(Serialize, Clone)]
pub struct OperatorClient {
    /// OAuth 2.0 `client_id`.
    pub client_id: String,
    /// OAuth 2.0 `client_secret`.
    pub client_secret: String,
}

/// A client of a reseller.
#[derive(Serialize, Clone)]
pub struct ResellerClient {
    /// The reseller.
    pub id: String,
    /// OAuth 2.0 `client_id`.
    pub client_id: String,
    /// OAuth 2.0 `client_secret`.
    pub client_secret: String,
}

/// Secrets are not shown.
impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Revokes the clients that were minted here before and mints new ones.
pub(crate) async fn mint(core: &Core) -> Result<Minted> {
    if core.store.resellers().get(LOCAL_RESELLER).await?.is_none() {
        let reseller = Reseller {
            id: LOCAL_RESELLER,
            name: "Trennwand on this machine".into(),
            created_at: core.clock.now(),
        };
        let mut tx = core.store.transaction();
        core.store.resellers().insert(&mut tx, &reseller);
        tx.commit().await?;
    }
    let (operator, operator_secret) = mint_for(core, Owner::Operator).await?;
    let (reseller, reseller_secret) = mint_for(core, Owner::Reseller(LOCAL_RESELLER)).await?;
    Ok(Minted {
        base_url: core.base_url.to_string(),
        token_url: format!("{}/oauth/token", core.base_url),
        operator: OperatorClient {
            client_id: operator.id.to_string(),
            client_secret: operator_secret.expose().clone(),
        },
        reseller: ResellerClient {
            id: LOCAL_RESELLER.to_string(),
            client_id: reseller.id.to_string(),
            client_secret: reseller_secret.expose().clone(),
        },
    })
}

async fn mint_for(core: &Core, owner: Owner) -> Result<(Client, ClientSecret)> {
    revoke_earlier(core, owner).await?;
    let secret = ClientSecret::mint(&*core.entropy);
    let client = Client {
        id: core.ids.mint(),
        owner,
        name: CLIENT_NAME.into(),
        secret_hash: secret.hash(),
        scopes: Scopes::of(owner.level()).to_words(),
        created_at: core.clock.now(),
        revoked: false,
    };
    let mut tx = core.store.transaction();
    core.store.clients().insert(&mut tx, &client);
    tx.commit().await?;
    Ok((client, secret))
}

async fn revoke_earlier(core: &Core, owner: Owner) -> Result<()> {
    let mut page = Page::first(100);
    loop {
        let listed = core.store.clients().list(owner, &page).await?;
        for client in listed.items.iter().filter(|c| c.name == CLIENT_NAME && !c.revoked) {
            let mut tx = core.store.transaction();
            core.store.clients().revoke(&mut tx, owner, client.id);
            tx.commit().await?;
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Writes the clients to a file that only its owner can read.
pub(crate) fn write(minted: &Minted, path: &Path) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(minted).map_err(Error::internal)?;
    json.push(b'\n');
    write_private(path, &json).map_err(|e| Error::internal(format!("{}: {e}", path.display())))
}
