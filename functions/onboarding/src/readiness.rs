use axum::extract::State;
use serde::Serialize;
use trennwand_domain::{
    AssignmentHead, Duration, Error, Locale, MailKind, PushCertificate, ReasonCode, Tenant,
    TenantStatus, Timestamp,
};
use trennwand_runtime::Core;
use trennwand_store::{DeviceFilter, Page};
use trennwand_web::{ForTenant, Json, Language, Problems, Result, need};
use utoipa::ToSchema;

use crate::catalogue::Both;

/// How long before its end a push certificate needs attention: renewing takes a person at Apple's
/// portal.
const ATTENTION: Duration = Duration::from_secs(30 * 86_400);

/// What a tenant still has to do before its phones are protected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether phones can be invited: every required step is done.
    ready: bool,
    /// The steps in the order in which they are to be done.
    items: Vec<Step>,
}

/// One step.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Step {
    /// Stable.
    code: StepCode,
    /// Where it stands.
    status: StepStatus,
    /// Whether phones can be invited without it.
    required: bool,
    /// What it is about, in the language of `Accept-Language`.
    #[schema(example = "Upload an Apple push certificate.")]
    text: String,
    /// Why it is open, if there is a finer reason: a code of the catalogue of reasons.
    #[schema(required = true, example = "apns_certificate_required")]
    reason: Option<&'static str>,
}

/// The steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepCode {
    /// The tenant's keys are made, which happens by itself.
    Keys,
    /// There is a push certificate in force.
    PushCertificate,
    /// A policy is in force.
    Policy,
    /// It is known where mail lives.
    Mail,
    /// There is a user.
    FirstUser,
    /// There is a phone, invited or enrolled.
    FirstDevice,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepStatus {
    /// Nothing is to be done.
    Done,
    /// It is done, but something will have to be done soon.
    Attention,
    /// It is to be done.
    Open,
}

/// Shows what the tenant still has to do, as a checklist in order.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/readiness",
    tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant")),
    responses((status = 200, description = "The checklist", body = Readiness), Problems),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn readiness_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Setup>,
    Language(locale): Language,
) -> Result<Json<Readiness>> {
    let scope = tenant.scope();
    let store = core.store.tenant(scope);
    let (filter, one) = (DeviceFilter::default(), Page::first(1));
    let (users, devices) = (core.store.users(scope), core.store.devices(scope));
    let (tenant, head, push, users, devices) = tokio::try_join!(
        store.get(),
        store.head(),
        store.push_certificate(),
        users.list(&one),
        devices.list(&filter, &one),
    )?;
    let facts = Facts {
        tenant: tenant.ok_or_else(|| Error::not_found("tenant"))?,
        head,
        push,
        has_users: !users.items.is_empty(),
        has_devices: !devices.items.is_empty(),
        now: core.clock.now(),
    };
    Ok(Json(facts.readiness(locale)))
}

/// All that the checklist is made of.
struct Facts {
    tenant: Tenant,
    head: Option<AssignmentHead>,
    push: Option<PushCertificate>,
    has_users: bool,
    has_devices: bool,
    now: Timestamp,
}

impl Facts {
    fn readiness(&self, locale: Locale) -> Readiness {
        let open_unless = |done, reason: Option<ReasonCode>| match done {
            true => (StepStatus::Done, None),
            false => (StepStatus::Open, reason),
        };
        let active = self.tenant.status == TenantStatus::Active;
        let rules = self.head.as_ref().is_some_and(|head| !head.rules.is_empty());
        let states = [
            (StepCode::Keys, open_unless(active, Some(ReasonCode::TenantNotReady))),
            (StepCode::PushCertificate, self.push_certificate()),
            (StepCode::Policy, open_unless(rules, None)),
            (StepCode::Mail, self.mail()),
            (StepCode::FirstUser, open_unless(self.has_users, None)),
            (StepCode::FirstDevice, open_unless(self.has_devices, None)),
        ];
        let items: Vec<_> = states
            .into_iter()
            .map(|(code, (status, reason))| Step {
                code,
                status,
                required: code.is_required(),
                text: code.text().in_language(locale).to_owned(),
                reason: reason.map(ReasonCode::as_str),
            })
            .collect();
        let ready = items.iter().all(|step| !step.required || step.status != StepStatus::Open);
        Readiness { ready, items }
    }

    fn push_certificate(&self) -> (StepStatus, Option<ReasonCode>) {
        let used = self.push.as_ref().filter(|push| !push.chain.is_empty() && push.key.is_some());
        match used.and_then(|push| push.expires_at) {
            Some(end) if end.minus(ATTENTION) >= self.now => (StepStatus::Done, None),
            Some(end) if end >= self.now => (StepStatus::Attention, None),
            _ => (StepStatus::Open, Some(ReasonCode::ApnsCertificateRequired)),
        }
    }

    fn mail(&self) -> (StepStatus, Option<ReasonCode>) {
        match self.head.as_ref().and_then(|head| head.mail.as_ref()) {
            None => (StepStatus::Open, Some(ReasonCode::MailNotSet)),
            Some(mail) if mail.kind == MailKind::None => {
                (StepStatus::Done, Some(ReasonCode::MailNone))
            }
            Some(_) => (StepStatus::Done, None),
        }
    }
}

impl StepCode {
    const fn is_required(self) -> bool {
        match self {
            Self::Keys | Self::PushCertificate | Self::Policy => true,
            Self::Mail | Self::FirstUser | Self::FirstDevice => false,
        }
    }

    const fn text(self) -> Both {
        match self {
            Self::Keys => Both {
                en: "Wait until the tenant's keys are made; this takes a moment.",
                de: "Warten, bis die Schlüssel des Mandanten erzeugt sind; das dauert einen Moment.",
            },
            Self::PushCertificate => Both {
                en: "Upload an Apple push certificate, and renew it every year with the same Apple \
                    account.",
                de: "Ein Apple-Push-Zertifikat hochladen und jedes Jahr mit demselben Apple-Konto \
                    erneuern.",
            },
            Self::Policy => Both {
                en: "Put a policy in force; every tenant begins with contact isolation.",
                de: "Eine Richtlinie in Kraft setzen; jeder Mandant beginnt mit der \
                    Kontakttrennung.",
            },
            Self::Mail => Both {
                en: "Say where business mail lives, so that phones get a managed account.",
                de: "Angeben, wo die geschäftliche Mail liegt, damit Telefone ein verwaltetes Konto \
                    erhalten.",
            },
            Self::FirstUser => {
                Both { en: "Create the first user.", de: "Den ersten Benutzer anlegen." }
            }
            Self::FirstDevice => {
                Both { en: "Invite the first phone.", de: "Das erste Telefon einladen." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
        Facts { tenant, head: None, push: None, has_users: false, has_devices: false, now: NOON }
    }

    fn complete() -> Facts {
        let rule = Rule {
            scope: RuleScope::Everyone,
            policy: PolicyId::from_bits(1),
            version: 1,
            artefacts: Vec::new(),
        };
        let mail =
            MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
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

    fn states(facts: &Facts) -> (bool, Vec<StepStatus>) {
        let readiness = facts.readiness(Locale::En);
        (readiness.ready, readiness.items.iter().map(|step| step.status).collect())
    }

    #[test]
    fn a_new_tenant_has_everything_before_it_and_a_complete_one_nothing() {
        assert_eq!(states(&newborn()), (false, vec![StepStatus::Open; 6]));
        assert_eq!(states(&complete()), (true, vec![StepStatus::Done; 6]));
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
}
