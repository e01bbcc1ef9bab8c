use trennwand_domain::{Result, TenantScope, Token, UserId};
use trennwand_runtime::Core;
use trennwand_store::{DeviceFilter, Page};

/// Brings the hash over a user's personal variables into the headers of the user's phones, whose
/// account profile is then offered again at the next connect.
///
/// Called after a user was changed; calling it again, or after an interruption, carries on where it
/// is needed: a header that has the hash already is not written.
///
/// # Errors
/// If the database does not answer; then it is to be called again.
pub async fn refresh_person(
    core: &Core,
    scope: &TenantScope,
    user: UserId,
    variables: Token,
) -> Result<()> {
    let devices = core.store.devices(scope);
    let filter = DeviceFilter { user: Some(user), ..DeviceFilter::default() };
    let mut page = Page::first(100);
    loop {
        let listed = devices.list(&filter, &page).await?;
        for device in &listed.items {
            if device.person != Some(variables) && !device.state.has_ended() {
                devices.set_person(device.id, user, Some(variables)).await?;
            }
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}
