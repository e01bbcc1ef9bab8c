use axum::extract::State;
use serde::Serialize;
use trennwand_domain::{Control, DeviceId, Error, Platform, SlotKind, Timestamp, Verdict};
use trennwand_evidence::{AndroidFacts, ControlReport, Facts, explain_all, explain_android};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Language, Problems, Result, need};
use utoipa::ToSchema;

use super::{ReasonView, Viewer};

/// What is said about a phone, control by control.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceView {
    /// The worst control that is applicable.
    #[schema(value_type = String, example = "inferred")]
    verdict: Verdict,
    /// The version of the policy that the phone shall have.
    policy_version: Option<u32>,
    /// Every control.
    controls: Vec<ControlView>,
}

/// What is said about one control.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ControlView {
    /// The control.
    #[schema(value_type = String, example = "contacts_closed")]
    control: Control,
    /// As it reads now.
    #[schema(value_type = String, example = "proven")]
    verdict: Verdict,
    /// Why.
    reason: ReasonView,
    /// When the phone said what this rests on.
    #[schema(value_type = Option<String>, format = DateTime)]
    observed_at: Option<Timestamp>,
    /// The question that it rests on.
    #[schema(example = "restrictions")]
    source: &'static str,
    /// Until when it counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    fresh_until: Option<Timestamp>,
}

impl From<ControlReport> for ControlView {
    fn from(report: ControlReport) -> Self {
        Self {
            control: report.control,
            verdict: report.verdict,
            reason: report.reason.into(),
            observed_at: report.observed_at,
            source: report.source,
            fresh_until: report.fresh_until,
        }
    }
}

/// Says what is known about a phone, control by control.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/devices/{device}/compliance",
    tag = "devices",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("device" = String, Path, description = "The phone")
    ),
    responses((status = 200, description = "The controls", body = ComplianceView), Problems),
    security(("oauth2" = ["devices:read"]))
)]
pub(crate) async fn device_compliance_get(
    State(core): State<Core>,
    tenant: ForTenant<need::DevicesRead>,
    Language(locale): Language,
    Id(id): Id<DeviceId>,
) -> Result<Json<ComplianceView>> {
    let scope = tenant.scope();
    let devices = core.store.devices(scope);
    let device = devices.get(id).await?.ok_or_else(|| Error::not_found("device"))?;
    let head = core.store.tenant(scope).head().await?;
    let now = core.clock.now();
    let viewer = Viewer { scope, head: head.as_ref(), locale, now };
    let device = viewer.as_of_now(device);
    let controls = match device.platform {
        Platform::Ios => {
            let facts = readable(devices.facts(id).await?);
            explain_all(&device, locale, now, &facts)
        }
        Platform::Android => {
            let phone = core.store.android(scope).phone(id).await?;
            let facts = phone.and_then(|phone| AndroidFacts::from_json(&phone.report));
            explain_android(&device, locale, now, facts.as_ref())
        }
    };
    Ok(Json(ComplianceView {
        verdict: device.controls.verdict_at(now),
        policy_version: viewer.policy(&device).map(|policy| policy.version),
        controls: controls.into_iter().map(ControlView::from).collect(),
    }))
}

/// Facts that cannot be read only make a reason's text shorter.
fn readable(stored: Vec<(SlotKind, Vec<u8>)>) -> Vec<(SlotKind, Facts)> {
    stored.into_iter().filter_map(|(slot, json)| Some((slot, Facts::from_json(&json)?))).collect()
}
