use axum::extract::State;
use trennwand_domain::{Error, TemplateId};
use trennwand_runtime::Core;
use trennwand_web::{ForReseller, Id, Json, Problems, Result, need};

use super::PolicyTemplateView;

/// Shows a policy that the reseller offers to its tenants.
#[utoipa::path(
    get,
    path = "/v1/templates/{template}",
    tag = "templates",
    params(("template" = String, Path, description = "The template")),
    responses(
        (status = 200, description = "The template", body = PolicyTemplateView),
        Problems
    ),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn template_get(
    State(core): State<Core>,
    reseller: ForReseller<need::Tenants>,
    Id(id): Id<TemplateId>,
) -> Result<Json<PolicyTemplateView>> {
    let templates = core.store.policy_templates(reseller.reseller());
    let (template, chosen) = tokio::try_join!(templates.get(id), templates.of_new_tenants())?;
    let template = template.ok_or_else(|| Error::not_found("template"))?;
    Ok(Json(PolicyTemplateView::new(template, chosen)?))
}
