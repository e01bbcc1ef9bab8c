//! The stream's reader against an embedded database, with records as Lambda hands them over.

#[path = "../../checkin/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use serde_json::{Value, json};
use support::{NOON, Published, World};
use trennwand_domain::{
    Device, DeviceId, DeviceState, Duration, Locale, Sealed, Slot, SlotKind, SlotStatus, Token,
    User, UserId,
};
use trennwand_fn_events::{EventsState, handle};
use trennwand_runtime::{AndroidWork, Audience, Message, Wake};

const DELAY: Duration = Duration::from_secs(10);
const UUID: &str = "80000000-0005-0101-0101-010101010101";

struct Service {
    world: World,
    published: Arc<Published>,
    state: EventsState,
}

impl Service {
    async fn new() -> Self {
        let (world, published) = (World::new().await, Arc::new(Published::default()));
        let (core, publisher) = (world.core.clone(), published.clone());
        Self { state: EventsState { core, publisher, head_delay: DELAY }, world, published }
    }

    /// Hands over a record twice; both times the same must be published.
    async fn twice(&self, name: &str, pk: &str, sk: &str, images: [Value; 2]) -> Vec<Message> {
        let event = self.event(name, pk, sk, images);
        handle(&self.state, &event).await.unwrap();
        let first = self.published.take();
        handle(&self.state, &event).await.unwrap();
        assert_eq!(self.published.take(), first);
        first.into_iter().map(|(message, _)| message).collect()
    }

    fn event(&self, name: &str, pk: &str, sk: &str, [old, new]: [Value; 2]) -> Event {
        let pk = format!("T#{}#{pk}", self.world.scope.tenant());
        serde_json::from_value(json!({ "Records": [{
            "awsRegion": "eu-central-1", "eventID": "1", "eventName": name,
            "dynamodb": {
                "ApproximateCreationDateTime": 1795000000.0,
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "OldImage": old, "NewImage": new,
                "SequenceNumber": "1", "SizeBytes": 1
            }
        }]}))
        .unwrap()
    }

    fn wake(&self, device: DeviceId) -> Message {
        let audience = Audience::Devices(vec![device]);
        Message::Wake(Wake { tenant: self.world.scope.tenant(), audience })
    }

    async fn save(&self, device: &Device) {
        self.world.core.store.devices(&self.world.scope).save(device, None).await.unwrap();
    }
}

const NOTHING: [Value; 2] = [Value::Null, Value::Null];

fn just_enrolled() -> [Value; 2] {
    [json!({ "st": { "S": "enrolling" } }), json!({ "st": { "S": "enrolled" } })]
}

#[tokio::test]
async fn a_new_tenant_gets_its_keys() {
    let service = Service::new().await;
    let born = [Value::Null, json!({ "st": { "S": "provisioning" } })];
    let tenant = service.world.scope.tenant();
    assert_eq!(service.twice("INSERT", "O", "0", born).await, [Message::Provision { tenant }]);
}

#[tokio::test]
async fn a_changed_head_wakes_all_and_a_queued_command_its_phone() {
    let service = Service::new().await;
    let device = DeviceId::from_bits(2);
    let tenant = service.world.scope.tenant();
    // Google's policies are aligned with the head beside: no Android phone is woken by a push.
    let align = Message::Android { tenant, work: AndroidWork::Align };
    let all = Message::Wake(Wake { tenant, audience: Audience::Tenant });
    assert_eq!(service.twice("MODIFY", "H", "0", NOTHING).await, [align, all]);
    let (pk, sk) = (format!("D#{device}"), format!("1#{UUID}"));
    assert_eq!(service.twice("INSERT", &pk, &sk, NOTHING).await, [service.wake(device)]);
}

#[tokio::test]
async fn an_answer_that_reveals_a_lost_wall_wakes_the_phone() {
    let service = Service::new().await;
    let device = service.world.enrolled(1).await;
    let (pk, sk) = (format!("D#{device}"), format!("R#{UUID}"));
    assert_eq!(service.twice("INSERT", &pk, &sk, NOTHING).await, []);
    let mut header = service.world.device(device).await;
    let status = SlotStatus::Lost;
    *header.slots.of_mut(SlotKind::Wall) =
        Slot { round: 1, token: Token::from_bytes([1; 10]), status, cause: None, at: NOON };
    service.save(&header).await;
    assert_eq!(service.twice("INSERT", &pk, &sk, NOTHING).await, [service.wake(device)]);
}

