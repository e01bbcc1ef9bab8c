use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{ParseIdError, SlotKind, Timestamp, Token};

/// What a command asks of the phone; the wire name is Apple's `RequestType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// `DeviceInformation`.
    DeviceInformation,
    /// `SecurityInfo`.
    SecurityInfo,
    /// `ProfileList`.
    ProfileList,
    /// `Restrictions`.
    Restrictions,
    /// `ManagedApplicationList`.
    ManagedApplicationList,
    /// `CertificateList`.
    CertificateList,
    /// `DeviceLock`.
    DeviceLock,
    /// Ends management and removes what is the company's; made by `…/release`.
    Release,
    /// Removes what is the company's; made by `…/wipe`.
    WipeBusiness,
    /// Resets the whole phone; made by `…/wipe`, never for a personal one.
    WipeDevice,
}

impl CommandKind {
    /// Those that `…/commands` takes, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::DeviceInformation,
        Self::SecurityInfo,
        Self::ProfileList,
        Self::Restrictions,
        Self::ManagedApplicationList,
        Self::CertificateList,
        Self::DeviceLock,
    ];

    /// All that can wait in a queue: those that `…/release` and `…/wipe` make, too.
    pub const QUEUED: [Self; 10] = [
        Self::DeviceInformation,
        Self::SecurityInfo,
        Self::ProfileList,
        Self::Restrictions,
        Self::ManagedApplicationList,
        Self::CertificateList,
        Self::DeviceLock,
        Self::Release,
        Self::WipeBusiness,
        Self::WipeDevice,
    ];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeviceInformation => "device_information",
            Self::SecurityInfo => "security_info",
            Self::ProfileList => "profile_list",
            Self::Restrictions => "restrictions",
            Self::ManagedApplicationList => "managed_application_list",
            Self::CertificateList => "certificate_list",
            Self::DeviceLock => "device_lock",
            Self::Release => "release",
            Self::WipeBusiness => "wipe_business",
            Self::WipeDevice => "wipe_device",
        }
    }

    /// How much it takes off the phone; `None` if nothing.
    #[must_use]
    pub const fn removal(self) -> Option<Removal> {
        match self {
            Self::Release | Self::WipeBusiness => Some(Removal::Business),
            Self::WipeDevice => Some(Removal::Everything),
            Self::DeviceInformation
            | Self::SecurityInfo
            | Self::ProfileList
            | Self::Restrictions
            | Self::ManagedApplicationList
            | Self::CertificateList
            | Self::DeviceLock => None,
        }
    }
}

/// How much a command takes off a phone; what is more comes later in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removal {
    /// What is the company's; the private side stays.
    Business,
    /// The phone is reset.
    Everything,
}

/// How urgent a queued command is; derived steps come after the urgent ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before everything else, such as a lock.
    Urgent,
    /// After the derived steps.
    Normal,
}

const URGENT: u128 = 1;
const DERIVED: u128 = 4;
const NORMAL: u128 = 8;
const PRIORITY_SHIFT: u32 = 124;
const TAG_MASK: u128 = (1 << 80) - 1;

/// A CommandUUID, which is also the command's position: numeric order is the order of delivery.
///
/// Queued: `priority:4 | unix_ms:44 | random:80`. Derived: `priority:4 | round:40 | slot:4 | tag:80`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandUuid(u128);

/// What a [`CommandUuid`] says about its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// An operator's command in the queue.
    Queued {
        /// Its urgency.
        priority: Priority,
        /// When it was queued.
        at: Timestamp,
    },
    /// A step that follows from policy and state; nothing about it is stored before it is answered.
    Derived {
        /// Which time around, at most 2^40 - 1.
        round: u64,
        /// Which step.
        slot: SlotKind,
        /// The rendering's token (install) or a keyed hash over device, round and slot (query).
        tag: Token,
    },
}

impl CommandUuid {
    /// The greatest round that fits.
    pub const MAX_ROUND: u64 = (1 << 40) - 1;

    /// The position of an operator's command.
    #[must_use]
    pub fn queued(priority: Priority, at: Timestamp, random: [u8; 10]) -> Self {
        let nibble = match priority {
            Priority::Urgent => URGENT,
            Priority::Normal => NORMAL,
        };
        let ms = (at.unix_ms().max(0) as u128) & ((1 << 44) - 1);
        Self(nibble << PRIORITY_SHIFT | ms << 80 | wide(random))
    }

    /// The position of a derived step; a round beyond [`Self::MAX_ROUND`] is cut to it.
    #[must_use]
    pub fn derived(round: u64, slot: SlotKind, tag: Token) -> Self {
        let round = u128::from(round.min(Self::MAX_ROUND));
        let slot = slot.index() as u128;
        Self(DERIVED << PRIORITY_SHIFT | round << 84 | slot << 80 | wide(*tag.as_bytes()))
    }

    /// What it says, if it is one of ours.
    #[must_use]
    pub fn position(self) -> Option<Position> {
        let queued = |priority| Position::Queued {
            priority,
            at: Timestamp::from_unix_ms((self.0 >> 80 & ((1 << 44) - 1)) as i64),
        };
        match self.0 >> PRIORITY_SHIFT {
            URGENT => Some(queued(Priority::Urgent)),
            NORMAL => Some(queued(Priority::Normal)),
            DERIVED => {
                let mut tag = [0; 10];
                tag.copy_from_slice(&(self.0 & TAG_MASK).to_be_bytes()[6..]);
                Some(Position::Derived {
                    round: (self.0 >> 84) as u64 & Self::MAX_ROUND,
                    slot: SlotKind::from_index((self.0 >> 80) as usize & 0xf)?,
                    tag: Token::from_bytes(tag),
                })
            }
            _ => None,
        }
    }

