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
use trennwand_runtime::{Audience, Message, Wake};

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
    async fn twice(&self, name: &str, pk: &str, sk: &str, [old, new]: [Value; 2]) -> Vec<Message> {
        let pk = format!("T#{}#{pk}", self.world.scope.tenant());
        let event: Event = serde_json::from_value(json!({ "Records": [{
            "awsRegion": "eu-central-1", "eventID": "1", "eventName": name,
            "dynamodb": {
                "ApproximateCreationDateTime": 1795000000.0,
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "OldImage": old, "NewImage": new,
                "SequenceNumber": "1", "SizeBytes": 1
            }
        }]}))
        .unwrap();
        handle(&self.state, &event).await.unwrap();
        let first = self.published.take();
        handle(&self.state, &event).await.unwrap();
        assert_eq!(self.published.take(), first);
        first.into_iter().map(|(message, _)| message).collect()
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
    let all = Wake { tenant: service.world.scope.tenant(), audience: Audience::Tenant };
    assert_eq!(service.twice("MODIFY", "H", "0", NOTHING).await, [Message::Wake(all)]);
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
    let state = |word: &str| json!({ "st": { "S": word } });
    let enrolled = [state("enrolling"), state("enrolled")];
    let woken = service.twice("MODIFY", &format!("D#{hers}"), "0", enrolled).await;
    assert_eq!(woken, [service.wake(hers)]);
    assert_eq!(world.device(hers).await.person, Some(after));
}

#[tokio::test]
async fn a_phone_that_enrols_again_ends_its_earlier_enrolment() {
    let service = Service::new().await;
    let earlier = service.world.enrolled(1).await;
    let points = |id: &str| json!({ "dv": { "S": id } });
    let change = [points(&earlier.to_string()), points("dev_00000000000000000000000003")];
    assert_eq!(service.twice("MODIFY", "Y", "01", change).await, []);
    let header = service.world.device(earlier).await;
    assert_eq!((header.state, header.push), (DeviceState::Superseded, None));
}
