use trennwand_domain::{AssignmentHead, Progress, Result, Rollout, TenantScope};
use trennwand_policy::count;

use crate::Core;

/// How far a roll-out has come, counted over the index: one request per megabyte of it, some 2,000
/// phones.
///
/// # Errors
/// If the database does not answer.
pub async fn rollout_progress(
    core: &Core,
    scope: &TenantScope,
    head: &AssignmentHead,
    rollout: &Rollout,
) -> Result<Progress> {
    let devices = core.store.devices(scope);
    let mut progress = Progress::default();
    let mut cursor = None;
    loop {
        let (phones, next) = devices.page_index(cursor).await?;
        for phone in phones.iter().filter(|phone| phone.state.is_managed()) {
            count(&mut progress, head, rollout, &phone.traits(), phone.wall);
        }
        cursor = next;
        if cursor.is_none() {
            return Ok(progress);
        }
    }
}
