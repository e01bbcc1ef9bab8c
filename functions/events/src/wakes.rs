use std::collections::{BTreeMap, BTreeSet};

use trennwand_domain::{DeviceId, Duration, Result, TenantId};
use trennwand_runtime::{Audience, Message, RuleChange, Wake};

use crate::EventsState;

/// Phones named in one message.
const PER_MESSAGE: usize = 500;

/// The wakes of a batch, each phone once.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    devices: BTreeMap<TenantId, BTreeSet<DeviceId>>,
    tenants: BTreeSet<TenantId>,
    /// One after the other: a phone may have met the rules in between.
    concerned: Vec<(TenantId, Box<RuleChange>)>,
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

    /// Wakes the phones that shall have something else, once no cache has the old head any more.
    pub(crate) fn concerned(&mut self, tenant: TenantId, change: Box<RuleChange>) {
        self.concerned.push((tenant, change));
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
        for (tenant, change) in self.concerned {
            if !self.tenants.contains(&tenant) {
                messages.push((wake(tenant, Audience::Concerned(change)), head_delay));
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
    fn every_change_of_rules_counts_unless_all_are_woken_anyway() {
        let (one, two) = (TenantId::from_bits(1), TenantId::from_bits(2));
        let change = || Box::new(RuleChange { before: Vec::new(), after: Vec::new() });
        let mut wakes = Wakes::default();
        for tenant in [one, one, two] {
            wakes.concerned(tenant, change());
        }
        wakes.tenant(two);
        let delay = Duration::from_secs(10);
        let concerned =
            Message::Wake(Wake { tenant: one, audience: Audience::Concerned(change()) });
        let all = Message::Wake(Wake { tenant: two, audience: Audience::Tenant });
        let expected = [(concerned.clone(), delay), (concerned, delay), (all, delay)];
        assert_eq!(wakes.messages(delay), expected);
    }

    #[test]
    fn many_phones_are_spread_over_messages() {
        let mut wakes = Wakes::default();
        (0..501).for_each(|n| wakes.device(TenantId::from_bits(1), DeviceId::from_bits(n)));
        assert_eq!(wakes.messages(Duration::ZERO).len(), 2);
    }
}
