use aws_sdk_dynamodb::types::AttributeValue;
use trennwand_domain::{
    AssignmentHead, Digest, Error, PushCertificate, Result, Sealed, Tenant, TenantKeys, TenantScope,
    TenantStatus,
};

use crate::{
    Store, Transaction, failure,
    item::{Fields, Item, bytes, json, moment, number, text},
    layout, tenants,
    transaction::{Expression, Table},
};

/// One tenant: itself, its keys, its push certificate, its assignment head and its templates.
#[derive(Debug, Clone, Copy)]
pub struct TenantStore<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> TenantStore<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// The tenant.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self) -> Result<Option<Tenant>> {
        let item = self.store.read(Table::Data, &layout::tenant(&self.scope)).await?;
        item.map(tenants::decode).transpose()
    }

    /// Writes name and status of `tenant`, here and in its reseller's list. `tenant.revision` is the
    /// one that was read; if it is no longer, the transaction fails as a concurrent change.
    pub fn update(&self, tx: &mut Transaction, tenant: &Tenant) {
        let listed = layout::listed_tenant(tenant.reseller, self.scope.tenant());
        for key in [layout::tenant(&self.scope), listed] {
            let item = tenants::encode(&key, tenant, tenant.revision + 1);
            let unchanged = Expression::when("rv = :rv").value(":rv", number(tenant.revision));
            tx.put(Table::Data, item, unchanged, failure::concurrent_change());
        }
    }

    /// [`Self::update`] with another status.
    pub fn set_status(&self, tx: &mut Transaction, tenant: &Tenant, status: TenantStatus) {
        self.update(tx, &Tenant { status, ..tenant.clone() });
    }

    /// The keys of the tenant's device CA and registration authority; `None` until they are made.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn keys(&self) -> Result<Option<TenantKeys>> {
        let item = self.store.read(Table::Data, &layout::authority_keys(&self.scope)).await?;
        let decode = |mut item: Fields| {
            Ok(TenantKeys {
                ca_certificate: item.bytes("cc")?,
                ca_key: Sealed::from_bytes(item.bytes("ck")?),
                ra_certificate: item.bytes("rc")?,
                ra_key: Sealed::from_bytes(item.bytes("rk")?),
            })
        };
        item.map(decode).transpose()
    }

    /// Stores the keys once; if there are some, the transaction fails as already existing.
    pub fn put_keys(&self, tx: &mut Transaction, keys: &TenantKeys) {
        let item = Item::at(&layout::authority_keys(&self.scope))
            .with("cc", bytes(keys.ca_certificate.clone()))
            .with("ck", bytes(keys.ca_key.as_bytes()))
            .with("rc", bytes(keys.ra_certificate.clone()))
            .with("rk", bytes(keys.ra_key.as_bytes()));
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("set of keys"));
    }

    /// The tenant's data key, wrapped by the master key.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn wrapped_key(&self) -> Result<Option<Vec<u8>>> {
        let item = self.store.read(Table::Keys, &layout::tenant_key(&self.scope)).await?;
        item.map(|mut item| item.bytes("wk")).transpose()
    }

    /// The push certificate or the request for one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn push_certificate(&self) -> Result<Option<PushCertificate>> {
        let item = self.store.read(Table::Data, &layout::push_certificate(&self.scope)).await?;
        let decode = |mut item: Fields| {
            Ok(PushCertificate {
                requested_key: item.opt_bytes("qk")?.map(Sealed::from_bytes),
                chain: item.byte_list("ch")?,
                key: item.opt_bytes("ky")?.map(Sealed::from_bytes),
                topic: item.opt_text("tp")?,
                expires_at: item.opt_moment("ex")?,
                revision: item.number("rv")?,
            })
        };
        item.map(decode).transpose()
    }

    /// Writes the push certificate. `certificate.revision` is the one that was read, 0 if there was
    /// none; otherwise the transaction fails as a concurrent change.
    pub fn put_push_certificate(&self, tx: &mut Transaction, certificate: &PushCertificate) {
        let chain = certificate.chain.iter().map(|c| bytes(c.clone())).collect();
        let sealed = |key: &Sealed| bytes(key.as_bytes());
        let item = Item::at(&layout::push_certificate(&self.scope))
            .maybe("qk", certificate.requested_key.as_ref().map(sealed))
            .with("ch", AttributeValue::L(chain))
            .maybe("ky", certificate.key.as_ref().map(sealed))
            .maybe("tp", certificate.topic.as_ref().map(text))
            .maybe("ex", certificate.expires_at.map(moment))
            .with("rv", number(certificate.revision + 1));
        let unchanged = match certificate.revision {
            0 => Expression::absent(),
            read => Expression::when("rv = :rv").value(":rv", number(read)),
        };
        tx.put(Table::Data, item, unchanged, failure::concurrent_change());
    }

    /// What decides what the tenant's phones shall have.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn head(&self) -> Result<Option<AssignmentHead>> {
        let item = self.store.read(Table::Data, &layout::head(&self.scope)).await?;
        item.map(|mut item| item.json("js")).transpose()
    }

    /// Writes the head as it is, `head.version` included, if the stored one still has
    /// `expected_version` (`None`: if there is none); otherwise the transaction fails as a concurrent
    /// change.
    pub fn put_head(
        &self,
        tx: &mut Transaction,
        head: &AssignmentHead,
        expected_version: Option<u64>,
    ) {
        let item = Item::at(&layout::head(&self.scope))
            .with("rv", number(head.version))
            .with("js", json(head));
        let unchanged = match expected_version {
            None => Expression::absent(),
            Some(version) => Expression::when("rv = :rv").value(":rv", number(version)),
        };
        tx.put(Table::Data, item, unchanged, failure::concurrent_change());
    }

    /// Stores a template under its hash; the same one again is no error.
    pub fn put_template(&self, tx: &mut Transaction, digest: Digest, body: &str) {
        let item = Item::at(&layout::template(&self.scope, digest)).with("bd", text(body));
        tx.put(Table::Data, item, Expression::default(), failure::concurrent_change());
    }

    /// A template's body.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn template(&self, digest: Digest) -> Result<Option<String>> {
        let key = layout::template(&self.scope, digest);
        let item = self.store.read(Table::Data, &key).await?;
        item.map(|mut item| item.text("bd")).transpose()
    }
}
