use trennwand_domain::{
    Authenticator, ClientId, DeviceId, Enrollment, EnrollmentId, OneTimeToken, Owner, Result,
    TenantId, TenantScope,
};

use crate::{
    Issued, Store, android,
    devices::kind_of,
    item::{Item, json, text},
    layout::{self, attribute},
    transaction::Table,
};

/// Who owns what a stranger presents; holds nothing else. For authenticators.
#[derive(Debug, Clone, Copy)]
pub struct Directory<'a> {
    store: &'a Store,
}

impl<'a> Directory<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Whom a client acts for.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn owner_of_client(&self, client: ClientId) -> Result<Option<Owner>> {
        let item = self.store.read(Table::Data, &layout::client_directory(client)).await?;
        item.map(|mut item| item.json("ow")).transpose()
    }

    /// Whose an enterprise at Google is; `id` is the part after `enterprises/`. The caller has verified
    /// who speaks of it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn enterprise(&self, id: &str) -> Result<Option<TenantScope>> {
        let item = self.store.read(Table::Data, &layout::enterprise_directory(id)).await?;
        item.map(|mut item| Ok(notified(item.parsed("tn")?))).transpose()
    }

    /// Whose sign-up at Google the token in a callback's address belongs to.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn signup(&self, token: &OneTimeToken) -> Result<Option<TenantScope>> {
        let item = self.store.read(Table::Data, &layout::signup_directory(token.hash())).await?;
        item.map(|mut item| Ok(linked(item.parsed("tn")?))).transpose()
    }

    /// Which command Google carries out as the operation with this name. The caller has verified who
    /// speaks of it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn operation(&self, name: &str) -> Result<Option<Issued>> {
        let key = layout::operation_directory(android::operation_hash(name));
        let Some(mut item) = self.store.read(Table::Data, &key).await? else { return Ok(None) };
        Ok(Some(Issued {
            scope: notified(item.parsed("tn")?),
            device: item.parsed(attribute::DEVICE)?,
            command: item.parsed("cm")?,
            kind: item.word("ki", kind_of)?,
        }))
    }

    /// The tenant, invitation and phone that an enrolment link belongs to.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn enrollment(
        &self,
        token: &OneTimeToken,
    ) -> Result<Option<(TenantScope, EnrollmentId, DeviceId)>> {
        let key = layout::link_directory(token.hash());
        // It never changes, and whether the link still counts the invitation says.
        let item = match self.store.read_recent(Table::Data, &key).await? {
            Some(item) => Some(item),
            None => self.store.read(Table::Data, &key).await?,
        };
        let Some(mut item) = item else { return Ok(None) };
        let tenant: TenantId = item.parsed("tn")?;
        Ok(Some((linked(tenant), item.parsed("en")?, item.parsed(attribute::DEVICE)?)))
    }
}

const fn linked(tenant: TenantId) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "whoever holds the link holds its secret")]
    TenantScope::vouched(Authenticator::EnrollmentToken, tenant)
}

const fn notified(tenant: TenantId) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "the caller verified who sent the message")]
    TenantScope::vouched(Authenticator::Notification, tenant)
}

/// The directory item of a client.
pub(crate) fn client_item(id: ClientId, owner: Owner) -> Item {
    Item::at(&layout::client_directory(id)).with("ow", json(&owner))
}

/// The directory item of an invitation's link.
pub(crate) fn link_item(scope: &TenantScope, enrollment: &Enrollment) -> Item {
    Item::at(&layout::link_directory(enrollment.token_hash))
        .with("tn", text(scope.tenant()))
        .with("en", text(enrollment.id))
        .with(attribute::DEVICE, text(enrollment.device))
}
