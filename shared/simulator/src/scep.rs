use aws_lc_rs::digest;
use reqwest::Url;
use trennwand_domain::{Entropy, Timestamp};
use trennwand_pki::{
    Certificate, RsaKey, build_csr, certificates_in,
    scep::{ClientRequest, MessageType, build_request, parse_reply, self_signed_identity},
};

use crate::{SimulatorError, enrollment::ScepOrder, entropy::hex, error::Result, wire::Wire};

/// An identity that SCEP issued.
#[derive(Debug, Clone)]
pub struct Identity {
    pub(crate) key: RsaKey,
    pub(crate) certificate: Certificate,
    pub(crate) authority: Certificate,
}

/// What a SCEP server offers before anything is asked of it.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    ca: Certificate,
    /// To whom requests are encrypted: the registration authority, or the CA if there is none.
    recipient: Certificate,
}

fn with_operation(url: &Url, operation: &str) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("operation", operation);
    url
}

/// GetCACaps and GetCACert.
pub(crate) async fn meet(wire: &Wire, order: &ScepOrder) -> Result<Authority> {
    let caps = wire.get(with_operation(&order.url, "GetCACaps")).await?.success("GetCACaps")?;
    let caps = String::from_utf8_lossy(&caps.body).into_owned();
    for needed in ["POSTPKIOperation", "SHA-256", "AES"] {
        if !caps.lines().any(|line| line.trim() == needed) {
            return Err(SimulatorError::protocol(format_args!("GetCACaps lacks {needed}")));
        }
    }
    let reply = wire.get(with_operation(&order.url, "GetCACert")).await?.success("GetCACert")?;
    let certificates = match reply.media_type() {
        "application/x-x509-ca-cert" => vec![Certificate::from_der(&reply.body)],
        "application/x-x509-ca-ra-cert" => match certificates_in(&reply.body) {
            Ok(certificates) => certificates.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        },
        other => {
            return Err(SimulatorError::protocol(format_args!("GetCACert has type {other}")));
        }
    };
    let certificates: Vec<_> =
        certificates.into_iter().collect::<Result<_, _>>().map_err(SimulatorError::protocol)?;
    let ca = certificates.iter().find(|c| c.is_issued_by(c)).cloned();
    let ca = ca.ok_or_else(|| SimulatorError::protocol("GetCACert holds no CA"))?;
    let recipient = certificates.iter().find(|c| **c != ca && c.is_issued_by(&ca));
    let recipient = recipient.unwrap_or(&ca).clone();
    match &order.ca_fingerprint {
        Some(wanted) if !fingerprint_matches(&ca, wanted) => {
            Err(SimulatorError::refused("the CA is not the one of the profile"))
        }
        _ => Ok(Authority { ca, recipient }),
    }
}

fn fingerprint_matches(ca: &Certificate, wanted: &[u8]) -> bool {
    let algorithm = match wanted.len() {
        20 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        32 => &digest::SHA256,
        _ => return false,
    };
    digest::digest(algorithm, ca.der()).as_ref() == wanted
}

/// A request that can be sent again: the same transaction.
pub(crate) struct Asked {
    key: RsaKey,
    csr: Vec<u8>,
    signer: Certificate,
    transaction: String,
    nonce: [u8; 16],
}

pub(crate) fn ask(
    order: &ScepOrder,
    key: RsaKey,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Asked> {
    let csr = build_csr(&key, &order.common_name, order.challenge.as_deref())
        .map_err(SimulatorError::protocol)?;
    let signer =
        self_signed_identity(&key, &order.common_name, now).map_err(SimulatorError::protocol)?;
    let transaction = hex(&entropy.bytes::<16>());
    Ok(Asked { key, csr, signer, transaction, nonce: entropy.bytes() })
}

/// PKIOperation by POST.
pub(crate) async fn obtain(
    wire: &Wire,
    order: &ScepOrder,
    authority: &Authority,
    asked: &Asked,
    entropy: &dyn Entropy,
) -> Result<Identity> {
    let request = ClientRequest {
        message_type: MessageType::PkcsReq,
        csr_der: &asked.csr,
        recipient: &authority.recipient,
        key: &asked.key,
        signer: &asked.signer,
        transaction_id: &asked.transaction,
        nonce: asked.nonce,
    };
    let message = build_request(&request, entropy).map_err(SimulatorError::protocol)?;
    let url = with_operation(&order.url, "PKIOperation");
    let reply = wire.post(url, "application/x-pki-message", message).await?;
    let reply = reply.success("PKIOperation")?;
    if reply.media_type() != "application/x-pki-message" {
        return Err(SimulatorError::protocol("PKIOperation is answered with another type"));
    }
    let issued = parse_reply(&reply.body, &request).map_err(SimulatorError::refused)?;
    let certificate = issued
        .into_iter()
        .next()
        .filter(|c| c.spki_der() == asked.key.spki_der() && c.is_issued_by(&authority.ca))
        .ok_or_else(|| SimulatorError::refused("the certificate is not for this phone's key"))?;
    Ok(Identity { key: asked.key.clone(), certificate, authority: authority.ca.clone() })
}