    /// From its bits.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Its bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

fn wide(random: [u8; 10]) -> u128 {
    random.iter().fold(0, |bits, &b| bits << 8 | u128::from(b))
}

/// Upper-case UUID text; text order is numeric order.
impl fmt::Display for CommandUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = self.0;
        write!(
            f,
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            b >> 96,
            b >> 80 & 0xffff,
            b >> 64 & 0xffff,
            b >> 48 & 0xffff,
            b & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for CommandUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CommandUuid {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = ParseIdError { prefix: "" };
        let bytes = text.as_bytes();
        if bytes.len() != 36 {
            return Err(error);
        }
        let mut bits = 0;
        for (i, &c) in bytes.iter().enumerate() {
            match (i, c) {
                (8 | 13 | 18 | 23, b'-') => {}
                (8 | 13 | 18 | 23, _) => return Err(error),
                _ => {
                    let digit = (c as char).to_digit(16).ok_or_else(|| error.clone())?;
                    bits = bits << 4 | u128::from(digit);
                }
            }
        }
        Ok(Self(bits))
    }
}

impl Serialize for CommandUuid {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommandUuid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(|_| de::Error::custom("not a CommandUUID"))
    }
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandStatus {
    /// Waiting in the queue. Delivery and a phone's NotNow write nothing, so both look like this.
    Queued,
    /// Handed to the phone (not recorded today, see [`Self::Queued`]).
    Delivered,
    /// The phone said NotNow (not recorded today, see [`Self::Queued`]).
    NotNow,
    /// The phone did it.
    Acknowledged,
    /// The phone answered Error or CommandFormatError.
    Error,
    /// Taken back before it was answered, or the enrolment ended.
    Cancelled,
}

/// An operator's command waiting in a phone's queue: a reference, never a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedCommand {
    /// Position and identity.
    pub uuid: CommandUuid,
    /// What it asks.
    pub kind: CommandKind,
    /// Whether Google has it, to be handed to the Android phone; an iPhone fetches its commands itself.
    pub issued: bool,
}

/// What a phone answered to an operator's command.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandResult {
    /// The command.
    pub uuid: CommandUuid,
    /// What it asked.
    pub kind: CommandKind,
    /// `Acknowledged`, `Error` or `Cancelled`.
    pub status: CommandStatus,
    /// When the answer came.
    pub answered_at: Timestamp,
    /// The decoded, minimised answer as JSON object members; empty for a bare acknowledgement.
    pub result: BTreeMap<String, String>,
}

impl CommandResult {
    /// What is kept of a command that Google was to hand to an Android phone.
    #[must_use]
    pub fn of_google(
        uuid: CommandUuid,
        kind: CommandKind,
        outcome: Result<(), CommandFailure>,
        answered_at: Timestamp,
    ) -> Self {
        let (status, why) = match outcome {
            Ok(()) => (CommandStatus::Acknowledged, None),
            Err(why @ CommandFailure::Replaced) => (CommandStatus::Cancelled, Some(why)),
            Err(why) => (CommandStatus::Error, Some(why)),
        };
        let member = |why: CommandFailure| ("reason".to_owned(), format!("\"{}\"", why.as_str()));
        Self { uuid, kind, status, answered_at, result: why.map(member).into_iter().collect() }
    }
}

/// Why a command to an Android phone was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandFailure {
    /// The phone did not come back in time.
    Expired,
    /// Somebody took it back at Google.
    Cancelled,
    /// One that removes more took its place.
    Replaced,
    /// Google or the phone refused it, or such a phone must not get it.
    Refused,
    /// The phone is not under management (any more).
    NotEnrolled,
    /// Google does not know what became of it.
    Unknown,
}

impl CommandFailure {
    /// The `reason` in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Replaced => "replaced",
            Self::Refused => "refused",
            Self::NotEnrolled => "not_enrolled",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_comes_before_derived_comes_before_normal() {
        let late = Timestamp::from_unix_ms((1 << 44) - 1);
        let urgent = CommandUuid::queued(Priority::Urgent, late, [0xff; 10]);
        let first = CommandUuid::derived(0, SlotKind::Wall, Token::default());
        let last = CommandUuid::derived(
            CommandUuid::MAX_ROUND,
            SlotKind::ManagedApplications,
            Token::from_bytes([0xff; 10]),
        );
        let normal = CommandUuid::queued(Priority::Normal, Timestamp::from_unix_ms(0), [0; 10]);
        assert!(urgent < first && first < last && last < normal);
        assert!(urgent.to_string() < first.to_string() && last.to_string() < normal.to_string());
    }

    #[test]
    fn a_position_survives_its_text() {
        let tag = Token::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let uuid = CommandUuid::derived(77, SlotKind::ProfileList, tag);
        assert_eq!(uuid.to_string(), "40000000-04D3-0102-0304-05060708090A");
        assert_eq!(uuid.to_string().parse(), Ok(uuid));
        assert_eq!(CommandUuid::from_id(&uuid.to_id()), Ok(uuid));
        assert_eq!(
            uuid.position(),
            Some(Position::Derived { round: 77, slot: SlotKind::ProfileList, tag })
        );
    }

    #[test]
    fn foreign_uuids_are_not_ours() {
        for text in [
            "",
            "40000000-04D3-0102-0304-05060708090",
            "40000000-04D3-0102-0304-05060708090AA",
            "40000000x04D3-0102-0304-05060708090A",
            "4000000é-04D3-0102-0304-0506070809A",
        ] {
            assert!(text.parse::<CommandUuid>().is_err(), "{text}");
        }
        let foreign: CommandUuid = "F0000000-0000-4000-8000-000000000000".parse().unwrap();
        assert_eq!(foreign.position(), None);
    }
}
