//! Apple's MDM protocol: what a phone sends (check-ins and reports) as types, what it is sent
//! (commands and profiles) as bytes, and the guards in front of the property list decoder.
//!
//! Architecture invariants: no IO, no clock, no randomness, no opinion about policy. Nothing that
//! data protection forbids can be asked: a [`Command`] that asks something comes only from
//! [`command_for`], which knows whose phone it is, and [`Answer::decode`] keeps named members only.
//! Bytes from a phone are refused or decoded; they never panic, hang, or grow.
//!
//! ```
//! use trennwand_apple::{Checkin, Request, command_for};
//! use trennwand_domain::{CommandKind, Ownership, ReasonCode};
//!
//! let body = br#"<plist version="1.0"><dict><key>MessageType</key><string>CheckOut</string>
//!     <key>Topic</key><string>com.apple.mgmt.External.x</string></dict></plist>"#;
//! assert!(matches!(Request::parse(body), Ok(Request::Checkin(Checkin::CheckOut))));
//!
//! let refused = command_for(CommandKind::DeviceLock, Ownership::Personal);
//! assert_eq!(refused.unwrap_err(), ReasonCode::NotGrantedByEnrollment);
//! ```

mod answer;
mod checkin;
mod command;
mod enrollment_profile;
mod error;
pub mod plist_guard;
mod profile;
mod read;
mod report;
mod rights;
mod xml;

pub use answer::{Answer, CertificateEntry, GlobalRestrictions, ProfileEntry, SecurityFacts};
pub use checkin::{Authenticate, Checkin, Request, TokenUpdate};
pub use command::{Command, command_for, request_type};
pub use enrollment_profile::EnrollmentProfile;
pub use error::PlistError;
pub use profile::{ConfigurationProfile, payload, payload_uuid};
pub use report::{ErrorItem, Report, ReportStatus};
pub use rights::AccessRights;
