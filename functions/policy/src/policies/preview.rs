use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use trennwand_domain::{AssignmentHead, Error, PolicyId, Result as DomainResult, TenantScope};
use trennwand_policy::{Edition, PolicyDocument, diff, preview};
use trennwand_runtime::{Core, read_document};
use trennwand_store::{FleetMember, Policies};
use trennwand_web::{ForTenant, Id, Json, Language, Problems, Result, need};
use utoipa::ToSchema;

use super::{
    DocumentSchema,
    effects::{Looked, PreviewView},
    stored,
};
use crate::fleet::{self, Counted};

/// What is to be looked at: a version of the policy, or a document that is stored nowhere.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPreview {
    /// The version; the newest if neither it nor `document` is there.
    #[serde(default)]
    version: Option<u32>,
    /// A document in place of a version.
    #[serde(default)]
    #[schema(value_type = Option<DocumentSchema>)]
    document: Option<Value>,
    /// The version to compare with; the one in force if absent.
    #[serde(default)]
    against: Option<u32>,
}

/// Says what rolling out a version or a document would do to the phones that are under the policy,
/// and changes nothing. As long as the policy is in force nowhere, it speaks of all phones.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/policies/{policy}/preview",
    tag = "policies",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy")
    ),
    request_body = NewPreview,
    responses(
        (status = 200, description = "What would happen", body = PreviewView),
        (status = 422, description = "policy_refused"),
        Problems
    ),
    security(("oauth2" = ["policies"])),
    extensions(("x-read-only" = json!(true)))
)]
pub(crate) async fn policy_preview(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Language(locale): Language,
    Id(id): Id<PolicyId>,
    Json(new): Json<NewPreview>,
) -> Result<Json<PreviewView>> {
    let scope = tenant.scope();
    let policies = core.store.policies(scope);
    let policy = policies.get(id).await?.ok_or_else(|| Error::not_found("policy"))?;
    let (version, after) = match (new.version, &new.document) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid("version", "cannot be there beside `document`").into());
        }
        (_, Some(document)) => (None, read_document(document)?),
        (version, None) => {
            let version = version.unwrap_or(policy.latest);
            (Some(version), document_of(policies, id, version, "version").await?)
        }
    };
    let against = new.against.or(policy.in_force);
    let before = match against {
        Some(against) => Some(document_of(policies, id, against, "against").await?),
        None => None,
    };
    let head = core.store.tenant(scope).head().await?;
    let mail = head.as_ref().and_then(|head| head.mail.as_ref());
    let counted = counted(&core, scope, id, head.as_ref()).await?;
    let document_changes = before.as_ref().map(|before| diff(before, &after)).unwrap_or_default();
    let looked = Looked { policy: id, version, against, document_changes };
    let before = before.as_ref().map(|document| Edition { document, mail });
    let preview = preview(&counted.fleet, before, Edition { document: &after, mail });
    Ok(Json(PreviewView::new(looked, preview, &counted, locale)))
}

/// The phones that are under the policy, and those under none because no policy in force has
/// anything for their kind; all of them as long as no rule names the policy.
async fn counted(
    core: &Core,
    scope: &TenantScope,
    id: PolicyId,
    head: Option<&AssignmentHead>,
) -> DomainResult<Counted> {
    let Some(head) = head.filter(|head| head.rules.iter().any(|rule| rule.policy == id)) else {
        return fleet::count(core, scope).await;
    };
    let under =
        |member: &FleetMember| head.rule_for(&member.traits()).is_none_or(|rule| rule.policy == id);
    fleet::count_if(core, scope, under).await
}

/// The document of a version that the body names in this field.
async fn document_of(
    policies: Policies<'_>,
    policy: PolicyId,
    version: u32,
    field: &'static str,
) -> DomainResult<PolicyDocument> {
    let version = policies.version(policy, version).await?;
    let version = version.ok_or_else(|| Error::invalid(field, "there is no such version"))?;
    stored(&version)
}
