use trennwand_domain::{
    Error, ErrorKind, Policy, PolicyId, PolicyVersion, Result, Rollout, RolloutId, RolloutState,
    TenantScope,
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
        item.map(decode_policy).transpose()
    }

    /// The policies.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<Policy>> {
        self.store.listed(&layout::policies(&self.scope), page, decode_policy).await
    }

    /// Adds a version and writes the policy (name, latest, time). `policy.revision` is the one that was
    /// read; the store counts it up. If it was changed since, the transaction fails as stale.
    pub fn put_draft(&self, tx: &mut Transaction, policy: &Policy, version: &PolicyVersion) {
        self.replace(tx, policy, ErrorKind::Stale.into());
        self.put_version(tx, version);
    }

    /// Writes a policy whose version in force or whose roll-out changes; the condition is that of
    /// [`Self::put_draft`], failing as a concurrent change.
    pub fn update(&self, tx: &mut Transaction, policy: &Policy) {
        self.replace(tx, policy, failure::concurrent_change());
    }

    /// Adds a roll-out.
    pub fn insert_rollout(&self, tx: &mut Transaction, rollout: &Rollout) {
        let item = self.encode_rollout(rollout, rollout.revision);
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("rollout"));
    }

    /// Writes a roll-out. `rollout.revision` is the one that was read; if it is no longer, the
    /// transaction fails as a concurrent change.
    pub fn update_rollout(&self, tx: &mut Transaction, rollout: &Rollout) {
        let item = self.encode_rollout(rollout, rollout.revision + 1);
        let unchanged = Expression::when("rv = :rv").value(":rv", number(rollout.revision));
        tx.put(Table::Data, item, unchanged, failure::concurrent_change());
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
        item.map(decode_rollout).transpose()
    }

    /// The roll-outs of a policy.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn rollouts(&self, policy: PolicyId, page: &Page) -> Result<Listed<Rollout>> {
        let span = layout::rollouts(&self.scope, policy);
        self.store.listed(&span, page, decode_rollout).await
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
            .maybe("ro", policy.rollout.map(text))
            .with("up", moment(policy.updated_at))
            .with("rv", number(revision))
    }

    fn encode_rollout(&self, rollout: &Rollout, revision: u64) -> Item {
        let due = rollout.due_at.filter(|_| rollout.state == RolloutState::Running);
        let due = due.map(layout::rollout_due);
        Item::at(&layout::rollout(&self.scope, rollout.policy, rollout.id))
            .with("js", json(rollout))
            .maybe(attribute::DUE_PK, due.as_ref().map(|due| text(&due.pk)))
            .maybe(attribute::DUE_SK, due.as_ref().map(|due| text(&due.sk)))
            .with("rv", number(revision))
    }
}

pub(crate) fn decode_rollout(mut item: Fields) -> Result<Rollout> {
    // Those of before there were steps have no revision.
    let revision = item.opt_number("rv")?.unwrap_or(0);
    Ok(Rollout { revision, ..item.json("js")? })
}

pub(crate) fn decode_policy(mut item: Fields) -> Result<Policy> {
    Ok(Policy {
        id: item.parsed(attribute::SK)?,
        name: item.text("nm")?,
        latest: item.number("lv")?,
        in_force: item.opt_number("fv")?,
        rollout: item.opt_parsed("ro")?,
        updated_at: item.moment("up")?,
        revision: item.number("rv")?,
    })
}

#[cfg(test)]
pub(crate) mod testing {
    use trennwand_domain::Stage;

    use super::*;
    use crate::testing::NOON;

    pub(crate) fn policy(bits: u128) -> Policy {
        Policy {
            id: PolicyId::from_bits(bits),
            name: "contact isolation".into(),
            latest: 1,
            in_force: None,
            rollout: None,
            updated_at: NOON,
            revision: 1,
        }
    }

    pub(crate) fn version(policy: PolicyId, version: u32) -> PolicyVersion {
        PolicyVersion {
            policy,
            version,
            document: format!("{{\"version\":{version}}}"),
            created_at: NOON,
        }
    }

