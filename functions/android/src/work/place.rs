use trennwand_android::{Class, DeviceName, DevicePatch, class};
use trennwand_domain::{AssignmentHead, Device, DeviceId, Error, Result};
use trennwand_policy::{android_policy, wanted};

use super::{Bound, policies};
use crate::AndroidState;

/// Gives a phone the policy that it should have.
pub(super) async fn place(state: &AndroidState, bound: &Bound, id: DeviceId) -> Result<()> {
    let store = &state.core.store;
    let device = store.devices(&bound.scope).get(id).await?;
    let phone = store.android(&bound.scope).phone(id).await?;
    let head = store.tenant(&bound.scope).head().await?;
    let (Some(device), Some(phone), Some(head)) = (device, phone, head) else { return Ok(()) };
    if !device.state.is_managed() {
        return Ok(());
    }
    if let Some(policy) = policy_of(bound, &head, &device) {
        policies::write(state, bound, &head).await?.one(&policy)?;
    }
    let name: DeviceName = phone.name.parse().map_err(Error::internal)?;
    put(state, bound, &head, &device, &name).await
}

/// Lets a phone at Google follow the policy of its rule.
pub(super) async fn put(
    state: &AndroidState,
    bound: &Bound,
    head: &AssignmentHead,
    device: &Device,
    name: &DeviceName,
) -> Result<()> {
    let Some(policy) = policy_of(bound, head, device) else { return Ok(()) };
    let policy_name = Some(bound.enterprise.policy(&policy).map_err(Error::internal)?);
    let patch = DevicePatch { policy_name, state: None };
    match state.google.patch_device(name, &patch).await {
        // It is gone; its last report says so or has said so.
        Err(error) if class(&error) == Class::NotFound => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// The last part of the name of the policy that a phone should follow.
pub(super) fn policy_of(bound: &Bound, head: &AssignmentHead, device: &Device) -> Option<String> {
    let wish = wanted(bound.scope.tenant(), head, device)?;
    android_policy(head, device.target, wish.policy, wish.version).map(|(name, _)| name)
}
