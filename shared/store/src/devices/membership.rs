use trennwand_domain::{DeviceId, Group, GroupId, Result};

use super::{Devices, header};
use crate::{
    Transaction, failure,
    item::{bytes, number},
    layout,
    transaction::{Expression, Refusal},
};

impl Devices<'_> {
    /// Puts a phone into a group. If there is no such phone or group, or the phone is in the group or in
    /// too many already, the transaction fails as a concurrent change: the caller has looked.
    pub fn join(&self, tx: &mut Transaction, id: DeviceId, group: GroupId) {
        let room = "(attribute_not_exists(gr) OR size(gr) < :most)";
        let change = Expression::update("SET rv = rv + :one ADD gr :gs")
            .and_when(format!("attribute_exists(pk) AND NOT contains(gr, :gr) AND {room}"))
            .value(":most", number(Group::MOST_OF_A_DEVICE));
        self.change_groups(tx, id, group, change);
        let there = layout::group(&self.scope, group);
        tx.check(&there, Expression::present(), failure::concurrent_change());
    }

    /// Takes a phone out of a group, whether there still is such a group or not. If it is not in it, the
    /// transaction fails as a concurrent change.
    pub fn leave(&self, tx: &mut Transaction, id: DeviceId, group: GroupId) {
        let change = Expression::update("SET rv = rv + :one DELETE gr :gs")
            .and_when("attribute_exists(pk) AND contains(gr, :gr)");
        self.change_groups(tx, id, group, change);
    }

    /// [`Self::leave`] by itself, without effect if the phone is not in the group.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn leave_now(&self, id: DeviceId, group: GroupId) -> Result<()> {
        let mut tx = self.store.transaction();
        self.leave(&mut tx, id, group);
        match tx.attempt().await {
            Err(Refusal::Condition { .. }) => Ok(()),
            done => Ok(done?),
        }
    }

    fn change_groups(
        &self,
        tx: &mut Transaction,
        id: DeviceId,
        group: GroupId,
        change: Expression,
    ) {
        let mut change =
            change.value(":one", number(1)).value(":gr", bytes(group.bits().to_be_bytes()));
        if let Some(set) = header::group_set(&[group]) {
            change = change.value(":gs", set);
        }
        tx.update(&layout::device(&self.scope, id), change, failure::concurrent_change());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trennwand_domain::{
        ArtefactRef, AssignmentHead, Device, DeviceState, Digest, PolicyId, Purpose, Rule,
        RuleScope, SlotKind, Target,
    };

    use super::*;
    use crate::{
        DeviceFilter, Page, Store,
        testing::{NOON, enrol, full_device, scope, store},
    };

    async fn found(store: &Store, group: u128) {
        let id = GroupId::from_bits(group);
        let group = Group { id, name: "Docks".into(), created_at: NOON, revision: 0 };
        let mut tx = store.transaction();
        store.groups(&scope(1)).insert(&mut tx, &group);
        tx.commit().await.unwrap();
    }

    async fn change(store: &Store, join: bool, id: DeviceId, group: u128) -> Result<()> {
        let mut tx = store.transaction();
        let (devices, group) = (scope(1), GroupId::from_bits(group));
        let devices = store.devices(&devices);
        if join {
            devices.join(&mut tx, id, group)
        } else {
            devices.leave(&mut tx, id, group)
        }
        tx.commit().await
    }

    async fn phone(store: &Store, bits: u128, groups: &[u128]) -> Device {
        let groups = groups.iter().map(|bits| GroupId::from_bits(*bits)).collect();
        let device = Device { groups, ..full_device(bits) };
        enrol(store, &scope(1), &device).await;
        device
    }

    async fn groups(store: &Store, id: DeviceId) -> Vec<u128> {
        let device = store.devices(&scope(1)).get(id).await.unwrap().unwrap();
        device.groups.iter().map(|group| group.bits()).collect()
    }

    #[tokio::test]
    async fn a_phone_is_in_at_most_eight_groups_and_in_each_once() {
        let store = store().await;
        let id = phone(&store, 1, &[]).await.id;
        for group in 1..=9 {
            found(&store, group).await;
        }
        for group in (1..=8).rev() {
            change(&store, true, id, group).await.unwrap();
        }
        assert_eq!(groups(&store, id).await, (1..=8).collect::<Vec<_>>(), "in their order");
        for wrong in [3, 9] {
            let error = change(&store, true, id, wrong).await.unwrap_err();
            assert_eq!(error.code(), "concurrent_change", "{wrong}");
        }
        change(&store, false, id, 3).await.unwrap();
        assert_eq!(change(&store, false, id, 3).await.unwrap_err().code(), "concurrent_change");
        change(&store, true, id, 9).await.unwrap();
        assert_eq!(groups(&store, id).await, [1, 2, 4, 5, 6, 7, 8, 9]);
        let absent = DeviceId::from_bits(77);
        assert_eq!(change(&store, true, absent, 1).await.unwrap_err().code(), "concurrent_change");
    }

    #[tokio::test]
    async fn nobody_joins_a_group_that_was_deleted_meanwhile_and_whoever_is_in_it_leaves_it() {
        let store = store().await;
        let id = phone(&store, 1, &[5]).await.id;
        assert_eq!(change(&store, true, id, 6).await.unwrap_err().code(), "concurrent_change");
        assert_eq!(groups(&store, id).await, [5]);
        change(&store, false, id, 5).await.unwrap();
        assert_eq!(groups(&store, id).await, []);
    }

    #[tokio::test]
    async fn the_last_group_leaves_no_trace_and_other_writers_notice() {
        let store = store().await;
        let device = phone(&store, 1, &[5]).await;
        let devices = scope(1);
        let devices = store.devices(&devices);
        for _ in 0..2 {
            devices.leave_now(device.id, GroupId::from_bits(5)).await.unwrap();
        }
        assert_eq!(groups(&store, device.id).await, []);
        let late = devices.save(&device, None).await.unwrap_err();
        assert_eq!(late.code(), "concurrent_change", "a header read before knows the old groups");
    }

    fn head() -> Arc<AssignmentHead> {
        let wall = ArtefactRef {
            target: Target::IosDevice,
            purpose: Purpose::Wall,
            digest: Digest::of(b"wall"),
            personal: false,
        };
        let rule = |scope, policy| Rule {
            scope,
            policy: PolicyId::from_bits(policy),
            version: 1,
            artefacts: vec![wall],
        };
        let group = RuleScope::Group(GroupId::from_bits(5));
        Arc::new(AssignmentHead {
            version: 1,
            changed_at: NOON,
            rules: vec![rule(group, 2), rule(RuleScope::Everyone, 1)],
            mail: None,
            organization: "Krume".into(),
            push_topic: None,
            brand: None,
        })
    }

    #[tokio::test]
    async fn phones_are_listed_by_group_and_by_policy() {
        let store = store().await;
        for (bits, groups) in [(1, &[5][..]), (2, &[]), (3, &[4, 5]), (4, &[4])] {
            phone(&store, bits, groups).await;
        }
        let devices = scope(1);
        let devices = store.devices(&devices);
        let list = async |filter: DeviceFilter, limit| {
            let listed = devices.list(&filter, &Page::first(limit)).await.unwrap();
            let found = listed.items.iter().map(|device| device.id.bits()).collect::<Vec<_>>();
            (found, listed.next.is_some())
        };
        let group = |bits| Some(GroupId::from_bits(bits));
        let in_group = |bits| DeviceFilter { group: group(bits), ..DeviceFilter::default() };
        assert_eq!(list(in_group(5), 9).await, (vec![1, 3], false));
        assert_eq!(list(in_group(6), 9).await, (vec![], false));
        let under = |policy| DeviceFilter {
            under: Some((PolicyId::from_bits(policy), head())),
            ..DeviceFilter::default()
        };
        assert_eq!(list(under(2), 9).await, (vec![1, 3], false));
        assert_eq!(list(under(1), 9).await, (vec![2, 4], false));
        assert_eq!(list(under(1), 1).await, (vec![2], true), "pages are full");
        let one = |bits, filter| DeviceFilter { id: Some(DeviceId::from_bits(bits)), ..filter };
        assert_eq!(list(one(3, under(2)), 9).await, (vec![3], false));
        assert_eq!(list(one(3, under(1)), 9).await, (vec![], false));
        assert_eq!(list(one(3, in_group(6)), 9).await, (vec![], false));
    }

    #[tokio::test]
    async fn the_index_knows_groups_and_walls() {
        let store = store().await;
        let device = phone(&store, 1, &[4, 5]).await;
        let released = Device { state: DeviceState::Released, ..full_device(2) };
        enrol(&store, &scope(1), &released).await;
        let (phones, next) = store.devices(&scope(1)).page_index(None).await.unwrap();
        assert_eq!((phones.len(), next), (2, None));
        assert_eq!(phones[0].traits(), device.traits());
        let wall = device.slots.of(SlotKind::Wall);
        assert_eq!(phones[0].wall, (wall.status, wall.token.mark()));
        assert!(phones[0].wake.is_some() && phones[1].wake.is_none());
    }
}
