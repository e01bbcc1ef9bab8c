use trennwand_domain::{
    MailAuth, MailSettings, PolicyId, ResellerId, Rule, RuleScope, Sealed, TenantId,
};

use super::*;

const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

fn newborn() -> Facts {
    let tenant = Tenant {
        id: TenantId::from_bits(1),
        reseller: ResellerId::from_bits(7),
        name: "Krume".into(),
        status: TenantStatus::Provisioning,
        created_at: NOON,
        revision: 0,
    };
    Facts {
        tenant,
        head: None,
        push: None,
        has_users: false,
        has_devices: false,
        terms: Some("2026-11".into()),
        agreed: Vec::new(),
        binding: None,
        has_android_policies: false,
        now: NOON,
    }
}

fn complete() -> Facts {
    let rule = Rule {
        scope: RuleScope::Everyone,
        policy: PolicyId::from_bits(1),
        version: 1,
        artefacts: Vec::new(),
    };
    let mail = MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
    let head = AssignmentHead {
        version: 1,
        changed_at: NOON,
        rules: vec![rule],
        mail: Some(mail),
        organization: "Krume".into(),
        push_topic: None,
        brand: None,
    };
    let push = PushCertificate {
        requested_key: None,
        chain: vec![vec![0x30]],
        key: Some(Sealed::from_bytes(vec![1])),
        topic: Some("com.apple.mgmt.x".into()),
        expires_at: Some(NOON.plus(Duration::from_secs(300 * 86_400))),
        revision: 1,
    };
    let newborn = newborn();
    let tenant = Tenant { status: TenantStatus::Active, ..newborn.tenant };
    Facts {
        tenant,
        head: Some(head),
        push: Some(push),
        has_users: true,
        has_devices: true,
        ..newborn
    }
}

fn agreement(version: &str) -> Agreement {
    let digest = trennwand_domain::Digest::of(b"terms");
    Agreement { version: version.into(), digest, accepted_at: NOON, accepted_by: None }
}

fn with_android(facts: Facts) -> Facts {
    let binding = AndroidBinding {
        state: BindingState::Bound,
        signup: None,
        callback: None,
        enterprise: Some("enterprises/LC01".into()),
        changed_at: NOON,
        reserved: 10,
        taken: 1,
        officer: None,
        brand: None,
        revision: 2,
    };
    Facts {
        agreed: vec![agreement("2026-11")],
        binding: Some(binding),
        has_android_policies: true,
        ..facts
    }
}

/// Readiness of iPhones and of Android phones, and which of Android's steps are required.
fn platforms(facts: &Facts) -> ((bool, bool), usize) {
    let readiness = facts.readiness(Locale::En);
    let ReadyPlatforms { ios, android } = readiness.platforms;
    assert_eq!(readiness.ready, ios || android);
    let android_steps = readiness.items.iter().filter(|s| s.platform == Some(Platform::Android));
    ((ios, android), android_steps.filter(|step| step.required).count())
}

fn states(facts: &Facts) -> (bool, Vec<StepStatus>) {
    let readiness = facts.readiness(Locale::En);
    (readiness.ready, readiness.items.iter().map(|step| step.status).collect())
}

#[test]
fn a_new_tenant_has_everything_before_it_and_a_complete_one_nothing() {
    assert_eq!(states(&newborn()), (false, vec![StepStatus::Open; 10]));
    assert_eq!(states(&with_android(complete())), (true, vec![StepStatus::Done; 10]));
}

#[test]
fn a_push_certificate_that_ends_needs_attention_and_then_phones_cannot_be_invited() {
    let mut facts = complete();
    let end = facts.push.as_ref().and_then(|push| push.expires_at).unwrap();
    facts.now = end.minus(ATTENTION).plus(Duration::from_secs(1));
    let (ready, states_then) = states(&facts);
    assert_eq!((ready, states_then[1]), (true, StepStatus::Attention));
    facts.now = end.plus(Duration::from_secs(1));
    let readiness = facts.readiness(Locale::De);
    assert!(!readiness.ready);
    assert_eq!(readiness.items[1].reason, Some("apns_certificate_required"));
    assert!(readiness.items[1].text.contains("Apple-Push-Zertifikat"));
}

#[test]
fn phones_can_be_invited_without_mail_and_users() {
    let mut facts = complete();
    (facts.has_users, facts.has_devices) = (false, false);
    facts.head.as_mut().unwrap().mail = None;
    assert!(facts.readiness(Locale::En).ready);
}

#[test]
fn a_tenant_without_android_is_ready_and_nothing_of_android_is_required_of_it() {
    let facts = complete();
    assert_eq!(platforms(&facts), ((true, false), 0));
    let (ready, states) = states(&facts);
    assert!(ready);
    assert_eq!(states[..6], [StepStatus::Done; 6]);
    assert_eq!(states[6..], [StepStatus::Open; 4]);
    // Nor of one that gave it up.
    let mut gave_up = with_android(complete());
    gave_up.binding.as_mut().unwrap().state = BindingState::Unbound;
    assert_eq!(platforms(&gave_up), ((true, false), 0));
}

#[test]
fn a_tenant_that_begins_with_android_sees_what_is_missing_while_iphones_stay_ready() {
    let mut facts = with_android(complete());
    let binding = facts.binding.as_mut().unwrap();
    (binding.state, binding.taken) = (BindingState::SigningUp, 0);
    assert_eq!(platforms(&facts), ((true, false), 3));
    let steps = facts.readiness(Locale::De).items.split_off(6);
    let seen: Vec<_> = steps.iter().map(|step| (step.status, step.reason)).collect();
    assert_eq!(
        seen,
        [
            (StepStatus::Done, None),
            (StepStatus::Open, Some("android_not_bound")),
            (StepStatus::Open, None),
            (StepStatus::Open, None),
        ]
    );
    assert!(steps[1].text.starts_with("Für Android: die Anmeldung bei Google"));
    facts.binding.as_mut().unwrap().state = BindingState::Bound;
    assert_eq!(platforms(&facts), ((true, true), 3), "the first phone is not required");
    facts.has_android_policies = false;
    assert_eq!(platforms(&facts), ((true, false), 3));
}

#[test]
fn a_tenant_with_android_only_is_ready_without_a_push_certificate() {
    let mut facts = with_android(complete());
    facts.push = None;
    assert_eq!(platforms(&facts), ((false, true), 3));
}

#[test]
fn terms_that_are_new_need_attention_and_end_nothing() {
    let mut facts = with_android(complete());
    facts.terms = Some("2027-01".into());
    let readiness = facts.readiness(Locale::En);
    assert_eq!(readiness.items[6].status, StepStatus::Attention);
    assert_eq!(readiness.items[6].reason, Some("agreement_required"));
    assert!(readiness.platforms.android);
    // Whoever is not bound yet has to accept them first.
    let binding = facts.binding.take();
    let readiness = facts.readiness(Locale::En);
    assert_eq!(readiness.items[6].status, StepStatus::Open);
    assert_eq!(readiness.items[6].reason, Some("agreement_required"));
    facts.binding = binding;
    facts.agreed.clear();
    assert!(!facts.readiness(Locale::En).platforms.android);
}
