use std::collections::{BTreeMap, BTreeSet};

use trennwand_domain::{DeviceId, Duration, Result, TenantId};
use trennwand_runtime::{Audience, Message, Wake};

use crate::EventsState;

/// Phones named in one message.
const PER_MESSAGE: usize = 500;

/// The wakes of a batch, each phone once.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    devices: BTreeMap<TenantId, BTreeSet<DeviceId>>,
    tenants: BTreeSet<TenantId>,
}

impl Wakes {
    /// Wakes one phone at once.
    pub(crate) fn device(&mut self, tenant: TenantId, device: DeviceId) {
        self.devices.entry(tenant).or_default().insert(device);
    }

    /// Wakes all phones of a tenant, once no cache has the old head any more.
    pub(crate) fn tenant(&mut self, tenant: TenantId) {
        self.tenants.insert(tenant);
    }

    /// The messages, with how long each is to wait.
    fn messages(self, head_delay: Duration) -> Vec<(Message, Duration)> {
        let wake = |tenant, audience| Message::Wake(Wake { tenant, audience });
        let mut messages = Vec::new();
        for (tenant, devices) in self.devices {
            let devices: Vec<_> = devices.into_iter().collect();
            for some in devices.chunks(PER_MESSAGE) {
                messages.push((wake(tenant, Audience::Devices(some.to_vec())), Duration::ZERO));
            }
        }
        let tenants = self.tenants.into_iter().map(|t| (wake(t, Audience::Tenant), head_delay));
        messages.extend(tenants);
        messages
    }

    pub(crate) async fn publish(self, state: &EventsState) -> Result<()> {
        for (message, delay) in self.messages(state.head_delay) {
            state.publisher.publish(&message, delay).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phone_is_woken_once_and_only_a_changed_head_waits() {
        let (tenant, delay) = (TenantId::from_bits(1), Duration::from_secs(10));
        let mut wakes = Wakes::default();
        for bits in [3, 2, 3] {
            wakes.device(tenant, DeviceId::from_bits(bits));
        }
        wakes.tenant(tenant);
        wakes.tenant(tenant);
        let wake = |audience| Message::Wake(Wake { tenant, audience });
        let devices = vec![DeviceId::from_bits(2), DeviceId::from_bits(3)];
        assert_eq!(
            wakes.messages(delay),
            [(wake(Audience::Devices(devices)), Duration::ZERO), (wake(Audience::Tenant), delay),]
        );
    }

    #[test]
    fn many_phones_are_spread_over_messages() {
        let mut wakes = Wakes::default();
        (0..501).for_each(|n| wakes.device(TenantId::from_bits(1), DeviceId::from_bits(n)));
        assert_eq!(wakes.messages(Duration::ZERO).len(), 2);
    }
}
