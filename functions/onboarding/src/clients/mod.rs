pub(crate) mod create;
pub(crate) mod create_for_reseller;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;

use serde::{Deserialize, Serialize};
use trennwand_auth::{ClientSecret, Scopes};
use trennwand_domain::{Client, ClientId, Error, Level, Owner, Result, Timestamp};
use trennwand_runtime::{Answer, Core, Write, Written};
use utoipa::ToSchema;

use crate::names;

/// A client to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClient {
    /// What it is for.
    #[schema(min_length = 1, max_length = 120, example = "back office")]
    name: String,
    /// What it may do; everything of its level, if absent.
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

/// A client with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientWithSecret {
    /// The client.
    #[schema(value_type = String, example = "cli_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    client_id: ClientId,
    /// Its secret; only a hash of it is kept.
    client_secret: String,
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientView {
    /// The client.
    #[schema(value_type = String, example = "cli_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    client_id: ClientId,
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Whether it was revoked.
    revoked: bool,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.id,
            name: client.name,
            scopes: client.scopes,
            created_at: client.created_at,
            revoked: client.revoked,
        }
    }
}

impl ClientWithSecret {
    fn new(client: Client, secret: &ClientSecret) -> Self {
        Self {
            client_id: client.id,
            client_secret: secret.expose().clone(),
            name: client.name,
            scopes: client.scopes,
            created_at: client.created_at,
        }
    }
}

/// Makes a client of this owner and stores it.
async fn create_client(
    core: &Core,
    owner: Owner,
    write: Write,
    new: &NewClient,
) -> trennwand_web::Result<Written> {
    let secret = ClientSecret::mint(&*core.entropy);
    let client = Client {
        id: core.ids.mint(),
        owner,
        name: names::name(&new.name)?,
        secret_hash: secret.hash(),
        scopes: scopes(owner.level(), new.scopes.as_deref())?.to_words(),
        created_at: core.clock.now(),
        revoked: false,
    };
    let mut tx = core.store.transaction();
    core.store.clients().insert(&mut tx, &client);
    let id = client.id;
    let shown = ClientWithSecret::new(client, &secret);
    write.commit(core, tx, id, Answer::created(&shown).no_store()).await
}

fn scopes(level: Level, words: Option<&[String]>) -> Result<Scopes> {
    words.map_or_else(
        || Ok(Scopes::of(level)),
        |words| {
            Scopes::from_words(level, words.iter().map(String::as_str))
                .map_err(|e| Error::invalid("scopes", e.to_string()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_left_out_are_all_of_the_level() {
        assert_eq!(scopes(Level::Tenant, None).unwrap(), Scopes::of(Level::Tenant));
        let some = ["setup".to_owned(), "users".to_owned()];
        assert_eq!(scopes(Level::Tenant, Some(&some)).unwrap().to_words(), some);
    }

    #[test]
    fn a_tenants_client_never_has_a_resellers_scope() {
        for words in [vec!["tenants".to_owned()], vec!["setup users".to_owned()], Vec::new()] {
            let refusal = scopes(Level::Tenant, Some(&words)).unwrap_err();
            assert!(refusal.to_string().contains("devices:read"), "{refusal}");
        }
    }
}
