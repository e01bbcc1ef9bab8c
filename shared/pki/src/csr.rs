use std::fmt;

use trennwand_domain::{Error, Result, Secret};

use crate::{
    RsaKey, Subject,
    asn1::{
        Der, Fault,
        ber::{Limits, to_der},
        oid, tag, write,
    },
    key::{Hash, verifies},
    subject::{check_name, name_value},
};

/// The largest request that is looked at.
const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// A PKCS#10 certificate signing request.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    der: Vec<u8>,
    signed: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    challenge: Option<Secret<String>>,
    hash: Option<Hash>,
    signature: Vec<u8>,
}

impl CertificateRequest {
    /// Reads one request of at most 16 KiB, DER or BER.
    ///
    /// # Errors
    /// `Invalid` with field `csr`.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        Self::parse(der).map_err(|_| Error::invalid("csr", "must be a PKCS#10 request"))
    }

    fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let der = to_der(bytes, Limits::of_bytes(MAX_REQUEST_BYTES))?;
        let mut outer = Der::single(&der, tag::SEQUENCE)?.inside();
        let signed = outer.expect(tag::SEQUENCE)?;
        let hash = match outer.plain_algorithm()? {
            a if a == oid::SHA256_WITH_RSA.as_bytes() => Some(Hash::Sha256),
            a if a == oid::SHA1_WITH_RSA.as_bytes() => Some(Hash::Sha1),
            _ => None,
        };
        let signature = outer.bits()?.to_vec();
        outer.finish()?;

        let mut inside = signed.inside();
        inside.expect(tag::INTEGER)?; // version
        let subject = inside.expect(tag::SEQUENCE)?.whole.to_vec();
        check_name(&subject)?;
        let spki = inside.expect(tag::SEQUENCE)?.whole.to_vec();
        let attributes = inside.optional(tag::constructed(0))?;
        inside.finish()?;
        let challenge = attributes.map(|a| challenge_in(a.inside())).transpose()?.flatten();
        let signed = signed.whole.to_vec();
        Ok(Self { der, signed, subject, spki, challenge, hash, signature })
    }

    /// Whether it is signed with its own key, RSA of at least 2048 bits.
    ///
    /// # Errors
    /// `Invalid` with field `csr` if not.
    pub fn verify_self_signature(&self) -> Result<()> {
        self.hash
            .filter(|&hash| verifies(&self.spki, hash, &self.signed, &self.signature))
            .map(drop)
            .ok_or_else(|| {
                Error::invalid("csr", "must be signed with its own RSA key of at least 2048 bits")
            })
    }

    /// The request, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The public key, SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The subject's CN.
    #[must_use]
    pub fn subject_cn(&self) -> Option<String> {
        name_value(&self.subject, &oid::COMMON_NAME)
    }

    /// The challenge password, if it has one.
    #[must_use]
    pub const fn challenge_password(&self) -> Option<&Secret<String>> {
        self.challenge.as_ref()
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateRequest({} bytes)", self.der.len())
    }
}

fn challenge_in(attributes: Der<'_>) -> Result<Option<Secret<String>>, Fault> {
    for attribute in attributes.all() {
        let mut inside = attribute?.inside();
        let kind = inside.expect(tag::OID)?.content;
        let values = inside.expect(tag::SET)?;
        if kind == oid::CHALLENGE_PASSWORD.as_bytes() {
            let text = values.inside().next()?.text().ok_or(Fault::Malformed)?;
            return Ok(Some(Secret::new(text)));
        }
    }
    Ok(None)
}

/// Makes a signing request, DER, as a phone does for SCEP.
///
/// # Errors
/// `Internal` if signing fails.
pub fn build_csr(key: &RsaKey, common_name: &str, challenge: Option<&str>) -> Result<Vec<u8>> {
    build_csr_for(key, &Subject::new().common_name(common_name), challenge)
}

