use trennwand_domain::{
    AndroidBinding, AndroidNeed, AndroidPhone, AndroidPolicy, AndroidToken, AssignmentHead,
    BindingState, CommandResult, CommandUuid, Device, DeviceId, DeviceState, Digest, Enrollment,
    EnrollmentId, Error, ReasonCode, Result, Sealed, TenantScope, Timestamp,
};

use crate::{
    Store, Transaction,
    devices::header,
    failure,
    item::{Fields, Item, Map, bytes, json, moment, number, text},
    layout::{self, attribute},
    read::sort_key,
    transaction::{Expression, Table},
};

mod operations;
mod seats;
#[cfg(test)]
mod tests;

pub(crate) use self::operations::operation_hash;
pub use self::operations::{Issued, Waiting};

/// A tenant's side at Google: its enterprise, policies, enrolment tokens and phones.
#[derive(Debug, Clone, Copy)]
pub struct Android<'a> {
    pub(crate) store: &'a Store,
    pub(crate) scope: TenantScope,
}

/// All that a phone's report is judged by, read in one request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportView {
    /// The phone's header.
    pub device: Option<Device>,
    /// The phone as Google names it; `None` until it was enrolled.
    pub phone: Option<AndroidPhone>,
    /// The tenant's enterprise.
    pub binding: Option<AndroidBinding>,
    /// Its policies as they were written last.
    pub policies: Vec<AndroidPolicy>,
    /// What decides what the phone shall have.
    pub head: Option<AssignmentHead>,
    /// The tenant's data key, wrapped, if it was asked for.
    pub wrapped_key: Option<Vec<u8>>,
}

/// What a phone's report changes.
#[derive(Debug, Clone, Copy)]
pub struct ReportChange<'c> {
    /// The header, as it is to be; its revision is the one that was read.
    pub device: &'c Device,
    /// The phone as Google names it, as it is to be.
    pub phone: &'c AndroidPhone,
    /// Whether the phone was not enrolled before: uses its invitation up.
    pub enrolls: bool,
    /// Revision of the binding that the report was believed by; a phone enrols under no other.
    pub binding: u64,
}

