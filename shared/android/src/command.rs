use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use trennwand_domain::Duration;

use crate::{CommandError, CommandType, OperationName, UserFacingMessage, wire};

/// `Command`, as issued. A phone that is off gets it when it is back, if that is within the duration;
/// Google's default is ten minutes, so it is always said here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    kind: CommandType,
    duration: Duration,
    wipe: Option<Wipe>,
}

/// What a `WIPE` means. Google knows one command; which of the two happens depends on the phone, so
/// whoever issues it says which one is meant and has looked at the phone's ownership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wipe {
    /// The work profile of a **personal** phone goes; the private side stays. The reason is shown to
    /// the user, at most 200 characters.
    WorkProfile {
        /// Shown before it happens.
        reason: Option<UserFacingMessage>,
    },
    /// A **company** phone is reset to what it was when it was new.
    WholeDevice,
}

impl Command {
    /// Locks the phone; with a lock of its own, the work profile only.
    #[must_use]
    pub const fn lock(duration: Duration) -> Self {
        Self { kind: CommandType::Lock, duration, wipe: None }
    }

    /// Takes the work profile off a company phone and leaves it to the person, private side untouched.
    #[must_use]
    pub const fn relinquish_ownership(duration: Duration) -> Self {
        Self { kind: CommandType::RelinquishOwnership, duration, wipe: None }
    }

    /// Removes the work profile of a personal phone, or resets a company phone.
    #[must_use]
    pub const fn wipe(wipe: Wipe, duration: Duration) -> Self {
        Self { kind: CommandType::Wipe, duration, wipe: Some(wipe) }
    }

    /// What kind of command it is.
    #[must_use]
    pub const fn kind(&self) -> CommandType {
        self.kind
    }
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let duration = format!("{}s", self.duration.as_secs());
        let mut wire = json!({"type": self.kind.as_str(), "duration": duration});
        if let Some(Wipe::WorkProfile { reason: Some(reason) }) = &self.wipe {
            wire["wipeParams"] = json!({"wipeReason": reason});
        }
        wire.serialize(s)
    }
}

/// `Operation`: a command and what became of it. `response` holds nothing for commands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Operation {
    /// Its name, which contains the device's.
    pub name: OperationName,
    /// Whether it is over.
    #[serde(default)]
    pub done: bool,
    /// The command.
    #[serde(default, deserialize_with = "command")]
    pub metadata: CommandMetadata,
    /// Why it failed. `google.rpc.Code` 1 is cancelled, 4 expired.
    #[serde(default)]
    pub error: Option<OperationError>,
}

impl Operation {
    /// Whether the phone did it.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        self.done && self.error.is_none() && self.metadata.error_code.is_none()
    }
}

/// The `Command` in an operation's `metadata`, as far as needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommandMetadata {
    /// What kind of command it is.
    #[serde(rename = "type")]
    pub kind: CommandType,
    /// For how long the phone may take it.
    #[serde(with = "wire::seconds")]
    pub duration: Option<Duration>,
    /// Why the phone could not do it.
    pub error_code: Option<CommandError>,
}

/// `Status`. The message is Google's and for developers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct OperationError {
    /// `google.rpc.Code`.
    pub code: i32,
    /// Not for users.
    pub message: String,
}

impl OperationError {
    /// Cancelled by us (`CANCELLED`).
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        self.code == 1
    }

    /// The phone did not come in time (`DEADLINE_EXCEEDED`).
    #[must_use]
    pub const fn is_expired(&self) -> bool {
        self.code == 4
    }
}

/// Metadata is whatever Google puts there; what is no command counts as an unknown one. One that says
/// that something went wrong is never taken for a success.
fn command<'de, D: serde::Deserializer<'de>>(d: D) -> Result<CommandMetadata, D::Error> {
    let value = Value::deserialize(d)?;
    let error_code = value.get("errorCode").map(|_| CommandError::default());
    let unknown = CommandMetadata { error_code, ..CommandMetadata::default() };
    Ok(CommandMetadata::deserialize(value).unwrap_or(unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 86_400);

    #[test]
    fn what_says_that_it_went_wrong_is_no_success_though_the_rest_cannot_be_read() {
        let of = |metadata: Value| -> Operation {
            let name = "enterprises/LC1/devices/d1/operations/1";
            let done = json!({"name": name, "done": true, "metadata": metadata});
            serde_json::from_value(done).unwrap()
        };
        assert!(of(json!({"type": "WIPE", "duration": "5s"})).succeeded());
        assert!(of(json!({"duration": 5})).succeeded(), "it says nothing of an error");
        for error in [json!("MANAGEMENT_MODE"), json!("NEW_WORD"), json!(7)] {
            let odd = json!({"type": "WIPE", "duration": 5, "errorCode": error});
            assert!(!of(odd).succeeded(), "{error}");
        }
    }

    #[test]
    fn commands_always_say_how_long_they_are_valid() {
        let wire = |command: &Command| serde_json::to_value(command).unwrap();
        assert_eq!(wire(&Command::lock(WEEK)), json!({"type": "LOCK", "duration": "604800s"}));
        assert_eq!(
            wire(&Command::relinquish_ownership(WEEK)),
            json!({"type": "RELINQUISH_OWNERSHIP", "duration": "604800s"})
        );
        assert_eq!(
            wire(&Command::wipe(Wipe::WholeDevice, WEEK)),
            json!({"type": "WIPE", "duration": "604800s"})
        );
        let reason = Some(UserFacingMessage::new("left", "ausgeschieden"));
        assert_eq!(
            wire(&Command::wipe(Wipe::WorkProfile { reason }, WEEK)),
            json!({"type": "WIPE", "duration": "604800s", "wipeParams": {"wipeReason": {
                "defaultMessage": "left", "localizedMessages": {"de": "ausgeschieden"}}}})
        );
    }

    #[test]
    fn an_operation_of_unknown_content_is_no_success_and_no_failure_of_ours() {
        let operation: Operation = serde_json::from_value(json!({
            "name": "enterprises/LC1/devices/d1/operations/1", "metadata": {"type": 5}
        }))
        .unwrap();
        assert_eq!(operation.metadata, CommandMetadata::default());
        assert!(!operation.succeeded());
    }

    #[test]
    fn cancelled_and_expired_are_told_apart() {
        let ended = |code: i32| -> Operation {
            serde_json::from_value(json!({
                "name": "enterprises/LC1/devices/d1/operations/1", "done": true,
                "error": {"code": code, "message": "…"}
            }))
            .unwrap()
        };
        let (cancelled, expired) = (ended(1).error.unwrap(), ended(4).error.unwrap());
        assert!(cancelled.is_cancelled() && !cancelled.is_expired());
        assert!(expired.is_expired() && !expired.is_cancelled());
    }
}
