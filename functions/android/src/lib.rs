//! A tenant's side at Google: binding its enterprise, its policies and enrolment tokens there, what
//! its Android phones report, and commands to them.
//!
//! Architecture invariants: this function alone holds the service account. A report counts only if
//! Google's identity provider vouches for its sender and the reference in it bears our tenant's seal.
//! Reports may come twice, late and in any order: the one that was made last decides. What a report
//! holds beyond [`trennwand_android::DeviceReport`] is never read. A phone that anything says is
//! personal is never reset as a whole: that is asked of Google again right before. No record is ever
//! removed at Google as a side effect, because removing one wipes the phone.
//!
//! ```no_run
//! # fn example(state: trennwand_fn_android::AndroidState) -> axum::Router {
//! trennwand_fn_android::router(state)
//! # }
//! ```

mod authentic;
mod binding;
mod brand;
mod keys;
mod notify;
mod page;
mod report;
mod signin;
mod work;

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    routing::{get, post},
};
use trennwand_android::DeviceManagement;
use trennwand_domain::{Error, ReasonCode, Result};
use trennwand_runtime::{Core, Publisher};
use trennwand_web::Gate;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    authentic::{Expected, Refused},
    keys::{GoogleKeys, KeySource},
    work::work,
};

/// The largest notification: Pub/Sub allows 10 MB, a report has a few KB.
const MAX_NOTIFICATION: usize = 1024 * 1024;

/// What is the same for all tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The topic that Google publishes to: `projects/…/topics/…`.
    pub topic: String,
    /// How many phones Google lets the platform manage.
    pub device_quota: u32,
    /// How many of them one tenant may have kept for itself, so that none takes all of them.
    pub tenant_quota: u32,
    /// The version of the terms that a tenant must have accepted; `None` if the operator has not
    /// published any, and then nobody can be bound.
    pub terms: Option<String>,
}

impl Platform {
    /// What one tenant may have if the operator says nothing: a fifth of what the platform has, and at
    /// least what a sign-up asks for that names no number.
    #[must_use]
    pub const fn usual_tenant_quota(device_quota: u32) -> u32 {
        let fifth = device_quota / 5;
        if fifth > binding::DEFAULT_RESERVED { fifth } else { binding::DEFAULT_RESERVED }
    }

    /// That one tenant may have this many phones kept for itself.
    fn check_share(&self, devices: u32) -> Result<()> {
        match devices <= self.tenant_quota {
            true => Ok(()),
            false => Err(Error::conflict(ReasonCode::AndroidQuotaExhausted)),
        }
    }
}

/// What the handlers need; cheap to clone.
#[derive(Clone)]
pub struct AndroidState {
    /// Store, vault, clock and randomness.
    pub core: Core,
    /// Who may call.
    pub gate: Gate,
    /// Google.
    pub google: Arc<dyn DeviceManagement>,
    /// Who may send notifications.
    pub sender: Arc<Expected>,
    /// The keys of Google's identity provider.
    pub keys: GoogleKeys,
    /// The way to this function's own queue.
    pub publisher: Arc<dyn Publisher>,
    /// What is the same for all tenants.
    pub platform: Arc<Platform>,
}

impl fmt::Debug for AndroidState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AndroidState").field("platform", &self.platform).finish_non_exhaustive()
    }
}

impl FromRef<AndroidState> for Gate {
    fn from_ref(state: &AndroidState) -> Self {
        state.gate.clone()
    }
}

impl FromRef<AndroidState> for Core {
    fn from_ref(state: &AndroidState) -> Self {
        state.core.clone()
    }
}

/// The routes.
pub fn router(state: AndroidState) -> Router {
    let core = state.core.clone();
    let outside = Router::new()
        .route("/android/callback/{token}", get(binding::callback::signup_callback))
        .route("/android/signin/{tenant}", get(signin::signin_page).post(signin::signin_enter))
        .route("/android/notifications", post(notify::notification))
        .layer(DefaultBodyLimit::max(MAX_NOTIFICATION))
        .with_state(state.clone());
    trennwand_runtime::mount(api(), state, &core).merge(outside)
}

/// The routes of the API with their description.
pub fn api() -> OpenApiRouter<AndroidState> {
    OpenApiRouter::new().routes(routes!(binding::signup::android_signup_create)).routes(routes!(
        binding::read::android_get,
        binding::update::android_update,
        binding::unbind::android_unbind
    ))
}
