use std::{collections::BTreeMap, fmt};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use trennwand_domain::Timestamp;

use crate::{DeviceReport, EnterpriseName, NotificationType, Operation};

/// The body of a Pub/Sub push request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushEnvelope {
    /// The message.
    pub message: PubsubMessage,
    /// `projects/{project}/subscriptions/{subscription}`.
    #[serde(default)]
    pub subscription: String,
}

/// `PubsubMessage`. Google delivers at least once: the same `messageId` may come again, and in any
/// order. Google writes `message_id` and `publish_time` beside the members in camel case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PubsubMessage {
    /// `notificationType`, and whatever else.
    pub attributes: BTreeMap<String, String>,
    /// A resource as JSON, in base 64.
    pub data: String,
    /// Unique within the topic.
    pub message_id: String,
    /// When Pub/Sub took it.
    pub publish_time: Option<Timestamp>,
}

/// A push request that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// When Pub/Sub took it; says nothing about when it happened.
    pub publish_time: Option<Timestamp>,
    /// What happened, in the order of the message; several if the message is a batch.
    pub events: Vec<Event>,
    /// How many of a batch could not be read; the others are none the worse for it.
    pub unread: usize,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A phone was enrolled.
    Enrolled(Box<DeviceReport>),
    /// A phone reports its state.
    Reported(Box<DeviceReport>),
    /// A command is over, or moved on.
    Command(Box<Operation>),
    /// The enterprise became a managed Google domain.
    EnterpriseUpgraded(EnterpriseName),
    /// Nothing for us: usage logs, a probe, or a kind that is newer than this revision.
    Ignored(NotificationType),
}

/// Why a push request was not understood; its content is not repeated. Repeating the request cannot
/// help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationError {
    /// No message, or no `messageId`.
    Envelope,
    /// `data` is not base 64.
    Encoding,
    /// `data` is not what the type says.
    Content,
    /// More events than one message may have.
    TooMany,
}

impl fmt::Display for NotificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Envelope => "not a Pub/Sub push",
            Self::Encoding => "message data is not base 64",
            Self::Content => "message data is not of its type",
            Self::TooMany => "too many events in one message",
        })
    }
}

impl std::error::Error for NotificationError {}

/// Google pads; proxies may not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest `messageId` that is kept; Google's have about 17 digits.
const MAX_MESSAGE_ID: usize = 64;

impl Notification {
    /// More events in one message than this are refused.
    pub const MAX_EVENTS: usize = 100;

    /// Reads a push request whose sender was verified.
    ///
    /// Google says that "device events are often batched into a single message" without showing one:
    /// both a resource and a list of resources are read.
    ///
    /// # Errors
    /// If it is none; sending it again cannot help.
    pub fn parse(body: &[u8]) -> Result<Self, NotificationError> {
        let envelope: PushEnvelope =
            serde_json::from_slice(body).map_err(|_| NotificationError::Envelope)?;
        let message = envelope.message;
        let id_len = message.message_id.len();
        if id_len == 0 || id_len > MAX_MESSAGE_ID {
            return Err(NotificationError::Envelope);
        }
        let (events, unread) = events(&message)?;
        Ok(Self { events, unread, publish_time: message.publish_time })
    }
}

/// Those that could be read, and how many could not; refused if none could.
fn events(message: &PubsubMessage) -> Result<(Vec<Event>, usize), NotificationError> {
    let word = message.attributes.get("notificationType").map_or("", String::as_str);
    let kind = NotificationType::ALL.iter().copied().find(|kind| kind.as_str() == word);
    let read = match kind.unwrap_or_default() {
        NotificationType::Enrollment => |v| device(v).map(Event::Enrolled),
        NotificationType::StatusReport => |v| device(v).map(Event::Reported),
        NotificationType::Command => command,
        NotificationType::EnterpriseUpgrade => upgrade,
        ignored => return Ok((vec![Event::Ignored(ignored)], 0)),
    };
    let data = BASE64.decode(&message.data).map_err(|_| NotificationError::Encoding)?;
    let value = serde_json::from_slice(&data).map_err(|_| NotificationError::Content)?;
    let all = match value {
        Value::Array(all) => all,
        one => vec![one],
    };
    if all.len() > Notification::MAX_EVENTS {
        return Err(NotificationError::TooMany);
    }
    let count = all.len();
    let events: Vec<_> = all.into_iter().filter_map(read).collect();
    match count - events.len() {
        unread if unread > 0 && events.is_empty() => Err(NotificationError::Content),
        unread => Ok((events, unread)),
    }
}

fn device(value: Value) -> Option<Box<DeviceReport>> {
    serde_json::from_value(value).ok().map(Box::new)
}

fn command(value: Value) -> Option<Event> {
    serde_json::from_value(value).ok().map(|operation| Event::Command(Box::new(operation)))
}

