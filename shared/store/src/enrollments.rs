use trennwand_domain::{
    CertificateHash, Device, Enrollment, EnrollmentId, IssuedCertificate, Result, TenantScope,
    Timestamp,
};

use crate::{Listed, Page, Store, Transaction};

/// A tenant's invitations.
#[derive(Debug, Clone, Copy)]
pub struct Enrollments<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> Enrollments<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// Adds an invitation, the header of the phone that it becomes, and the link's directory item.
    pub fn insert(&self, tx: &mut Transaction, enrollment: &Enrollment, device: &Device) {
        let _ = (tx, enrollment, device, self.store, self.scope);
        todo!()
    }

    /// One invitation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: EnrollmentId) -> Result<Option<Enrollment>> {
        let _ = id;
        todo!()
    }

    /// The invitations.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Enrollment>> {
        let _ = page;
        todo!()
    }

    /// Takes an invitation back; its link leads nowhere from then on.
    pub fn revoke(&self, tx: &mut Transaction, enrollment: &Enrollment) {
        let _ = (tx, enrollment);
        todo!()
    }

    /// Replaces the link of `before`, as it was read, by that of `after` (same identity; other token
    /// hash, challenge and expiry; usually nothing issued). If the link was replaced since, the
    /// transaction fails as a concurrent change.
    pub fn renew(&self, tx: &mut Transaction, before: &Enrollment, after: &Enrollment) {
        let _ = (tx, before, after);
        todo!()
    }

    /// Uses an invitation up: keeps the certificate and lets the phone's header await it. If the link
    /// was used, replaced, taken back or has expired by `now`, the transaction fails with the conflict
    /// `link_used`.
    pub fn issue(
        &self,
        tx: &mut Transaction,
        enrollment: &Enrollment,
        issued: &IssuedCertificate,
        certificate: CertificateHash,
        now: Timestamp,
    ) {
        let _ = (tx, enrollment, issued, certificate, now);
        todo!()
    }
}
