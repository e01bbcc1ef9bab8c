pub(crate) mod list;

use serde::Serialize;
use trennwand_domain::{AuditEvent, ClientId, EventId, Level, RequestId, Timestamp};
use utoipa::ToSchema;

/// That something was written through the API. Holds nothing that identifies a person, unless somebody
/// wrote that into `reason`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventView {
    /// Identity; later events are greater.
    #[schema(value_type = String, example = "evt_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: EventId,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The client that did it.
    #[schema(value_type = String, example = "cli_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    actor: ClientId,
    /// Whose client it is: `tenant`, or `reseller` for what the reseller did to the tenant.
    #[schema(value_type = String, example = "tenant")]
    level: Level,
    /// The operation, as in this document.
    #[schema(example = "user_create")]
    operation: String,
    /// The identifier of what was written.
    #[schema(example = "usr_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    object: String,
    /// The request, as in its answer's `x-request-id`.
    #[schema(value_type = String, example = "req_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    request_id: RequestId,
    /// Why, where the operation asks for it (`device_wipe`), as it was written.
    #[schema(example = "lost on the train")]
    reason: Option<String>,
}

impl From<AuditEvent> for AuditEventView {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            actor: event.actor,
            level: event.level,
            operation: event.operation,
            object: event.object,
            request_id: event.request,
            reason: event.reason,
        }
    }
}
