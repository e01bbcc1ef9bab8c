use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, DeviceId, Digest, EnrollmentId, PolicyId, Sealed, TenantId, Timestamp, UserId,
    device::words,
};

/// A tenant's consent to the operator's terms. Without it no phone is bound to Google.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The version of the terms.
    pub version: String,
    /// SHA-256 of their text, as the operator published it.
    pub digest: Digest,
    /// When they were accepted.
    pub accepted_at: Timestamp,
    /// The tenant's client that accepted them; `None` for the local server's demonstration.
    pub accepted_by: Option<ClientId>,
}

words! {
    /// Where a tenant stands with Google.
    BindingState {
        /// A sign-up was begun at Google.
        SigningUp = "signing_up",
        /// The enterprise exists and is managed from here.
        Bound = "bound",
        /// The customer ended it in Google's console: Google does not let us to it any more.
        EndedAtGoogle = "ended_at_google",
        /// Given up from here; the customer ends it in Google's console.
        Unbound = "unbound",
    }
}

/// A tenant's enterprise at Google, or the sign-up for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AndroidBinding {
    /// Where it stands.
    pub state: BindingState,
    /// The sign-up that was begun last: `signupUrls/…`.
    pub signup: Option<String>,
    /// Hash of the one-time token in its callback address.
    pub callback: Option<Digest>,
    /// `enterprises/…`.
    pub enterprise: Option<String>,
    /// When its state changed last: begun, bound, ended or given up.
    pub changed_at: Timestamp,
    /// How many phones of the platform's quota are kept for this tenant.
    pub reserved: u32,
    /// At most this many of them are taken; counted anew when none seems to be left.
    #[serde(skip)]
    pub taken: u32,
    /// The company's data protection officer, whom Google shows.
    #[serde(default)]
    pub officer: Option<Officer>,
    /// What of the brand Google was last told.
    pub brand: Option<Digest>,
    /// Counts the writes; a write's condition.
    #[serde(skip)]
    pub revision: u64,
}

/// How to reach a company's data protection officer; published by the company (Article 37(7) GDPR).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Officer {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// What a version of a policy says that somebody else wrote at Google.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignPolicy {
    /// Google's `version`.
    pub version: i64,
    /// Whether private apps may read business contacts by it.
    pub leaks: bool,
}

/// A policy as it was last written at Google.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AndroidPolicy {
    /// Its last part: `enterprises/…/policies/<name>`.
    pub name: String,
    /// Hash of what was written.
    pub digest: Digest,
    /// Google's `version` after it was written.
    pub version: i64,
    /// Hash of the artefacts that it was made of; `None` of one that was kept without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Digest>,
    /// The policy it is of.
    pub policy: PolicyId,
    /// The version of it.
    pub policy_version: u32,
    /// From this version on, all were written from here.
    pub ours_since: i64,
    /// The version that somebody else wrote last, if it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignPolicy>,
    /// Settings of the mail app that its own schema does not have, and which therefore were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Since when no rule asks for it; it is kept for those who still come with a token that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unplanned_at: Option<Timestamp>,
}

/// What Google gave for an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidToken {
    /// `enterprises/…/enrollmentTokens/…`.
    pub name: String,
    /// The link's hash that it was made for: a renewed invitation gets another.
    pub link: Digest,
    /// `value`, sealed with the tenant's key.
    pub value: Sealed,
    /// `qrCode`, the JSON that a new phone scans, sealed with the tenant's key.
    pub qr: Sealed,
}

/// A phone as Google names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidPhone {
    /// `enterprises/…/devices/…`.
    pub name: String,
    /// When the report was made that the phone's controls rest on (`lastStatusReportTime`).
    pub reported_at: Timestamp,
    /// When the message that brought it was published; decides between reports of one moment.
    pub published_at: Timestamp,
    /// The reduced report, JSON.
    pub report: String,
    /// What is to be done about it at Google.
    pub needs: Option<AndroidNeed>,
}

words! {
    /// What is to be done at Google about a phone.
    AndroidNeed {
        /// It follows another policy than it should.
        Place = "place",
        /// It follows a version of its policy that was not written from here.
        Verify = "verify",
    }
}

/// Which invitation an enrolment token at Google is for; travels as `additionalData` and comes back
/// in every report as `enrollmentTokenData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrollmentReference {
    /// The tenant.
    pub tenant: TenantId,
    /// The invitation.
    pub enrollment: EnrollmentId,
    /// The phone that it becomes.
    pub device: DeviceId,
    /// Whose phone it is.
    pub user: Option<UserId>,
}

impl EnrollmentReference {
    const VERSION: &'static str = "trennwand1";

    /// The reference with its seal (a hash of [`fmt::Display`]'s text, keyed with the tenant's key).
    #[must_use]
    pub fn signed(&self, seal: [u8; 16]) -> String {
        format!("{self}.{}", hex(seal))
    }

    /// Reads a signed reference. Whoever trusts it compares the seal first.
    #[must_use]
    pub fn parse(text: &str) -> Option<(Self, [u8; 16])> {
        if text.len() > 200 {
            return None;
        }
        let parts: Vec<_> = text.split('.').collect();
        let [Self::VERSION, tenant, enrollment, device, user, seal] = parts.as_slice() else {
            return None;
        };
        let user = match *user {
            "-" => None,
            user => Some(user.parse().ok()?),
        };
        let reference = Self {
            tenant: tenant.parse().ok()?,
            enrollment: enrollment.parse().ok()?,
            device: device.parse().ok()?,
            user,
        };
        Some((reference, unhex(seal)?))
    }
}

impl fmt::Display for EnrollmentReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, enrollment, device, user } = self;
        write!(f, "{}.{tenant}.{enrollment}.{device}.", Self::VERSION)?;
        match user {
            Some(user) => write!(f, "{user}"),
            None => f.write_str("-"),
        }
    }
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let lower = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let ok = text.len() == 32 && text.bytes().all(lower);
    let bits = ok.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
    Some(bits.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_survives_its_text_and_is_short_enough_for_google() {
        for user in [None, Some(UserId::from_bits(4))] {
            let reference = EnrollmentReference {
                tenant: TenantId::from_bits(1),
                enrollment: EnrollmentId::from_bits(2),
                device: DeviceId::from_bits(u128::MAX),
                user,
            };
            let text = reference.signed([0x0a; 16]);
            assert!(text.len() <= 1024, "additionalData holds 1024 characters");
            assert_eq!(EnrollmentReference::parse(&text), Some((reference, [0x0a; 16])));
        }
    }

    #[test]
    fn nothing_else_is_a_reference() {
        let good = "trennwand1.ten_00000000000000000000000001.enr_00000000000000000000000002.\
            dev_00000000000000000000000003.-.0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
        assert!(EnrollmentReference::parse(good).is_some());
        for wrong in [
            String::new(),
            good.replace("trennwand1", "trennwand2"),
            good.replace("0a0a", "0A0A"),
            good.replace(".-.", ".usr_1."),
            format!("{good}.x"),
            good.replace("ten_", "res_"),
            "x".repeat(100_000),
        ] {
            assert_eq!(EnrollmentReference::parse(&wrong), None, "{wrong:.80}");
        }
    }
}
