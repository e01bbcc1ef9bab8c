//! The reader of the `wake` queue against an embedded database and a scripted push service.

#[path = "../../checkin/tests/support/mod.rs"]
mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use support::{NOON, Published, TOPIC, World};
use trennwand_domain::{
    ArtefactRef, DeviceId, DeviceState, Digest, Duration, Group, GroupId, PolicyId, Purpose,
    PushTarget, Rule, RuleScope, Secret, Target,
};
use trennwand_fn_push::{PushState, Woken, handle};
use trennwand_push::{BoxFuture, PushFailure, PushIdentity, Pusher};
use trennwand_runtime::{Audience, RuleChange, Wake};

/// Answers by the token, each answer once, then with success.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<HashMap<u8, Vec<PushFailure>>>,
    asked: Mutex<Vec<u8>>,
}

impl Script {
    fn answer(&self, token: u8, failures: &[PushFailure]) {
        self.answers.lock().unwrap().insert(token, failures.to_vec());
    }

    /// The tokens pushed to since this was asked last, sorted.
    fn asked(&self) -> Vec<u8> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort_unstable();
        asked
    }
}

impl Pusher for Script {
    fn push<'a>(
        &'a self,
        identity: &'a PushIdentity,
        target: &'a PushTarget,
    ) -> BoxFuture<'a, Result<(), PushFailure>> {
        assert_eq!(identity.topic(), TOPIC);
        let token = target.token.expose()[0];
        self.asked.lock().unwrap().push(token);
        let mut answers = self.answers.lock().unwrap();
        let failure = answers.get_mut(&token).filter(|f| !f.is_empty()).map(|f| f.remove(0));
        Box::pin(async move { failure.map_or(Ok(()), Err) })
    }
}

struct Service {
    world: World,
    script: Arc<Script>,
    state: PushState,
}

impl Service {
    async fn new() -> Self {
        let (world, script) = (World::new().await, Arc::new(Script::default()));
        let publisher = Arc::new(Published::default());
        let state = PushState::new(world.core.clone(), script.clone(), publisher);
        Self { world, script, state }
    }

    async fn wake(&self, audience: Audience) -> trennwand_domain::Result<Woken> {
        handle(&self.state, &Wake { tenant: self.world.scope.tenant(), audience }).await
    }

    async fn state_of(&self, device: DeviceId) -> DeviceState {
        self.world.device(device).await.state
    }
}

#[tokio::test]
async fn all_phones_of_a_tenant_or_some_are_woken() {
    let service = Service::new().await;
    let (one, _) = (service.world.enrolled(1).await, service.world.enrolled(2).await);
    service.world.invite(trennwand_domain::Ownership::Personal).await;
    let woken = service.wake(Audience::Tenant).await.unwrap();
    assert_eq!(woken, Woken { taken: 2, ..Woken::default() });
    assert_eq!(service.script.asked(), [1, 2]);
    let unknown = DeviceId::from_bits(5);
    assert_eq!(service.wake(Audience::Devices(vec![one, unknown])).await.unwrap().taken, 1);
    assert_eq!(service.script.asked(), [1]);
}

/// Rules by which the phones of a group have another wall.
fn rules(group: GroupId) -> Vec<Rule> {
    let rule = |scope, wall: &str| Rule {
        scope,
        policy: PolicyId::from_bits(1),
        version: 1,
        artefacts: vec![ArtefactRef {
            target: Target::IosDevice,
            purpose: Purpose::Wall,
            digest: Digest::of(wall.as_bytes()),
            personal: false,
        }],
    };
    vec![rule(RuleScope::Group(group), "theirs"), rule(RuleScope::Everyone, "all")]
}

