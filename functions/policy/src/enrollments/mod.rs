pub(crate) mod create;
mod invitation;
pub(crate) mod list;
mod qr;
pub(crate) mod read;
pub(crate) mod renew;
pub(crate) mod revoke;
mod target;

use serde::Serialize;
use trennwand_domain::{
    DeviceId, Enrollment, EnrollmentId, Method, Ownership, Platform, Target, TenantScope,
    Timestamp, UserId, Verdict,
};
use trennwand_runtime::Core;
use trennwand_store::Transaction;
use utoipa::ToSchema;

/// An invitation to enrol one phone. Its link is shown once, in the answer that makes it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnrollmentView {
    /// Identity.
    #[schema(value_type = String, example = "enr_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: EnrollmentId,
    /// Whether the link can still be used.
    status: EnrollmentStatus,
    /// The phone that it becomes.
    #[schema(value_type = String, example = "dev_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    device: DeviceId,
    /// Whose phone it is to be.
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// Operating system.
    #[schema(value_type = String, example = "ios")]
    platform: Platform,
    /// `personal` or `company`.
    #[schema(value_type = String, example = "personal")]
    ownership: Ownership,
    /// How the phone gets under management.
    #[schema(value_type = String, example = "profile")]
    method: Method,
    /// The kind of management that comes of it.
    #[schema(value_type = String, example = "ios-device")]
    target: Target,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Until when it can be used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Whether an invitation can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnrollmentStatus {
    /// It can.
    Open,
    /// A phone was enrolled with it.
    Used,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

impl From<trennwand_domain::EnrollmentStatus> for EnrollmentStatus {
    fn from(status: trennwand_domain::EnrollmentStatus) -> Self {
        use trennwand_domain::EnrollmentStatus as Stored;
        match status {
            Stored::Open => Self::Open,
            Stored::Used => Self::Used,
            Stored::Expired => Self::Expired,
            Stored::Revoked => Self::Revoked,
        }
    }
}

impl EnrollmentView {
    fn new(enrollment: &Enrollment, now: Timestamp) -> Self {
        Self {
            id: enrollment.id,
            status: enrollment.status(now).into(),
            device: enrollment.device,
            user: enrollment.user,
            platform: enrollment.platform,
            ownership: enrollment.ownership,
            method: enrollment.method,
            target: enrollment.target,
            created_at: enrollment.created_at,
            expires_at: enrollment.expires_at,
        }
    }
}

/// Takes an invitation back: its link leads nowhere from then on, and no Android phone is kept for it.
pub(crate) fn take_back(core: &Core, scope: &TenantScope, tx: &mut Transaction, open: &Enrollment) {
    core.store.enrollments(scope).revoke(tx, open);
    if open.platform == Platform::Android {
        core.store.android(scope).end_invited(tx, open.device);
    }
}

/// An invitation with its link, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// The invitation.
    #[serde(flatten)]
    enrollment: EnrollmentView,
    /// The link for the phone's user. Opening it uses nothing up.
    #[schema(example = "https://mdm.example/e/0123456789ABCDEFGHJKMNPQRSTVWXYZ")]
    url: String,
    /// The link as a QR code: an SVG picture as `data:` URL.
    qr_code: String,
    /// What such an enrolment rests on, as codes.
    #[schema(example = json!(["apns_certificate"]))]
    requires: &'static [&'static str],
    /// Whether the phone's user can end management in the settings.
    user_can_remove: bool,
    /// The best verdict that the phone can reach.
    #[schema(value_type = String, example = "inferred")]
    expected_best_verdict: Verdict,
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{Digest, Duration, Sealed};

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    fn enrollment() -> Enrollment {
        Enrollment {
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
        }
    }

    #[test]
    fn what_is_shown_holds_neither_token_nor_challenge() {
        let shown = serde_json::to_value(EnrollmentView::new(&enrollment(), NOON)).unwrap();
        let expected = serde_json::json!({
            "id": "enr_00000000000000000000000001",
            "status": "open",
            "device": "dev_00000000000000000000000002",
            "user": null,
            "platform": "ios",
            "ownership": "personal",
            "method": "profile",
            "target": "ios-device",
            "created_at": "2026-11-18T11:06:40Z",
            "expires_at": "2026-11-18T11:07:40Z",
        });
        assert_eq!(shown, expected);
    }
}
