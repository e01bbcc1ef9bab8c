use std::fmt;

use serde::{Serialize, Serializer};
use trennwand_domain::Target;

/// A version of an operating system, major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Os(pub u16, pub u16);

impl Os {
    /// Reads the version that a phone reported, such as `17.4.1`; only the first two parts count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.').map(str::parse);
        let major = parts.next()?.ok()?;
        Some(Self(major, parts.next().unwrap_or(Ok(0)).ok()?))
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl Serialize for Os {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The oldest system that proofs speak of. iOS: `requireManagedPasteboard` and account-driven
/// enrolment came with 15. Android: Bluetooth sharing can be closed since 8, and AMAPI's work
/// profiles on company phones begin there.
#[must_use]
pub const fn minimum_os(target: Target) -> Os {
    match target {
        Target::IosUserEnrollment | Target::IosDevice | Target::IosSupervised => Os(15, 0),
        Target::AndroidPersonal | Target::AndroidCompany | Target::AndroidFullyManaged => Os(8, 0),
    }
}

/// The API level of [`minimum_os`] on Android (8.0).
pub(crate) const MINIMUM_API_LEVEL: i64 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_numbers() {
        assert!(Os(9, 3) < Os(15, 0) && Os(18, 4) > Os(18, 1));
        assert_eq!(Os::parse("17.4.1"), Some(Os(17, 4)));
        assert_eq!(Os::parse("14"), Some(Os(14, 0)));
        assert_eq!(Os::parse(" 8.1 "), Some(Os(8, 1)));
        for wrong in ["", "x", "15.x", "-1", "99999999"] {
            assert_eq!(Os::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Os(15, 0).to_string(), "15.0");
    }
}