#[tokio::test]
async fn only_phones_that_a_change_of_rules_concerns_are_woken() {
    let service = Service::new().await;
    let (one, _) = (service.world.enrolled(1).await, service.world.enrolled(2).await);
    let group = GroupId::from_bits(7);
    let store = &service.world.core.store;
    let mut tx = store.transaction();
    let pilots = Group { id: group, name: "Pilots".into(), created_at: NOON, revision: 0 };
    store.groups(&service.world.scope).insert(&mut tx, &pilots);
    tx.commit().await.unwrap();
    let mut tx = store.transaction();
    store.devices(&service.world.scope).join(&mut tx, one, group);
    tx.commit().await.unwrap();
    let all = rules(group);
    let wake = async |before: &[Rule], after: &[Rule]| {
        let change = RuleChange { before: before.to_vec(), after: after.to_vec() };
        service.wake(Audience::Concerned(Box::new(change))).await.unwrap();
        service.script.asked()
    };
    assert_eq!(wake(&all[1..], &all).await, [1], "another wall for the group");
    assert_eq!(wake(&all, &all[1..]).await, [1], "and back");
    assert_eq!(wake(&all, &all).await, Vec::<u8>::new());
    assert_eq!(wake(&[], &all).await, [1, 2]);
}

#[tokio::test]
async fn a_dead_token_is_noted_and_left_alone() {
    let service = Service::new().await;
    let (dead, alive) = (service.world.enrolled(1).await, service.world.enrolled(2).await);
    let since = Some(NOON.plus(Duration::from_secs(1)));
    service.script.answer(1, &[PushFailure::TokenDead { since }]);
    let woken = service.wake(Audience::Tenant).await.unwrap();
    assert_eq!((woken.taken, woken.dead), (1, 1));
    assert_eq!(service.state_of(dead).await, DeviceState::PushLost);
    assert_eq!(service.state_of(alive).await, DeviceState::Enrolled);
    service.script.asked();
    service.wake(Audience::Tenant).await.unwrap();
    assert_eq!(service.script.asked(), [2]);
}

#[tokio::test]
async fn a_death_from_before_the_enrolment_is_no_death() {
    let service = Service::new().await;
    let device = service.world.enrolled(1).await;
    let since = Some(NOON.minus(Duration::from_secs(1)));
    service.script.answer(1, &[PushFailure::TokenDead { since }]);
    service.wake(Audience::Tenant).await.unwrap();
    assert_eq!(service.state_of(device).await, DeviceState::Enrolled);
}

#[tokio::test]
async fn a_bad_moment_gets_a_second_chance_and_then_the_message_comes_again() {
    let service = Service::new().await;
    service.world.enrolled(1).await;
    service.script.answer(1, &[PushFailure::Unavailable]);
    assert_eq!(service.wake(Audience::Tenant).await.unwrap().taken, 1);
    service.script.answer(1, &[PushFailure::Unavailable; 2]);
    assert!(service.wake(Audience::Tenant).await.unwrap_err().retryable());
    assert_eq!(service.wake(Audience::Tenant).await.unwrap().taken, 1);
}

#[tokio::test]
async fn a_refused_certificate_rests_for_all_phones_of_the_tenant() {
    let service = Service::new().await;
    let device = service.world.enrolled(1).await;
    service.script.answer(1, &[PushFailure::IdentityRefused]);
    assert!(service.wake(Audience::Tenant).await.unwrap_err().retryable());
    service.script.asked();
    assert!(service.wake(Audience::Tenant).await.unwrap_err().retryable());
    assert_eq!(service.script.asked(), Vec::<u8>::new());
    assert_eq!(service.state_of(device).await, DeviceState::Enrolled);
    service.world.clock.advance(Duration::from_secs(300));
    assert_eq!(service.wake(Audience::Tenant).await.unwrap().taken, 1);
}

#[tokio::test]
async fn a_phone_that_listens_to_another_topic_is_passed_over() {
    let service = Service::new().await;
    let device = service.world.enrolled(1).await;
    let devices = service.world.core.store.devices(&service.world.scope);
    let mut targets = devices.push_targets(&[device]).await.unwrap();
    targets[0].push = PushTarget {
        topic: "com.apple.mgmt.External.other".into(),
        token: Secret::new(vec![1]),
        magic: Secret::new("magic".into()),
    };
    let woken = service.wake(Audience::Targets(targets)).await.unwrap();
    assert_eq!((woken.taken, woken.passed_over), (0, 1));
    assert_eq!(service.script.asked(), Vec::<u8>::new());
}