impl<'a> Android<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// The tenant's enterprise, or the sign-up for one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn binding(&self) -> Result<Option<AndroidBinding>> {
        let item = self.store.read(Table::Data, &layout::android_binding(&self.scope)).await?;
        item.map(decode_binding).transpose()
    }

    /// Writes all of it but [`AndroidBinding::taken`]. `binding.revision` is the one that was read, 0 if
    /// there was none; if it is no longer, or fewer phones were to be kept for a bound tenant than are
    /// taken by now, the transaction fails as a concurrent change.
    pub fn put_binding(&self, tx: &mut Transaction, binding: &AndroidBinding) {
        // Looked at once a day: also a sign-up that nobody finishes, and an enterprise that is gone.
        let looked_at = binding.state != BindingState::Unbound;
        let due = layout::android_due(self.scope.tenant());
        let condition = match binding.revision {
            0 => "attribute_not_exists(pk)",
            // Invitations take places without another revision: no fewer are kept than are taken.
            _ if binding.state == BindingState::Bound => "rv = :rv AND (rs <= :rs OR tk <= :rs)",
            _ => "rv = :rv",
        };
        let mut text_of = "SET js = :js, rv = :next, rs = :rs, st = :st, \
            tk = if_not_exists(tk, :zero)"
            .to_owned();
        text_of.push_str(match looked_at {
            true => ", due_pk = :dp, due_sk = :ds",
            false => " REMOVE due_pk, due_sk",
        });
        let mut change = Expression::update(text_of)
            .and_when(condition)
            .value(":js", json(binding))
            .value(":next", number(binding.revision + 1))
            .value(":rs", number(binding.reserved))
            .value(":st", text(binding.state))
            .value(":zero", number(0));
        if binding.revision > 0 {
            change = change.value(":rv", number(binding.revision));
        }
        if looked_at {
            change = change.value(":dp", text(due.pk)).value(":ds", text(due.sk));
        }
        let key = layout::android_binding(&self.scope);
        tx.update(&key, change, failure::concurrent_change());
    }

    /// Says whose an enterprise is (`id`: the part after `enterprises/`); one that is somebody else's
    /// fails as already existing.
    pub fn put_enterprise_owner(&self, tx: &mut Transaction, id: &str) {
        let tenant = text(self.scope.tenant());
        let item = Item::at(&layout::enterprise_directory(id)).with("tn", tenant.clone());
        let ours = Expression::when("attribute_not_exists(pk) OR tn = :tn").value(":tn", tenant);
        tx.put(Table::Data, item, ours, Error::already_exists("enterprise"));
    }

    /// Takes the entry of [`Self::put_enterprise_owner`] back.
    pub fn remove_enterprise_owner(&self, tx: &mut Transaction, id: &str) {
        let key = layout::enterprise_directory(id);
        tx.delete(Table::Data, &key, Expression::default(), failure::concurrent_change());
    }

    /// Lets the token in a sign-up's callback lead to this tenant.
    pub fn put_signup(&self, tx: &mut Transaction, callback: Digest) {
        let item =
            Item::at(&layout::signup_directory(callback)).with("tn", text(self.scope.tenant()));
        tx.put(Table::Data, item, Expression::absent(), failure::concurrent_change());
    }

    /// Lets it lead nowhere.
    pub fn remove_signup(&self, tx: &mut Transaction, callback: Digest) {
        let key = layout::signup_directory(callback);
        tx.delete(Table::Data, &key, Expression::default(), failure::concurrent_change());
    }

    /// The policies as they were written last, and the item's revision (0 if there are none).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn policies(&self) -> Result<(Vec<AndroidPolicy>, u64)> {
        let key = layout::android_policies(&self.scope);
        match self.store.read(Table::Data, &key).await? {
            None => Ok((Vec::new(), 0)),
            Some(mut item) => Ok((item.json("js")?, item.number("rv")?)),
        }
    }

    /// Writes them; `revision` is the one that was read, otherwise it fails as a concurrent change.
    ///
    /// # Errors
    /// A concurrent change; if the database does not answer.
    pub async fn put_policies(&self, policies: &[AndroidPolicy], revision: u64) -> Result<()> {
        let mut tx = self.store.transaction();
        let item = Item::at(&layout::android_policies(&self.scope))
            .with("js", json(&policies))
            .with("rv", number(revision + 1));
        let unchanged = match revision {
            0 => Expression::absent(),
            read => Expression::when("rv = :rv").value(":rv", number(read)),
        };
        tx.put(Table::Data, item, unchanged, failure::concurrent_change());
        tx.commit().await
    }

    /// Google's token for an invitation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn token(&self, id: EnrollmentId) -> Result<Option<AndroidToken>> {
        let item = self.store.read(Table::Data, &layout::android_token(&self.scope, id)).await?;
        let decode = |mut item: Fields| {
            Ok(AndroidToken {
                name: item.text("nm")?,
                link: Digest::from_bytes(item.array("th")?),
                value: Sealed::from_bytes(item.bytes("va")?),
                qr: Sealed::from_bytes(item.bytes("qr")?),
            })
        };
        item.map(decode).transpose()
    }

    /// Google's token for an invitation, if it is of the enterprise that the tenant is bound to; the
    /// outer `None` if it is bound to none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn current_token(&self, id: EnrollmentId) -> Result<Option<Option<AndroidToken>>> {
        let (binding, token) = tokio::try_join!(self.binding(), self.token(id))?;
        let bound = binding.filter(|binding| binding.state == BindingState::Bound);
        Ok(bound.and_then(|binding| binding.enterprise).map(|enterprise| {
            let prefix = format!("{enterprise}/");
            token.filter(|token| token.name.starts_with(&prefix))
        }))
    }

    /// Keeps Google's token for an invitation that has none; deleted by the database some time after
    /// `expires_at`.
    ///
    /// # Errors
    /// A concurrent change if there is one; if the database does not answer.
    pub async fn put_token(
        &self,
        id: EnrollmentId,
        token: &AndroidToken,
        expires_at: Timestamp,
    ) -> Result<()> {
        let mut tx = self.store.transaction();
        let item = Item::at(&layout::android_token(&self.scope, id))
            .with("nm", text(&token.name))
            .with("th", bytes(*token.link.as_bytes()))
            .with("va", bytes(token.value.as_bytes()))
            .with("qr", bytes(token.qr.as_bytes()))
            .with(attribute::TTL, number(expires_at.unix_s() + 86_400));
        tx.put(Table::Data, item, Expression::absent(), failure::concurrent_change());
        tx.commit().await
    }

    /// Forgets Google's token of this name for an invitation; one that is forgotten already is, too.
    ///
    /// # Errors
    /// A concurrent change if another token has taken its place; if the database does not answer.
    pub async fn remove_token(&self, id: EnrollmentId, name: &str) -> Result<()> {
        let mut tx = self.store.transaction();
        let key = layout::android_token(&self.scope, id);
        let same =
            Expression::when("attribute_not_exists(pk) OR nm = :nm").value(":nm", text(name));
        tx.delete(Table::Data, &key, same, failure::concurrent_change());
        tx.commit().await
    }

    /// A phone as Google names it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn phone(&self, id: DeviceId) -> Result<Option<AndroidPhone>> {
        let item = self.store.read(Table::Data, &layout::android_phone(&self.scope, id)).await?;
        item.map(decode_phone).transpose()
    }

    /// All that a phone's report is judged by, strongly consistent, in one request; with the tenant's
    /// wrapped key if `with_key`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn report_view(&self, id: DeviceId, with_key: bool) -> Result<ReportView> {
        let scope = &self.scope;
        let mut keys = vec![
            (Table::Data, layout::device(scope, id)),
            (Table::Data, layout::android_phone(scope, id)),
            (Table::Data, layout::android_binding(scope)),
            (Table::Data, layout::android_policies(scope)),
            (Table::Data, layout::head(scope)),
        ];
        if with_key {
            keys.push((Table::Keys, layout::tenant_key(scope)));
        }
        let batch = self.store.batch(&keys, true).await?;
        let mut view = ReportView::default();
        for item in batch.data {
            view.add(scope, item)?;
        }
        if let Some(item) = batch.keys.into_iter().next() {
            view.wrapped_key = Some(Fields::from(item).bytes("wk")?);
        }
        Ok(view)
    }

    /// Writes what a report changed, in one request. A phone that enrols uses its invitation up.
    ///
    /// # Errors
    /// A concurrent change if the header was changed since it was read, or the binding before a phone
    /// enrols; if the database does not answer.
    pub async fn save_report(&self, change: ReportChange<'_>) -> Result<()> {
        let ReportChange { device, phone, enrolls, binding } = change;
        let mut tx = self.store.transaction();
        self.store.devices(&self.scope).put_header(&mut tx, device);
        let item = Item::at(&layout::android_phone(&self.scope, device.id))
            .with("nm", text(&phone.name))
            .with("at", moment(phone.reported_at))
            .with("pt", moment(phone.published_at))
            .with("js", text(&phone.report))
            .maybe(attribute::NEED, phone.needs.map(text));
        tx.put(Table::Data, item, Expression::default(), failure::concurrent_change());
        if enrolls {
            let used = Expression::update("SET ua = :at")
                .and_when("attribute_exists(pk)")
                .value(":at", moment(phone.published_at));
            let key = layout::enrollment(&self.scope, device.enrollment);
            tx.update(&key, used, failure::concurrent_change());
            let same = Expression::when("rv = :rv").value(":rv", number(binding));
            tx.check(&layout::android_binding(&self.scope), same, failure::concurrent_change());
        }
        tx.commit().await
    }
}

