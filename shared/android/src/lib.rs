//! Google's side of an Android phone: the resources of the Android Management API that this service
//! uses, its Pub/Sub notifications, and the seam [`DeviceManagement`] behind which Google stands.
//!
//! Fields and words are those of the discovery document *androidmanagement v1, revision 20261104*; the
//! member's name in Google's JSON is the field's name here in camel case. Google writes JSON without
//! members that have their default, so an absent flag is `false`.
//!
//! Architecture invariants: no IO here but in the feature `client`; nothing here has an opinion on
//! what a policy should say. A [`DeviceReport`] has no room for what data protection does not want to
//! know: whatever else a phone reports is gone once it was read.
//!
//! ```
//! use trennwand_android::{DeviceName, DeviceReport};
//!
//! let report = r#"{"name":"enterprises/LC01/devices/3a","networkInfo":{"imei":"352099001761481"}}"#;
//! let report: DeviceReport = serde_json::from_str(report).unwrap();
//! assert_eq!(report.name.enterprise().to_string(), "enterprises/LC01");
//! assert!(!format!("{report:?}").contains("352099001761481"));
//! assert!("enterprises/LC01/devices/..".parse::<DeviceName>().is_err());
//! ```

mod application;
#[cfg(feature = "client")]
pub mod client;
mod command;
mod device;
mod enrollment;
mod enterprise;
mod name;
mod notification;
mod policy;
#[cfg(feature = "schema")]
pub mod schema;
mod seam;
mod wire;
mod words;

pub use application::{Application, ManagedProperty, ManagedPropertyEntry};
pub use command::{Command, CommandMetadata, Operation, OperationError, Wipe};
pub use device::{
    DevicePatch, DeviceReport, DeviceSettings, Hardware, NonComplianceDetail, PostureDetail,
    SecurityPosture, Software,
};
pub use enrollment::{EnrollmentToken, enrollment_link};
pub use enterprise::{
    ContactInfo, Enterprise, ExternalData, SigninDetail, Signup, SignupRequest, SignupUrl,
    TermsAndConditions, UserFacingMessage,
};
pub use name::{
    ApplicationName, DeviceName, EnrollmentTokenName, EnterpriseName, OperationName,
    ParseNameError, PolicyName, SignupUrlName,
};
pub use notification::{Event, Notification, NotificationError, PubsubMessage, PushEnvelope};
pub use policy::Policy;
pub use seam::{BoxFuture, Class, DeviceManagement, Page, PageToken, class};
pub use words::{
    AppliedState, CommandError, CommandType, DevicePosture, EncryptionStatus, EnterpriseType,
    InstallationFailure, ManagedPropertyType, ManagementMode, NonComplianceReason,
    NotificationType, Ownership, PatchableState, PersonalUsage, SecurityRisk,
    SpecificNonComplianceReason,
};