    /// The first of two steps, of policy 1.
    pub(crate) fn rollout(bits: u128) -> Rollout {
        let first = Stage { reaches: trennwand_domain::StageReach::Percent(10), wait_s: 60 };
        Rollout {
            id: RolloutId::from_bits(bits),
            policy: PolicyId::from_bits(1),
            version: 1,
            previous: None,
            stages: vec![first, Stage::ALL],
            stage: 0,
            halt_on_error_percent: 10,
            state: RolloutState::Running,
            due_at: None,
            left_ms: 0,
            created_at: NOON,
            revision: 0,
        }
        .begun(NOON)
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::Duration;

    use super::{testing::*, *};
    use crate::testing::{NOON, scope, store};

    async fn insert(store: &Store) -> PolicyId {
        let mut tx = store.transaction();
        let policy = policy(1);
        store.policies(&scope(1)).insert(&mut tx, &policy, &version(policy.id, 1));
        tx.commit().await.unwrap();
        policy.id
    }

    #[tokio::test]
    async fn a_policy_keeps_every_version() {
        let store = store().await;
        let id = insert(&store).await;
        let scope = scope(1);
        let policies = store.policies(&scope);
        let drafted = Policy { latest: 2, ..policy(1) };
        let draft = async || {
            let mut tx = store.transaction();
            policies.put_draft(&mut tx, &drafted, &version(id, 2));
            tx.commit().await
        };
        draft().await.unwrap();
        assert_eq!(draft().await.unwrap_err().code(), "stale");
        let read = policies.get(id).await.unwrap();
        assert_eq!(read, Some(Policy { revision: 2, ..drafted.clone() }));
        assert_eq!(policies.list(&Page::first(9)).await.unwrap().items.len(), 1);
        for n in 1..=2 {
            assert_eq!(policies.version(id, n).await.unwrap(), Some(version(id, n)));
        }
        assert_eq!(policies.version(id, 3).await.unwrap(), None);
        let foreign = crate::testing::scope(2);
        assert_eq!(store.policies(&foreign).get(id).await.unwrap(), None);
        assert_eq!(store.policies(&foreign).version(id, 1).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_policy_and_its_rollout_change_only_as_they_were_read() {
        let store = store().await;
        let id = insert(&store).await;
        let scope = scope(1);
        let policies = store.policies(&scope);
        let rollout = rollout(1);
        let begun = Policy { rollout: Some(rollout.id), ..policy(1) };
        let mut tx = store.transaction();
        policies.update(&mut tx, &begun);
        policies.insert_rollout(&mut tx, &rollout);
        tx.commit().await.unwrap();
        let mut tx = store.transaction();
        policies.update(&mut tx, &Policy { in_force: Some(1), ..policy(1) });
        assert_eq!(tx.commit().await.unwrap_err().code(), "concurrent_change");
        assert_eq!(policies.get(id).await.unwrap().unwrap().rollout, Some(rollout.id));
        assert_eq!(policies.rollout(id, rollout.id).await.unwrap(), Some(rollout.clone()));
        assert_eq!(policies.rollout(id, RolloutId::from_bits(2)).await.unwrap(), None);
        let paused = rollout.clone().paused(NOON);
        let write = async |changed: &Rollout| {
            let mut tx = store.transaction();
            policies.update_rollout(&mut tx, changed);
            tx.commit().await
        };
        write(&paused).await.unwrap();
        assert_eq!(write(&rollout.clone().halted()).await.unwrap_err().code(), "concurrent_change");
        let all = policies.rollouts(id, &Page::first(9)).await.unwrap();
        assert_eq!((all.items, all.next), (vec![Rollout { revision: 1, ..paused }], None));
    }

    #[tokio::test]
    async fn a_rollout_is_due_while_it_runs() {
        let store = store().await;
        let id = insert(&store).await;
        let policies = scope(1);
        let policies = store.policies(&policies);
        let rollout = rollout(1);
        let mut tx = store.transaction();
        policies.insert_rollout(&mut tx, &rollout);
        tx.commit().await.unwrap();
        let due = async |after| {
            let until = NOON.plus(Duration::from_secs(after));
            store.due().rollouts(until, None).await.unwrap().rollouts
        };
        assert_eq!(due(59).await, []);
        let found = due(60).await;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].scope, found[0].policy, found[0].rollout), (scope(1), id, rollout.id));
        let mut tx = store.transaction();
        policies.update_rollout(&mut tx, &rollout.paused(NOON));
        tx.commit().await.unwrap();
        assert_eq!(due(60).await, []);
    }
}
