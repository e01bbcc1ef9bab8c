use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use trennwand_domain::{Duration, Timestamp};

use super::world::World;

/// What Google's push subscriptions say about themselves.
pub const ISSUER: &str = "https://accounts.google.com";

/// Where notifications are pushed to, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `pushConfig.oidcToken.audience`.
    pub audience: String,
    /// `pushConfig.oidcToken.serviceAccountEmail`.
    pub email: String,
}

/// A message that waits for its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) resource: Value,
    pub(super) published: Timestamp,
}

/// One push request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRequest {
    /// The whole `Authorization` header.
    pub authorization: String,
    /// The body.
    pub body: String,
    /// The kind of notification, for a test that picks.
    pub kind: String,
    /// Pub/Sub's message id.
    pub message_id: String,
    pub(super) message: Message,
}

/// How messages are delivered. The default is once, in order, each on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivery {
    /// Newest first.
    pub is_reversed: bool,
    /// How often each message is pushed besides the first time.
    pub repeats: usize,
    /// Messages of one kind that follow each other come as one, their resources in a list. Google says
    /// that it batches, not how.
    pub is_batched: bool,
    /// The oldest so many are kept back.
    pub keeps_back: usize,
}

impl World {
    /// Takes what waits out of the outbox, as push requests.
    pub(super) fn push_requests(
        &mut self,
        delivery: Delivery,
        subscription: &Subscription,
    ) -> Vec<PushRequest> {
        let kept: Vec<_> =
            self.outbox.drain(..delivery.keeps_back.min(self.outbox.len())).collect();
        let mut messages: Vec<_> = std::mem::replace(&mut self.outbox, kept.into()).into();
        if delivery.is_batched {
            messages = batched(messages);
        }
        if delivery.is_reversed {
            messages.reverse();
        }
        let authorization = format!("Bearer {}", self.oidc_token(subscription));
        let mut requests = Vec::new();
        for message in messages {
            for _ in 0..=delivery.repeats {
                requests.push(PushRequest {
                    authorization: authorization.clone(),
                    body: body(&message),
                    kind: message.kind.clone(),
                    message_id: message.id.clone(),
                    message: message.clone(),
                });
            }
        }
        requests
    }

    /// The token that Pub/Sub sends along.
    pub(super) fn oidc_token(&self, subscription: &Subscription) -> String {
        let now = self.now();
        let claims = json!({
            "iss": ISSUER, "aud": subscription.audience, "azp": "113774264463038321964",
            "sub": "113774264463038321964", "email": subscription.email, "email_verified": true,
            "iat": now.unix_s(), "exp": now.plus(Duration::from_secs(3_600)).unix_s()
        });
        self.sign(&claims)
    }

    /// Any claims, signed with the newest key.
    pub(super) fn sign(&self, claims: &Value) -> String {
        self.signers.last().map(|key| key.sign(claims)).unwrap_or_default()
    }

    /// The published keys.
    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<_> = self.signers.iter().map(super::jwt::TokenKey::jwk).collect();
        json!({"keys": keys})
    }
}

fn batched(messages: Vec<Message>) -> Vec<Message> {
    let mut batches: Vec<Message> = Vec::new();
    for message in messages {
        match batches.last_mut().filter(|last| last.kind == message.kind) {
            Some(last) => match &mut last.resource {
                Value::Array(all) => all.push(message.resource),
                one => *one = json!([one.take(), message.resource]),
            },
            None => batches.push(message),
        }
    }
    batches
}

/// Pub/Sub writes both spellings of two members.
fn body(message: &Message) -> String {
    let data = match message.kind.as_str() {
        "test" => String::new(),
        _ => STANDARD.encode(message.resource.to_string()),
    };
    let published = message.published.to_string();
    json!({
        "message": {
            "attributes": {"notificationType": message.kind},
            "data": data,
            "messageId": message.id, "message_id": message.id,
            "publishTime": published, "publish_time": published
        },
        "subscription": "projects/stand-in/subscriptions/trennwand"
    })
    .to_string()
}
