//! Getting started: access tokens, resellers, tenants, their clients, mail settings and push
//! certificates.
//!
//! Architecture invariants: handlers write items and publish nothing (the stream is the outbox); a
//! secret is shown once, in the answer that makes it; no answer holds a private key. What changes
//! the artefacts of a tenant's phones (its mail, its name) changes the assignment head in the same
//! transaction.
//!
//! ```no_run
//! # fn example(state: trennwand_fn_onboarding::Onboarding) -> axum::Router {
//! trennwand_fn_onboarding::router(state)
//! # }
//! ```

mod agreements;
mod apns;
mod assignment;
mod brand;
mod catalogue;
mod clients;
mod keys;
mod mail;
mod me;
mod names;
mod oauth;
mod provision;
mod readiness;
mod rebrand;
mod resellers;
mod templates;
mod tenants;

use std::sync::Arc;

use axum::{Router, extract::FromRef};
use trennwand_auth::Issuer;
use trennwand_runtime::Core;
use trennwand_web::Gate;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    agreements::{Terms, accept_for_demonstration},
    provision::{TestPortal, provision},
    rebrand::rebrand,
};

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct Onboarding {
    /// Store, vault, clock and randomness.
    pub core: Core,
    /// Who may call.
    pub gate: Gate,
    /// Signs access tokens; its name is the base URL of the service.
    pub issuer: Arc<Issuer>,
    /// The operator's terms in force, if there are any.
    pub terms: Option<Arc<Terms>>,
}

/// The operator's terms in force.
#[derive(Debug, Clone)]
pub(crate) struct PublishedTerms(pub(crate) Option<Arc<Terms>>);

impl FromRef<Onboarding> for PublishedTerms {
    fn from_ref(state: &Onboarding) -> Self {
        Self(state.terms.clone())
    }
}

impl FromRef<Onboarding> for Gate {
    fn from_ref(state: &Onboarding) -> Self {
        state.gate.clone()
    }
}

impl FromRef<Onboarding> for Core {
    fn from_ref(state: &Onboarding) -> Self {
        state.core.clone()
    }
}

impl FromRef<Onboarding> for Arc<Issuer> {
    fn from_ref(state: &Onboarding) -> Self {
        state.issuer.clone()
    }
}

/// The routes.
pub fn router(state: Onboarding) -> Router {
    let core = state.core.clone();
    trennwand_runtime::mount(api(), state, &core)
}

/// The routes with their description.
pub fn api() -> OpenApiRouter<Onboarding> {
    OpenApiRouter::new()
        .routes(routes!(oauth::token::token_create))
        .routes(routes!(oauth::jwks::jwks_get))
        .routes(routes!(oauth::metadata::authorization_server_get))
        .routes(routes!(me::me_get))
        .routes(routes!(catalogue::reasons::reason_list))
        .routes(routes!(catalogue::controls::control_list))
        .routes(routes!(catalogue::commands::command_kind_list))
        .routes(routes!(catalogue::permissions::permission_list))
        .routes(routes!(catalogue::apps::app_list))
        .routes(routes!(catalogue::channels::channel_list))
        .routes(routes!(catalogue::policy_schema::policy_schema_get))
        .routes(routes!(resellers::create::reseller_create, resellers::list::reseller_list))
        .routes(routes!(resellers::read::reseller_get))
        .routes(routes!(clients::create_for_reseller::reseller_client_create))
        .routes(routes!(brand::read::brand_get, brand::replace::brand_replace))
        .routes(routes!(
            brand::logo_replace::brand_logo_replace,
            brand::logo_remove::brand_logo_remove
        ))
        .routes(routes!(templates::create::template_create, templates::list::template_list))
        .routes(routes!(templates::read::template_get))
        .routes(routes!(tenants::create::tenant_create, tenants::list::tenant_list))
        .routes(routes!(tenants::read::tenant_get, tenants::update::tenant_update))
        .routes(routes!(agreements::list::agreement_list, agreements::create::agreement_create))
        .routes(routes!(readiness::readiness_get))
        .routes(routes!(clients::create::client_create, clients::list::client_list))
        .routes(routes!(clients::revoke::client_revoke))
        .routes(routes!(clients::rotate::client_rotate))
        .routes(routes!(mail::read::mail_get, mail::replace::mail_replace))
        .routes(routes!(apns::read::apns_get))
        .routes(routes!(apns::request::apns_signing_request_create))
        .routes(routes!(apns::replace::apns_certificate_replace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_tag_and_its_handlers_name() {
        let (_, document) = api().split_for_parts();
        let mut operations = Vec::new();
        for (path, item) in &document.paths.paths {
            for operation in [&item.get, &item.put, &item.post, &item.patch, &item.delete] {
                let Some(operation) = operation else { continue };
                assert_eq!(operation.tags.as_ref().map(Vec::len), Some(1), "{path}");
                operations.push(operation.operation_id.clone().unwrap());
            }
        }
        let count = operations.len();
        operations.sort_unstable();
        operations.dedup();
        assert_eq!((count, operations.len()), (38, 38));
    }
}
