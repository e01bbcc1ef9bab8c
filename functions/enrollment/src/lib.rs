//! What a phone's user and the phone itself meet before management: the page behind an enrolment
//! link, the enrolment profile, and SCEP.
//!
//! Architecture invariants: opening the page and downloading the profile write nothing and use
//! nothing up; only issuing the certificate does, in one transaction. Of a signing request only
//! the public key counts. Wrong links, wrong challenges and unreadable requests are refused alike.
//! Pages load nothing from anywhere.
//!
//! ```no_run
//! # fn example(core: trennwand_runtime::Core) -> axum::Router {
//! use trennwand_domain::Duration;
//! use trennwand_fn_enrollment::{EnrollmentState, router};
//!
//! router(EnrollmentState::new(core, None, Duration::from_secs(30)))
//! # }
//! ```

mod authority;
mod facts;
mod issue;
mod link;
mod page;
mod qr;
mod query;
mod scep;
mod show_page;
mod show_profile;
mod texts;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, routing::get};
use trennwand_domain::Duration;
use trennwand_pki::{Certificate, RsaKey, scep::MAX_MESSAGE_BYTES};
use trennwand_runtime::Core;

use crate::{
    facts::FactsCache, scep::scep_operation, show_page::enrollment_page,
    show_profile::enrollment_profile,
};

/// The identity that enrolment profiles are signed with, so that phones show them as verified.
#[derive(Debug, Clone)]
pub struct ProfileSigner {
    /// The private key.
    pub key: RsaKey,
    /// The certificates, leaf first.
    pub chain: Vec<Certificate>,
}

/// What the pages, profiles and SCEP need; cheap to clone.
#[derive(Debug, Clone)]
pub struct EnrollmentState {
    core: Core,
    signer: Option<Arc<ProfileSigner>>,
    facts: Arc<FactsCache>,
}

impl EnrollmentState {
    /// `core.base_url` is the address that enrolled phones keep for life. Without `signer` profiles are
    /// unsigned. Names of tenants are cached for `keep_facts_for` (none on a laptop).
    #[must_use]
    pub fn new(core: Core, signer: Option<ProfileSigner>, keep_facts_for: Duration) -> Self {
        Self {
            core,
            signer: signer.map(Arc::new),
            facts: Arc::new(FactsCache::new(keep_facts_for)),
        }
    }
}

/// Pages, profiles and SCEP.
pub fn router(state: EnrollmentState) -> Router {
    Router::new()
        .route("/e/{token}", get(enrollment_page))
        .route("/e/{token}/profile", get(enrollment_profile))
        .route("/scep/{tenant}/{token}", get(scep_operation).post(scep_operation))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .with_state(state)
}
