use serde::{Deserialize, Serialize};
use trennwand_domain::{Duration, Timestamp};

use crate::{EnrollmentTokenName, PersonalUsage, PolicyName, wire};

/// `EnrollmentToken`. Whoever has the value can enrol a phone, so `Debug` shows neither value nor QR
/// code.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnrollmentToken {
    /// Made by Google.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<EnrollmentTokenName>,
    /// Made by Google.
    #[serde(skip_serializing)]
    pub value: Option<String>,
    /// Made by Google: JSON for a QR code.
    #[serde(skip_serializing)]
    pub qr_code: Option<String>,
    /// Made by Google.
    #[serde(skip_serializing)]
    pub expiration_timestamp: Option<Timestamp>,
    /// What a phone gets first; without it `policies/default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<PolicyName>,
    /// How long it is valid, at least a minute; an hour if absent.
    #[serde(with = "wire::seconds", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// Good for one phone only.
    pub one_time_only: bool,
    /// Comes back as the phone's `enrollmentTokenData`; at most 1024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_data: Option<String>,
    /// Which kind of phone. The same token makes a work profile on a person's phone and, read as a
    /// QR code by the set-up wizard, a company phone with a work profile.
    pub allow_personal_usage: PersonalUsage,
}

impl EnrollmentToken {
    /// The link that starts the set-up on a person's own phone.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        enrollment_link(self.value.as_deref()?)
    }
}

/// The link that starts the set-up on a person's own phone, for the value of an [`EnrollmentToken`]; `None`
/// if that has letters that an address could not bear as they are.
#[must_use]
pub fn enrollment_link(value: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let fits = !value.is_empty() && value.chars().all(plain);
    fits.then(|| format!("https://enterprise.google.com/android/enroll?et={value}"))
}

impl std::fmt::Debug for EnrollmentToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrollmentToken")
            .field("name", &self.name)
            .field("policy_name", &self.policy_name)
            .field("duration", &self.duration)
            .field("one_time_only", &self.one_time_only)
            .field("allow_personal_usage", &self.allow_personal_usage)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_that_would_be_more_than_a_value_makes_no_link() {
        let link = "https://enterprise.google.com/android/enroll?et=A-b_c.d~9";
        assert_eq!(enrollment_link("A-b_c.d~9").as_deref(), Some(link));
        for value in ["", "a&b", "a b", "a\r\nb", "a/b", "ä", "a%20"] {
            assert_eq!(enrollment_link(value), None, "{value:?}");
        }
    }

    #[test]
    fn what_google_made_is_read_but_never_sent_back_nor_shown() {
        let token: EnrollmentToken = serde_json::from_value(json!({
            "name": "enterprises/LC1/enrollmentTokens/t1", "value": "VALUE", "qrCode": "{\"VALUE\"}",
            "expirationTimestamp": "2026-11-20T09:00:00Z", "duration": "3600.5s",
            "oneTimeOnly": true, "additionalData": "ref",
            "allowPersonalUsage": "PERSONAL_USAGE_ALLOWED"
        }))
        .unwrap();
        assert_eq!(token.duration, Some(Duration::from_secs(3_600)));
        let link = "https://enterprise.google.com/android/enroll?et=VALUE";
        assert_eq!(token.link().as_deref(), Some(link));
        assert!(!format!("{token:?}").contains("VALUE"));
        let sent = serde_json::to_value(&token).unwrap();
        assert_eq!(sent["duration"], "3600s");
        assert!(!sent.to_string().contains("VALUE"), "{sent}");
    }
}
