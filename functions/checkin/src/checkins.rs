use trennwand_apple::{Authenticate, Checkin, TokenUpdate};
use trennwand_domain::{CertificateHash, DeviceId, Error, PushTarget, SealedField, TenantScope};
use trennwand_store::{Authentication, TokenUpdate as Update};

use crate::{State, device_error::DeviceError, record::short};

/// Most bytes of a push token, a PushMagic and a topic that a header has room for.
const TOKEN: usize = 200;
const TEXT: usize = 200;

/// A check-in message; the answer to each is an empty 200.
pub(crate) async fn device_checkin(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
    message: Checkin,
) -> Result<(), DeviceError> {
    match message {
        Checkin::Authenticate(message) => {
            authenticate(state, scope, device, certificate, message).await
        }
        Checkin::TokenUpdate(message) => {
            token_update(state, scope, device, certificate, message).await
        }
        Checkin::CheckOut => check_out(state, scope, device, certificate).await,
        Checkin::UserChannel => Err(DeviceError::UserChannel),
        Checkin::Unsupported(message) => {
            tracing::info!(message, "check-in message is not supported");
            Err(DeviceError::Unsupported)
        }
    }
}

async fn authenticate(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
    message: Authenticate,
) -> Result<(), DeviceError> {
    let text = |text: Option<String>| text.map(|t| short(&t));
    let authentication = Authentication {
        certificate,
        udid_hash: state.core.vault.udid_hash(&scope, &message.udid).await?,
        os_version: text(message.os_version),
        model: text(message.model),
        at: state.core.clock.now(),
    };
    Ok(state.core.store.devices(&scope).authenticate(device, &authentication).await?)
}

async fn token_update(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
    message: TokenUpdate,
) -> Result<(), DeviceError> {
    let too_long = message.token.expose().len() > TOKEN
        || message.push_magic.expose().len() > TEXT
        || message.topic.len() > TEXT;
    if too_long || message.token.expose().is_empty() {
        return Err(DeviceError::Other(Error::invalid("Token", "unreasonable length")));
    }
    let unlock_token = match message.unlock_token {
        Some(token) => {
            let field = SealedField::UnlockToken(device);
            Some(state.core.vault.seal(&scope, field, token.expose()).await?)
        }
        None => None,
    };
    let push = PushTarget { token: message.token, magic: message.push_magic, topic: message.topic };
    let at = state.core.clock.now();
    let update = Update { certificate, push, unlock_token, at };
    Ok(state.core.store.devices(&scope).token_update(device, &update).await?)
}

async fn check_out(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
) -> Result<(), DeviceError> {
    let at = state.core.clock.now();
    Ok(state.core.store.devices(&scope).check_out(device, certificate, at).await?)
}
