//! From a tenant's policy document to what one phone gets and is asked next.
//!
//! A [`PolicyDocument`] says in a few words what shall hold. [`compile()`] turns it into
//! [`Template`]s, one for each target and purpose; [`render()`] fills a template for one phone by
//! walking its structure. [`wanted()`] says what a phone shall have, [`next()`] what it is to do now,
//! [`record()`] and [`reconcile()`] keep what came of it.
//!
//! Architecture invariants: no IO, no clock, no randomness, no async. Nothing is ever made by
//! replacing text in XML. Identifiers are functions of tenant and purpose, never of content; the
//! top-level PayloadUUID is a function of the token and so names one rendering. The wall comes
//! before the account.
//!
//! ```
//! use trennwand_domain::{Purpose, Target};
//! use trennwand_policy::{PolicyDocument, compile};
//!
//! let templates = compile(&PolicyDocument::preset(), Target::IosDevice, None);
//! assert_eq!(templates.len(), 1);
//! assert_eq!(templates[0].purpose, Purpose::Wall);
//! ```

mod compile;
mod document;
#[cfg(test)]
mod fixtures;
mod identity;
mod mail;
mod record;
mod render;
mod sequence;
mod template;
mod wanted;

pub use compile::compile;
pub use document::{
    Backup, CloudSync, Contacts, Isolation, LockScreenPreviews, MailOptions, NearbySharing,
    PRESET_NAME, PolicyDocument, SiriWhileLocked,
};
pub use identity::{identifier, identifiers, payload_uuid, profile_uuid};
pub use mail::check_mail;
pub use record::{Answered, Outcome, recognise, reconcile, record};
pub use render::{Variables, render};
pub use sequence::{After, Next, next};
pub use template::{Part, Template, Variable};
pub use wanted::{Wanted, WantedArtefact, applied_version, no_account, wanted};
