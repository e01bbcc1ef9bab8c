pub(crate) mod read;
pub(crate) mod replace;
pub(crate) mod request;

use serde::Serialize;
use trennwand_domain::{PushCertificate, Timestamp};
use utoipa::ToSchema;

/// Where the tenant's Apple push certificate stands. No key is ever shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Apns {
    /// Whether a certificate is there, and good.
    status: ApnsStatus,
    /// The topic, which can never change: phones enrolled with it listen to no other.
    #[schema(example = "com.apple.mgmt.External.5d5d9d6a-2d0f-4d64-9f0c-0d6c7f8b8e11")]
    topic: Option<String>,
    /// When the certificate ends; renew it before, with the same Apple account.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether a signing request waits for its certificate.
    signing_request_pending: bool,
}

/// Whether there is a push certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApnsStatus {
    /// None was uploaded.
    Missing,
    /// It is in use.
    Valid,
    /// It has ended: phones stay protected, but cannot be woken.
    Expired,
}

impl Apns {
    fn new(stored: Option<&PushCertificate>, now: Timestamp) -> Self {
        let expires_at = stored.and_then(|s| s.expires_at).filter(|_| is_uploaded(stored));
        let status = match expires_at {
            None => ApnsStatus::Missing,
            Some(end) if end < now => ApnsStatus::Expired,
            Some(_) => ApnsStatus::Valid,
        };
        Self {
            status,
            topic: stored.and_then(|s| s.topic.clone()),
            expires_at,
            signing_request_pending: stored.is_some_and(|s| s.requested_key.is_some()),
        }
    }
}

fn is_uploaded(stored: Option<&PushCertificate>) -> bool {
    stored.is_some_and(|s| !s.chain.is_empty() && s.key.is_some())
}

/// What is stored before anything was uploaded or requested.
const fn nothing_yet() -> PushCertificate {
    PushCertificate {
        requested_key: None,
        chain: Vec::new(),
        key: None,
        topic: None,
        expires_at: None,
        revision: 0,
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::Sealed;

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn a_certificate_is_missing_until_uploaded_and_expires() {
        assert_eq!(Apns::new(None, NOON).status, ApnsStatus::Missing);
        let requested =
            PushCertificate { requested_key: Some(Sealed::from_bytes(vec![1])), ..nothing_yet() };
        let shown = Apns::new(Some(&requested), NOON);
        assert_eq!((shown.status, shown.signing_request_pending), (ApnsStatus::Missing, true));
        let uploaded = PushCertificate {
            chain: vec![vec![0x30]],
            key: Some(Sealed::from_bytes(vec![1])),
            topic: Some("com.apple.mgmt.External.x".into()),
            expires_at: Some(NOON),
            ..nothing_yet()
        };
        assert_eq!(Apns::new(Some(&uploaded), NOON).status, ApnsStatus::Valid);
        let later = NOON.plus(std::time::Duration::from_secs(1));
        assert_eq!(Apns::new(Some(&uploaded), later).status, ApnsStatus::Expired);
    }
}
