use axum::extract::State;
use serde::Serialize;
use trennwand_domain::{PushCertificate, SealedField};
use trennwand_pki::apns_signing_request;
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Problems, Result, need};
use utoipa::ToSchema;

use super::nothing_yet;
use crate::keys;

/// A signing request for a push certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SigningRequest {
    /// The request (PKCS#10), PEM.
    #[schema(example = "-----BEGIN CERTIFICATE REQUEST-----\n…")]
    signing_request: String,
}

/// Makes a key and a signing request for a push certificate. The key never leaves the service; the
/// certificate in use stays in use, and a request made before is replaced.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/apns/signing-request",
    tag = "apns",
    params(("tenant" = String, Path, description = "The tenant")),
    responses((status = 200, description = "The signing request", body = SigningRequest), Problems),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn apns_signing_request_create(
    State(core): State<Core>,
    tenant: ForTenant<need::Setup>,
    write: Write,
) -> Result<Written> {
    let scope = tenant.scope();
    let store = core.store.tenant(scope);
    let key = keys::generate().await?;
    let request = apns_signing_request(&key, scope.tenant())?;
    let pkcs8 = key.to_pkcs8_der();
    let sealed = core.vault.seal(scope, SealedField::PushKey, pkcs8.expose()).await?;
    let stored = store.push_certificate().await?.unwrap_or_else(nothing_yet);
    let mut tx = core.store.transaction();
    let requested = PushCertificate { requested_key: Some(sealed), ..stored };
    store.put_push_certificate(&mut tx, &requested);
    let shown = SigningRequest { signing_request: keys::pem("CERTIFICATE REQUEST", &request) };
    write.commit(&core, tx, scope.tenant(), Answer::ok(&shown)).await
}
