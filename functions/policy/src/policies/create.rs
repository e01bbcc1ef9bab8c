use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use trennwand_domain::{
    Error, Policy, PolicyTemplate, PolicyVersion, Result as DomainResult, TemplateId, TenantScope,
};
use trennwand_policy::{Fleet, PolicyDocument};
use trennwand_runtime::{Answer, Core, Write, Written, compile_for, read_document};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{DocumentSchema, PolicyView, name};

/// A policy to be made: of a document, or of a template of the tenant's reseller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPolicy {
    /// Its name; that of the template if absent.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 120, example = "Field staff")]
    name: Option<String>,
    /// What shall hold on the phones.
    #[serde(default)]
    #[schema(value_type = Option<DocumentSchema>)]
    document: Option<Value>,
    /// A template of the reseller in place of a document.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    template: Option<String>,
}

/// Makes a new policy, whose first version is a draft: nothing reaches a phone before it is assigned
/// and rolled out.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/policies",
    tag = "policies",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewPolicy,
    responses(
        (
            status = 201,
            description = "The new policy",
            body = PolicyView,
            headers(("etag" = String, description = "For `If-Match`"))
        ),
        (status = 422, description = "policy_refused"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Json(new): Json<NewPolicy>,
) -> Result<Written> {
    let (given, document) = match (&new.document, &new.template) {
        (Some(document), None) => (None, read_document(document)?),
        (None, Some(id)) => {
            let template = template(&core, tenant.scope(), id).await?;
            (Some(template.name), PolicyDocument::parse(&template.document)?)
        }
        _ => return Err(Error::invalid("document", "needs either `document` or `template`").into()),
    };
    let named = new.name.as_deref().or(given.as_deref());
    let named = named.ok_or_else(|| Error::invalid("name", "is missing"))?;
    compile_for(&document, None, &Fleet::default())?;
    let now = core.clock.now();
    let policy = Policy {
        id: core.ids.mint(),
        name: name(named)?,
        latest: 1,
        in_force: None,
        rollout: None,
        updated_at: now,
        revision: 1,
    };
    let version = PolicyVersion {
        policy: policy.id,
        version: 1,
        document: document.canonical_json(),
        created_at: now,
    };
    let mut tx = core.store.transaction();
    core.store.policies(tenant.scope()).insert(&mut tx, &policy, &version);
    let answer = Answer::created(&PolicyView::new(&policy, &version)?).tagged(policy.revision);
    write.commit(&core, tx, policy.id, answer).await
}

/// A template of the tenant's reseller; another reseller's is none.
async fn template(core: &Core, scope: &TenantScope, id: &str) -> DomainResult<PolicyTemplate> {
    let absent = || Error::invalid("template", "there is no such template");
    let id: TemplateId = id.parse().map_err(|_| absent())?;
    let tenant = core.store.tenant(scope).get().await?;
    let tenant = tenant.ok_or_else(|| Error::not_found("tenant"))?;
    core.store.policy_templates(tenant.reseller).get(id).await?.ok_or_else(absent)
}
