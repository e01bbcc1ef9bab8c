use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Clock, CommandUuid, Entropy, Priority, Timestamp};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes 128 bits as the 26 characters of a ULID (Crockford's base 32, most significant first).
pub(crate) fn encode_base32(bits: u128) -> [u8; 26] {
    let mut out = [0; 26];
    for (i, slot) in out.iter_mut().enumerate() {
        *slot = ALPHABET[(bits >> (125 - 5 * i)) as usize & 31];
    }
    out
}

/// Reads 26 characters of Crockford's base 32, upper case only, so that each value has one text.
pub(crate) fn decode_base32(text: &str) -> Option<u128> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0u128, |bits, c| {
        let digit = ALPHABET.iter().position(|&a| a == c)?;
        Some(bits << 5 | digit as u128)
    })
}

/// The text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an identifier that starts with {prefix:?}")]
pub struct ParseIdError {
    /// What such an identifier starts with, `_` included.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What the text of such an identifier starts with.
            pub const PREFIX: &'static str = $prefix;

            /// The identifier with these bits; for stored bits and for samples.
            #[must_use]
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// The 128 bits: 48 of time in milliseconds, 80 random.
            #[must_use]
            pub const fn bits(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = encode_base32(self.0);
                f.write_str($prefix)?;
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix($prefix)
                    .and_then(decode_base32)
                    .map(Self)
                    .ok_or(ParseIdError { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(de::Error::custom)
            }
        }

        impl From<NewId> for $name {
            fn from(id: NewId) -> Self {
                Self(id.0)
            }
        }
    )*};
}

ids! {
    /// A company that resells the service under its own brand.
    ResellerId = "res_";
    /// A company whose phones are managed.
    TenantId = "ten_";
    /// An OAuth 2.0 client.
    ClientId = "cli_";
    /// A policy that a reseller offers to its tenants.
    TemplateId = "tpl_";
    /// A person who uses a managed phone.
    UserId = "usr_";
    /// An invitation to enrol one phone.
    EnrollmentId = "enr_";
    /// One enrolment of a phone; a phone that enrols again gets a new one.
    DeviceId = "dev_";
    /// A group of devices.
    GroupId = "grp_";
    /// A policy.
    PolicyId = "pol_";
    /// A policy for a group or everyone.
    AssignmentId = "asg_";
    /// One roll-out of a policy version.
    RolloutId = "rol_";
    /// Something that happened.
    EventId = "evt_";
    /// One request to the API; shown in its answer and in the log.
    RequestId = "req_";
}

impl PolicyId {
    /// 32 of its random bits: tell a tenant's policies apart where there is no room for all of it.
    #[must_use]
    pub const fn mark(self) -> u32 {
        self.0 as u32
    }
}

/// Fresh bits for whichever kind of identifier is wanted.
#[derive(Debug, Clone, Copy)]
pub struct NewId(u128);

/// Makes sortable identifiers: later ones are greater, also within one millisecond.
#[derive(Debug, Clone)]
pub struct IdGen {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    last: Arc<Mutex<u128>>,
}

impl IdGen {
    /// A generator over this clock and this randomness.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, last: Arc::default() }
    }

    /// The position of a new command: after every earlier one of its priority, also within one
    /// millisecond.
    #[must_use]
    pub fn command(&self, priority: Priority) -> CommandUuid {
        let NewId(bits) = self.mint();
        let mut random = [0; 10];
        random.copy_from_slice(&bits.to_be_bytes()[6..]);
        CommandUuid::queued(priority, Timestamp::from_unix_ms((bits >> 80) as i64), random)
    }

    /// A new identifier.
    #[must_use]
    pub fn mint<I: From<NewId>>(&self) -> I {
        let ms = self.clock.now().unix_ms().max(0) as u128;
        let mut random = [0; 16];
        self.entropy.fill(&mut random[6..]);
        let fresh = ms << 80 | u128::from_be_bytes(random);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = if fresh >> 80 > *last >> 80 { fresh } else { last.wrapping_add(1) };
        NewId(*last).into()
    }
}

/// `cmd_…`: the public name of a command is the same 128 bits as its CommandUUID.
impl CommandUuid {
    /// The command's public identifier, `cmd_…`.
    #[must_use]
    pub fn to_id(self) -> String {
        let text = encode_base32(self.bits());
        format!("cmd_{}", String::from_utf8_lossy(&text))
    }

    /// Reads a public identifier, `cmd_…`.
    ///
    /// # Errors
    /// If the text is not one.
    pub fn from_id(text: &str) -> Result<Self, ParseIdError> {
        text.strip_prefix("cmd_")
            .and_then(decode_base32)
            .map(Self::from_bits)
            .ok_or(ParseIdError { prefix: "cmd_" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;

    #[derive(Debug)]
    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn identifiers_of_one_millisecond_are_sorted() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000)));
        let ids = IdGen::new(clock, Arc::new(Fixed(7)));
        let made: Vec<UserId> = (0..100).map(|_| ids.mint()).collect();
        assert!(made.windows(2).all(|w| w[0] < w[1] && w[0].to_string() < w[1].to_string()));
    }

    #[test]
    fn commands_of_one_millisecond_keep_their_order() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000)));
        let ids = IdGen::new(clock, Arc::new(Fixed(0xff)));
        let made: Vec<_> = (0..100).map(|_| ids.command(Priority::Normal)).collect();
        assert!(made.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn only_the_exact_text_is_read() {
        let id = TenantId::from_bits(u128::MAX);
        assert_eq!(id.to_string(), "ten_7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [
            "ten_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "ten_7zzzzzzzzzzzzzzzzzzzzzzzzz",
            "ten_7ZZZZZZZZZZZZZZZZZZZZZZZZ",
            "ten_7ZZZZZZZZZZZZZZZZZZZZZZZZZ#",
            "res_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "ten_é7ZZZZZZZZZZZZZZZZZZZZZZZZ",
            "",
        ] {
            assert!(wrong.parse::<TenantId>().is_err(), "{wrong}");
        }
    }
}
