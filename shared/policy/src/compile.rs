use trennwand_domain::{MailSettings, Target};

use crate::{PolicyDocument, Template};

/// The templates that carry out `document` on phones of a kind: always the wall, and the account
/// if the tenant has mail of a kind that can be managed. The tenant plays no part; it comes in when
/// a template is rendered. `mail` must have passed [`crate::check_mail`].
#[must_use]
pub fn compile(
    _document: &PolicyDocument,
    _target: Target,
    _mail: Option<&MailSettings>,
) -> Vec<Template> {
    todo!()
}
