use trennwand_domain::{
    ArtefactRef, AssignmentHead, Device, Digest, MailKind, PolicyId, Purpose, ReasonCode, Rule,
    SlotKind, SlotStatus, TenantId, Token,
};

use crate::{identifier, profile_uuid};

/// What one phone shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The policy it is under.
    pub policy: PolicyId,
    /// The version in force.
    pub version: u32,
    /// The restrictions.
    pub wall: WantedArtefact,
    /// The managed account, or why there is none: `mail_none`, `mail_not_set` or `no_user`.
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
pub fn wanted(tenant: TenantId, head: &AssignmentHead, device: &Device) -> Option<Wanted> {
    let rule = head.rule_for(&device.traits())?;
    let rendering = |artefact: &ArtefactRef| rendering(tenant, head, device, artefact);
    Some(Wanted {
        policy: rule.policy,
        version: rule.version,
        wall: rendering(rule.artefact(device.target, Purpose::Wall)?),
        account: account(head, rule, device).map(rendering),
    })
}

/// The version whose wall stands on the phone as far as it said. Versions with the same wall are one
/// to a phone: then it is the one in force. `None` also while the wall of another policy stands.
#[must_use]
pub fn applied_version(device: &Device, wanted: &Wanted) -> Option<u32> {
    let slot = device.slots.of(SlotKind::Wall);
    if slot.status != SlotStatus::Acknowledged {
        return None;
    }
    if slot.token == wanted.wall.token {
        return Some(wanted.version);
    }
    device.applied_version.filter(|_| device.applied_policy == Some(wanted.policy.mark()))
}

fn account<'a>(
    head: &AssignmentHead,
    rule: &'a Rule,
    device: &Device,
) -> Result<&'a ArtefactRef, ReasonCode> {
    match &head.mail {
        Some(mail) if mail.kind == MailKind::None => return Err(ReasonCode::MailNone),
        None => return Err(ReasonCode::MailNotSet),
        Some(_) => {}
    }
    let account = rule.artefact(device.target, Purpose::Account).ok_or(ReasonCode::MailNotSet)?;
    let has_user = device.user.is_some() && device.person.is_some();
    // On Android the address is typed on the phone, so nobody has to be known.
    if account.personal && !has_user { Err(ReasonCode::NoUser) } else { Ok(account) }
}

fn rendering(
    tenant: TenantId,
    head: &AssignmentHead,
    device: &Device,
    artefact: &ArtefactRef,
) -> WantedArtefact {
    let token = rendering_token(head, artefact, device.person);
    WantedArtefact {
        digest: artefact.digest,
        token,
        identifier: identifier(tenant, artefact.purpose),
        uuid: profile_uuid(tenant, artefact.purpose, token),
    }
}

/// Names a rendering of a template for a person.
pub(crate) fn rendering_token(
    head: &AssignmentHead,
    artefact: &ArtefactRef,
    person: Option<Token>,
) -> Token {
    let person = person.filter(|_| artefact.personal).unwrap_or_default();
    let (digest, organization) = (artefact.digest.as_bytes(), head.organization.as_bytes());
    Digest::of_parts(&[b"rendering", digest, organization, person.as_bytes()]).token()
}

#[cfg(test)]
mod tests;
