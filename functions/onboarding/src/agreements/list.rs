use axum::extract::State;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Json, Problems, Result, need};

use super::AgreementView;
use crate::{PublishedTerms, catalogue::Whole};

/// Lists what the tenant agreed to, and what is still open: the operator's terms, which Android needs.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/agreements",
    tag = "agreements",
    params(("tenant" = String, Path, description = "The tenant")),
    responses(
        (status = 200, description = "The version in force first", body = Whole<AgreementView>),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn agreement_list(
    State(core): State<Core>,
    State(PublishedTerms(terms)): State<PublishedTerms>,
    tenant: ForTenant<need::Setup>,
) -> Result<Json<Whole<AgreementView>>> {
    let mut accepted = core.store.agreements(tenant.scope()).all().await?;
    let terms = terms.as_deref();
    let is_current = |version: &str| terms.is_some_and(|terms| terms.version == version);
    accepted.sort_by_key(|agreement| {
        (!is_current(&agreement.version), std::cmp::Reverse(agreement.accepted_at))
    });
    let open = terms.filter(|terms| accepted.iter().all(|a| a.version != terms.version));
    let open = open.map(AgreementView::open);
    let accepted = accepted.iter().map(|agreement| AgreementView::accepted(agreement, terms));
    Ok(Json(Whole { items: open.into_iter().chain(accepted).collect() }))
}
