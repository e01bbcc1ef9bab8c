use aws_sdk_dynamodb::types::AttributeValue;
use trennwand_domain::{
    AssignmentHead, CertificateHash, Device, DeviceState, Digest, Enrollment, EnrollmentId, Error,
    IssuedCertificate, Method, Ownership, Platform, ReasonCode, Result, Sealed, Target,
    TenantScope, Timestamp,
};

use crate::{
    Listed, Page, Store, Transaction,
    devices::header,
    directory, failure,
    item::{Fields, Item, bytes, moment, number, text},
    layout::{self, attribute},
    read::sort_key,
    transaction::{Expression, Table},
};

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
        let exists = || Error::already_exists("enrollment");
        let invitation = self.encode(enrollment);
        let header = header::encode(&self.scope, device, device.revision);
        let link = directory::link_item(&self.scope, enrollment);
        for item in [invitation, header, link] {
            tx.put(Table::Data, item, Expression::absent(), exists());
        }
    }

    /// One invitation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: EnrollmentId) -> Result<Option<Enrollment>> {
        let item = self.store.read(Table::Data, &layout::enrollment(&self.scope, id)).await?;
        item.map(decode).transpose()
    }

    /// One invitation and the tenant's assignment head, as they were lately, in one request: all that
    /// pages and enrolment profiles need.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn recent_with_head(
        &self,
        id: EnrollmentId,
    ) -> Result<Option<(Enrollment, Option<AssignmentHead>)>> {
        let key = layout::enrollment(&self.scope, id);
        let keys = [(Table::Data, key.clone()), (Table::Data, layout::head(&self.scope))];
        let found = self.store.batch(&keys, false).await?.data;
        let (invitation, head): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|item| sort_key(item) == Some(&key.sk));
        // One that is not there may be too new.
        let invitation = match invitation.into_iter().next() {
            Some(item) => Some(decode(item.into())?),
            None => self.get(id).await?,
        };
        let head = head.into_iter().next().map(|item| Fields::from(item).json("js")).transpose()?;
        Ok(invitation.map(|invitation| (invitation, head)))
    }

    /// The invitations.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Enrollment>> {
        self.store.listed(&layout::enrollments(&self.scope), page, decode).await
    }

    /// Takes an invitation back; its link leads nowhere from then on.
    pub fn revoke(&self, tx: &mut Transaction, enrollment: &Enrollment) {
        let change = Expression::update("SET rk = :yes")
            .and_when("th = :th")
            .value(":yes", AttributeValue::Bool(true))
            .value(":th", bytes(*enrollment.token_hash.as_bytes()));
        let key = layout::enrollment(&self.scope, enrollment.id);
        tx.update(&key, change, failure::concurrent_change());
        self.delete_link(tx, enrollment);
    }

    /// Replaces the link of `before`, as it was read, by that of `after` (same identity; other token
    /// hash, challenge and expiry; usually nothing issued). If the link was replaced since, the
    /// transaction fails as a concurrent change.
    pub fn renew(&self, tx: &mut Transaction, before: &Enrollment, after: &Enrollment) {
        let unchanged =
            Expression::when("th = :th").value(":th", bytes(*before.token_hash.as_bytes()));
        tx.put(Table::Data, self.encode(after), unchanged, failure::concurrent_change());
        self.delete_link(tx, before);
        let link = directory::link_item(&self.scope, after);
        tx.put(Table::Data, link, Expression::absent(), failure::concurrent_change());
    }

    /// Uses an invitation up: keeps the certificate and lets the phone's header await it. If the link
    /// was used, replaced, taken back or has expired by `now`, the transaction fails with the conflict
    /// `enrollment_used`.
    pub fn issue(
        &self,
        tx: &mut Transaction,
        enrollment: &Enrollment,
        issued: &IssuedCertificate,
        certificate: CertificateHash,
        now: Timestamp,
    ) {
        let used = || Error::conflict(ReasonCode::EnrollmentUsed);
        let change = Expression::update("SET it = :it, ik = :ik, ic = :ic")
            .and_when("th = :th AND rk = :no AND ex > :now AND attribute_not_exists(ik)")
            .value(":it", text(&issued.transaction))
            .value(":ik", bytes(*issued.public_key.as_bytes()))
            .value(":ic", bytes(issued.certificate.as_bytes()))
            .value(":th", bytes(*enrollment.token_hash.as_bytes()))
            .value(":no", AttributeValue::Bool(false))
            .value(":now", moment(now));
        tx.update(&layout::enrollment(&self.scope, enrollment.id), change, used());
        let change = Expression::update("SET pe = :pe, st = :enrolling, rv = rv + :one")
            .and_when("st IN (:invited, :enrolling)")
            .value(":pe", bytes(*certificate.as_bytes()))
            .value(":invited", text(DeviceState::Invited))
            .value(":enrolling", text(DeviceState::Enrolling))
            .value(":one", number(1));
        tx.update(&layout::device(&self.scope, enrollment.device), change, used());
    }

    fn delete_link(&self, tx: &mut Transaction, enrollment: &Enrollment) {
        let key = layout::link_directory(enrollment.token_hash);
        tx.delete(Table::Data, &key, Expression::default(), failure::concurrent_change());
    }

    fn encode(&self, enrollment: &Enrollment) -> Item {
        let issued = enrollment.issued.as_ref();
        Item::at(&layout::enrollment(&self.scope, enrollment.id))
            .with(attribute::DEVICE, text(enrollment.device))
            .maybe("us", enrollment.user.map(text))
            .with("pl", text(enrollment.platform))
            .with("ow", text(enrollment.ownership))
            .with("me", text(enrollment.method))
            .with("tg", text(enrollment.target))
            .with("th", bytes(*enrollment.token_hash.as_bytes()))
            .with("cg", bytes(enrollment.challenge.as_bytes()))
            .with("cr", moment(enrollment.created_at))
            .with("ex", moment(enrollment.expires_at))
            .with("rk", AttributeValue::Bool(enrollment.revoked))
            .maybe("it", issued.map(|i| text(&i.transaction)))
            .maybe("ik", issued.map(|i| bytes(*i.public_key.as_bytes())))
            .maybe("ic", issued.map(|i| bytes(i.certificate.as_bytes())))
            .maybe("ua", enrollment.used_at.map(moment))
    }
}

