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
pub fn profile_uuid(_tenant: TenantId, _purpose: Purpose, _token: Token) -> String {
    todo!()
}

/// `PayloadUUID` of the payload inside: the same for all revisions and phones.
#[must_use]
pub fn payload_uuid(_tenant: TenantId, _purpose: Purpose) -> String {
    todo!()
}
