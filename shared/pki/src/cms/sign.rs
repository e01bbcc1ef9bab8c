use trennwand_domain::{Error, Result};

use super::SignedData;
use crate::{
    Certificate, RsaKey,
    asn1::{
        Fault,
        ber::{Limits, to_der},
        oid, tag, time, write,
    },
    key::Hash,
};

/// The largest certificate collection that is looked at.
const MAX_COLLECTION_BYTES: usize = 64 * 1024;

/// The forms in which clients sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceShape {
    /// Genuine phones: BER with indefinite lengths, SHA-1, no signed attributes.
    Genuine,
    /// Libraries: DER, signed attributes, SHA-256, algorithm parameters absent. The signing time is
    /// the start of the certificate's validity.
    Library,
}

/// Signs content and encloses it, as configuration profiles are signed; `chain` is leaf first. No
/// time is signed: the same arguments give the same bytes.
///
/// # Errors
/// `Internal` if signing fails or the chain does not start with the key's certificate.
pub fn sign_attached(content: &[u8], key: &RsaKey, chain: &[Certificate]) -> Result<Vec<u8>> {
    sign_with_attributes(Some(content), &[], key, chain)
}

/// Signs content and further attributes and encloses them; `chain` is leaf first. Without content
/// only the attributes are signed.
pub(crate) fn sign_with_attributes(
    content: Option<&[u8]>,
    attributes: &[Vec<u8>],
    key: &RsaKey,
    chain: &[Certificate],
) -> Result<Vec<u8>> {
    let leaf = chain
        .first()
        .filter(|leaf| leaf.spki_der() == key.spki_der())
        .ok_or_else(|| Error::internal("the chain does not start with the key's certificate"))?;
    let hash = write::algorithm(&oid::SHA256);
    let signer = signer_with_attributes(content.unwrap_or_default(), attributes, key, leaf, &hash)?;
    let content = content.map(|c| write::element(tag::constructed(0), &write::octet_string(c)));
    let mut certificates: Vec<_> = chain.iter().map(Certificate::der).collect();
    certificates.sort_unstable();
    Ok(signed_data(&hash, content.as_deref(), &certificates, &signer))
}

/// Signs a body as a phone does for `Mdm-Signature`; for simulated phones.
///
/// # Errors
/// `Internal` if signing fails.
pub fn sign_detached_like_device(
    content: &[u8],
    key: &RsaKey,
    certificate: &Certificate,
    shape: DeviceShape,
) -> Result<Vec<u8>> {
    match shape {
        DeviceShape::Genuine => {
            let signature = key.sign_sha1(content)?;
            let signer = signer_info(certificate, &write::algorithm(&oid::SHA1), None, &signature);
            Ok(genuine(certificate, &signer))
        }
        DeviceShape::Library => {
            let hash = write::sequence(&[&write::oid(&oid::SHA256)]);
            let at = write::attribute(&oid::SIGNING_TIME, &time(certificate.not_before()));
            let signer = signer_with_attributes(content, &[at], key, certificate, &hash)?;
            Ok(signed_data(&hash, None, &[certificate.der()], &signer))
        }
    }
}

/// A SignedData of certificates only, in this order, as SCEP hands certificates out.
#[must_use]
pub fn degenerate(certificates: &[Certificate]) -> Vec<u8> {
    let certificates: Vec<_> = certificates.iter().map(Certificate::der).collect();
    signed_data(&[], None, &certificates, &[])
}

/// The certificates embedded in a SignedData, in order; nothing is verified.
///
/// # Errors
/// `Invalid` with field `certificates` if it is not one.
pub fn certificates_in(signed_data: &[u8]) -> Result<Vec<Certificate>> {
    let read = || -> Result<_, Fault> {
        let der = to_der(signed_data, Limits::of_bytes(MAX_COLLECTION_BYTES))?;
        SignedData::parse(&der)?.certificates().collect()
    };
    read().map_err(|_| Error::invalid("certificates", "must be a CMS SignedData"))
}

/// RFC 5652, SignerInfo over SHA-256 with signed attributes.
fn signer_with_attributes(
    content: &[u8],
    attributes: &[Vec<u8>],
    key: &RsaKey,
    certificate: &Certificate,
    hash: &[u8],
) -> Result<Vec<u8>> {
    let digest = write::octet_string(&Hash::Sha256.digest(content));
    let mut all = vec![
        write::attribute(&oid::CONTENT_TYPE, &write::oid(&oid::DATA)),
        write::attribute(&oid::MESSAGE_DIGEST, &digest),
    ];
    all.extend_from_slice(attributes);
    let mut attributes = write::set_of(all);
    let signature = key.sign_sha256(&attributes)?;
    attributes[0] = tag::constructed(0);
    Ok(signer_info(certificate, hash, Some(&attributes), &signature))
}

/// `attributes` come as `[0]`.
fn signer_info(
    certificate: &Certificate,
    hash: &[u8],
    attributes: Option<&[u8]>,
    signature: &[u8],
) -> Vec<u8> {
    write::sequence(&[
        &write::small(1),
        &write::sequence(&[certificate.issuer(), &write::integer(certificate.serial())]),
        hash,
        attributes.unwrap_or_default(),
        &write::algorithm(&oid::RSA_ENCRYPTION),
        &write::octet_string(signature),
    ])
}

/// ContentInfo with a SignedData of at most one signer; `content` comes as `[0]`.
fn signed_data(
    hash: &[u8],
    content: Option<&[u8]>,
    certificates: &[&[u8]],
    signer: &[u8],
) -> Vec<u8> {
    let signed_data = write::sequence(&[
        &write::small(1),
        &write::set(hash),
        &write::sequence(&[&write::oid(&oid::DATA), content.unwrap_or_default()]),
        &write::constructed(tag::constructed(0), certificates),
        &write::set(signer),
    ]);
    write::sequence(&[
        &write::oid(&oid::SIGNED_DATA),
        &write::element(tag::constructed(0), &signed_data),
    ])
}

/// The same in BER, as phones write it: every container open-ended but the sets and the signer.
fn genuine(certificate: &Certificate, signer: &[u8]) -> Vec<u8> {
    let open = |tag: u8, parts: &[&[u8]]| [&[tag, 0x80][..], &parts.concat(), &[0, 0]].concat();
    let signed_data = open(
        tag::SEQUENCE,
        &[
            &write::small(1),
            &write::set(&write::algorithm(&oid::SHA1)),
            &open(tag::SEQUENCE, &[&write::oid(&oid::DATA)]),
            &open(tag::constructed(0), &[certificate.der()]),
            &write::set(signer),
        ],
    );
    let explicit = open(tag::constructed(0), &[&signed_data]);
    open(tag::SEQUENCE, &[&write::oid(&oid::SIGNED_DATA), &explicit])
}
