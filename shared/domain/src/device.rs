use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ControlStates, DeviceId, Digest, EnrollmentId, GroupId, PolicyId, ReasonCode, Secret,
    Timestamp, Token, UserId,
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The value of a word of the API.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The phone's operating system.
    Platform {
        /// iPhone and iPad.
        Ios = "ios",
        /// Android.
        Android = "android",
    }
}

words! {
    /// Whose phone it is.
    Ownership {
        /// The user's own (BYOD).
        Personal = "personal",
        /// The company's, with private use (COPE).
        Company = "company",
    }
}

words! {
    /// The kind of management that a phone is under; artefacts are compiled per target.
    Target {
        /// iPhone or iPad with a data-separated work account (account-driven User Enrolment).
        IosUserEnrollment = "ios-user-enrollment",
        /// Unsupervised iPhone or iPad, enrolled by profile.
        IosDevice = "ios-device",
        /// Supervised iPhone or iPad (Automated Device Enrolment).
        IosSupervised = "ios-supervised",
        /// The user's own Android phone with a work profile.
        AndroidPersonal = "android-personal",
        /// The company's Android phone with a work profile.
        AndroidCompany = "android-company",
        /// The company's Android phone without a private side.
        AndroidFullyManaged = "android-fully-managed",
    }
}

impl Target {
    /// The targets that phones can be enrolled to today; templates are stored for these only.
    pub const OFFERED: &'static [Self] =
        &[Self::IosDevice, Self::AndroidPersonal, Self::AndroidCompany];

    /// Whether phones can be enrolled to it today.
    #[must_use]
    pub fn is_offered(self) -> bool {
        Self::OFFERED.contains(&self)
    }

    /// The operating system.
    #[must_use]
    pub const fn platform(self) -> Platform {
        match self {
            Self::IosUserEnrollment | Self::IosDevice | Self::IosSupervised => Platform::Ios,
            Self::AndroidPersonal | Self::AndroidCompany | Self::AndroidFullyManaged => {
                Platform::Android
            }
        }
    }
}

words! {
    /// Where an enrolment stands.
    DeviceState {
        /// The link was made; no certificate was issued.
        Invited = "invited",
        /// A certificate was issued; the phone has not said where it can be pushed to.
        Enrolling = "enrolling",
        /// Managed.
        Enrolled = "enrolled",
        /// Managed, but Apple says that the push token is dead.
        PushLost = "push_lost",
        /// Managed, but not heard of for long.
        Silent = "silent",
        /// Release was asked for.
        Releasing = "releasing",
        /// Management has ended.
        Released = "released",
        /// The same phone enrolled again.
        Superseded = "superseded",
    }
}

impl DeviceState {
    /// Whether the phone is under management.
    #[must_use]
    pub const fn is_managed(self) -> bool {
        matches!(self, Self::Enrolled | Self::PushLost | Self::Silent | Self::Releasing)
    }

    /// Whether the enrolment is over for good.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Released | Self::Superseded)
    }
}

/// SHA-256 over the DER of a certificate.
pub type CertificateHash = Digest;

/// A derived step: something every phone is made to have or is asked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SlotKind {
    /// Install the restrictions.
    Wall = 0,
    /// Install the managed account.
    Account = 1,
    /// Remove the managed account.
    RemoveAccount = 2,
    /// Ask `ProfileList`.
    ProfileList = 3,
    /// Ask `Restrictions`.
    Restrictions = 4,
    /// Ask `SecurityInfo`.
    SecurityInfo = 5,
    /// Ask `ManagedApplicationList`.
    ManagedApplications = 6,
}

impl SlotKind {
    /// All steps in order.
    pub const ALL: [Self; 7] = [
        Self::Wall,
        Self::Account,
        Self::RemoveAccount,
        Self::ProfileList,
        Self::Restrictions,
        Self::SecurityInfo,
        Self::ManagedApplications,
    ];

    /// The step at this place in the order.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// Its place in the order.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether it changes the phone, in contrast to asking it.
    #[must_use]
    pub const fn is_install(self) -> bool {
        matches!(self, Self::Wall | Self::Account | Self::RemoveAccount)
    }
}

/// What came of a slot's last command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum SlotStatus {
    /// Never answered.
    #[default]
    Never = 0,
    /// Done.
    Acknowledged = 1,
    /// Refused by the phone.
    Error = 2,
    /// Was done, but a later ProfileList did not have it any more.
    Lost = 3,
}

impl SlotStatus {
    /// The stored number's meaning.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Never,
            1 => Self::Acknowledged,
            2 => Self::Error,
            3 => Self::Lost,
            _ => return None,
        })
    }
}

