//! The checklist of a tenant. Android's part counts only for a tenant that has begun with it: iPhones
//! alone are as good as both.

use axum::extract::State;
use serde::Serialize;
use trennwand_domain::{
    Agreement, AndroidBinding, AssignmentHead, BindingState, Duration, Error, Locale, MailKind,
    Platform, PushCertificate, ReasonCode, Tenant, TenantStatus, Timestamp,
};
use trennwand_runtime::Core;
use trennwand_store::{DeviceFilter, Page};
use trennwand_web::{ForTenant, Json, Language, Problems, Result, need};
use utoipa::ToSchema;

use self::step::{StepCode, StepStatus};
use crate::PublishedTerms;

mod step;

/// How long before its end a push certificate needs attention: renewing takes a person at Apple's
/// portal.
const ATTENTION: Duration = Duration::from_secs(30 * 86_400);

/// What a tenant still has to do before its phones are protected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether phones of at least one platform can be invited.
    ready: bool,
    /// Whether phones of each platform can be invited.
    platforms: ReadyPlatforms,
    /// The steps in the order in which they are to be done.
    items: Vec<Step>,
}

/// Whether phones of each platform can be invited.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ReadyPlatforms {
    /// iPhones and iPads.
    ios: bool,
    /// Android phones.
    android: bool,
}

/// One step.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Step {
    /// Stable.
    code: StepCode,
    /// Where it stands.
    status: StepStatus,
    /// Whether phones can be invited only after it. Android's steps are required once the tenant has
    /// begun a sign-up at Google; nobody has to.
    required: bool,
    /// `ios` or `android`; null if it is about all phones.
    #[schema(value_type = Option<String>, required = true, example = "ios")]
    platform: Option<Platform>,
    /// What it is about, in the language of `Accept-Language`.
    #[schema(example = "Upload an Apple push certificate.")]
    text: String,
    /// Why it is open, if there is a finer reason: a code of the catalogue of reasons.
    #[schema(required = true, example = "apns_certificate_required")]
    reason: Option<&'static str>,
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
    State(PublishedTerms(terms)): State<PublishedTerms>,
    tenant: ForTenant<need::Setup>,
    Language(locale): Language,
) -> Result<Json<Readiness>> {
    let scope = tenant.scope();
    let store = core.store.tenant(scope);
    let (filter, one) = (DeviceFilter::default(), Page::first(1));
    let (users, devices) = (core.store.users(scope), core.store.devices(scope));
    let (android, agreements) = (core.store.android(scope), core.store.agreements(scope));
    let (tenant, head, push, users, devices, agreed, binding, policies) = tokio::try_join!(
        store.get(),
        store.head(),
        store.push_certificate(),
        users.list(&one),
        devices.list(&filter, &one),
        agreements.all(),
        android.binding(),
        android.policies(),
    )?;
    let facts = Facts {
        tenant: tenant.ok_or_else(|| Error::not_found("tenant"))?,
        head,
        push,
        has_users: !users.items.is_empty(),
        has_devices: !devices.items.is_empty(),
        terms: terms.map(|terms| terms.version.clone()),
        agreed,
        binding,
        has_android_policies: !policies.0.is_empty(),
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
    /// The version of the operator's terms in force.
    terms: Option<String>,
    agreed: Vec<Agreement>,
    binding: Option<AndroidBinding>,
    has_android_policies: bool,
    now: Timestamp,
}

impl Facts {
    fn readiness(&self, locale: Locale) -> Readiness {
        let open_unless = |done, reason: Option<ReasonCode>| match done {
            true => (StepStatus::Done, None),
            false => (StepStatus::Open, reason),
        };
        let active = self.tenant.status == TenantStatus::Active;
        let not_bound = ReasonCode::AndroidNotBound;
        let rules = self.head.as_ref().is_some_and(|head| !head.rules.is_empty());
        let states = [
            (StepCode::Keys, open_unless(active, Some(ReasonCode::TenantNotReady))),
            (StepCode::PushCertificate, self.push_certificate()),
            (StepCode::Policy, open_unless(rules, None)),
            (StepCode::Mail, self.mail()),
            (StepCode::FirstUser, open_unless(self.has_users, None)),
            (StepCode::FirstDevice, open_unless(self.has_devices, None)),
            (StepCode::AndroidTerms, self.android_terms()),
            (StepCode::AndroidEnterprise, open_unless(self.is_bound(), Some(not_bound))),
            (StepCode::AndroidPolicies, open_unless(self.has_android_policies(), None)),
            (StepCode::FirstAndroidDevice, open_unless(self.has_android_devices(), None)),
        ];
        let can_invite = |platform: Platform| {
            states.iter().all(|(code, (status, _))| {
                let concerned = code.platform().is_none_or(|of| of == platform);
                !concerned || !code.is_needed() || *status != StepStatus::Open
            })
        };
        let platforms = ReadyPlatforms {
            ios: can_invite(Platform::Ios),
            android: can_invite(Platform::Android),
        };
        let begun = self.has_begun_android();
        let items = states.into_iter().map(|(code, (status, reason))| {
            let platform = code.platform();
            Step {
                code,
                status,
                required: code.is_needed() && (platform != Some(Platform::Android) || begun),
                platform,
                text: code.text(locale).to_owned(),
                reason: reason.map(ReasonCode::as_str),
            }
        });
        let items = items.collect();
        Readiness { ready: platforms.ios || platforms.android, platforms, items }
    }

    fn android_terms(&self) -> (StepStatus, Option<ReasonCode>) {
        let current = |agreement: &Agreement| Some(&agreement.version) == self.terms.as_ref();
        if self.agreed.iter().any(current) {
            (StepStatus::Done, None)
        } else if self.is_bound() && !self.agreed.is_empty() {
            // What is bound stays bound under the terms that were accepted.
            (StepStatus::Attention, Some(ReasonCode::AgreementRequired))
        } else {
            (StepStatus::Open, Some(ReasonCode::AgreementRequired))
        }
    }

    fn has_begun_android(&self) -> bool {
        self.binding.as_ref().is_some_and(|binding| binding.state != BindingState::Unbound)
    }

    fn is_bound(&self) -> bool {
        self.binding.as_ref().is_some_and(|binding| binding.state == BindingState::Bound)
    }

    fn has_android_policies(&self) -> bool {
        self.is_bound() && self.has_android_policies
    }

    fn has_android_devices(&self) -> bool {
        self.is_bound() && self.binding.as_ref().is_some_and(|binding| binding.taken > 0)
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

#[cfg(test)]
mod tests;
