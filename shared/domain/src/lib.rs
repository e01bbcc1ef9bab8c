//! The words of Trennwand as types: identifiers, time, secrets, errors and the entities that the
//! other rooms exchange.
//!
//! Architecture invariants: nothing here does IO, is async, or reads the clock, the environment or
//! randomness; those come in through [`Clock`] and [`Entropy`]. A [`TenantScope`] can only be had
//! from an authenticator.
//!
//! ```
//! use trennwand_domain::{CommandUuid, DeviceId, Priority, Timestamp};
//!
//! let device: DeviceId = "dev_01JCZ8X5T4N1V8Q0R2M3K4P5W6".parse().unwrap();
//! let early = CommandUuid::queued(Priority::Normal, Timestamp::from_unix_ms(1), [0xff; 10]);
//! let late = CommandUuid::queued(Priority::Normal, Timestamp::from_unix_ms(2), [0; 10]);
//! assert!(early < late, "a command's UUID is its position in the queue");
//! assert!(device.to_string().starts_with("dev_"));
//! ```

mod android;
mod assignment;
mod audit;
mod brand;
mod clock;
mod command;
mod control;
mod device;
mod enrollment;
mod error;
mod id;
mod locale;
mod policy;
mod random;
mod reason;
mod rollout;
mod scope;
mod sealed;
mod secret;
mod tenancy;
mod token;
mod user;

pub use android::{
    Agreement, AndroidBinding, AndroidNeed, AndroidPhone, AndroidPolicy, AndroidToken,
    BindingState, EnrollmentReference, ForeignPolicy, Officer,
};
pub use assignment::{
    ArtefactRef, AssignedTo, Assignment, AssignmentHead, DeviceTraits, Group, MailAuth, MailKind,
    MailSettings, Plan, Reached, Rule, RuleScope,
};
pub use audit::AuditEvent;
pub use brand::{Brand, Colour, Colours, Logo, LogoFormat, MAX_LOGO_BYTES, Support, WebAddress};
pub use clock::{Clock, Duration, ManualClock, Timestamp};
pub use command::{
    CommandFailure, CommandKind, CommandResult, CommandStatus, CommandUuid, Position, Priority,
    QueuedCommand, Removal,
};
pub use control::{Control, ControlState, ControlStates, Verdict};
pub use device::{
    CertificateHash, Device, DevicePolicy, DeviceState, Ownership, Platform, PushTarget, Slot,
    SlotKind, SlotStatus, Slots, Target,
};
pub use enrollment::{Enrollment, EnrollmentStatus, IssuedCertificate, Method, OneTimeToken};
pub use error::{Error, ErrorKind, Result};
pub use id::{
    AssignmentId, ClientId, DeviceId, EnrollmentId, EventId, GroupId, IdGen, ParseIdError,
    PolicyId, RequestId, ResellerId, RolloutId, TemplateId, TenantId, UserId,
};
pub use locale::Locale;
pub use policy::{Policy, PolicyTemplate, PolicyVersion, Purpose};
pub use random::Entropy;
pub use reason::{Reason, ReasonCode};
pub use rollout::{Progress, Rollout, RolloutState, Stage, StageReach};
pub use scope::{Authenticator, TenantScope};
pub use sealed::{Sealed, SealedField};
pub use secret::Secret;
pub use tenancy::{
    Client, Level, Owner, PushCertificate, Reseller, Tenant, TenantKeys, TenantStatus,
};
pub use token::{Digest, Token};
pub use user::{Person, User};