/// What is remembered of one derived step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The round of the last answer; an answer with a round not above it is a repeat.
    pub round: u64,
    /// The token of the rendering that was answered; zero for queries.
    pub token: Token,
    /// What came of it.
    pub status: SlotStatus,
    /// Why it failed.
    pub cause: Option<ReasonCode>,
    /// When it was answered.
    pub at: Timestamp,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            round: 0,
            token: Token::default(),
            status: SlotStatus::Never,
            cause: None,
            at: Timestamp::from_unix_ms(0),
        }
    }
}

/// The derived steps of one phone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slots([Slot; 7]);

impl Slots {
    /// One step.
    #[must_use]
    pub const fn of(&self, kind: SlotKind) -> &Slot {
        &self.0[kind.index()]
    }

    /// One step, to change.
    pub const fn of_mut(&mut self, kind: SlotKind) -> &mut Slot {
        &mut self.0[kind.index()]
    }

    /// The greatest round answered so far.
    #[must_use]
    pub fn max_round(&self) -> u64 {
        self.0.iter().map(|s| s.round).max().unwrap_or(0)
    }
}

/// Where a phone can be woken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushTarget {
    /// Apple's device token, any length.
    pub token: Secret<Vec<u8>>,
    /// The word that makes the push genuine to the phone.
    pub magic: Secret<String>,
    /// The topic that the phone listens to.
    pub topic: String,
}

/// One enrolment of a phone: the header of its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Identity, minted with the invitation.
    pub id: DeviceId,
    /// The invitation.
    pub enrollment: EnrollmentId,
    /// Whose phone it is to be; without one it gets the wall only.
    pub user: Option<UserId>,
    /// Operating system.
    pub platform: Platform,
    /// Owner of the hardware.
    pub ownership: Ownership,
    /// Kind of management.
    pub target: Target,
    /// Where the enrolment stands.
    pub state: DeviceState,
    /// When the invitation was made.
    pub created_at: Timestamp,
    /// When management began (first TokenUpdate).
    pub enrolled_at: Option<Timestamp>,
    /// `OSVersion`, if the enrolment may ask.
    pub os_version: Option<String>,
    /// `ProductName` or `Model`, if the enrolment may ask.
    pub model: Option<String>,
    /// The certificate in use.
    pub certificate: Option<CertificateHash>,
    /// The certificate issued last and not used yet.
    pub pending_certificate: Option<CertificateHash>,
    /// Random key of the tags of this phone's queries.
    pub query_key: [u8; 16],
    /// Keyed hash of the UDID: knows the same phone again, reveals nothing.
    pub udid_hash: Option<[u8; 16]>,
    /// Another enrolment that says to be the same phone, while this one has not been heard of since.
    pub claimed_by: Option<DeviceId>,
    /// Where it can be woken.
    pub push: Option<PushTarget>,
    /// Hashes of its earlier push tokens, the latest last: a TokenUpdate that comes a second time
    /// must not bring one of them back.
    pub former_push_tokens: Vec<[u8; 8]>,
    /// Hash over the personal variables of its user, so that artefacts can be compared without a key.
    pub person: Option<Token>,
    /// The groups that it is in, at most [`crate::Group::MOST_OF_A_DEVICE`], in the order of their
    /// identifiers.
    pub groups: Vec<GroupId>,
    /// The derived steps.
    pub slots: Slots,
    /// The policy version whose wall it acknowledged last.
    pub applied_version: Option<u32>,
    /// The policy of that version, by [`PolicyId::mark`].
    pub applied_policy: Option<u32>,
    /// What is known about its controls.
    pub controls: ControlStates,
    /// When it was last heard of; exact to the day unless it answered something.
    pub last_seen_at: Option<Timestamp>,
    /// Counts the writes to this header; a write's condition.
    pub revision: u64,
}

impl Device {
    /// The minute of the day (UTC) at which this phone is woken, from its identity.
    #[must_use]
    pub const fn wake_minute(&self) -> u16 {
        self.id.wake_minute()
    }
}

impl DeviceId {
    /// The minute of the day (UTC) at which the phone of this enrolment is woken.
    #[must_use]
    pub const fn wake_minute(self) -> u16 {
        (self.bits() % 1440) as u16
    }
}

/// Which policy a phone is under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePolicy {
    /// The policy.
    pub id: PolicyId,
    /// The version that it shall have.
    pub version: u32,
    /// The version whose wall it acknowledged.
    pub applied_version: Option<u32>,
}
