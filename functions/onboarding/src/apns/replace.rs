use axum::extract::State;
use serde::Deserialize;
use trennwand_domain::{
    AssignmentHead, Error, PushCertificate, ReasonCode, Result as DomainResult, SealedField,
    Secret, TenantScope, Timestamp,
};
use trennwand_pki::{Certificate, RsaKey, verify_push_certificate};
use trennwand_runtime::{Answer, Core, Write, Written};
use trennwand_web::{ForTenant, Json, Problems, Result, need};
use utoipa::ToSchema;

use super::{Apns, nothing_yet};

/// A push certificate to be used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCertificate {
    /// The certificate, PEM, leaf first.
    #[schema(example = "-----BEGIN CERTIFICATE-----\n…")]
    certificate: String,
    /// Its private key, PEM, if it was not requested here. Never shown again.
    #[serde(default)]
    private_key: Option<String>,
}

/// Takes a push certificate into use: one for the signing request made here, or one with its key. It
/// must be valid, belong to the key and keep the topic.
#[utoipa::path(
    put,
    path = "/v1/tenants/{tenant}/apns/certificate",
    tag = "apns",
    params(("tenant" = String, Path, description = "The tenant")),
    request_body = NewCertificate,
    responses(
        (status = 200, description = "The push certificate as it is now", body = Apns),
        (status = 409, description = "tenant_not_ready apns_key_mismatch apns_topic_mismatch"),
        Problems
    ),
    security(("oauth2" = ["setup"]))
)]
pub(crate) async fn apns_certificate_replace(
    State(core): State<Core>,
    tenant: ForTenant<need::Setup>,
    write: Write,
    Json(new): Json<NewCertificate>,
) -> Result<Written> {
    let scope = tenant.scope();
    let now = core.clock.now();
    let chain = Certificate::chain_from_pem(&new.certificate)?;
    let sent = new.private_key.map(Secret::new);
    let sent = sent.map(|pem| RsaKey::from_pem(pem.expose())).transpose().map_err(at_key)?;
    let store = core.store.tenant(scope);
    let head = store.head().await?;
    let head = head.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))?;
    let before = store.push_certificate().await?.unwrap_or_else(nothing_yet);
    let candidates = match sent {
        Some(key) => vec![key],
        None => known_keys(&core, scope, &before).await?,
    };
    let (key, topic, expires_at) = fitting(&chain, candidates, now)?;
    if before.topic.as_ref().is_some_and(|known| *known != topic) {
        return Err(Error::conflict(ReasonCode::ApnsTopicMismatch).into());
    }
    let pkcs8 = key.to_pkcs8_der();
    let sealed = core.vault.seal(scope, SealedField::PushKey, pkcs8.expose()).await?;
    let after = PushCertificate {
        requested_key: None,
        chain: chain.iter().map(|c| c.der().to_vec()).collect(),
        key: Some(sealed),
        topic: Some(topic.clone()),
        expires_at: Some(expires_at),
        revision: before.revision,
    };
    let mut tx = core.store.transaction();
    store.put_push_certificate(&mut tx, &after);
    if head.push_topic.as_ref() != Some(&topic) {
        let known = head.version;
        let changed =
            AssignmentHead { version: known + 1, changed_at: now, push_topic: Some(topic), ..head };
        store.put_head(&mut tx, &changed, Some(known));
    }
    let shown = Apns::new(Some(&after), now);
    write.commit(&core, tx, scope.tenant(), Answer::ok(&shown)).await
}

fn at_key(_: Error) -> Error {
    Error::invalid("private_key", "expected an unencrypted RSA key of at least 2048 bits as PEM")
}

/// The keys that a certificate without one may belong to: that of the request, and the one in use,
/// since a renewal may keep it.
async fn known_keys(
    core: &Core,
    scope: &TenantScope,
    stored: &PushCertificate,
) -> DomainResult<Vec<RsaKey>> {
    let mut keys = Vec::new();
    for sealed in stored.requested_key.iter().chain(&stored.key) {
        let pkcs8 = core.vault.open(scope, SealedField::PushKey, sealed).await?;
        keys.push(RsaKey::from_pkcs8_der(pkcs8.expose())?);
    }
    Ok(keys)
}

/// Which of the keys the certificate belongs to, its topic and its end.
fn fitting(
    chain: &[Certificate],
    candidates: Vec<RsaKey>,
    now: Timestamp,
) -> DomainResult<(RsaKey, String, Timestamp)> {
    let leaf = chain.first().ok_or_else(|| Error::invalid("certificate", "is empty"))?;
    let key = candidates.into_iter().find(|key| key.spki_der() == leaf.spki_der());
    let key = key.ok_or_else(|| Error::conflict(ReasonCode::ApnsKeyMismatch))?;
    let facts = verify_push_certificate(leaf, &key, now)?;
    Ok((key, facts.topic, facts.expires_at))
}

#[cfg(test)]
mod tests {
    use trennwand_pki::test_push_certificate;

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn a_certificate_finds_its_key_and_says_topic_and_end() {
        let (key, other) = (RsaKey::generate().unwrap(), RsaKey::generate().unwrap());
        let topic = "com.apple.mgmt.External.5d5d9d6a";
        let chain = [test_push_certificate(&key, topic, NOON).unwrap()];
        let (found, said, end) = fitting(&chain, vec![other.clone(), key.clone()], NOON).unwrap();
        assert_eq!((found.spki_der(), said.as_str()), (key.spki_der(), topic));
        assert_eq!(end, chain[0].not_after());

        let refusal = fitting(&chain, vec![other], NOON).unwrap_err();
        assert_eq!(refusal.code(), "apns_key_mismatch");
        let after = end.plus(std::time::Duration::from_secs(2));
        assert_eq!(fitting(&chain, vec![key], after).unwrap_err().code(), "invalid");
    }

    #[test]
    fn a_certificate_that_is_not_for_device_management_is_refused() {
        let key = RsaKey::generate().unwrap();
        if let Ok(wrong) = test_push_certificate(&key, "com.example.app", NOON) {
            assert_eq!(fitting(&[wrong], vec![key], NOON).unwrap_err().code(), "invalid");
        }
    }
}
