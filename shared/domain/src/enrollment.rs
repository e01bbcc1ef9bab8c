use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    DeviceId, Digest, EnrollmentId, Ownership, Platform, Secret, Target, Timestamp, UserId,
    device::words,
};

words! {
    /// How a phone gets under management.
    Method {
        /// A configuration profile, opened by link.
        Profile = "profile",
        /// A work profile on the user's own Android phone, opened by link.
        WorkProfile = "work_profile",
        /// A QR code that a new Android phone of the company scans when it is set up.
        SetupQr = "setup_qr",
    }
}

/// The secret in an enrolment link: 32 characters of Crockford's base 32 in upper case (160 bits).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OneTimeToken(Secret<String>);

impl OneTimeToken {
    /// Makes one of random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 20]) -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let text = random
            .chunks_exact(5)
            .flat_map(|c| {
                let bits = c.iter().fold(0u64, |bits, &b| bits << 8 | u64::from(b));
                (0..8).map(move |i| ALPHABET[(bits >> (35 - 5 * i)) as usize & 31] as char)
            })
            .collect();
        Self(Secret::new(text))
    }

    /// Reads the token in a URL; anything that is not one is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ok = text.len() == 32
            && text
                .bytes()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() && !b"ILOU".contains(&c));
        ok.then(|| Self(Secret::new(text.into())))
    }

    /// The text for the link.
    #[must_use]
    pub const fn expose(&self) -> &String {
        self.0.expose()
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of_parts(&[b"one-time token", self.0.expose().as_bytes()])
    }
}

/// An invitation to enrol one phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    /// Identity.
    pub id: EnrollmentId,
    /// The enrolment of a phone that it becomes.
    pub device: DeviceId,
    /// Whose phone it is to be.
    pub user: Option<UserId>,
    /// Operating system.
    pub platform: Platform,
    /// Owner of the hardware.
    pub ownership: Ownership,
    /// How.
    pub method: Method,
    /// Kind of management that comes of it.
    pub target: Target,
    /// Hash of the token in the link.
    pub token_hash: Digest,
    /// The SCEP challenge, sealed with the tenant's key: every download of the profile is the same.
    pub challenge: crate::Sealed,
    /// When the invitation was made.
    pub created_at: Timestamp,
    /// Until when a certificate may be issued.
    pub expires_at: Timestamp,
    /// Taken back.
    pub revoked: bool,
    /// The certificate that used it up, of an iPhone.
    pub issued: Option<IssuedCertificate>,
    /// When an Android phone was enrolled with it.
    pub used_at: Option<Timestamp>,
}

impl Enrollment {
    /// For how many seconds an invitation is good at most (30 days), and its token at Google with it.
    pub const LONGEST_S: u64 = 30 * 86_400;

    /// Whether a phone was enrolled with it.
    #[must_use]
    pub const fn is_used(&self) -> bool {
        self.issued.is_some() || self.used_at.is_some()
    }

    /// Whether it can still be used.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> EnrollmentStatus {
        if self.is_used() {
            EnrollmentStatus::Used
        } else if self.revoked {
            EnrollmentStatus::Revoked
        } else if self.expires_at <= now {
            EnrollmentStatus::Expired
        } else {
            EnrollmentStatus::Open
        }
    }

    /// Whether it is [`EnrollmentStatus::Open`].
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status(now) == EnrollmentStatus::Open
    }
}

words! {
    /// Whether an invitation can still be used.
    EnrollmentStatus {
        /// It can.
        Open = "open",
        /// A phone was enrolled with it.
        Used = "used",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

/// The one certificate that an invitation was used up for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// SCEP `transactionID`: the same transaction repeated gets the same certificate.
    pub transaction: String,
    /// Hash over the public key (SubjectPublicKeyInfo, DER) of the request.
    pub public_key: Digest,
    /// The certificate, DER.
    pub certificate: crate::Sealed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Duration, Sealed};

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn an_invitation_is_open_until_used_revoked_or_expired() {
        let open = Enrollment {
            id: EnrollmentId::from_bits(1),
            device: DeviceId::from_bits(2),
            user: None,
            platform: Platform::Ios,
            ownership: Ownership::Personal,
            method: Method::Profile,
            target: Target::IosDevice,
            token_hash: Digest::of(b"token"),
            challenge: Sealed::from_bytes(vec![1]),
            created_at: NOON,
            expires_at: NOON.plus(Duration::from_secs(60)),
            revoked: false,
            issued: None,
            used_at: None,
        };
        assert_eq!(open.status(NOON), EnrollmentStatus::Open);
        assert!(open.is_open(NOON.plus(Duration::from_secs(59))));
        assert_eq!(open.status(open.expires_at), EnrollmentStatus::Expired);
        let revoked = Enrollment { revoked: true, ..open.clone() };
        assert_eq!(revoked.status(NOON), EnrollmentStatus::Revoked);
        let issued = IssuedCertificate {
            transaction: "1".into(),
            public_key: Digest::of(b"key"),
            certificate: Sealed::from_bytes(vec![1]),
        };
        let used = Enrollment { issued: Some(issued), ..open.clone() };
        assert_eq!(used.status(used.expires_at), EnrollmentStatus::Used);
        let android = Enrollment { used_at: Some(NOON), ..open };
        assert_eq!(android.status(NOON), EnrollmentStatus::Used);
    }

    #[test]
    fn a_token_is_read_only_in_its_one_form() {
        let token = OneTimeToken::from_random([0xff; 20]);
        assert_eq!(token.expose(), &"Z".repeat(32));
        assert_eq!(OneTimeToken::parse(token.expose()), Some(token));
        for wrong in ["", "z", &"z".repeat(32), &"I".repeat(32), &"Z".repeat(33), "../../etc"] {
            assert_eq!(OneTimeToken::parse(wrong), None);
        }
    }
}
