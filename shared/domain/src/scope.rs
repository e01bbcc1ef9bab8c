use crate::TenantId;

/// Who vouched for a caller's tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authenticator {
    /// A verified access token whose level and scopes reach the tenant.
    ApiToken,
    /// A body signed with a certificate that was issued to one of the tenant's devices. Until the
    /// hash was compared with the stored header, the scope only serves to read that header.
    DeviceCertificate,
    /// A one-time enrolment token, resolved through its directory item.
    EnrollmentToken,
    /// A record of our own table's stream.
    StreamRecord,
    /// A message from one of our own queues.
    QueueMessage,
    /// A message that Google's identity provider vouched for. Until the reference in it was compared
    /// with its seal, the scope only serves to read.
    Notification,
    /// The timer, walking an index of our own table.
    Timer,
}

/// The right to touch one tenant's data. Keys can be built only from it, so that reaching into
/// another tenant does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TenantScope {
    tenant: TenantId,
}

impl TenantScope {
    /// Called by authenticators only; clippy bans it elsewhere (`disallowed-methods`).
    #[must_use]
    pub const fn vouched(_by: Authenticator, tenant: TenantId) -> Self {
        Self { tenant }
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
}
