use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use trennwand_domain::{Error, PolicyId, Timestamp};
use trennwand_policy::diff;
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, PathId, Problems, Query, Result, need};
use utoipa::{IntoParams, ToSchema};

use super::{DocumentSchema, document, effects::ChangeView, stored};

/// One version of a policy; it never changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyVersionView {
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// Counts from 1.
    version: u32,
    /// What shall hold on the phones.
    #[schema(value_type = DocumentSchema)]
    document: Value,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What differs from the version `against`, field by field; absent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeView>>,
}

/// What to compare with.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    /// Another version of the policy, to say what changed since.
    #[serde(default)]
    against: Option<u32>,
}

/// The number of a version in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionNumber(u32);

impl VersionNumber {
    pub(crate) const fn get(self) -> u32 {
        self.0
    }
}

impl PathId for VersionNumber {
    const NAME: &'static str = "version";

    fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| plain).map(Self)
    }
}

/// Shows one version of a policy.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}",
    tag = "policies",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        ("version" = u32, Path, description = "The number of the version"),
        VersionQuery
    ),
    responses((status = 200, description = "The version", body = PolicyVersionView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_version_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(policy): Id<PolicyId>,
    Id(VersionNumber(version)): Id<VersionNumber>,
    Query(query): Query<VersionQuery>,
) -> Result<Json<PolicyVersionView>> {
    let policies = core.store.policies(tenant.scope());
    let found = policies.version(policy, version).await?;
    let found = found.ok_or_else(|| Error::not_found("version"))?;
    let changes = match query.against {
        None => None,
        Some(against) => {
            let other = policies.version(policy, against).await?;
            let absent = || Error::invalid("against", "there is no such version");
            let changes = diff(&stored(&other.ok_or_else(absent)?)?, &stored(&found)?);
            Some(changes.into_iter().map(ChangeView::from).collect())
        }
    };
    Ok(Json(PolicyVersionView {
        policy,
        version,
        document: document(&found)?,
        created_at: found.created_at,
        changes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_one_text() {
        assert_eq!(VersionNumber::parse("12"), Some(VersionNumber(12)));
        for wrong in ["", "0", "01", "+1", "-1", "1.0", "4294967296", "x"] {
            assert_eq!(VersionNumber::parse(wrong), None, "{wrong}");
        }
    }
}
