//! From a tenant's policy document to what one phone gets and is asked next.
//!
//! A [`PolicyDocument`] says in a few words what shall hold on every kind of phone. [`artifacts()`]
//! turns it into [`Template`]s, one for each target and purpose, proves over the graph of [`ways()`]
//! that no business contact reaches a private app, and says what a kind of phone cannot do;
//! [`compile()`] and [`compile_offered()`] give the templates alone. [`preview()`] and [`diff()`] say what a change would do.
//! [`render()`] fills a template for one phone by walking its structure. [`wanted()`] says what a phone
//! shall have, [`next()`] what it is to do now, [`record()`] and [`reconcile()`] keep what came of it.
//!
//! Architecture invariants: no IO, no clock, no randomness, no async. No artefact is emitted whose
//! proof does not hold. Nothing is ever made by replacing text in XML. Identifiers are functions of
//! tenant and purpose, never of content; the top-level PayloadUUID is a function of the token and so
//! names one rendering. The wall comes before the account.
//!
//! ```
//! use trennwand_domain::{Purpose, Target};
//! use trennwand_policy::{PolicyDocument, RefusalCode, Sink, Source, artifacts};
//!
//! let preset = PolicyDocument::preset();
//! let phone = artifacts(&preset, Target::IosDevice, None).unwrap();
//! assert_eq!(phone.templates[0].purpose, Purpose::Wall);
//! assert!(phone.proof.flow(Source::Contacts, Sink::UnmanagedApps).count() > 0);
//!
//! // The preset leaves messengers to the user, but there is no private side for them here.
//! let refusal = artifacts(&preset, Target::AndroidFullyManaged, None).unwrap_err();
//! assert_eq!(refusal.code, RefusalCode::MessengersOnFullyManaged);
//! ```

mod android;
mod catalogue;
mod claims;
mod compile;
mod diff;
mod document;
#[cfg(test)]
mod fixtures;
mod flow;
mod identity;
mod keys;
mod mail;
mod notes;
mod precedence;
mod preview;
mod progress;
mod record;
#[cfg(test)]
mod reference;
mod render;
mod sequence;
mod target;
mod template;
mod wanted;
mod words;

pub use android::{
    PlannedPolicy, android_mail_app, android_policies, android_policy, android_settings,
};
pub use catalogue::{App, CATALOGUE, CATALOGUE_DATE, catalogue_app};
pub use claims::{CLAIMS_VERSION, Claim, FORBIDDEN_PHRASES, forbidden_phrase};
pub use compile::{Compiled, artifacts, compile, compile_offered};
pub use diff::{Change, diff, diff_artefacts, touches_mail_account};
pub use document::{
    Backup, CloudSync, CompanyPhones, Contacts, Isolation, LockScreenPreviews, MailOptions,
    ManagedApp, Messengers, NearbySharing, NonCompliance, PRESET_NAME, Passcode, Permission,
    PolicyDocument, SCHEMA_ID, SiriWhileLocked, is_bundle_id, is_package_name, named_refusal,
    schema,
};
pub use flow::{
    Before, Channel, Closes, Confidence, InsideApp, Key, Line, Must, Proof, Refusal, RefusalCode,
    Settings, Sink, Source, Standing, Status, TRAPS, Trap, Way, Why, open_for_contacts, prove,
    status, ways,
};
pub use identity::{identifier, identifiers, payload_uuid, profile_uuid};
pub use keys::{
    ANDROID_APPLICATION, ANDROID_POLICY, PASSCODE, RESTRICTIONS, USER_ENROLLMENT_KEYS, permits,
};
pub use mail::check_mail;
pub use notes::{Note, NoteAt, notes};
pub use precedence::{
    CompiledVersion, Extent, MOST_RULE_BYTES, Placed, check_room, next_head, placed, stepped,
    unnamed,
};
pub use preview::{
    Edition, Fleet, IgnoredKey, Preview, ProofChange, TargetPreview, check_fleet, preview,
};
pub use progress::{count, is_meant_for};
pub use record::{Answered, Outcome, recognise, reconcile, record};
pub use render::{Variables, render};
pub use sequence::{After, Next, next};
pub use target::{Os, minimum_os};
pub use template::{Part, Payload, Template, Variable};
pub use wanted::{Wanted, WantedArtefact, applied_version, wanted};
