use trennwand_apple::{Authenticate, Checkin, TokenUpdate};
use trennwand_domain::{
    CertificateHash, DeviceId, DeviceState, Error, ErrorKind, Ownership, PushTarget, SealedField,
    TenantScope,
};
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
    let udid_hash = state.core.vault.udid_hash(&scope, &message.udid).await?;
    // Personal phones do not send these; if one did, nothing of it may be kept.
    let describes = message.os_version.is_some() || message.model.is_some();
    let may_keep = describes && is_company(state, scope, device).await?;
    let text = |text: Option<String>| text.filter(|_| may_keep).map(|t| short(&t));
    let authentication = Authentication {
        certificate,
        udid_hash,
        os_version: text(message.os_version),
        model: text(message.model),
        at: state.core.clock.now(),
    };
    Ok(state
        .core
        .store
        .devices(&scope)
        .authenticate(device, &authentication)
        .await?)
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
        return Err(DeviceError::Other(Error::invalid(
            "Token",
            "unreasonable length",
        )));
    }
    let unlock_token = match message.unlock_token {
        Some(token) if is_company(state, scope, device).await? => {
            let field = SealedField::UnlockToken(device);
            Some(state.core.vault.seal(&scope, field, token.expose()).await?)
        }
        _ => None,
    };
    let push = PushTarget {
        token: message.token,
        magic: message.push_magic,
        topic: message.topic,
    };
    let at = state.core.clock.now();
    let update = Update {
        certificate,
        push,
        unlock_token,
        at,
    };
    Ok(state
        .core
        .store
        .devices(&scope)
        .token_update(device, &update)
        .await?)
}

async fn check_out(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
    certificate: CertificateHash,
) -> Result<(), DeviceError> {
    let devices = state.core.store.devices(&scope);
    match devices
        .check_out(device, certificate, state.core.clock.now())
        .await
    {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {
            // The same message again, because the phone did not get the first answer?
            let header = devices.get(device).await?.ok_or(DeviceError::NotYours)?;
            let known = [header.certificate, header.pending_certificate];
            match header.state == DeviceState::Released && known.contains(&Some(certificate)) {
                true => Ok(()),
                false => Err(DeviceError::NotYours),
            }
        }
        done => Ok(done?),
    }
}

/// Whether the header says that this is a company phone; without a header it is not.
async fn is_company(
    state: &State,
    scope: TenantScope,
    device: DeviceId,
) -> Result<bool, DeviceError> {
    let header = state.core.store.devices(&scope).get(device).await?;
    Ok(header.is_some_and(|d| d.ownership == Ownership::Company))
}
