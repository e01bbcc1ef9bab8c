use axum::extract::State;
use trennwand_domain::Result as DomainResult;
use trennwand_runtime::Core;
use trennwand_store::Listed;
use trennwand_web::{ForReseller, Json, Listing, Paging, PagingParams, Problems, Result, need};

use super::PolicyTemplateView;

/// Lists the policies that the reseller offers to its tenants.
#[utoipa::path(
    get,
    path = "/v1/templates",
    tag = "templates",
    params(PagingParams),
    responses(
        (status = 200, description = "A page of templates", body = Listing<PolicyTemplateView>),
        Problems
    ),
    security(("oauth2" = ["tenants"]))
)]
pub(crate) async fn template_list(
    State(core): State<Core>,
    reseller: ForReseller<need::Tenants>,
    Paging(page): Paging,
) -> Result<Json<Listing<PolicyTemplateView>>> {
    let templates = core.store.policy_templates(reseller.reseller());
    let (listed, chosen) = tokio::try_join!(templates.list(&page), templates.of_new_tenants())?;
    let shown = listed.items.into_iter().map(|t| PolicyTemplateView::new(t, chosen));
    let items = shown.collect::<DomainResult<_>>()?;
    Ok(Json(Listed { items, next: listed.next }.into()))
}
