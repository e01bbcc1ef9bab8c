use std::collections::BTreeMap;

use trennwand_domain::{DeviceId, Result, Target, TenantScope};
use trennwand_policy::{Fleet, Os};
use trennwand_runtime::Core;
use trennwand_store::FleetMember;

/// A tenant's phones under management, counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// By kind and system.
    pub(crate) fleet: Fleet,
    /// How many there are.
    pub(crate) phones: u32,
    /// Those with a user, by kind.
    with_user: BTreeMap<Target, u32>,
}

impl Counted {
    /// How many phones of a kind have a user, without whom there is no account.
    pub(crate) fn with_user(&self, target: Target) -> u32 {
        self.with_user.get(&target).copied().unwrap_or_default()
    }
}

/// Counts a tenant's phones from the index over them, one request per MB of it (some 2,500 phones).
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn count(core: &Core, scope: &TenantScope) -> Result<Counted> {
    count_if(core, scope, |_| true).await
}

/// [`count`] of those that are wanted.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn count_if(
    core: &Core,
    scope: &TenantScope,
    wanted: impl Fn(&FleetMember) -> bool,
) -> Result<Counted> {
    let devices = core.store.devices(scope);
    let mut counted = Counted::default();
    let mut after: Option<DeviceId> = None;
    loop {
        let (members, more) = devices.page_fleet(after).await?;
        for member in members.into_iter().filter(&wanted) {
            let os = member.os_version.as_deref().and_then(Os::parse);
            counted.fleet.add(member.target, os, 1);
            counted.phones += 1;
            *counted.with_user.entry(member.target).or_default() += u32::from(member.has_user);
        }
        match more {
            Some(_) => after = more,
            None => return Ok(counted),
        }
    }
}
