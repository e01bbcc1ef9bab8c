use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use trennwand_domain::{Error, Policy, PolicyId, PolicyVersion};
use trennwand_policy::Fleet;
use trennwand_runtime::{Answer, Core, Write, Written, compile_for, read_document};
use trennwand_web::{ForTenant, Id, IfMatch, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{DocumentSchema, PolicyView, name};

/// A policy as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDraft {
    /// Its name; stays as it is if absent.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    /// What shall hold on the phones.
    #[schema(value_type = DocumentSchema, example = json!({
        "schema_version": 1, "contacts": "strict", "documents": "isolated",
        "clipboard": "isolated", "nearby_sharing": "isolated", "cloud_sync": "blocked",
        "backup": "encrypted", "siri_while_locked": "allowed", "lock_screen_previews": "shown",
        "mail": {"past_days": 7}
    }))]
    document: Value,
}

/// Makes a new version of a policy, a draft: nothing reaches a phone before it is rolled out.
#[utoipa::path(
    put,
    path = "/v1/tenants/{tenant}/policies/{policy}",
    tag = "policies",
    params(
        ("tenant" = String, Path, description = "The tenant"),
        ("policy" = String, Path, description = "The policy"),
        ("if-match" = String, Header, description = "The `ETag` of the policy as it was read")
    ),
    request_body = NewDraft,
    responses(
        (
            status = 200,
            description = "The policy as it is now",
            body = PolicyView,
            headers(("etag" = String, description = "For `If-Match`"))
        ),
        (status = 422, description = "policy_refused"),
        Problems
    ),
    security(("oauth2" = ["policies"]))
)]
pub(crate) async fn policy_replace(
    State(core): State<Core>,
    tenant: ForTenant<need::Policies>,
    write: Write,
    Id(id): Id<PolicyId>,
    known: IfMatch,
    Json(new): Json<NewDraft>,
) -> Result<Written> {
    let policies = core.store.policies(tenant.scope());
    let before = policies.get(id).await?.ok_or_else(|| Error::not_found("policy"))?;
    known.check(before.revision)?;
    let document = read_document(&new.document)?;
    compile_for(&document, None, &Fleet::default())?;
    let now = core.clock.now();
    let version = PolicyVersion {
        policy: id,
        version: before.latest + 1,
        document: document.canonical_json(),
        created_at: now,
    };
    let after = Policy {
        name: new.name.as_deref().map(name).transpose()?.unwrap_or_else(|| before.name.clone()),
        latest: version.version,
        updated_at: now,
        ..before
    };
    let mut tx = core.store.transaction();
    policies.put_draft(&mut tx, &after, &version);
    let shown = PolicyView::new(&after, &version)?;
    write.commit(&core, tx, id, Answer::ok(&shown).tagged(after.revision + 1)).await
}
