//! A tenant and a phone for the tests of this crate.

use trennwand_domain::{
    AssignmentHead, ControlStates, Device, DeviceId, DeviceState, Digest, EnrollmentId, MailAuth,
    MailKind, MailSettings, Ownership, Person, Platform, PolicyId, Rule, RuleScope, Secret,
    SlotKind, Slots, Target, TenantId, Timestamp, Token, UserId,
};

use crate::{PolicyDocument, Template, compile};

pub(crate) const TENANT: TenantId = TenantId::from_bits(7);
pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
pub(crate) const PERSON: Token = Token::from_bytes([9; 10]);

pub(crate) const fn exchange_online() -> MailSettings {
    MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth }
}

pub(crate) fn templates() -> Vec<Template> {
    compile(&PolicyDocument::preset(), Target::IosDevice, Some(&exchange_online()))
}

pub(crate) fn head() -> AssignmentHead {
    AssignmentHead {
        version: 1,
        changed_at: NOON,
        rules: vec![Rule {
            scope: RuleScope::Everyone,
            policy: PolicyId::from_bits(3),
            version: 1,
            artefacts: templates().iter().map(Template::artefact_ref).collect(),
        }],
        mail: Some(exchange_online()),
        organization: "Bäckerei Krume".to_owned(),
        push_topic: None,
        brand: None,
    }
}

pub(crate) fn device() -> Device {
    Device {
        id: DeviceId::from_bits(5),
        enrollment: EnrollmentId::from_bits(6),
        user: Some(UserId::from_bits(8)),
        platform: Platform::Ios,
        ownership: Ownership::Personal,
        target: Target::IosDevice,
        state: DeviceState::Enrolled,
        created_at: NOON,
        enrolled_at: Some(NOON),
        os_version: None,
        model: None,
        certificate: None,
        pending_certificate: None,
        query_key: [1; 16],
        udid_hash: None,
        push: None,
        claimed_by: None,
        former_push_tokens: Vec::new(),
        person: Some(PERSON),
        groups: Vec::new(),
        slots: Slots::default(),
        controls: ControlStates::default(),
        applied_version: None,
        applied_policy: None,
        last_seen_at: None,
        revision: 1,
    }
}

pub(crate) fn person() -> Person {
    Person {
        external_id: None,
        email: Secret::new("eva.brot@krume.example".to_owned()),
        mail_login: Some(Secret::new("krume\\eva & <b>".to_owned())),
        display_name: None,
    }
}

/// A tag as good as the keyed one.
pub(crate) fn tag(round: u64, slot: SlotKind) -> Token {
    Digest::of_parts(&[&round.to_be_bytes(), &[slot as u8]]).token()
}
