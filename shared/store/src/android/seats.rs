use super::*;
use crate::{DeviceFilter, Page};
use trennwand_domain::Platform;

impl Android<'_> {
    /// Takes one of the phones that are reserved for the tenant; if none seems to be left, the
    /// transaction fails with the conflict `android_reservation_exhausted`.
    pub fn take(&self, tx: &mut Transaction) {
        let change = Expression::update("SET tk = tk + :one")
            .and_when("st = :bound AND tk < rs")
            .value(":one", number(1))
            .value(":bound", text(BindingState::Bound));
        let full = Error::conflict(ReasonCode::AndroidReservationExhausted);
        tx.update(&layout::android_binding(&self.scope), change, full);
    }

    /// Counts what is taken anew: phones under management, and invitations that can still be used.
    /// Invitations end without a word, so the number that [`Self::take`] counts up may be too high. The
    /// count itself reads an index and can miss the invitations of the last moments.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn recount(&self, binding: &AndroidBinding, now: Timestamp) -> Result<u32> {
        let filter = DeviceFilter { platform: Some(Platform::Android), ..DeviceFilter::default() };
        let (mut page, mut taken) = (Page::first(100), 0);
        loop {
            let listed = self.store.devices(&self.scope).list(&filter, &page).await?;
            let (invited, others): (Vec<_>, Vec<_>) =
                listed.items.iter().partition(|d| d.state == DeviceState::Invited);
            taken += others.iter().filter(|d| !d.state.has_ended()).count();
            taken += self.open(&invited, now).await?;
            match listed.next {
                Some(cursor) => page.cursor = Some(cursor),
                None => break,
            }
        }
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        let mut tx = self.store.transaction();
        let change = Expression::update("SET tk = :tk")
            .and_when("tk = :before")
            .value(":tk", number(taken))
            .value(":before", number(binding.taken));
        tx.update(&layout::android_binding(&self.scope), change, failure::concurrent_change());
        tx.commit().await?;
        Ok(taken)
    }

    /// How many of these invited phones have an invitation that can still be used.
    async fn open(&self, invited: &[&Device], now: Timestamp) -> Result<usize> {
        let key = |d: &&Device| (Table::Data, layout::enrollment(&self.scope, d.enrollment));
        let keys: Vec<_> = invited.iter().map(key).collect();
        let mut open = 0;
        for item in self.store.batch(&keys, true).await?.data {
            let invitation: Enrollment = crate::enrollments::decode(item.into())?;
            open += usize::from(invitation.is_open(now));
        }
        Ok(open)
    }

    /// Changes how many phones of the platform's quota are reserved; beyond `quota` the transaction
    /// fails with the conflict `android_quota_exhausted`.
    pub fn reserve(&self, tx: &mut Transaction, before: u32, after: u32, quota: u32) {
        let key = layout::android_reserved();
        let full = || Error::conflict(ReasonCode::AndroidQuotaExhausted);
        if after > before {
            let more = after - before;
            let change = Expression::update("SET rs = if_not_exists(rs, :zero) + :more")
                .and_when("(attribute_not_exists(rs) AND :more <= :quota) OR rs <= :most")
                .value(":zero", number(0))
                .value(":more", number(more))
                .value(":quota", number(quota))
                .value(":most", number(i64::from(quota) - i64::from(more)));
            tx.update(&key, change, full());
        } else if after < before {
            let change = Expression::update("SET rs = rs - :less")
                .and_when("rs >= :less")
                .value(":less", number(before - after));
            let lost = Error::internal("fewer phones are reserved than a tenant gives back");
            tx.update(&key, change, lost);
        }
    }

    /// How many phones of the platform's quota are reserved, over all tenants.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn reserved(&self) -> Result<u32> {
        let item = self.store.read(Table::Data, &layout::android_reserved()).await?;
        Ok(item.map(|mut item| item.number("rs")).transpose()?.unwrap_or(0))
    }

    /// Ends the enrolment of a phone that was invited and never came.
    pub fn end_invited(&self, tx: &mut Transaction, id: DeviceId) {
        let change = Expression::update("SET st = :released, rv = rv + :one")
            .and_when("st IN (:invited, :released)")
            .value(":released", text(DeviceState::Released))
            .value(":invited", text(DeviceState::Invited))
            .value(":one", number(1));
        let used = Error::conflict(ReasonCode::EnrollmentUsed);
        tx.update(&layout::device(&self.scope, id), change, used);
    }
}
