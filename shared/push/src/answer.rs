use trennwand_domain::{Duration, Timestamp};

use crate::PushFailure;

/// How long a phone is left alone after `429 TooManyRequests`.
const PHONE_REST: Duration = Duration::from_secs(60);

/// What Apple's push service answered.
///
/// The status decides; the reason only tells apart what share a status. It is text because the
/// service grows reasons (`ExpiredToken` came late) and an unknown one must not lose the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// HTTP status.
    pub code: u16,
    /// The body's `reason`.
    pub reason: Option<&'a str>,
    /// The body's `timestamp`: milliseconds since the Unix epoch; comes with 410.
    pub timestamp_ms: Option<u64>,
}

impl Answer<'_> {
    /// What is to be done about it.
    ///
    /// # Errors
    /// If the push was not taken.
    pub fn outcome(&self) -> Result<(), PushFailure> {
        Err(match (self.code, self.reason.unwrap_or_default()) {
            (200, _) => return Ok(()),
            (410, _) => PushFailure::TokenDead { since: self.timestamp() },
            (400, "BadDeviceToken" | "DeviceTokenNotForTopic") => {
                PushFailure::TokenDead { since: self.timestamp() }
            }
            (400, "BadTopic" | "TopicDisallowed" | "MissingTopic") | (401 | 403, _) => {
                PushFailure::IdentityRefused
            }
            (429, _) => PushFailure::TooMany { after: PHONE_REST },
            (408 | 500..=599, _) | (400, "IdleTimeout") => PushFailure::Unavailable,
            _ => PushFailure::Malformed,
        })
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let ms = i64::try_from(self.timestamp_ms?).ok()?;
        Some(Timestamp::from_unix_ms(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: u16, reason: &str) -> Result<(), PushFailure> {
        let reason = (!reason.is_empty()).then_some(reason);
        Answer { code, reason, timestamp_ms: None }.outcome()
    }

    /// Apple, "Handling notification responses from APNs": every status with every reason.
    #[test]
    fn every_documented_answer_has_its_class() {
        use PushFailure::{IdentityRefused, Malformed, TokenDead, TooMany, Unavailable};
        let dead = TokenDead { since: None };
        let rest = TooMany { after: Duration::from_secs(60) };
        assert_eq!(outcome(200, ""), Ok(()));
        for (code, reason, class) in [
            (400, "BadCollapseId", Malformed),
            (400, "BadDeviceToken", dead),
            (400, "BadExpirationDate", Malformed),
            (400, "BadMessageId", Malformed),
            (400, "BadPriority", Malformed),
            (400, "BadTopic", IdentityRefused),
            (400, "DeviceTokenNotForTopic", dead),
            (400, "DuplicateHeaders", Malformed),
            (400, "IdleTimeout", Unavailable),
            (400, "InvalidPushType", Malformed),
            (400, "MissingDeviceToken", Malformed),
            (400, "MissingTopic", IdentityRefused),
            (400, "PayloadEmpty", Malformed),
            (400, "TopicDisallowed", IdentityRefused),
            (403, "BadCertificate", IdentityRefused),
            (403, "BadCertificateEnvironment", IdentityRefused),
            (403, "ExpiredProviderToken", IdentityRefused),
            (403, "Forbidden", IdentityRefused),
            (403, "InvalidProviderToken", IdentityRefused),
            (403, "MissingProviderToken", IdentityRefused),
            (404, "BadPath", Malformed),
            (405, "MethodNotAllowed", Malformed),
            (410, "ExpiredToken", dead),
            (410, "Unregistered", dead),
            (413, "PayloadTooLarge", Malformed),
            (429, "TooManyProviderTokenUpdates", rest),
            (429, "TooManyRequests", rest),
            (500, "InternalServerError", Unavailable),
            (503, "ServiceUnavailable", Unavailable),
            (503, "Shutdown", Unavailable),
        ] {
            assert_eq!(outcome(code, reason), Err(class), "{code} {reason}");
        }
    }

    #[test]
    fn an_unknown_reason_does_not_lose_the_status() {
        assert_eq!(outcome(410, ""), Err(PushFailure::TokenDead { since: None }));
        assert_eq!(outcome(403, "SomethingNew"), Err(PushFailure::IdentityRefused));
        assert_eq!(outcome(503, "SomethingNew"), Err(PushFailure::Unavailable));
        assert_eq!(outcome(400, "SomethingNew"), Err(PushFailure::Malformed));
    }

    #[test]
    fn a_dead_token_says_since_when() {
        let at = Timestamp::from_unix_ms(1_795_000_000_123);
        for (ms, since) in [(1_795_000_000_123, Some(at)), (u64::MAX, None)] {
            let gone = Answer { code: 410, reason: Some("Unregistered"), timestamp_ms: Some(ms) };
            assert_eq!(gone.outcome(), Err(PushFailure::TokenDead { since }));
        }
    }
}
