use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{Error, PolicyId, Timestamp};
use trennwand_runtime::Core;
use trennwand_web::{ForTenant, Id, Json, PathId, Problems, Result, need};
use utoipa::ToSchema;

use super::document;

/// One version of a policy; it never changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyVersionView {
    /// The policy.
    #[schema(value_type = String, example = "pol_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    policy: PolicyId,
    /// Counts from 1.
    version: u32,
    /// What shall hold on the phones.
    #[schema(value_type = Object)]
    document: Value,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The number of a version in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionNumber(u32);

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
        ("version" = u32, Path, description = "The number of the version")
    ),
    responses((status = 200, description = "The version", body = PolicyVersionView), Problems),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_version_get(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    Id(policy): Id<PolicyId>,
    Id(VersionNumber(version)): Id<VersionNumber>,
) -> Result<Json<PolicyVersionView>> {
    let stored = core.store.policies(tenant.scope()).version(policy, version).await?;
    let stored = stored.ok_or_else(|| Error::not_found("version"))?;
    Ok(Json(PolicyVersionView {
        policy,
        version,
        document: document(&stored)?,
        created_at: stored.created_at,
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
