//! What a phone's user and the phone itself meet before management: the page behind an enrolment
//! link, the enrolment profile, and SCEP.
//!
//! Architecture invariants: opening the page and downloading the profile write nothing and use
//! nothing up; only issuing the certificate does, in one transaction. Of a signing request only
//! the public key counts. Wrong links, wrong challenges and unreadable requests are refused alike.
//! Page and profile are made of the invitation and the assignment head alone, in two requests. Pages
//! load nothing but their brand's logo, and nothing from another host.
//!
//! ```no_run
//! # fn example(core: trennwand_runtime::Core) -> axum::Router {
//! use trennwand_fn_enrollment::{EnrollmentState, router};
//!
//! router(EnrollmentState::new(core, None))
//! # }
//! ```

mod android;
mod authority;
mod issue;
mod link;
mod page;
mod qr;
mod query;
mod scep;
mod show_logo;
mod show_page;
mod show_profile;
mod texts;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, routing::get};
use trennwand_pki::{Certificate, RsaKey, scep::MAX_MESSAGE_BYTES};
use trennwand_runtime::Core;

use crate::{
    scep::scep_operation, show_logo::brand_logo, show_page::enrollment_page,
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
}

impl EnrollmentState {
    /// `core.base_url` is the address that enrolled phones keep for life. Without `signer` profiles are
    /// unsigned.
    #[must_use]
    pub fn new(core: Core, signer: Option<ProfileSigner>) -> Self {
        Self { core, signer: signer.map(Arc::new) }
    }
}

/// Pages, profiles and SCEP.
pub fn router(state: EnrollmentState) -> Router {
    Router::new()
        .route("/e/{token}", get(enrollment_page))
        .route("/e/{token}/profile", get(enrollment_profile))
        .route("/brand/{reseller}/logo", get(brand_logo))
        .route("/scep/{tenant}/{token}", get(scep_operation).post(scep_operation))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .with_state(state)
}
