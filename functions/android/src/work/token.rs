use trennwand_android::{Class, EnrollmentToken, EnrollmentTokenName, PersonalUsage, class};
use trennwand_domain::{
    AndroidToken, Duration, Enrollment, EnrollmentId, EnrollmentReference, Error, Platform,
    ReasonCode, Result, SealedField, TenantScope,
};

use super::{Bound, place, policies};
use crate::{AndroidState, binding::ended};

/// Google's shortest life of a token.
const SHORTEST: Duration = Duration::from_secs(60);

/// Makes the enrolment token of an invitation, or takes back the one of an invitation that was taken
/// back or got another link, or that is of an enterprise that was bound before.
pub(super) async fn token(state: &AndroidState, bound: &Bound, id: EnrollmentId) -> Result<()> {
    let store = &state.core.store;
    let android = store.android(&bound.scope);
    let Some(invitation) = store.enrollments(&bound.scope).get(id).await? else { return Ok(()) };
    if invitation.platform != Platform::Android {
        return Ok(());
    }
    let now = state.core.clock.now();
    let usable = invitation.is_open(now);
    if let Some(token) = android.token(id).await? {
        let name: EnrollmentTokenName = token.name.parse().map_err(Error::internal)?;
        let current = name.enterprise() == bound.enterprise && token.link == invitation.token_hash;
        if usable && current {
            return Ok(());
        }
        // One that was used up deletes itself.
        if !invitation.is_used() {
            delete(state, &name).await?;
        }
        android.remove_token(id, &token.name).await?;
    }
    if usable {
        let life = invitation.expires_at.since(now).max(SHORTEST);
        make(state, bound, &invitation, life).await?;
        // Whoever took it back or renewed it meanwhile found no token to take away.
        let now = store.enrollments(&bound.scope).get(id).await?;
        let same = |now: &Enrollment| {
            (now.revoked, now.token_hash) == (invitation.revoked, invitation.token_hash)
        };
        if !now.as_ref().is_some_and(same) {
            return Err(Error::conflict(ReasonCode::ConcurrentChange));
        }
    }
    Ok(())
}

/// Takes back the token of an invitation whose tenant is not bound (any more).
pub(super) async fn withdraw(
    state: &AndroidState,
    scope: &TenantScope,
    id: EnrollmentId,
) -> Result<()> {
    let android = state.core.store.android(scope);
    let Some(token) = android.token(id).await? else { return Ok(()) };
    delete(state, &token.name.parse().map_err(Error::internal)?).await?;
    android.remove_token(id, &token.name).await
}

/// Lets a token be of no use at Google. The enterprise may be one that is gone, and the token with it.
async fn delete(state: &AndroidState, name: &EnrollmentTokenName) -> Result<()> {
    match state.google.delete_enrollment_token(name).await {
        Ok(()) => Ok(()),
        Err(error) => match class(&error) {
            Class::NotFound | Class::Precondition => Ok(()),
            Class::Forbidden if ended::is_gone(state, &name.enterprise()).await? => Ok(()),
            _ => Err(error),
        },
    }
}

async fn make(
    state: &AndroidState,
    bound: &Bound,
    invitation: &Enrollment,
    life: Duration,
) -> Result<()> {
    let core = &state.core;
    let head = core.store.tenant(&bound.scope).head().await?;
    let head = head.ok_or_else(|| Error::internal("an invitation of a tenant without a head"))?;
    let device = core.store.devices(&bound.scope).get(invitation.device).await?;
    let Some(device) = device else { return Ok(()) };
    let policy = place::policy_of(bound, &head, &device)
        .ok_or_else(|| Error::internal("no rule has a policy for an invited phone"))?;
    // What it is to follow has to be there before a phone can come.
    policies::write(state, bound, &head).await?.one(&policy)?;
    let reference = EnrollmentReference {
        tenant: bound.scope.tenant(),
        enrollment: invitation.id,
        device: invitation.device,
        user: invitation.user,
    };
    let seal = core.vault.reference_seal(&bound.scope, &reference).await?;
    let wanted = EnrollmentToken {
        policy_name: Some(bound.enterprise.policy(&policy).map_err(Error::internal)?),
        duration: Some(life),
        one_time_only: true,
        additional_data: Some(reference.signed(seal)),
        // Both kinds have a personal side; which it becomes is decided by where it is read.
        allow_personal_usage: PersonalUsage::Allowed,
        ..EnrollmentToken::default()
    };
    let made = state.google.create_enrollment_token(&bound.enterprise, &wanted).await?;
    let (Some(name), Some(value)) = (made.name, made.value) else {
        return Err(Error::unavailable("Google made a token without name or value"));
    };
    let (vault, scope) = (&core.vault, &bound.scope);
    let of_link = SealedField::AndroidToken(invitation.id);
    let of_code = SealedField::AndroidQr(invitation.id);
    let qr = made.qr_code.unwrap_or_default();
    let token = AndroidToken {
        name: name.to_string(),
        link: invitation.token_hash,
        value: vault.seal(scope, of_link, value.as_bytes()).await?,
        qr: vault.seal(scope, of_code, qr.as_bytes()).await?,
    };
    let android = core.store.android(&bound.scope);
    let kept = android.put_token(invitation.id, &token, invitation.expires_at).await;
    if kept.as_ref().is_err_and(Error::is_concurrent_change) {
        // Two messages for one invitation: the token that nobody will know must not be good. After
        // another failure it may have been kept all the same.
        delete(state, &name).await?;
    }
    kept
}
