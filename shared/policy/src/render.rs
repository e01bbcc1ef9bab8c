use trennwand_domain::{Person, Result, TenantId, Token};

use crate::Template;

/// The values for one phone.
#[derive(Debug, Clone)]
pub struct Variables<'a> {
    /// The name shown as the one who manages the phone.
    pub organization: &'a str,
    /// The phone's user; only personal templates need one.
    pub person: Option<&'a Person>,
}

/// The configuration profile for one phone, as XML property list; the same arguments give the same
/// bytes. `token` is [`crate::WantedArtefact::token`] and becomes the top-level PayloadUUID.
///
/// # Errors
/// `conflict` with `mail_identity_missing` if the template needs a person who is not there or has
/// no login; `internal` if it cannot be written.
pub fn render(
    _template: &Template,
    _tenant: TenantId,
    _token: Token,
    _variables: &Variables<'_>,
) -> Result<Vec<u8>> {
    todo!()
}
