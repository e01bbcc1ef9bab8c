use trennwand_domain::{MailSettings, Result};

/// Whether a phone can be given an account with these settings: `exchange` needs a host name,
/// `exchange_online` and `google_workspace` sign in by OAuth and have no host of their own.
///
/// # Errors
/// `invalid` with the path of the field (`host`, `auth`).
pub fn check_mail(_mail: &MailSettings) -> Result<()> {
    todo!()
}
