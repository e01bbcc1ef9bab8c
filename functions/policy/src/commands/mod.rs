pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod removal;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{
    CommandKind, CommandResult, CommandStatus, CommandUuid, Position, QueuedCommand, Timestamp,
};
use utoipa::ToSchema;

/// A command to a phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandView {
    /// Identity.
    #[schema(example = "cmd_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: String,
    /// The same as the phone sees it.
    #[schema(value_type = String, example = "80192B3C-4D5E-6F70-8192-A3B4C5D6E7F8")]
    command_uuid: CommandUuid,
    /// What it asks.
    #[schema(value_type = String, example = "security_info")]
    r#type: CommandKind,
    /// `queued`, `delivered` (Google has it and waits for the phone), `acknowledged`, `error` or
    /// `cancelled`. An iPhone that has not answered yet, or said "not now", leaves it `queued`.
    #[schema(value_type = String, example = "queued")]
    status: CommandStatus,
    /// When it was ordered.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// When the phone answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// What the phone answered, reduced to what may be known about such a phone. Of a command to an
    /// Android phone that was not carried out `reason`: `expired`, `cancelled`, `replaced` (by a wipe of
    /// the whole phone), `refused`, `not_enrolled` or `unknown`.
    #[schema(value_type = Option<Object>)]
    result: Option<BTreeMap<String, Value>>,
}

impl From<&QueuedCommand> for CommandView {
    fn from(command: &QueuedCommand) -> Self {
        Self {
            id: command.uuid.to_id(),
            command_uuid: command.uuid,
            r#type: command.kind,
            status: match command.issued {
                true => CommandStatus::Delivered,
                false => CommandStatus::Queued,
            },
            created_at: ordered_at(command.uuid),
            answered_at: None,
            result: None,
        }
    }
}

impl From<CommandResult> for CommandView {
    fn from(answer: CommandResult) -> Self {
        Self {
            id: answer.uuid.to_id(),
            command_uuid: answer.uuid,
            r#type: answer.kind,
            status: answer.status,
            created_at: ordered_at(answer.uuid),
            answered_at: Some(answer.answered_at),
            result: Some(members(answer.result)),
        }
    }
}

fn ordered_at(uuid: CommandUuid) -> Option<Timestamp> {
    match uuid.position() {
        Some(Position::Queued { at, .. }) => Some(at),
        Some(Position::Derived { .. }) | None => None,
    }
}

/// The members of an answer, each stored as JSON text.
fn members(stored: BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let value = |json: String| serde_json::from_str(&json).unwrap_or(Value::String(json));
    stored.into_iter().map(|(name, json)| (name, value(json))).collect()
}

#[cfg(test)]
mod tests {
    use trennwand_domain::Priority;

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn an_answered_command_shows_what_the_phone_said() {
        let uuid = CommandUuid::queued(Priority::Normal, NOON, [0; 10]);
        let answer = CommandResult {
            uuid,
            kind: CommandKind::SecurityInfo,
            status: CommandStatus::Acknowledged,
            answered_at: NOON,
            result: BTreeMap::from([
                ("passcode_present".to_owned(), "true".to_owned()),
                ("note".to_owned(), "not json".to_owned()),
            ]),
        };
        let shown = serde_json::to_value(CommandView::from(answer)).unwrap();
        assert_eq!(shown["command_uuid"], uuid.to_string());
        assert_eq!(shown["id"], uuid.to_id());
        assert_eq!(shown["type"], "security_info");
        assert_eq!(shown["status"], "acknowledged");
        assert_eq!(shown["created_at"], "2026-11-18T11:06:40Z");
        assert_eq!(
            shown["result"],
            serde_json::json!({"note": "not json", "passcode_present": true})
        );
    }

    #[test]
    fn a_waiting_command_has_no_result() {
        let command = QueuedCommand {
            uuid: CommandUuid::queued(Priority::Urgent, NOON, [7; 10]),
            kind: CommandKind::DeviceLock,
            issued: false,
        };
        let shown = serde_json::to_value(CommandView::from(&command)).unwrap();
        assert_eq!((&shown["status"], &shown["result"]), (&"queued".into(), &Value::Null));
    }
}
