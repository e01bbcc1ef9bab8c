use trennwand_domain::{Purpose, TenantId, Token};

/// `PayloadIdentifier` of the profile for a purpose: the same for all revisions and phones, so that
/// a new revision replaces the old one in place.
#[must_use]
pub fn identifier(tenant: TenantId, purpose: Purpose) -> String {
    format!("trennwand.{tenant}.{}", purpose.as_str())
}

/// The identifiers of all our profiles, wall first.
#[must_use]
pub fn identifiers(tenant: TenantId) -> [String; 2] {
    [identifier(tenant, Purpose::Wall), identifier(tenant, Purpose::Account)]
}

/// `PayloadUUID` of the profile: names exactly one rendering, so ProfileList proves the revision.
#[must_use]
pub fn profile_uuid(tenant: TenantId, purpose: Purpose, token: Token) -> String {
    uuid(b"profile", tenant, purpose, token.as_bytes())
}

/// `PayloadUUID` of the payload inside: the same for all revisions and phones.
#[must_use]
pub fn payload_uuid(tenant: TenantId, purpose: Purpose) -> String {
    uuid(b"payload", tenant, purpose, b"")
}

/// `PayloadUUID` of a further payload of this type inside: the same for all revisions and phones.
pub(crate) fn further_payload_uuid(
    tenant: TenantId,
    purpose: Purpose,
    payload_type: &str,
) -> String {
    uuid(b"further payload", tenant, purpose, payload_type.as_bytes())
}

fn uuid(of: &[u8], tenant: TenantId, purpose: Purpose, more: &[u8]) -> String {
    let tenant = tenant.bits().to_be_bytes();
    trennwand_apple::payload_uuid(&[of, &tenant, purpose.as_str().as_bytes(), more])
}
