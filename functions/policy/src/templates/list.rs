use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{Error, PolicyTemplate, Result as DomainResult, TemplateId};
use trennwand_runtime::{Core, DocumentSchema};
use trennwand_store::Listed;
use trennwand_web::{ForTenant, Json, Listing, Paging, PagingParams, Problems, Result, need};
use utoipa::ToSchema;

/// A policy that the tenant's reseller offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferedTemplate {
    /// Identity, for `template` of a new policy.
    #[schema(value_type = String, example = "tpl_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: TemplateId,
    /// Its name.
    #[schema(example = "Trades, strict")]
    name: String,
    /// What it is for.
    description: Option<String>,
    /// What shall hold on the phones.
    #[schema(value_type = DocumentSchema)]
    document: Value,
}

impl OfferedTemplate {
    fn new(template: PolicyTemplate) -> DomainResult<Self> {
        let document = serde_json::from_str(&template.document)
            .map_err(|e| Error::internal(format!("a stored policy template: {e}")))?;
        let PolicyTemplate { id, name, description, .. } = template;
        Ok(Self { id, name, description, document })
    }
}

/// Lists the policies that the tenant's reseller offers.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/templates",
    tag = "policies",
    params(("tenant" = String, Path, description = "The tenant"), PagingParams),
    responses(
        (status = 200, description = "A page of templates", body = Listing<OfferedTemplate>),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn tenant_template_list(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Paging(page): Paging,
) -> Result<Json<Listing<OfferedTemplate>>> {
    let found = core.store.tenant(tenant.scope()).get().await?;
    let found = found.ok_or_else(|| Error::not_found("tenant"))?;
    let listed = core.store.policy_templates(found.reseller).list(&page).await?;
    let items = listed.items.into_iter().map(OfferedTemplate::new).collect::<DomainResult<_>>()?;
    Ok(Json(Listed { items, next: listed.next }.into()))
}
