use std::collections::{BTreeMap, BTreeSet};

use trennwand_domain::Entropy;

use crate::entropy::hex;

/// A version of Android.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AndroidVersion {
    /// The number that people know.
    pub major: u8,
    /// The quarterly release of it: 0 is the first, 1 is QPR1.
    pub quarter: u8,
}

impl AndroidVersion {
    /// The first release of a major version.
    #[must_use]
    pub const fn new(major: u8) -> Self {
        Self { major, quarter: 0 }
    }

    /// Android's own count, from developer.android.com (12L is 32 and left out).
    #[must_use]
    pub const fn api_level(self) -> u32 {
        match self.major {
            0..=6 => 23,
            7 => 24,
            8 => 26,
            9 => 28,
            10 => 29,
            11 => 30,
            12 => 31,
            major => 20 + major as u32,
        }
    }
}

/// The hardware and system of a simulated Android phone, and what its owner has on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidHandset {
    /// Such as `Google`.
    pub manufacturer: String,
    /// Such as `Pixel 10`.
    pub model: String,
    /// Its version of Android.
    pub android: AndroidVersion,
    /// Such as `2026-11-05`.
    pub security_patch: String,
    /// The hardware's number.
    pub serial_number: String,
    /// IMEI of the first SIM.
    pub imei: String,
    /// Its owner's phone number.
    pub phone_number: String,
    /// Apps on the personal side.
    pub personal_apps: BTreeSet<String>,
}

impl AndroidHandset {
    /// A phone with this version of Android and WhatsApp on its personal side.
    #[must_use]
    pub fn new(android: AndroidVersion, entropy: &dyn Entropy) -> Self {
        let unique = hex(&entropy.bytes::<16>());
        let digits: String =
            entropy.bytes::<14>().iter().map(|b| char::from(b'0' + b % 10)).collect();
        Self {
            manufacturer: "Google".into(),
            model: "Pixel 10".into(),
            android,
            security_patch: "2026-11-05".into(),
            serial_number: unique[..14].into(),
            imei: format!("{digits}7"),
            phone_number: format!("+49151{}", &digits[..8]),
            personal_apps: BTreeSet::from(["com.whatsapp".into()]),
        }
    }
}

/// How a simulated Android phone deviates from a well-behaved one. The default does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AndroidBehaviour {
    /// Reports everything that Android can report, whatever the policy asks for.
    pub over_reports: bool,
    /// Top-level settings that it does not apply, and reports as `PENDING`.
    pub ignores: BTreeSet<String>,
    /// Top-level settings that its Android Device Policy does not know: not applied, and reported as
    /// `UNSUPPORTED`.
    pub refuses: BTreeSet<String>,
    /// Apps that came into the work profile all the same.
    pub work_apps: BTreeSet<String>,
    /// Apps that cannot be installed: package → Google's `installationFailureReason`.
    pub failing_apps: BTreeMap<String, String>,
    /// There is no passcode, and so none that meets a rule.
    pub has_no_passcode: bool,
    /// What Play Integrity has against it: Google's `securityRisk`.
    pub risk: Option<String>,
}
