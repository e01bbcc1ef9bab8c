use trennwand_domain::{
    Error, ErrorKind, Policy, PolicyId, PolicyVersion, Result, Rollout, RolloutId, TenantScope,
};

use crate::{
    Listed, Page, Store, Transaction, failure,
    item::{Fields, Item, json, moment, number, text},
    layout::{self, attribute},
    transaction::{Expression, Table},
};

/// A tenant's policies, their versions and their roll-outs.
#[derive(Debug, Clone, Copy)]
pub struct Policies<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> Policies<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// Adds a policy with its first version.
    pub fn insert(&self, tx: &mut Transaction, policy: &Policy, version: &PolicyVersion) {
        let item = self.encode(policy, policy.revision);
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("policy"));
        self.put_version(tx, version);
    }

    /// One policy.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: PolicyId) -> Result<Option<Policy>> {
        let item = self.store.read(Table::Data, &layout::policy(&self.scope, id)).await?;
        item.map(decode).transpose()
    }

    /// The policies.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Policy>> {
        self.store.listed(&layout::policies(&self.scope), page, decode).await
    }

    /// Adds a version and writes the policy (name, latest, time). `policy.revision` is the one that was
    /// read; the store counts it up. If it was changed since, the transaction fails as stale.
    pub fn put_draft(&self, tx: &mut Transaction, policy: &Policy, version: &PolicyVersion) {
        self.replace(tx, policy, ErrorKind::Stale.into());
        self.put_version(tx, version);
    }

    /// Writes a policy whose version in force changes, and the roll-out that changes it; the condition
    /// is that of [`Self::put_draft`], failing as a concurrent change.
    pub fn put_rollout(&self, tx: &mut Transaction, policy: &Policy, rollout: &Rollout) {
        self.replace(tx, policy, failure::concurrent_change());
        let key = layout::rollout(&self.scope, rollout.policy, rollout.id);
        let item = Item::at(&key).with("js", json(rollout));
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("rollout"));
    }

    /// One version of a policy.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn version(&self, policy: PolicyId, version: u32) -> Result<Option<PolicyVersion>> {
        let key = layout::policy_version(&self.scope, policy, version);
        let item = self.store.read(Table::Data, &key).await?;
        let decode = |mut item: Fields| {
            Ok(PolicyVersion {
                policy,
                version,
                document: item.text("dc")?,
                created_at: item.moment("cr")?,
            })
        };
        item.map(decode).transpose()
    }

    /// One roll-out of a policy.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn rollout(&self, policy: PolicyId, id: RolloutId) -> Result<Option<Rollout>> {
        let item = self.store.read(Table::Data, &layout::rollout(&self.scope, policy, id)).await?;
        item.map(|mut item| item.json("js")).transpose()
    }

    /// The roll-outs of a policy.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn rollouts(&self, policy: PolicyId, page: &Page) -> Result<Listed<Rollout>> {
        let span = layout::rollouts(&self.scope, policy);
        self.store.listed(&span, page, |mut item| item.json("js")).await
    }

    fn replace(&self, tx: &mut Transaction, policy: &Policy, otherwise: Error) {
        let unchanged = Expression::when("rv = :rv").value(":rv", number(policy.revision));
        tx.put(Table::Data, self.encode(policy, policy.revision + 1), unchanged, otherwise);
    }

    fn put_version(&self, tx: &mut Transaction, version: &PolicyVersion) {
        let key = layout::policy_version(&self.scope, version.policy, version.version);
        let item = Item::at(&key)
            .with("dc", text(&version.document))
            .with("cr", moment(version.created_at));
        tx.put(Table::Data, item, Expression::absent(), failure::concurrent_change());
    }

    fn encode(&self, policy: &Policy, revision: u64) -> Item {
        Item::at(&layout::policy(&self.scope, policy.id))
            .with("nm", text(&policy.name))
            .with("lv", number(policy.latest))
            .maybe("fv", policy.in_force.map(number))
            .with("up", moment(policy.updated_at))
            .with("rv", number(revision))
    }
}

fn decode(mut item: Fields) -> Result<Policy> {
    Ok(Policy {
        id: item.parsed(attribute::SK)?,
        name: item.text("nm")?,
        latest: item.number("lv")?,
        in_force: item.opt_number("fv")?,
        updated_at: item.moment("up")?,
        revision: item.number("rv")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, scope, store};

    fn policy(latest: u32) -> Policy {
        Policy {
            id: PolicyId::from_bits(1),
            name: "contact isolation".into(),
            latest,
            in_force: None,
            updated_at: NOON,
            revision: 1,
        }
    }

    fn version(version: u32) -> PolicyVersion {
        PolicyVersion {
            policy: PolicyId::from_bits(1),
            version,
            document: format!("{{\"version\":{version}}}"),
            created_at: NOON,
        }
    }

    async fn insert(store: &Store) {
        let mut tx = store.transaction();
        store.policies(&scope(1)).insert(&mut tx, &policy(1), &version(1));
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_policy_keeps_every_version() {
        let store = store().await;
        insert(&store).await;
        let scope = scope(1);
        let policies = store.policies(&scope);
        let draft = async || {
            let mut tx = store.transaction();
            policies.put_draft(&mut tx, &policy(2), &version(2));
            tx.commit().await
        };
        draft().await.unwrap();
        assert_eq!(draft().await.unwrap_err().code(), "stale");
        let id = policy(1).id;
        let read = policies.get(id).await.unwrap();
        assert_eq!(read, Some(Policy { revision: 2, ..policy(2) }));
        assert_eq!(policies.list(&Page::first(9)).await.unwrap().items.len(), 1);
        for n in 1..=2 {
            assert_eq!(policies.version(id, n).await.unwrap(), Some(version(n)));
        }
        assert_eq!(policies.version(id, 3).await.unwrap(), None);
        let foreign = crate::testing::scope(2);
        assert_eq!(store.policies(&foreign).get(id).await.unwrap(), None);
        assert_eq!(store.policies(&foreign).version(id, 1).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_rollout_changes_what_is_in_force() {
        let store = store().await;
        insert(&store).await;
        let scope = scope(1);
        let policies = store.policies(&scope);
        let id = policy(1).id;
        let rollout = |bits| Rollout {
            id: RolloutId::from_bits(bits),
            policy: id,
            version: 1,
            created_at: NOON,
        };
        let in_force = Policy { in_force: Some(1), ..policy(1) };
        let put = async |bits| {
            let mut tx = store.transaction();
            policies.put_rollout(&mut tx, &in_force, &rollout(bits));
            tx.commit().await
        };
        put(1).await.unwrap();
        assert_eq!(put(2).await.unwrap_err().code(), "concurrent_change");
        assert_eq!(policies.get(id).await.unwrap().unwrap().in_force, Some(1));
        assert_eq!(policies.rollout(id, RolloutId::from_bits(1)).await.unwrap(), Some(rollout(1)));
        assert_eq!(policies.rollout(id, RolloutId::from_bits(2)).await.unwrap(), None);
        let all = policies.rollouts(id, &Page::first(9)).await.unwrap();
        assert_eq!((all.items, all.next), (vec![rollout(1)], None));
    }
}
