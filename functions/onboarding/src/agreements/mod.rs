pub(crate) mod create;
pub(crate) mod list;

use serde::Serialize;
use trennwand_domain::{Agreement, Digest, Result, TenantScope, Timestamp};
use trennwand_runtime::Core;
use utoipa::ToSchema;

/// The name of the one agreement that there is.
const NAME: &str = "operator_terms";

/// The operator's terms that tenants accept before Google has anything to do with them: Google wants a
/// direct agreement between whoever manages phones and the company whose phones they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Their version: letters, digits, `.`, `_`, `-`.
    pub version: String,
    /// Where they can be read.
    pub url: String,
    /// SHA-256 of the text there.
    pub digest: Digest,
}

impl Terms {
    /// The terms with this version; `None` if it cannot be a version.
    #[must_use]
    pub fn new(version: &str, url: &str, digest: Digest) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let ok = (1..=32).contains(&version.len()) && version.chars().all(plain);
        ok.then(|| Self { version: version.to_owned(), url: url.to_owned(), digest })
    }
}

/// An agreement, accepted or open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementView {
    /// What it is about; `operator_terms`.
    #[schema(example = "operator_terms")]
    agreement: &'static str,
    /// The version.
    #[schema(example = "2026-11")]
    version: String,
    /// Where the text can be read; of the version in force only.
    #[schema(required = true, example = "https://operator.example/terms/2026-11")]
    url: Option<String>,
    /// SHA-256 of the text.
    #[schema(value_type = String)]
    sha256: Digest,
    /// Whether it is the version in force.
    current: bool,
    /// `accepted` or `open`.
    #[schema(example = "accepted")]
    status: &'static str,
    /// When it was accepted.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    accepted_at: Option<Timestamp>,
    /// The tenant's client that accepted it; `demonstration` on a local server that accepts by itself.
    #[schema(required = true, example = "cli_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    accepted_by: Option<String>,
}

impl AgreementView {
    fn accepted(agreement: &Agreement, terms: Option<&Terms>) -> Self {
        let current = terms.filter(|terms| terms.version == agreement.version);
        let by = agreement.accepted_by.map(|client| client.to_string());
        Self {
            agreement: NAME,
            version: agreement.version.clone(),
            url: current.map(|terms| terms.url.clone()),
            sha256: agreement.digest,
            current: current.is_some(),
            status: "accepted",
            accepted_at: Some(agreement.accepted_at),
            accepted_by: Some(by.unwrap_or_else(|| "demonstration".to_owned())),
        }
    }

    fn open(terms: &Terms) -> Self {
        Self {
            agreement: NAME,
            version: terms.version.clone(),
            url: Some(terms.url.clone()),
            sha256: terms.digest,
            current: true,
            status: "open",
            accepted_at: None,
            accepted_by: None,
        }
    }
}

/// Accepts the terms for a tenant that tries things out; what the local server does and no Lambda
/// function. Doing it again changes nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn accept_for_demonstration(
    core: &Core,
    scope: &TenantScope,
    terms: &Terms,
) -> Result<()> {
    let agreements = core.store.agreements(scope);
    if agreements.get(&terms.version).await?.is_some() {
        return Ok(());
    }
    let mut tx = core.store.transaction();
    agreements.insert(&mut tx, &agreed(core, terms, None));
    tx.commit().await
}

fn agreed(core: &Core, terms: &Terms, by: Option<trennwand_domain::ClientId>) -> Agreement {
    Agreement {
        version: terms.version.clone(),
        digest: terms.digest,
        accepted_at: core.clock.now(),
        accepted_by: by,
    }
}