/// `EnterpriseUpgradeEvent`.
fn upgrade(value: Value) -> Option<Event> {
    value.get("enterprise")?.as_str()?.parse().ok().map(Event::EnterpriseUpgraded)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose;
    use serde_json::json;

    use super::*;

    fn push(kind: &str, data: &Value) -> Vec<u8> {
        let data = general_purpose::STANDARD.encode(data.to_string());
        json!({
            "message": {
                "attributes": {"notificationType": kind},
                "data": data,
                "messageId": "12862338172012345",
                "message_id": "12862338172012345",
                "publishTime": "2026-11-20T08:15:30.123Z",
                "publish_time": "2026-11-20T08:15:30.123Z"
            },
            "subscription": "projects/p/subscriptions/s",
            "deliveryAttempt": 1
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn a_status_report_is_read_as_google_pushes_it() {
        let device = json!({"name": "enterprises/LC1/devices/d1", "appliedPolicyVersion": "7"});
        let note = Notification::parse(&push("STATUS_REPORT", &device)).unwrap();
        assert_eq!(note.publish_time.unwrap().to_string(), "2026-11-20T08:15:30.123Z");
        let [Event::Reported(report)] = note.events.as_slice() else {
            panic!("{note:?}");
        };
        assert_eq!(report.applied_policy_version, Some(7));
    }

    #[test]
    fn a_batch_is_split_in_its_order() {
        let devices = json!([
            {"name": "enterprises/LC1/devices/d1"},
            {"name": "enterprises/LC2/devices/d2"}
        ]);
        let note = Notification::parse(&push("ENROLLMENT", &devices)).unwrap();
        let names = note.events.iter().map(|event| match event {
            Event::Enrolled(report) => report.name.to_string(),
            other => panic!("{other:?}"),
        });
        let names = names.collect::<Vec<_>>();
        assert_eq!(names, ["enterprises/LC1/devices/d1", "enterprises/LC2/devices/d2"]);
    }

    #[test]
    fn a_command_carries_its_phone_in_its_name() {
        let operation = json!({
            "name": "enterprises/LC1/devices/d1/operations/17",
            "metadata": {
                "@type": "type.googleapis.com/google.android.devicemanagement.v1.Command",
                "type": "WIPE", "createTime": "2026-11-20T08:00:00Z", "duration": "86400s",
                "errorCode": "API_LEVEL"
            },
            "done": true
        });
        let note = Notification::parse(&push("COMMAND", &operation)).unwrap();
        let [Event::Command(operation)] = note.events.as_slice() else {
            panic!("{note:?}");
        };
        assert_eq!(operation.name.device().id(), "d1");
        assert_eq!(operation.metadata.kind, crate::CommandType::Wipe);
        assert_eq!(operation.metadata.duration.unwrap().as_secs(), 86_400);
        assert!(!operation.succeeded());
    }

    #[test]
    fn usage_logs_probes_and_new_kinds_are_not_even_decoded() {
        for (kind, read) in [
            ("USAGE_LOGS", NotificationType::UsageLogs),
            ("test", NotificationType::Test),
            ("SOMETHING_NEW", NotificationType::Unrecognised),
        ] {
            let note = Notification::parse(&push(kind, &json!("a person's habits"))).unwrap();
            assert_eq!(note.events, [Event::Ignored(read)], "{kind}");
        }
        let bare = br#"{"message":{"messageId":"1"}}"#;
        let note = Notification::parse(bare).unwrap();
        assert_eq!(note.events, [Event::Ignored(NotificationType::Unrecognised)]);
    }

    #[test]
    fn an_upgraded_enterprise_is_named() {
        let event =
            json!({"enterprise": "enterprises/LC1", "upgradeState": "UPGRADE_STATE_SUCCEEDED"});
        let note = Notification::parse(&push("ENTERPRISE_UPGRADE", &event)).unwrap();
        assert_eq!(note.events, [Event::EnterpriseUpgraded("enterprises/LC1".parse().unwrap())]);
    }

    #[test]
    fn what_cannot_be_read_of_a_batch_is_counted_and_hides_nothing() {
        let named = |id: &str| json!({"name": format!("enterprises/LC1/devices/{id}")});
        let batch = json!([named("d1"), 5, {"name": "x"}, named("d2")]);
        let note = Notification::parse(&push("STATUS_REPORT", &batch)).unwrap();
        let ids = |event: &Event| match event {
            Event::Reported(report) => report.name.id().to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(note.events.iter().map(ids).collect::<Vec<_>>(), ["d1", "d2"]);
        assert_eq!(note.unread, 2);
    }

    #[test]
    fn malformed_pushes_are_refused_and_never_panic() {
        use NotificationError::{Content, Encoding, Envelope, TooMany};
        let one = json!({"name": "enterprises/LC1/devices/d1"});
        let bare = |data: &str| {
            let attributes = r#"{"notificationType":"STATUS_REPORT"}"#;
            let message = format!(r#""attributes":{attributes},"messageId":"1","data":"{data}""#);
            format!(r#"{{"message":{{{message}}}}}"#).into_bytes()
        };
        for (body, error) in [
            (b"".to_vec(), Envelope),
            (b"{}".to_vec(), Envelope),
            (br#"{"message":{}}"#.to_vec(), Envelope),
            (format!(r#"{{"message":{{"messageId":"{}"}}}}"#, "1".repeat(65)).into(), Envelope),
            (b"[".repeat(100_000), Envelope),
            (bare("%%%"), Encoding),
            (bare(""), Content),
            (bare(&general_purpose::STANDARD.encode("[".repeat(100_000))), Content),
            (push("STATUS_REPORT", &json!({})), Content),
            (push("STATUS_REPORT", &json!({"name": "enterprises/../devices/x"})), Content),
            (push("STATUS_REPORT", &json!([{}, 5])), Content),
            (push("COMMAND", &json!({"name": "enterprises/LC1/devices/d1"})), Content),
            (push("ENTERPRISE_UPGRADE", &json!({"enterprise": 1})), Content),
            (push("STATUS_REPORT", &Value::from(vec![one.clone(); 101])), TooMany),
        ] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
            assert_eq!(Notification::parse(&body), Err(error), "{shown}");
        }
    }
}