pub(crate) fn decode(mut item: Fields) -> Result<Enrollment> {
    let issued = match item.opt_array("ik")? {
        None => None,
        Some(public_key) => Some(IssuedCertificate {
            transaction: item.text("it")?,
            public_key: Digest::from_bytes(public_key),
            certificate: Sealed::from_bytes(item.bytes("ic")?),
        }),
    };
    Ok(Enrollment {
        id: item.parsed(attribute::SK)?,
        device: item.parsed(attribute::DEVICE)?,
        user: item.opt_parsed("us")?,
        platform: item.word("pl", Platform::from_word)?,
        ownership: item.word("ow", Ownership::from_word)?,
        method: item.word("me", Method::from_word)?,
        target: item.word("tg", Target::from_word)?,
        token_hash: Digest::from_bytes(item.array("th")?),
        challenge: Sealed::from_bytes(item.bytes("cg")?),
        created_at: item.moment("cr")?,
        expires_at: item.moment("ex")?,
        revoked: item.flag("rk")?,
        issued,
        used_at: item.opt_moment("ua")?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use trennwand_domain::DeviceId;

    use super::*;
    use crate::{
        Meter,
        testing::{NOON, enrollment, invite, invited_device, link, scope, store},
    };

    fn certificate(transaction: &str) -> IssuedCertificate {
        IssuedCertificate {
            transaction: transaction.into(),
            public_key: Digest::of(b"public key"),
            certificate: Sealed::from_bytes(vec![5; 900]),
        }
    }

    async fn issue(
        store: &Store,
        enrollment: &Enrollment,
        name: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = store.transaction();
        let hash = Digest::of(name.as_bytes());
        let issued = certificate(name);
        store.enrollments(&scope(1)).issue(&mut tx, enrollment, &issued, hash, now);
        tx.commit().await
    }

    #[tokio::test]
    async fn a_link_leads_to_its_tenant_invitation_and_phone() {
        let store = store().await;
        invite(&store, &scope(1), 1).await;
        let found = store.directory().enrollment(&link(1)).await.unwrap();
        let (scope, id, device) = found.unwrap();
        assert_eq!(scope, crate::testing::scope(1));
        assert_eq!(store.enrollments(&scope).get(id).await.unwrap(), Some(enrollment(1)));
        assert_eq!(store.devices(&scope).get(device).await.unwrap(), Some(invited_device(1)));
        assert_eq!(store.directory().enrollment(&link(2)).await.unwrap(), None);
        let listed = store.enrollments(&scope).list(&Page::first(2)).await.unwrap();
        assert_eq!(listed.items, [enrollment(1)]);
        let foreign = crate::testing::scope(2);
        assert_eq!(store.enrollments(&foreign).get(id).await.unwrap(), None);
        assert_eq!(store.enrollments(&foreign).list(&Page::first(2)).await.unwrap().items, []);
    }

    #[tokio::test]
    async fn a_certificate_is_issued_once_and_awaited_by_the_header() {
        let store = store().await;
        invite(&store, &scope(1), 1).await;
        let invitation = enrollment(1);
        let (issued, usage) = Meter::measure(issue(&store, &invitation, "first", NOON)).await;
        issued.unwrap();
        assert_eq!(usage.requests, 1);
        let again = issue(&store, &enrollment(1), "second", NOON).await.unwrap_err();
        assert_eq!(again.code(), "enrollment_used");
        let read = store.enrollments(&scope(1)).get(enrollment(1).id).await.unwrap().unwrap();
        assert_eq!(read.issued, Some(certificate("first")));
        let device = store.devices(&scope(1)).get(DeviceId::from_bits(1)).await.unwrap().unwrap();
        assert_eq!(device.pending_certificate, Some(Digest::of(b"first")));
        assert_eq!(device.state, DeviceState::Enrolling);
    }

    #[tokio::test]
    async fn no_certificate_is_issued_for_a_link_that_expired_or_was_taken_back() {
        let store = store().await;
        invite(&store, &scope(1), 1).await;
        let late = NOON.plus(Duration::from_secs(86_400));
        let expired = issue(&store, &enrollment(1), "late", late).await.unwrap_err();
        assert_eq!(expired.code(), "enrollment_used");
        let mut tx = store.transaction();
        store.enrollments(&scope(1)).revoke(&mut tx, &enrollment(1));
        tx.commit().await.unwrap();
        let revoked = issue(&store, &enrollment(1), "first", NOON).await.unwrap_err();
        assert_eq!(revoked.code(), "enrollment_used");
        assert_eq!(store.directory().enrollment(&link(1)).await.unwrap(), None);
        let device = store.devices(&scope(1)).get(DeviceId::from_bits(1)).await.unwrap().unwrap();
        assert_eq!(device, invited_device(1));
    }

    #[tokio::test]
    async fn a_renewed_link_replaces_the_old_one() {
        let store = store().await;
        invite(&store, &scope(1), 1).await;
        issue(&store, &enrollment(1), "lost phone", NOON).await.unwrap();
        let renewed = Enrollment { token_hash: link(9).hash(), ..enrollment(1) };
        let renew = async || {
            let mut tx = store.transaction();
            store.enrollments(&scope(1)).renew(&mut tx, &enrollment(1), &renewed);
            tx.commit().await
        };
        renew().await.unwrap();
        assert_eq!(store.directory().enrollment(&link(1)).await.unwrap(), None);
        assert!(store.directory().enrollment(&link(9)).await.unwrap().is_some());
        let old = issue(&store, &enrollment(1), "by the old link", NOON).await.unwrap_err();
        assert_eq!(old.code(), "enrollment_used");
        issue(&store, &renewed, "new phone", NOON).await.unwrap();
        assert_eq!(renew().await.unwrap_err().code(), "concurrent_change");
    }
}
