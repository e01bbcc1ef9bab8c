use aws_sdk_dynamodb::types::AttributeValue;
use trennwand_domain::{
    AssignmentHead, Digest, Error, PushCertificate, Result, Sealed, Tenant, TenantKeys,
    TenantScope, TenantStatus,
};

use crate::{
    Store, Transaction, failure,
    item::{Fields, Item, bytes, json, moment, number, text},
    layout::{self, attribute},
    tenants,
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

    /// [`Self::head`] as it was lately, at half the price. For the device path, where the wakes that a
    /// changed head causes wait until every reader sees it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn recent_head(&self) -> Result<Option<AssignmentHead>> {
        let item = self.store.read_recent(Table::Data, &layout::head(&self.scope)).await?;
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
            .with(attribute::WANTED, text(head.wanted()))
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
        // It never changes: one that is there is right, one that is not may be too new.
        let item = match self.store.read_recent(Table::Data, &key).await? {
            Some(item) => Some(item),
            None => self.store.read(Table::Data, &key).await?,
        };
        item.map(|mut item| item.text("bd")).transpose()
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{
        ArtefactRef, ErrorKind, MailAuth, MailKind, MailSettings, PolicyId, Purpose, ReasonCode,
        Rule, RuleScope, Target,
    };

    use super::*;
    use crate::{
        Meter, Page,
        testing::{NOON, scope, store, tenant},
    };

    fn is_concurrent(result: Result<()>) -> bool {
        let code = ReasonCode::ConcurrentChange;
        *result.unwrap_err().kind() == ErrorKind::Conflict { code }
    }

    fn head(version: u64) -> AssignmentHead {
        AssignmentHead {
            version,
            changed_at: NOON,
            rules: vec![Rule {
                scope: RuleScope::Everyone,
                policy: PolicyId::from_bits(1),
                version: 2,
                artefacts: vec![ArtefactRef {
                    target: Target::IosDevice,
                    purpose: Purpose::Wall,
                    digest: Digest::of(b"wall"),
                    personal: false,
                }],
            }],
            mail: Some(MailSettings {
                kind: MailKind::Exchange,
                host: Some("mail.example".into()),
                auth: MailAuth::Password,
            }),
            organization: "Schreinerei".into(),
            push_topic: None,
            brand: None,
        }
    }

    #[tokio::test]
    async fn a_status_changes_for_tenant_and_reseller_alike() {
        let store = store().await;
        let mut tx = store.transaction();
        store.tenants().insert(&mut tx, &tenant(1), b"wrapped");
        tx.commit().await.unwrap();
        let scope = scope(1);
        let ours = store.tenant(&scope);
        let set = async |status| {
            let mut tx = store.transaction();
            ours.set_status(&mut tx, &tenant(1), status);
            tx.commit().await
        };
        set(TenantStatus::Active).await.unwrap();
        let active = Tenant { status: TenantStatus::Active, revision: 2, ..tenant(1) };
        assert_eq!(ours.get().await.unwrap(), Some(active.clone()));
        let listed = store.tenants().list(active.reseller, &Page::first(1)).await.unwrap();
        assert_eq!(listed.items, [active]);
        assert!(is_concurrent(set(TenantStatus::Suspended).await), "revision 1 is history");
    }

    #[tokio::test]
    async fn keys_are_made_once() {
        let store = store().await;
        let scope = scope(1);
        let ours = store.tenant(&scope);
        let keys = TenantKeys {
            ca_certificate: vec![1; 800],
            ca_key: Sealed::from_bytes(vec![2; 1300]),
            ra_certificate: vec![3; 800],
            ra_key: Sealed::from_bytes(vec![4; 1300]),
        };
        assert_eq!(ours.keys().await.unwrap(), None);
        let mut tx = store.transaction();
        ours.put_keys(&mut tx, &keys);
        tx.commit().await.unwrap();
        let mut tx = store.transaction();
        let other = TenantKeys { ca_certificate: vec![9], ..keys.clone() };
        ours.put_keys(&mut tx, &other);
        assert_eq!(tx.commit().await.unwrap_err().code(), "already_exists");
        assert_eq!(ours.keys().await.unwrap(), Some(keys));
        assert_eq!(store.tenant(&crate::testing::scope(2)).keys().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_push_certificate_is_replaced_only_as_it_was_read() {
        let store = store().await;
        let scope = scope(1);
        let ours = store.tenant(&scope);
        let put = async |certificate: &PushCertificate| {
            let mut tx = store.transaction();
            ours.put_push_certificate(&mut tx, certificate);
            tx.commit().await
        };
        let requested = PushCertificate {
            requested_key: Some(Sealed::from_bytes(vec![1])),
            chain: Vec::new(),
            key: None,
            topic: None,
            expires_at: None,
            revision: 0,
        };
        put(&requested).await.unwrap();
        let read = ours.push_certificate().await.unwrap().unwrap();
        assert_eq!(read, PushCertificate { revision: 1, ..requested.clone() });
        let complete = PushCertificate {
            requested_key: None,
            chain: vec![vec![1; 900], vec![2; 900]],
            key: Some(Sealed::from_bytes(vec![1])),
            topic: Some("com.apple.mgmt.External.1".into()),
            expires_at: Some(NOON),
            revision: 1,
        };
        put(&complete).await.unwrap();
        let read = ours.push_certificate().await.unwrap().unwrap();
        assert_eq!(read, PushCertificate { revision: 2, ..complete.clone() });
        let late = PushCertificate { topic: None, ..complete };
        assert!(is_concurrent(put(&late).await));
        assert!(is_concurrent(put(&requested).await));
    }

    #[tokio::test]
    async fn a_head_follows_its_version_and_costs_half_a_unit_on_the_device_path() {
        let store = store().await;
        let scope = scope(1);
        let ours = store.tenant(&scope);
        let put = async |head: &AssignmentHead, expected| {
            let mut tx = store.transaction();
            ours.put_head(&mut tx, head, expected);
            tx.commit().await
        };
        put(&head(1), None).await.unwrap();
        assert!(is_concurrent(put(&head(5), None).await));
        put(&head(2), Some(1)).await.unwrap();
        assert!(is_concurrent(put(&head(3), Some(1)).await));
        assert_eq!(ours.head().await.unwrap(), Some(head(2)));
        let (read, usage) = Meter::measure(ours.recent_head()).await;
        assert_eq!(read.unwrap(), Some(head(2)));
        assert_eq!((usage.requests, usage.rcu), (1, 0.5));
    }

    #[tokio::test]
    async fn a_template_is_found_by_its_hash_in_its_own_tenant() {
        let store = store().await;
        let digest = Digest::of(b"body");
        for _ in 0..2 {
            let mut tx = store.transaction();
            store.tenant(&scope(1)).put_template(&mut tx, digest, "body");
            tx.commit().await.unwrap();
        }
        let (read, usage) = Meter::measure(store.tenant(&scope(1)).template(digest)).await;
        assert_eq!(read.unwrap().as_deref(), Some("body"));
        assert_eq!((usage.requests, usage.rcu), (1, 0.5));
        assert_eq!(store.tenant(&scope(2)).template(digest).await.unwrap(), None);
    }
}
