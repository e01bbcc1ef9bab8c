use trennwand_domain::{
    AssignmentHead, Device, Digest, PolicyId, ReasonCode, TenantId, Token,
};

/// What one phone shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The policy it is under.
    pub policy: PolicyId,
    /// The version in force.
    pub version: u32,
    /// The restrictions.
    pub wall: WantedArtefact,
    /// The managed account, or why there is none: `no_user`, `mail_not_set` or `mail_none`.
    pub account: Result<WantedArtefact, ReasonCode>,
}

/// One rendering of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedArtefact {
    /// The template.
    pub digest: Digest,
    /// Names the rendering: 80 bits of a hash over the digest and the variables it uses.
    pub token: Token,
    /// `PayloadIdentifier` of the profile.
    pub identifier: String,
    /// `PayloadUUID` of the profile.
    pub uuid: String,
}

/// What the phone shall have by its tenant's head; `None` if no rule has a wall for it.
#[must_use]
pub fn wanted(_tenant: TenantId, _head: &AssignmentHead, _device: &Device) -> Option<Wanted> {
    todo!()
}

/// The version whose wall the phone acknowledged, if that is the one in force.
#[must_use]
pub fn applied_version(_device: &Device, _wanted: &Wanted) -> Option<u32> {
    todo!()
}
