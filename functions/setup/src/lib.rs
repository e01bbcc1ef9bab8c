//! The first operator: invoked once by whoever deploys the platform, never over HTTP.
//!
//! Architecture invariants: the secret is shown once, in the answer to whoever may invoke the
//! function. Nothing is set up twice: the operator's client is written in the transaction that
//! writes the key for access tokens, which is refused if there is one.
//!
//! ```no_run
//! # async fn example(core: trennwand_runtime::Core) -> trennwand_domain::Result<()> {
//! use trennwand_fn_setup::{Order, set_up};
//!
//! let operator = set_up(&core, &Order::default()).await?;
//! # Ok(())
//! # }
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use trennwand_auth::{ClientSecret, Scopes};
use trennwand_domain::{Client, ClientId, Owner, Result};
use trennwand_runtime::{Core, token_key};
use trennwand_store::Page;

/// The name of the clients that are made here.
const CLIENT_NAME: &str = "operator";

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Order {
    /// Give a platform that is set up a new operator's client and revoke all others: its secret was
    /// lost, or became known.
    pub replace_operators: bool,
}

/// The operator's client.
#[derive(Clone, Serialize)]
pub struct Operator {
    /// OAuth 2.0 `client_id`.
    pub client_id: ClientId,
    /// OAuth 2.0 `client_secret`; only a hash of it is kept.
    pub client_secret: String,
}

/// The secret is not shown.
impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operator").field(&self.client_id).finish()
    }
}

/// Sets the platform up, or replaces its operators.
///
/// # Errors
/// Already exists if it is set up; unavailable if store or master key cannot be reached.
pub async fn set_up(core: &Core, order: &Order) -> Result<Operator> {
    let secret = ClientSecret::mint(&*core.entropy);
    let client = Client {
        id: core.ids.mint(),
        owner: Owner::Operator,
        name: CLIENT_NAME.to_owned(),
        secret_hash: secret.hash(),
        scopes: Scopes::of(Owner::Operator.level()).to_words(),
        created_at: core.clock.now(),
        revoked: false,
    };
    let mut tx = core.store.transaction();
    if !order.replace_operators {
        token_key::create(core, &mut tx).await?;
    }
    core.store.clients().insert(&mut tx, &client);
    tx.commit().await?;
    if order.replace_operators {
        revoke_all_but(core, client.id).await?;
    }
    tracing::info!(client = %client.id, replaced = order.replace_operators, "operator made");
    Ok(Operator { client_id: client.id, client_secret: secret.expose().clone() })
}

async fn revoke_all_but(core: &Core, kept: ClientId) -> Result<()> {
    let mut page = Page::first(100);
    loop {
        let listed = core.store.clients().list(Owner::Operator, &page).await?;
        for client in listed.items.iter().filter(|c| c.id != kept && !c.revoked) {
            let mut tx = core.store.transaction();
            core.store.clients().revoke(&mut tx, Owner::Operator, client.id);
            tx.commit().await?;
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}