impl ReportView {
    fn add(&mut self, scope: &TenantScope, item: Map) -> Result<()> {
        let is_tenants = item
            .get(attribute::PK)
            .and_then(|pk| pk.as_s().ok())
            .is_some_and(|pk| *pk == layout::android_binding(scope).pk);
        match (sort_key(&item), is_tenants) {
            (Some("0"), true) => self.binding = Some(decode_binding(item.into())?),
            (Some("policies"), true) => self.policies = Fields::from(item).json("js")?,
            (Some("G"), _) => self.phone = Some(decode_phone(item.into())?),
            (Some("0"), false) if item.contains_key(attribute::TENANT_SK) => {
                self.device = Some(header::decode(item.into())?);
            }
            _ => self.head = Some(Fields::from(item).json("js")?),
        }
        Ok(())
    }
}

fn decode_binding(mut item: Fields) -> Result<AndroidBinding> {
    let binding: AndroidBinding = item.json("js")?;
    Ok(AndroidBinding { taken: item.number("tk")?, revision: item.number("rv")?, ..binding })
}

fn decode_phone(mut item: Fields) -> Result<AndroidPhone> {
    Ok(AndroidPhone {
        name: item.text("nm")?,
        reported_at: item.moment("at")?,
        published_at: item.moment("pt")?,
        report: item.text("js")?,
        needs: item.opt_text(attribute::NEED)?.and_then(|word| AndroidNeed::from_word(&word)),
    })
}
