use trennwand_domain::{
    AssignmentHead, DeviceId, Enrollment, EnrollmentId, EnrollmentStatus, Error, OneTimeToken,
    TenantScope, Timestamp,
};
use trennwand_store::Store;

use crate::page::Refusal;

/// An invitation found by its link.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) scope: TenantScope,
    pub(crate) enrollment: Enrollment,
    pub(crate) token: OneTimeToken,
}

impl Link {
    /// Finds the invitation of a link, whatever became of it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn find(store: &Store, token: &str) -> Result<Option<Self>, Error> {
        let Some((scope, id, token)) = resolve(store, token).await? else { return Ok(None) };
        let found = store.enrollments(&scope).get(id).await?;
        Ok(found.and_then(|enrollment| Self::of(scope, enrollment, token)))
    }

    /// As [`Self::find`], with the tenant's assignment head; both as they were lately, in two requests.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn open(
        store: &Store,
        token: &str,
    ) -> Result<Option<(Self, Option<AssignmentHead>)>, Error> {
        let Some((scope, id, token)) = resolve(store, token).await? else { return Ok(None) };
        let found = store.enrollments(&scope).recent_with_head(id).await?;
        let Some((enrollment, head)) = found else { return Ok(None) };
        Ok(Self::of(scope, enrollment, token).map(|link| (link, head)))
    }

    /// A renewed invitation has another link; the old one leads nowhere.
    fn of(scope: TenantScope, enrollment: Enrollment, token: OneTimeToken) -> Option<Self> {
        let valid = enrollment.token_hash == token.hash();
        valid.then_some(Self { scope, enrollment, token })
    }

    /// Why it can no longer be used, if it cannot.
    pub(crate) fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        refusal(&self.enrollment, now)
    }

    /// The enrolment of a phone that it becomes.
    pub(crate) const fn device(&self) -> DeviceId {
        self.enrollment.device
    }
}

async fn resolve(
    store: &Store,
    token: &str,
) -> Result<Option<(TenantScope, EnrollmentId, OneTimeToken)>, Error> {
    let Some(token) = OneTimeToken::parse(token) else { return Ok(None) };
    let found = store.directory().enrollment(&token).await?;
    Ok(found.map(|(scope, id, _)| (scope, id, token)))
}

fn refusal(enrollment: &Enrollment, now: Timestamp) -> Option<Refusal> {
    match enrollment.status(now) {
        EnrollmentStatus::Open => None,
        EnrollmentStatus::Used => Some(Refusal::Used),
        EnrollmentStatus::Revoked => Some(Refusal::Revoked),
        EnrollmentStatus::Expired => Some(Refusal::Expired),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use trennwand_domain::{
        Digest, Duration, EnrollmentId, IssuedCertificate, Method, Ownership, Platform, Sealed,
        Target,
    };

    use super::*;

    pub(crate) const NOW: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    pub(crate) fn enrollment() -> Enrollment {
        Enrollment {
            id: EnrollmentId::from_bits(1),
            device: DeviceId::from_bits(2),
            user: None,
            platform: Platform::Ios,
            ownership: Ownership::Personal,
            method: Method::Profile,
            target: Target::IosDevice,
            token_hash: Digest::of(b"token"),
            challenge: Sealed::from_bytes(vec![]),
            created_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(60)),
            revoked: false,
            issued: None,
            used_at: None,
        }
    }

    #[test]
    fn a_link_works_until_it_is_used_taken_back_or_over() {
        let open = enrollment();
        let last = Timestamp::from_unix_s(open.expires_at.unix_s() - 1);
        assert_eq!(refusal(&open, last), None);
        assert_eq!(refusal(&open, open.expires_at), Some(Refusal::Expired));
        let late = open.expires_at.plus(Duration::from_millis(1));
        assert_eq!(refusal(&open, late), Some(Refusal::Expired));
        let revoked = Enrollment { revoked: true, ..enrollment() };
        assert_eq!(refusal(&revoked, NOW), Some(Refusal::Revoked));
        let issued = Some(IssuedCertificate {
            transaction: "t".into(),
            public_key: Digest::of(b"key"),
            certificate: Sealed::from_bytes(vec![]),
        });
        let used = Enrollment { issued, ..revoked };
        assert_eq!(refusal(&used, late), Some(Refusal::Used));
    }
}
