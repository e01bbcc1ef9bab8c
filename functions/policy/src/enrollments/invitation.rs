use trennwand_domain::{
    AssignmentHead, BindingState, Device, Duration, Enrollment, EnrollmentId, Error, MailKind,
    OneTimeToken, Platform, PushCertificate, ReasonCode, Result, Sealed, SealedField, Tenant,
    TenantScope, TenantStatus, Timestamp, Verdict,
};
use trennwand_evidence::best_verdict;
use trennwand_policy::wanted;
use trennwand_runtime::Core;

use super::{
    EnrollmentView, Invitation,
    qr::qr_code,
    target::{requires, user_can_remove},
};

const DEFAULT_LIFE: Duration = Duration::from_secs(7 * 86_400);
const SHORTEST_S: u64 = 60;

/// Until when an invitation can be used.
///
/// # Errors
/// `invalid` at `expires_in_s`.
pub(super) fn expiry(now: Timestamp, expires_in_s: Option<u64>) -> Result<Timestamp> {
    match expires_in_s {
        None => Ok(now.plus(DEFAULT_LIFE)),
        Some(s @ SHORTEST_S..=Enrollment::LONGEST_S) => Ok(now.plus(Duration::from_secs(s))),
        Some(_) => Err(Error::invalid("expires_in_s", "must be 60 to 2592000 (30 days)")),
    }
}

/// Whether an invitation needs one more of the Android phones that are reserved for the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seat {
    /// It does.
    Wanted,
    /// It has one.
    Taken,
}

/// That the tenant can enrol such phones now, and what decides what they get.
///
/// # Errors
/// The conflicts `tenant_not_ready`, and `apns_certificate_required` for iPhones, `agreement_required`,
/// `android_not_bound` and `android_reservation_exhausted` for others.
pub(super) async fn ready(
    core: &Core,
    scope: &TenantScope,
    platform: Platform,
    seat: Seat,
) -> Result<AssignmentHead> {
    let store = core.store.tenant(scope);
    let tenant = store.get().await?.ok_or_else(|| Error::not_found("tenant"))?;
    let head = store.head().await?;
    match platform {
        Platform::Ios => {
            let push = store.push_certificate().await?;
            check_ready(&tenant, push.as_ref(), core.clock.now())?;
        }
        Platform::Android => {
            if tenant.status != TenantStatus::Active {
                return Err(Error::conflict(ReasonCode::TenantNotReady));
            }
            android_ready(core, scope, seat).await?;
        }
    }
    head.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))
}

/// That one more Android phone fits into what is reserved: its user is not to find out at the end.
async fn android_ready(core: &Core, scope: &TenantScope, seat: Seat) -> Result<()> {
    let android = core.store.android(scope);
    let bound = android.binding().await?.filter(|b| b.state == BindingState::Bound);
    let Some(binding) = bound else {
        let agreed = !core.store.agreements(scope).all().await?.is_empty();
        let missing = match agreed {
            true => ReasonCode::AndroidNotBound,
            false => ReasonCode::AgreementRequired,
        };
        return Err(Error::conflict(missing));
    };
    if seat == Seat::Taken || binding.taken < binding.reserved {
        return Ok(());
    }
    match android.recount(&binding, core.clock.now()).await? {
        taken if taken < binding.reserved => Ok(()),
        _ => Err(Error::conflict(ReasonCode::AndroidReservationExhausted)),
    }
}

fn check_ready(tenant: &Tenant, push: Option<&PushCertificate>, now: Timestamp) -> Result<()> {
    if tenant.status != TenantStatus::Active {
        return Err(Error::conflict(ReasonCode::TenantNotReady));
    }
    let usable = push.is_some_and(|push| {
        !push.chain.is_empty() && push.key.is_some() && push.expires_at.is_some_and(|t| now <= t)
    });
    if usable { Ok(()) } else { Err(Error::conflict(ReasonCode::ApnsCertificateRequired)) }
}

/// A fresh link and a fresh SCEP challenge.
pub(super) struct Link {
    pub(super) token: OneTimeToken,
    pub(super) challenge: Sealed,
}

