use std::fmt;

use trennwand_domain::{Digest, Error, Result, Secret, TenantId};
use trennwand_pki::{Certificate, RsaKey};

/// In whose name phones are woken: a tenant's push certificate with its key.
#[derive(Clone)]
pub struct PushIdentity {
    tenant: TenantId,
    topic: String,
    chain: Vec<Vec<u8>>,
    key: Secret<Vec<u8>>,
    fingerprint: Digest,
}

impl PushIdentity {
    /// An identity of a certificate chain (DER, leaf first) and the leaf's private key (PKCS#8 DER).
    ///
    /// # Errors
    /// `internal` if the chain is empty, or the key is not the leaf's: the TLS stack below takes
    /// both without a word and fails at every push.
    pub fn new(
        tenant: TenantId,
        topic: String,
        chain: Vec<Vec<u8>>,
        key: Secret<Vec<u8>>,
    ) -> Result<Self> {
        let leaf = chain.first().ok_or_else(|| Error::internal("push certificate is missing"))?;
        let leaf = Certificate::from_der(leaf)?;
        let private = RsaKey::from_pkcs8_der(key.expose())?;
        if leaf.spki_der() != private.spki_der() {
            return Err(Error::internal("push certificate and key do not belong together"));
        }
        let parts: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let fingerprint = Digest::of_parts(&parts);
        Ok(Self { tenant, topic, chain, key, fingerprint })
    }

    /// Whose it is.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The topic of the certificate, which its phones listen to.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Hash over the chain: another one after a renewal.
    #[must_use]
    pub const fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    pub(crate) fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    pub(crate) const fn key(&self) -> &Secret<Vec<u8>> {
        &self.key
    }
}

impl fmt::Debug for PushIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushIdentity({}, {})", self.tenant, self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::Timestamp;
    use trennwand_pki::test_push_certificate;

    use super::*;

    const TENANT: TenantId = TenantId::from_bits(7);
    const TOPIC: &str = "com.apple.mgmt.External.test";

    fn identity(chain: Vec<Vec<u8>>, key: &RsaKey) -> Result<PushIdentity> {
        PushIdentity::new(TENANT, TOPIC.into(), chain, key.to_pkcs8_der())
    }

    #[test]
    fn a_missing_certificate_or_a_foreign_key_is_refused_before_any_push() {
        let now = Timestamp::from_unix_s(1_795_000_000);
        let (key, foreign) = (RsaKey::generate().unwrap(), RsaKey::generate().unwrap());
        let leaf = test_push_certificate(&key, TOPIC, now).unwrap().der().to_vec();
        assert!(identity(vec![], &key).is_err());
        assert!(identity(vec![b"not a certificate".to_vec()], &key).is_err());
        assert!(identity(vec![leaf.clone()], &foreign).is_err());
        let good = identity(vec![leaf], &key).unwrap();
        assert_eq!((good.tenant(), good.topic()), (TENANT, TOPIC));
        assert!(!format!("{good:?}").contains(TOPIC));
    }
}
