use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{Error, Owner, ReasonCode};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{AgreementView, agreed};
use crate::PublishedTerms;

/// What the tenant agrees to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAgreement {
    /// The version of the operator's terms that was read: the one in force.
    #[schema(example = "2026-11")]
    version: String,
}

/// Accepts the operator's terms in the tenant's name. Only the tenant itself can: its reseller is not
/// the one who agrees. The first acceptance of a version stays.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/agreements",
    tag = "agreements",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewAgreement,
    responses(
        (status = 201, description = "The acceptance", body = AgreementView),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn agreement_create(
    State(core): State<Core>,
    State(PublishedTerms(terms)): State<PublishedTerms>,
    tenant: ForTenant<need::Setup>,
    write: Write,
    Json(new): Json<NewAgreement>,
) -> Result<Written> {
    if !matches!(tenant.caller().owner, Owner::Tenant(_)) {
        return Err(Error::forbidden(ReasonCode::WrongLevel).into());
    }
    let in_force = terms.as_deref().filter(|terms| terms.version == new.version);
    let terms = in_force.ok_or_else(|| {
        Error::invalid("version", "is not the version of the operator's terms that is in force")
    })?;
    let agreements = core.store.agreements(tenant.scope());
    let mut tx = core.store.transaction();
    let agreement = match agreements.get(&terms.version).await? {
        Some(before) => before,
        None => {
            let agreement = agreed(&core, terms, Some(tenant.caller().client));
            agreements.insert(&mut tx, &agreement);
            agreement
        }
    };
    let shown = AgreementView::accepted(&agreement, Some(terms));
    write.commit(&core, tx, tenant.scope().tenant(), Answer::created(&shown)).await
}