pub(crate) fn build_csr_for(
    key: &RsaKey,
    subject: &Subject,
    challenge: Option<&str>,
) -> Result<Vec<u8>> {
    let challenge = challenge.map_or_else(Vec::new, |text| {
        write::attribute(&oid::CHALLENGE_PASSWORD, &write::utf8(text))
    });
    let signed = write::sequence(&[
        &write::small(0),
        &subject.to_der(),
        key.spki_der(),
        &write::element(tag::constructed(0), &challenge),
    ]);
    let signature = key.sign_sha256(&signed)?;
    Ok(write::sequence(&[
        &signed,
        &write::algorithm(&oid::SHA256_WITH_RSA),
        &write::bit_string(&signature),
    ]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{openssl, pool_key};

    #[test]
    fn a_request_says_key_name_and_challenge() {
        let der = build_csr(&pool_key(1), "phone", Some("geheim")).unwrap();
        let request = CertificateRequest::from_der(&der).unwrap();
        request.verify_self_signature().unwrap();
        assert_eq!(request.spki_der(), pool_key(1).spki_der());
        assert_eq!(request.subject_cn().as_deref(), Some("phone"));
        assert_eq!(request.challenge_password().unwrap().expose(), "geheim");
        let plain = CertificateRequest::from_der(&build_csr(&pool_key(1), "x", None).unwrap());
        assert_eq!(plain.unwrap().challenge_password(), None);
    }

    #[test]
    fn a_request_signed_with_another_key_is_refused() {
        let der = build_csr(&pool_key(1), "phone", None).unwrap();
        let last = der.len() - 1;
        let changed = [&der[..last], &[der[last] ^ 1]].concat();
        assert!(CertificateRequest::from_der(&changed).unwrap().verify_self_signature().is_err());
        let spki = pool_key(1).spki_der().to_vec();
        let at = der.windows(spki.len()).position(|w| w == spki).unwrap();
        let mut swapped = der;
        swapped[at..at + spki.len()].copy_from_slice(pool_key(2).spki_der());
        assert!(CertificateRequest::from_der(&swapped).unwrap().verify_self_signature().is_err());
    }

    #[test]
    fn openssl_verifies_our_request() {
        let der = build_csr(&pool_key(1), "Prüfstand", Some("geheim")).unwrap();
        let args = ["req", "-inform", "DER", "-in", "csr", "-verify", "-noout", "-text"];
        let Some(verified) = openssl(&[("csr", &der)], &args) else {
            return;
        };
        assert!(verified.ok && verified.text.contains("self-signature verify OK"), "{verified:?}");
        assert!(verified.text.contains("challengePassword"), "{verified:?}");
    }

    #[test]
    fn a_request_made_by_openssl_is_read() {
        let pem = pool_key(1).to_pem();
        let config = b"[req]\nprompt=no\ndistinguished_name=d\nattributes=a\n[d]\nCN=phone\n\
                       [a]\nchallengePassword=geheim\n";
        let files = [("key", pem.expose().as_bytes()), ("config", config)];
        for digest in ["-sha1", "-sha256"] {
            let args = [
                "req", "-new", "-key", "key", "-config", "config", digest, "-outform", "DER",
                "-out", "out",
            ];
            let Some(made) = openssl(&files, &args) else {
                return;
            };
            let request = CertificateRequest::from_der(&made.out).unwrap();
            request.verify_self_signature().unwrap();
            assert_eq!(request.challenge_password().unwrap().expose(), "geheim");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, at in 0..700usize, to: u8) {
            let _ = CertificateRequest::from_der(&bytes);
            let mut changed = build_csr(&pool_key(1), "phone", Some("geheim")).unwrap();
            let at = at % changed.len();
            changed[at] = to;
            if let Ok(request) = CertificateRequest::from_der(&changed) {
                let _ = (request.verify_self_signature(), request.subject_cn());
            }
        }
    }
}