impl Link {
    /// Makes them for an invitation.
    ///
    /// # Errors
    /// If the tenant's key cannot be had.
    pub(super) async fn new(
        core: &Core,
        scope: &TenantScope,
        enrollment: EnrollmentId,
    ) -> Result<Self> {
        let entropy = &*core.entropy;
        let token = OneTimeToken::from_random(entropy.bytes());
        let challenge = OneTimeToken::from_random(entropy.bytes());
        let field = SealedField::Challenge(enrollment);
        let challenge = core.vault.seal(scope, field, challenge.expose().as_bytes()).await?;
        Ok(Self { token, challenge })
    }
}

impl Invitation {
    /// What is shown of a new or renewed invitation.
    pub(super) fn new(
        core: &Core,
        scope: &TenantScope,
        head: &AssignmentHead,
        enrollment: &Enrollment,
        device: &Device,
        token: &OneTimeToken,
    ) -> Result<Self> {
        let url = format!("{}/e/{}", core.base_url, token.expose());
        Ok(Self {
            enrollment: EnrollmentView::new(enrollment, core.clock.now()),
            qr_code: qr_code(&url)?,
            url,
            requires: requires(enrollment.target),
            user_can_remove: user_can_remove(enrollment.target),
            expected_best_verdict: expected(scope, head, device),
        })
    }
}

/// The best verdict that the phone can reach as things are set up now.
fn expected(scope: &TenantScope, head: &AssignmentHead, device: &Device) -> Verdict {
    let google_mail = head.mail.as_ref().is_some_and(|mail| mail.kind == MailKind::GoogleWorkspace);
    let no_account = |account: Option<ReasonCode>| match account {
        // A Google account on an Android phone needs no artefact.
        Some(ReasonCode::MailNotSet) if device.platform == Platform::Android && google_mail => None,
        account => account,
    };
    wanted(scope.tenant(), head, device)
        .map_or(Verdict::Unknown, |wanted| best_verdict(no_account(wanted.account.err())))
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{ResellerId, TenantId};

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    fn tenant(status: TenantStatus) -> Tenant {
        Tenant {
            id: TenantId::from_bits(1),
            reseller: ResellerId::from_bits(1),
            name: "Example".into(),
            status,
            created_at: NOON,
            revision: 1,
        }
    }

    fn push(expires_at: Timestamp) -> PushCertificate {
        PushCertificate {
            requested_key: None,
            chain: vec![vec![0x30]],
            key: Some(Sealed::from_bytes(vec![1])),
            topic: Some("com.apple.mgmt.x".into()),
            expires_at: Some(expires_at),
            revision: 1,
        }
    }

    fn refusal(status: TenantStatus, push: Option<&PushCertificate>) -> &'static str {
        check_ready(&tenant(status), push, NOON).unwrap_err().code()
    }

    #[test]
    fn an_iphone_needs_a_ready_tenant_and_a_push_certificate_that_is_good() {
        let good = push(NOON);
        assert!(check_ready(&tenant(TenantStatus::Active), Some(&good), NOON).is_ok());
        assert_eq!(refusal(TenantStatus::Provisioning, Some(&good)), "tenant_not_ready");
        assert_eq!(refusal(TenantStatus::Active, None), "apns_certificate_required");
        let ended = push(NOON.minus(Duration::from_secs(1)));
        assert_eq!(refusal(TenantStatus::Active, Some(&ended)), "apns_certificate_required");
        let requested = PushCertificate { chain: Vec::new(), key: None, ..push(NOON) };
        assert_eq!(refusal(TenantStatus::Active, Some(&requested)), "apns_certificate_required");
    }

    #[test]
    fn an_invitation_lives_a_week_unless_told_otherwise() {
        let week = NOON.plus(Duration::from_secs(7 * 86_400));
        assert_eq!(expiry(NOON, None).unwrap(), week);
        assert_eq!(expiry(NOON, Some(60)).unwrap(), NOON.plus(Duration::from_secs(60)));
        for wrong in [0, 59, 30 * 86_400 + 1, u64::MAX] {
            assert_eq!(expiry(NOON, Some(wrong)).unwrap_err().code(), "invalid");
        }
    }
}
