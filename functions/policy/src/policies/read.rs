use axum::extract::State;
use trennwand_domain::{Error, PolicyId};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, Problems, Result, Tagged, need};

use super::PolicyView;

/// Shows a policy with the document of its newest version, and the `ETag` to change it with.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policies/{policy}",
    tag = "policies",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy")
    ),
    responses(
        (
            status = 200,
            description = "The policy",
            body = PolicyView,
            headers(("etag" = String, description = "For `If-Match`"))
        ),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(id): Id<PolicyId>,
) -> Result<Tagged<Json<PolicyView>>> {
    let policies = core.store.policies(tenant.scope());
    let policy = policies.get(id).await?.ok_or_else(|| Error::not_found("policy"))?;
    let version = policies.version(id, policy.latest).await?;
    let version = version.ok_or_else(|| Error::internal("the newest version is not stored"))?;
    Ok(Tagged(policy.revision, Json(PolicyView::new(&policy, &version)?)))
}
