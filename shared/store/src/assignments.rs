use trennwand_domain::{
    Assignment, AssignmentHead, AssignmentId, Error, Plan, Policy, PolicyId, Result, Rollout,
    TenantScope,
};

use crate::{
    Store, Transaction, failure,
    item::{Fields, Item, json},
    layout,
    policies::{decode_policy, decode_rollout},
    read::Between,
    transaction::{Expression, Table},
};

/// A tenant's assignments, and with them all that the rules of its head follow from.
#[derive(Debug, Clone, Copy)]
pub struct Assignments<'a> {
    store: &'a Store,
    scope: TenantScope,
}

impl<'a> Assignments<'a> {
    pub(crate) const fn new(store: &'a Store, scope: TenantScope) -> Self {
        Self { store, scope }
    }

    /// All of them, the default left out, oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn all(&self) -> Result<Vec<Assignment>> {
        let span = layout::assignments(&self.scope);
        // Two requests at the same time cannot both add the last one: the head is their condition.
        let (limit, bounds) = (Assignment::MOST + 1, span.bounds(None));
        let query = Between { pk: &span.pk, bounds, limit, consistent: true };
        let (items, _) = self.store.between(query).await?;
        items.into_iter().map(|item| Fields::from(item).json("js")).collect()
    }

    /// Adds an assignment.
    pub fn insert(&self, tx: &mut Transaction, assignment: &Assignment) {
        let key = layout::assignment(&self.scope, assignment.id);
        let item = Item::at(&key).with("js", json(assignment));
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("assignment"));
    }

    /// Deletes an assignment.
    pub fn delete(&self, tx: &mut Transaction, id: AssignmentId) {
        let key = layout::assignment(&self.scope, id);
        tx.delete(Table::Data, &key, Expression::present(), failure::concurrent_change());
    }

    /// All that the rules follow from, and the policy `also` if there is one; `None` until the tenant
    /// is active. The head is read first. At most four requests.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn plan(&self, also: Option<PolicyId>) -> Result<Option<Plan>> {
        let Some(head) = self.store.tenant(&self.scope).head().await? else { return Ok(None) };
        let assignments = self.all().await?;
        let policies = self.policies(&head, &assignments, also).await?;
        let rollouts = self.rollouts(&policies).await?;
        Ok(Some(Plan { head, assignments, policies, rollouts }))
    }

    async fn policies(
        &self,
        head: &AssignmentHead,
        assignments: &[Assignment],
        also: Option<PolicyId>,
    ) -> Result<Vec<Policy>> {
        let mut ids: Vec<_> = assignments.iter().map(|assignment| assignment.policy).collect();
        ids.extend(head.default_policy());
        ids.extend(also);
        ids.sort_unstable();
        ids.dedup();
        let keys = ids.iter().map(|id| (Table::Data, layout::policy(&self.scope, *id)));
        let batch = self.store.batch(&keys.collect::<Vec<_>>(), true).await?;
        batch.data.into_iter().map(|item| decode_policy(item.into())).collect()
    }

    async fn rollouts(&self, policies: &[Policy]) -> Result<Vec<Rollout>> {
        let keys = policies.iter().filter_map(|policy| {
            let rollout = policy.rollout?;
            Some((Table::Data, layout::rollout(&self.scope, policy.id, rollout)))
        });
        let batch = self.store.batch(&keys.collect::<Vec<_>>(), true).await?;
        batch.data.into_iter().map(|item| decode_rollout(item.into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{AssignedTo, GroupId, Rule, RuleScope};

    use super::*;
    use crate::{
        Meter,
        policies::testing::{policy, rollout, version},
        testing::{NOON, scope, store},
    };

    fn assignment(bits: u128, policy: u128) -> Assignment {
        Assignment {
            id: AssignmentId::from_bits(bits),
            policy: PolicyId::from_bits(policy),
            to: AssignedTo::Group(GroupId::from_bits(5)),
            priority: 3,
            created_at: NOON,
        }
    }

    fn head() -> AssignmentHead {
        let rule = Rule {
            scope: RuleScope::Everyone,
            policy: PolicyId::from_bits(1),
            version: 1,
            artefacts: Vec::new(),
        };
        AssignmentHead {
            version: 1,
            changed_at: NOON,
            rules: vec![rule],
            mail: None,
            organization: "Schreinerei".into(),
            push_topic: None,
            brand: None,
        }
    }

    #[tokio::test]
    async fn a_plan_has_what_the_rules_follow_from_and_nothing_else() {
        let store = store().await;
        let scope = scope(1);
        let (assignments, policies) = (store.assignments(&scope), store.policies(&scope));
        assert_eq!(assignments.plan(None).await.unwrap(), None);
        let mut tx = store.transaction();
        store.tenant(&scope).put_head(&mut tx, &head(), None);
        let running = Policy { rollout: Some(rollout(9).id), ..policy(2) };
        for policy in [policy(1), running.clone(), policy(3)] {
            policies.insert(&mut tx, &policy, &version(policy.id, 1));
        }
        let rollout = Rollout { policy: running.id, ..rollout(9) };
        policies.insert_rollout(&mut tx, &rollout);
        assignments.insert(&mut tx, &assignment(1, 2));
        assignments.insert(&mut tx, &assignment(2, 2));
        tx.commit().await.unwrap();
        let (plan, usage) = Meter::measure(assignments.plan(None)).await;
        let mut plan = plan.unwrap().unwrap();
        plan.policies.sort_by_key(|policy| policy.id);
        assert_eq!(plan.assignments, [assignment(1, 2), assignment(2, 2)]);
        assert_eq!(plan.policies, [policy(1), running]);
        assert_eq!(plan.rollouts, [rollout]);
        assert_eq!(usage.requests, 4);
        let with = assignments.plan(Some(PolicyId::from_bits(3))).await.unwrap().unwrap();
        assert_eq!(with.policies.len(), 3);
        let mut tx = store.transaction();
        assignments.delete(&mut tx, assignment(1, 2).id);
        tx.commit().await.unwrap();
        assert_eq!(assignments.all().await.unwrap(), [assignment(2, 2)]);
        let foreign = crate::testing::scope(2);
        assert_eq!(store.assignments(&foreign).all().await.unwrap(), []);
    }
}
