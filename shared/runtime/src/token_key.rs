//! The key that signs access tokens, where several functions share it: its public half is for all
//! that check tokens, its private half is sealed with the platform's key.

use std::sync::Arc;

use trennwand_auth::{Issuer, SigningKey, Verifier, VerifyingKey};
use trennwand_domain::{Error, Result};
use trennwand_store::{TokenKey, Transaction};

use crate::Core;

/// What the private half is sealed as.
const CONTEXT: &str = "platform/token_key";

/// Makes the key; the transaction fails as already existing if there is one.
///
/// # Errors
/// If there is no randomness, or store or master key cannot be reached.
pub async fn create(core: &Core, tx: &mut Transaction) -> Result<()> {
    let key = SigningKey::generate()?;
    let private = core.vault.seal_for_platform(CONTEXT, key.to_pkcs8().expose()).await?;
    let stored = TokenKey { public: key.verifying().to_point(), private };
    core.store.platform().insert_token_key(tx, &stored);
    Ok(())
}

/// Signs access tokens of this service.
///
/// # Errors
/// Unavailable if there is no key yet, or store or master key cannot be reached.
pub async fn issuer(core: &Core) -> Result<Issuer> {
    let private = stored(core).await?.private;
    let pkcs8 = core.vault.open_for_platform(CONTEXT, &private).await?;
    let key = SigningKey::from_pkcs8(&pkcs8)?;
    let name = Arc::clone(&core.base_url);
    Ok(Issuer::new(key, name, Arc::clone(&core.clock), Arc::clone(&core.entropy)))
}

/// Checks access tokens of this service.
///
/// # Errors
/// Unavailable if there is no key yet, or the store cannot be reached.
pub async fn verifier(core: &Core) -> Result<Verifier> {
    let key = VerifyingKey::from_point(&stored(core).await?.public)?;
    Ok(Verifier::new([key], Arc::clone(&core.base_url)))
}

async fn stored(core: &Core) -> Result<TokenKey> {
    let key = core.store.platform().token_key().await?;
    key.ok_or_else(|| Error::unavailable("the platform is not set up: there is no token key"))
}