#[tokio::test]
async fn a_changed_person_reaches_the_headers_of_the_persons_phones() {
    let service = Service::new().await;
    let (world, user) = (&service.world, UserId::from_bits(9));
    let (before, after) = (Token::from_bytes([1; 10]), Token::from_bytes([2; 10]));
    let users = world.core.store.users(&world.scope);
    let mut tx = world.core.store.transaction();
    let entity = User {
        id: user,
        external_id_hash: None,
        email_hash: [0; 16],
        person: Sealed::from_bytes(vec![1]),
        variables: after,
        locale: Locale::De,
        created_at: NOON,
        revision: 0,
    };
    users.insert(&mut tx, &entity, b"wrapped");
    tx.commit().await.unwrap();
    let (hers, other) = (world.enrolled(1).await, world.enrolled(2).await);
    let header = world.device(hers).await;
    service.save(&Device { user: Some(user), person: Some(before), ..header }).await;

    let hash = |b: u8| json!({ "ps": { "B": format!("AQ{b}=") } });
    let woken = service.twice("MODIFY", "U", &user.to_string(), [hash(0), hash(4)]).await;
    assert_eq!(woken, [service.wake(hers)]);
    assert_eq!(world.device(hers).await.person, Some(after));
    assert_eq!(world.device(other).await.person, None);

    // A change that the index missed is made up for when the phone comes under management.
    let header = world.device(hers).await;
    service.save(&Device { person: Some(before), ..header }).await;
    let woken = service.twice("MODIFY", &format!("D#{hers}"), "0", just_enrolled()).await;
    assert_eq!(woken, [service.wake(hers)]);
    assert_eq!(world.device(hers).await.person, Some(after));
}

impl Service {
    /// An enrolment that says to be the phone `udid`, for this user.
    async fn enrolled(&self, udid: u8, user: Option<u128>) -> DeviceId {
        let id = self.world.enrolled(udid).await;
        let header = self.world.device(id).await;
        self.save(&Device { user: user.map(UserId::from_bits), ..header }).await;
        id
    }

    /// Tells the stream's reader that the phone is enrolled; says whom it wakes.
    async fn tell_enrolled(&self, device: DeviceId) -> Vec<DeviceId> {
        let event = self.event("MODIFY", &format!("D#{device}"), "0", just_enrolled());
        handle(&self.state, &event).await.unwrap();
        let woken = self.published.take().into_iter().flat_map(|(message, _)| match message {
            Message::Wake(Wake { audience: Audience::Devices(devices), .. }) => devices,
            other => panic!("{other:?}"),
        });
        woken.collect()
    }
}

#[tokio::test]
async fn a_phone_that_enrols_again_for_the_same_user_ends_its_earlier_enrolment() {
    let service = Service::new().await;
    let earlier = service.enrolled(1, Some(9)).await;
    assert_eq!(service.tell_enrolled(earlier).await, [earlier]);
    let other = service.enrolled(2, Some(9)).await;
    assert_eq!(service.tell_enrolled(other).await, [other], "another phone of the user");
    let now = service.enrolled(1, Some(9)).await;
    for _ in 0..2 {
        assert_eq!(service.tell_enrolled(now).await, [now]);
    }
    let header = service.world.device(earlier).await;
    assert_eq!((header.state, header.push), (DeviceState::Superseded, None));
    assert_eq!(service.tell_enrolled(earlier).await, [earlier], "out of date");
    for live in [other, now] {
        let header = service.world.device(live).await;
        assert_eq!((header.state, header.claimed_by), (DeviceState::Enrolled, None));
    }
}

#[tokio::test]
async fn records_in_the_wrong_order_end_the_earlier_enrolment_all_the_same() {
    let service = Service::new().await;
    let (earlier, now) = (service.enrolled(1, Some(9)).await, service.enrolled(1, Some(9)).await);
    service.tell_enrolled(now).await;
    service.tell_enrolled(earlier).await;
    assert_eq!(service.world.device(earlier).await.state, DeviceState::Superseded);
    assert_eq!(service.world.device(now).await.state, DeviceState::Enrolled);
}

#[tokio::test]
async fn a_phone_that_enrols_for_somebody_else_or_nobody_ends_nothing_and_asks_once() {
    let service = Service::new().await;
    for (udid, before, after) in [(1, Some(8), Some(9)), (2, None, None), (3, Some(8), None)] {
        let former = service.enrolled(udid, before).await;
        service.tell_enrolled(former).await;
        let newer = service.enrolled(udid, after).await;
        assert_eq!(service.tell_enrolled(newer).await, [former, newer], "{udid}");
        let header = service.world.device(former).await;
        assert_eq!((header.state, header.claimed_by), (DeviceState::Enrolled, Some(newer)));
        assert_eq!(service.world.device(newer).await.claimed_by, None);
        // Heard of since; what the other one says once more is no news.
        let devices = service.world.core.store.devices(&service.world.scope);
        devices.refute_claim(former).await.unwrap();
        assert_eq!(service.tell_enrolled(newer).await, [newer], "{udid}");
        assert_eq!(service.world.device(former).await.claimed_by, None);
    }
}
