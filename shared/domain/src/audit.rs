use crate::{ClientId, EventId, Level, RequestId, Timestamp};

/// That something was written through the API: who did what to which object. Holds no personal
/// value, unless whoever did it wrote one into the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Identity; later events are greater.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// The client that did it.
    pub actor: ClientId,
    /// How far the client's rights reach.
    pub level: Level,
    /// Which operation of the API it was, such as `user_create`.
    pub operation: String,
    /// The identifier of what was written.
    pub object: String,
    /// The request; the log has it too.
    pub request: RequestId,
    /// Why, where the operation asks for it, as it was written.
    pub reason: Option<String>,
}
